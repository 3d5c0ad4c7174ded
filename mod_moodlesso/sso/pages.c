/* SPDX-License-Identifier: Apache-2.0 */
/* pages.c -- the pages people see: one layout, a template per page, texts in several languages. */
#include "sso/pages.h"

#include <apr_strings.h>

#include "base/html.h"
#include "base/language.h"
#include "sso/error.h"
#include "sso/page_files.h"

struct sso_pages_t {
    apr_hash_t *files;             /* "login.html" -> sso_mustache_t */
    apr_array_header_t *languages; /* const char *: tags, English first */
    apr_array_header_t *texts;     /* apr_hash_t *: name -> sso_mustache_t; as `languages` */
    apr_hash_t *known;             /* names of the texts built in, as keys */
    const sso_mustache_t *nothing;
    apr_pool_t *p;
};

/* One page in one language. */
typedef struct view_t {
    const sso_pages_t *pages;
    const char *page; /* "login" */
    int language;
    const json_t *values;
} view_t;

static const sso_mustache_t *text_in(const view_t *view, const char *name, apr_size_t length)
{
    const apr_array_header_t *all = view->pages->texts;
    const sso_mustache_t *text =
        apr_hash_get(APR_ARRAY_IDX(all, view->language, apr_hash_t *), name, (apr_ssize_t)length);

    return text ? text
                : apr_hash_get(APR_ARRAY_IDX(all, 0, apr_hash_t *), name, (apr_ssize_t)length);
}

#define MAX_NAME 96 /* of a text, or of a page's file */

/* The text PREFIX_NAME. */
static const sso_mustache_t *text_of(const view_t *view, const char *prefix, const char *name)
{
    char whole[MAX_NAME];
    int length = name ? apr_snprintf(whole, sizeof(whole), "%s_%s", prefix, name) : 0;

    return length > 0 ? text_in(view, whole, (apr_size_t)length) : NULL;
}

static const sso_mustache_t *explanation(const view_t *view)
{
    const sso_mustache_t *text =
        text_of(view, "reason", json_string_value(json_object_get(view->values, "reason")));

    if (text == NULL)
        text = text_of(view, "class", json_string_value(json_object_get(view->values, "class")));
    return text ? text : text_of(view, "class", "broken");
}

static const sso_mustache_t *file_of(const sso_pages_t *pages, const char *page, const char *kind)
{
    char name[MAX_NAME];

    apr_snprintf(name, sizeof(name), "%s%s", page, kind);
    return apr_hash_get(pages->files, name, APR_HASH_KEY_STRING);
}

static const sso_mustache_t *find(const void *of_view, sso_span_t name)
{
    const view_t *view = of_view;
    const sso_mustache_t *script;

    if (view->page == NULL)
        return text_in(view, name.at, name.len);
    if (sso_span_equal(name, "main"))
        return file_of(view->pages, view->page, ".html");
    if (sso_span_equal(name, "style"))
        return file_of(view->pages, "style", ".css");
    if (sso_span_equal(name, "title"))
        return text_of(view, "title", view->page);
    if (sso_span_equal(name, "explanation"))
        return explanation(view);
    if (!sso_span_equal(name, "script"))
        return text_in(view, name.at, name.len);
    script = file_of(view->pages, view->page, ".js");
    return script ? script : view->pages->nothing;
}

static const char *at_line(const sso_pages_t *pages, int line, const char *sentence)
{
    return apr_psprintf(pages->p, "line %d: %s", line, sentence);
}

/* "name: text". Its own characters are escaped here, its values where they are filled in; so it
 * names no other text. */
static const char *take_text(sso_pages_t *pages, apr_hash_t *texts, sso_span_t line, int number)
{
    static const char *const taken[] = {"main", "style", "script", "title", "explanation"};
    const sso_mustache_t *compiled;
    const char *sentence, *escaped;
    sso_span_t rest = line, name;

    sso_span_next(&rest, ':', &name);
    name = sso_span_trim(name);
    if (rest.at == NULL || !sso_span_is_word(name, "_", 64))
        return at_line(pages, number, "write name: text; a name has 1 to 64 letters, digits or _");
    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
        if (sso_span_equal(name, taken[i]))
            return at_line(pages, number, "this name has a meaning already");
    }
    rest = sso_span_trim(rest);
    escaped = sso_html_escape(apr_pstrmemdup(pages->p, rest.at, rest.len), pages->p);
    sentence = sso_mustache_compile(sso_span(escaped), &compiled, pages->p);
    if (sentence != NULL) /* begins with "line 1: ", of a text that is one line */
        return at_line(pages, number, sentence + strlen("line 1: "));
    apr_hash_set(texts, apr_pstrmemdup(pages->p, name.at, name.len), (apr_ssize_t)name.len,
                 compiled);
    return NULL;
}

static apr_hash_t *texts_for(sso_pages_t *pages, const char *tag)
{
    for (int i = 0; i < pages->languages->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(pages->languages, i, const char *), tag) == 0)
            return APR_ARRAY_IDX(pages->texts, i, apr_hash_t *);
    }
    APR_ARRAY_PUSH(pages->languages, const char *) = apr_pstrdup(pages->p, tag);
    return APR_ARRAY_PUSH(pages->texts, apr_hash_t *) = apr_hash_make(pages->p);
}

static const char *take_texts(sso_pages_t *pages, const char *tag, sso_span_t text)
{
    const char *sentence = NULL;
    sso_span_t line;
    apr_hash_t *texts;

    if (!sso_language_is_tag(sso_span(tag)))
        return "line 1: name it texts.LANGUAGE, like texts.en or texts.pt-BR";
    texts = texts_for(pages, tag);
    for (int i = 1; sentence == NULL && sso_span_next(&text, '\n', &line); i++) {
        line = sso_span_trim(line);
        if (line.len > 0 && *line.at != '#')
            sentence = take_text(pages, texts, line, i);
    }
    return sentence;
}

static bool ends_in(const char *name, const char *end)
{
    apr_size_t length = strlen(name), least = strlen(end);

    return length > least && strcmp(name + length - least, end) == 0;
}

static const char *take_file(sso_pages_t *pages, const char *name, sso_span_t text)
{
    const sso_mustache_t *compiled = NULL;
    const char *sentence = NULL;

    if (ends_in(name, ".html"))
        sentence = sso_mustache_compile(text, &compiled, pages->p);
    else if (memmem(text.at, text.len, "</", 2) != NULL)
        sentence = "line 1: \"</\" would end the style sheet or the script; write it otherwise";
    else
        compiled = sso_mustache_literal(text, pages->p);
    if (sentence == NULL)
        apr_hash_set(pages->files, apr_pstrdup(pages->p, name), APR_HASH_KEY_STRING, compiled);
    return sentence;
}

static bool is_built_in(const char *name)
{
    for (const sso_page_file_t *file = sso_page_files; file->name != NULL; file++) {
        if (strcmp(file->name, name) == 0)
            return true;
    }
    return false;
}

static const char *take(sso_pages_t *pages, const char *name, sso_span_t text)
{
    if (strncmp(name, "texts.", 6) == 0)
        return take_texts(pages, name + 6, text);
    return take_file(pages, name, text);
}

const char *sso_pages_replace(sso_pages_t *pages, const char *name, sso_span_t text)
{
    const char *known = "texts.LANGUAGE";

    if (text.at == NULL)
        text.at = "";
    if (memchr(text.at, '\0', text.len) != NULL)
        return "line 1: this is no text";
    if (is_built_in(name) || strncmp(name, "texts.", 6) == 0)
        return take(pages, name, text);
    for (const sso_page_file_t *file = sso_page_files; file->name != NULL; file++) {
        if (strncmp(file->name, "texts.", 6) != 0)
            known = apr_pstrcat(pages->p, file->name, ", ", known, NULL);
    }
    return apr_pstrcat(pages->p, "line 1: no page has such a file; there are ", known, NULL);
}

sso_pages_t *sso_pages_make(const char **sentence, apr_pool_t *p)
{
    sso_pages_t *pages = apr_palloc(p, sizeof(*pages));

    pages->files = apr_hash_make(p);
    pages->languages = apr_array_make(p, 4, sizeof(const char *));
    pages->texts = apr_array_make(p, 4, sizeof(apr_hash_t *));
    pages->nothing = sso_mustache_literal(sso_span(""), p);
    pages->p = p;
    *sentence = NULL;
    for (const sso_page_file_t *file = sso_page_files; file->name != NULL && !*sentence; file++)
        *sentence = take(pages, file->name, sso_span(file->text));
    if (*sentence != NULL)
        return NULL;
    pages->known = apr_hash_copy(p, APR_ARRAY_IDX(pages->texts, 0, apr_hash_t *));
    return pages;
}

static const char *check_page(const sso_pages_t *pages, const char *page, apr_pool_t *p)
{
    view_t view = {pages, page, 0, NULL};
    const char *sentence;

    sentence = sso_mustache_check(file_of(pages, page, ".html"), find, &view, p);
    if (sentence != NULL)
        return apr_pstrcat(p, page, ".html: ", sentence, NULL);
    sentence = sso_mustache_check(file_of(pages, "layout", ".html"), find, &view, p);
    return sentence ? apr_pstrcat(p, "layout.html: ", sentence, NULL) : NULL;
}

static bool is_code(const char *name)
{
    for (int code = 0; code < SSO_CODE_COUNT; code++) {
        if (strcmp(sso_error((sso_code_t)code)->name, name) == 0)
            return true;
    }
    return false;
}

/* Every class and every page's title is built in; not every reason has a text of its own. */
static bool is_shown(const sso_pages_t *pages, const char *name, apr_pool_t *p)
{
    if (apr_hash_get(pages->known, name, APR_HASH_KEY_STRING) != NULL)
        return true;
    if (strncmp(name, "reason_", 7) == 0 && is_code(name + 7))
        return true;
    for (apr_hash_index_t *at = apr_hash_first(p, pages->files); at; at = apr_hash_next(at)) {
        if (sso_mustache_names(apr_hash_this_val(at), sso_span(name)))
            return true;
    }
    return false;
}

/* A text that nothing shows is one whose name was mistyped. */
static const char *check_texts(const sso_pages_t *pages, int language, apr_pool_t *p)
{
    apr_hash_t *texts = APR_ARRAY_IDX(pages->texts, language, apr_hash_t *);

    for (apr_hash_index_t *at = apr_hash_first(p, texts); at; at = apr_hash_next(at)) {
        if (!is_shown(pages, apr_hash_this_key(at), p))
            return apr_psprintf(p, "texts.%s: line 1: no page shows a text %s",
                                sso_pages_tag(pages, language),
                                (const char *)apr_hash_this_key(at));
    }
    return NULL;
}

const char *sso_pages_check(const sso_pages_t *pages, apr_pool_t *p)
{
    const char *sentence = NULL;

    for (const sso_page_file_t *file = sso_page_files; file->name && !sentence; file++) {
        apr_size_t length = strlen(file->name);

        if (ends_in(file->name, ".html") && strcmp(file->name, "layout.html") != 0)
            sentence = check_page(pages, apr_pstrmemdup(p, file->name, length - 5), p);
    }
    for (int i = 0; i < pages->texts->nelts && sentence == NULL; i++)
        sentence = check_texts(pages, i, p);
    return sentence;
}

int sso_pages_language(const sso_pages_t *pages, const char *accept_language)
{
    return sso_language_choose(accept_language, pages->languages);
}

const char *sso_pages_tag(const sso_pages_t *pages, int language)
{
    return APR_ARRAY_IDX(pages->languages, language, const char *);
}

bool sso_pages_fill(const sso_pages_t *pages, const char *name, int language, const json_t *values,
                    sso_span_t *filled, apr_pool_t *p)
{
    view_t view = {pages, name, language, values};

    if (strlen(name) > 64 || file_of(pages, name, ".html") == NULL)
        return false;
    return sso_mustache_fill(file_of(pages, "layout", ".html"), values, find, &view, filled, p);
}

const char *sso_pages_sentence(const sso_pages_t *pages, const char *name, int language,
                               const json_t *values, apr_pool_t *p)
{
    view_t view = {pages, NULL, language, values};
    const sso_mustache_t *text = text_in(&view, name, strlen(name));
    sso_span_t filled;

    return text && sso_mustache_fill(text, values, find, &view, &filled, p)
               ? sso_html_unescape(filled.at, p)
               : NULL;
}
