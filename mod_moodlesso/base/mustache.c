/* SPDX-License-Identifier: Apache-2.0 */
/* mustache.c -- a text with values in it, compiled: its tags found and judged. */
#include "base/mustache.h"

#include <apr_strings.h>

#include "base/mustache_node.h"

typedef struct compiler_t {
    sso_span_t rest;
    int line;
    apr_array_header_t *nodes;
    int open[SSO_MUSTACHE_MAX_DEPTH]; /* places of the sections that are open */
    int depth;
    const char *element; /* "script" or "style" while inside of one; else NULL */
    bool in_its_tag;     /* between <script and > */
    apr_pool_t *p;
} compiler_t;

static const char *wrong(const compiler_t *of, const char *sentence)
{
    return apr_psprintf(of->p, "line %d: %s", of->line, sentence);
}

static void append(compiler_t *of, sso_mustache_kind_t kind, sso_span_t text)
{
    sso_mustache_node_t *node = apr_array_push(of->nodes);

    node->kind = kind;
    node->text = text;
    node->line = of->line;
    node->end = of->nodes->nelts;
    node->is_bare = of->element != NULL && !of->in_its_tag;
}

static bool begins(sso_span_t text, const char *with)
{
    apr_size_t length = strlen(with);

    return text.len >= length &&
           sso_span_equal_nocase((sso_span_t){text.at, length}, sso_span(with));
}

/* Keep in mind whether the text that follows is that of a script or a style sheet. */
static void follow_elements(compiler_t *of, sso_span_t text)
{
    for (; text.len > 0; text.at++, text.len--) {
        if (of->element != NULL && of->in_its_tag) {
            of->in_its_tag = *text.at != '>';
        }
        else if (*text.at != '<') {
            continue;
        }
        else if (of->element == NULL) {
            of->element = begins(text, "<script")  ? "</script"
                          : begins(text, "<style") ? "</style"
                                                   : NULL;
            of->in_its_tag = of->element != NULL;
        }
        else if (begins(text, of->element)) {
            of->element = NULL;
        }
    }
}

static void take_text(compiler_t *of, apr_size_t length)
{
    const char *end = of->rest.at + length;

    if (length > 0)
        append(of, SSO_MUSTACHE_TEXT, (sso_span_t){of->rest.at, length});
    follow_elements(of, (sso_span_t){of->rest.at, length});
    for (; of->rest.at < end; of->rest.at++, of->rest.len--)
        of->line += *of->rest.at == '\n';
}

static bool is_name(sso_span_t name)
{
    if (name.len == 1 && *name.at == '.')
        return true;
    return sso_span_is_word(name, "_-.", SSO_MUSTACHE_MAX_NAME) && *name.at != '.' &&
           name.at[name.len - 1] != '.';
}

static const char *take_value(compiler_t *of, sso_span_t name)
{
    int count = of->nodes->nelts;
    const sso_mustache_node_t *last =
        count > 0 ? &APR_ARRAY_IDX(of->nodes, count - 1, sso_mustache_node_t) : NULL;

    if (of->element != NULL && !of->in_its_tag)
        return wrong(of, "a value cannot stand in a script or a style sheet; give it to an element "
                         "as data-name=\"{{name}}\"");
    if (last != NULL && last->kind == SSO_MUSTACHE_TEXT && last->text.at[last->text.len - 1] == '=')
        return wrong(of, "a value of an attribute needs quotes: name=\"{{name}}\"");
    append(of, SSO_MUSTACHE_VALUE, name);
    return NULL;
}

static const char *close_section(compiler_t *of, sso_span_t name)
{
    sso_mustache_node_t *node;

    if (of->depth == 0)
        return wrong(
            of, apr_psprintf(of->p, "{{/%.*s}} closes what is not open", (int)name.len, name.at));
    node = &APR_ARRAY_IDX(of->nodes, of->open[of->depth - 1], sso_mustache_node_t);
    if (node->text.len != name.len || memcmp(node->text.at, name.at, name.len) != 0)
        return wrong(of, apr_psprintf(of->p, "{{/%.*s}} stands where {{/%.*s}} is due",
                                      (int)name.len, name.at, (int)node->text.len, node->text.at));
    node->end = of->nodes->nelts;
    of->depth--;
    return NULL;
}

static const char *take_name(compiler_t *of, char sigil, sso_span_t name)
{
    if (!is_name(name))
        return wrong(of,
                     "a name has 1 to 64 letters, digits, _ or -, and dots between; {{{, {{& and "
                     "{{= do not exist here");
    if (sigil == '/')
        return close_section(of, name);
    if (sigil == '>') {
        append(of, SSO_MUSTACHE_PART, name);
        return NULL;
    }
    if (sigil == '\0')
        return take_value(of, name);
    if (of->depth == SSO_MUSTACHE_MAX_DEPTH)
        return wrong(of, "sections stand too deep inside each other");
    of->open[of->depth++] = of->nodes->nelts;
    append(of, sigil == '#' ? SSO_MUSTACHE_SECTION : SSO_MUSTACHE_INVERTED, name);
    return NULL;
}

/* The tag that begins at `rest`. */
static const char *take_tag(compiler_t *of)
{
    const char *end = memmem(of->rest.at + 2, of->rest.len - 2, "}}", 2);
    sso_span_t tag;
    const char *sentence = NULL;
    char sigil = '\0';

    if (end == NULL)
        return wrong(of, "{{ without }}");
    tag = (sso_span_t){of->rest.at + 2, (apr_size_t)(end - of->rest.at - 2)};
    if (tag.len > 0 && strchr("#^/>!", *tag.at) != NULL) {
        sigil = *tag.at;
        tag.at++;
        tag.len--;
    }
    if (sigil != '!')
        sentence = take_name(of, sigil, sso_span_trim(tag));
    for (end += 2; of->rest.at < end; of->rest.at++, of->rest.len--)
        of->line += *of->rest.at == '\n';
    return sentence;
}

const char *sso_mustache_compile(sso_span_t text, const sso_mustache_t **compiled, apr_pool_t *p)
{
    compiler_t of = {.rest = text, .line = 1, .p = p};
    sso_mustache_t *made = apr_palloc(p, sizeof(*made));
    const char *sentence = NULL;

    if (text.len > SSO_MUSTACHE_MAX_SOURCE)
        return "line 1: longer than 256 KiB";
    if (text.len > 0 && memchr(text.at, '\0', text.len) != NULL)
        return "line 1: this is no text";
    of.rest.at = apr_pstrmemdup(p, text.at ? text.at : "", text.len);
    made->nodes = of.nodes = apr_array_make(p, 16, sizeof(sso_mustache_node_t));
    while (of.rest.len > 0 && sentence == NULL) {
        const char *tag = memmem(of.rest.at, of.rest.len, "{{", 2);

        take_text(&of, tag ? (apr_size_t)(tag - of.rest.at) : of.rest.len);
        if (tag != NULL)
            sentence = take_tag(&of);
    }
    if (sentence == NULL && of.depth > 0) {
        const sso_mustache_node_t *node =
            &APR_ARRAY_IDX(of.nodes, of.open[of.depth - 1], sso_mustache_node_t);
        of.line = node->line;
        sentence = wrong(
            &of, apr_psprintf(p, "{{#%.*s}} is never closed", (int)node->text.len, node->text.at));
    }
    made->is_plain = true;
    for (int i = 0; i < made->nodes->nelts; i++)
        made->is_plain &=
            APR_ARRAY_IDX(made->nodes, i, sso_mustache_node_t).kind == SSO_MUSTACHE_TEXT;
    *compiled = made;
    return sentence;
}

const sso_mustache_t *sso_mustache_literal(sso_span_t text, apr_pool_t *p)
{
    sso_mustache_t *made = apr_palloc(p, sizeof(*made));
    compiler_t of = {.line = 1, .p = p};

    made->is_plain = true;
    made->nodes = of.nodes = apr_array_make(p, 1, sizeof(sso_mustache_node_t));
    append(&of, SSO_MUSTACHE_TEXT,
           (sso_span_t){apr_pstrmemdup(p, text.at ? text.at : "", text.len), text.len});
    return made;
}

const char *sso_mustache_check(const sso_mustache_t *compiled, sso_mustache_part_t *part,
                               const void *context, apr_pool_t *p)
{
    for (int i = 0; i < compiled->nodes->nelts; i++) {
        const sso_mustache_node_t *node = &APR_ARRAY_IDX(compiled->nodes, i, sso_mustache_node_t);
        const sso_mustache_t *found;

        if (node->kind != SSO_MUSTACHE_PART)
            continue;
        found = part ? part(context, node->text) : NULL;
        if (found == NULL)
            return apr_psprintf(p, "line %d: there is no text {{>%.*s}}", node->line,
                                (int)node->text.len, node->text.at);
        if (node->is_bare && !found->is_plain)
            return apr_psprintf(p,
                                "line %d: {{>%.*s}} has tags in it, so it cannot stand in a "
                                "script or a style sheet",
                                node->line, (int)node->text.len, node->text.at);
    }
    return NULL;
}

bool sso_mustache_names(const sso_mustache_t *compiled, sso_span_t name)
{
    for (int i = 0; i < compiled->nodes->nelts; i++) {
        const sso_mustache_node_t *node = &APR_ARRAY_IDX(compiled->nodes, i, sso_mustache_node_t);

        if (node->kind == SSO_MUSTACHE_PART && node->text.len == name.len &&
            memcmp(node->text.at, name.at, name.len) == 0)
            return true;
    }
    return false;
}
