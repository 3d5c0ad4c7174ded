/* SPDX-License-Identifier: Apache-2.0 */
/* mustache.c -- pages with values in them: a part of mustache(5), in which every value is escaped.
 */
#include "base/mustache.h"

#include <apr_strings.h>
#include <apr_tables.h>

#include "base/html.h"

#define MAX_STEPS 200000 /* nodes visited while one page is filled in */
#define MAX_NAME  64

typedef enum { TEXT, VALUE, SECTION, INVERTED, PART } kind_t;

typedef struct node_t {
    kind_t kind;
    sso_span_t text; /* fixed bytes, or a name */
    int line;        /* where it stands, from 1 */
    int end;         /* of a section: the place behind its last node */
} node_t;

struct sso_mustache_t {
    apr_array_header_t *nodes; /* node_t; what is in a section follows it */
};

/* -- compile ------------------------------------------------------------------------------------
 */

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

static node_t *append(compiler_t *of, kind_t kind, sso_span_t text)
{
    node_t *node = apr_array_push(of->nodes);

    node->kind = kind;
    node->text = text;
    node->line = of->line;
    node->end = of->nodes->nelts;
    return node;
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
        append(of, TEXT, (sso_span_t){of->rest.at, length});
    follow_elements(of, (sso_span_t){of->rest.at, length});
    for (; of->rest.at < end; of->rest.at++, of->rest.len--)
        of->line += *of->rest.at == '\n';
}

static bool is_name(sso_span_t name)
{
    if (name.len == 1 && *name.at == '.')
        return true;
    return sso_span_is_word(name, "_-.", MAX_NAME) && *name.at != '.' &&
           name.at[name.len - 1] != '.';
}

static const char *take_value(compiler_t *of, sso_span_t name)
{
    int count = of->nodes->nelts;
    const node_t *last = count > 0 ? &APR_ARRAY_IDX(of->nodes, count - 1, node_t) : NULL;

    if (of->element != NULL && !of->in_its_tag)
        return wrong(of, "a value cannot stand in a script or a style sheet; give it to an element "
                         "as data-name=\"{{name}}\"");
    if (last != NULL && last->kind == TEXT && last->text.at[last->text.len - 1] == '=')
        return wrong(of, "a value of an attribute needs quotes: name=\"{{name}}\"");
    append(of, VALUE, name);
    return NULL;
}

static const char *close_section(compiler_t *of, sso_span_t name)
{
    node_t *node;

    if (of->depth == 0)
        return wrong(
            of, apr_psprintf(of->p, "{{/%.*s}} closes what is not open", (int)name.len, name.at));
    node = &APR_ARRAY_IDX(of->nodes, of->open[of->depth - 1], node_t);
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
        append(of, PART, name);
        return NULL;
    }
    if (sigil == '\0')
        return take_value(of, name);
    if (of->depth == SSO_MUSTACHE_MAX_DEPTH)
        return wrong(of, "sections stand too deep inside each other");
    of->open[of->depth++] = of->nodes->nelts;
    append(of, sigil == '#' ? SECTION : INVERTED, name);
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
    if (tag.len > 0 && memchr("#^/>!", *tag.at, 5) != NULL) {
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
    made->nodes = of.nodes = apr_array_make(p, 16, sizeof(node_t));
    while (of.rest.len > 0 && sentence == NULL) {
        const char *tag = memmem(of.rest.at, of.rest.len, "{{", 2);

        take_text(&of, tag ? (apr_size_t)(tag - of.rest.at) : of.rest.len);
        if (tag != NULL)
            sentence = take_tag(&of);
    }
    if (sentence == NULL && of.depth > 0) {
        const node_t *node = &APR_ARRAY_IDX(of.nodes, of.open[of.depth - 1], node_t);
        of.line = node->line;
        sentence = wrong(
            &of, apr_psprintf(p, "{{#%.*s}} is never closed", (int)node->text.len, node->text.at));
    }
    *compiled = made;
    return sentence;
}

const sso_mustache_t *sso_mustache_literal(sso_span_t text, apr_pool_t *p)
{
    sso_mustache_t *made = apr_palloc(p, sizeof(*made));
    compiler_t of = {.line = 1, .p = p};

    made->nodes = of.nodes = apr_array_make(p, 1, sizeof(node_t));
    append(&of, TEXT, (sso_span_t){apr_pstrmemdup(p, text.at ? text.at : "", text.len), text.len});
    return made;
}

const char *sso_mustache_check(const sso_mustache_t *compiled, sso_mustache_part_t *part,
                               const void *context, apr_pool_t *p)
{
    for (int i = 0; i < compiled->nodes->nelts; i++) {
        const node_t *node = &APR_ARRAY_IDX(compiled->nodes, i, node_t);

        if (node->kind == PART && (part == NULL || part(context, node->text) == NULL))
            return apr_psprintf(p, "line %d: there is no text {{>%.*s}}", node->line,
                                (int)node->text.len, node->text.at);
    }
    return NULL;
}

/* -- fill ---------------------------------------------------------------------------------------
 */

/* The values a section looks at, innermost first. */
typedef struct scope_t {
    const json_t *value;
    const struct scope_t *outer;
} scope_t;

typedef struct filler_t {
    char *bytes;
    apr_size_t used, room;
    int steps; /* left */
    int depth; /* left */
    bool failed;
    sso_mustache_part_t *part;
    const void *context;
    apr_pool_t *p;
} filler_t;

static void put(filler_t *to, const char *bytes, apr_size_t length)
{
    if (to->failed || length > SSO_MUSTACHE_MAX_OUTPUT - to->used) {
        to->failed = true;
        return;
    }
    if (to->used + length + 1 > to->room) {
        apr_size_t room = (to->used + length + 1) * 2;
        char *larger = apr_palloc(to->p, room);

        if (to->used > 0)
            memcpy(larger, to->bytes, to->used);
        to->bytes = larger;
        to->room = room;
    }
    memcpy(to->bytes + to->used, bytes, length);
    to->used += length;
}

static void put_escaped(filler_t *to, const char *text)
{
    const char *escaped = sso_html_escape(text, to->p);

    put(to, escaped, strlen(escaped));
}

static int collect(const char *bytes, apr_size_t length, void *of_filler)
{
    put(of_filler, bytes, length);
    return ((filler_t *)of_filler)->failed ? -1 : 0;
}

static void put_value(filler_t *to, const json_t *value)
{
    filler_t text = {.p = to->p};

    if (value == NULL || json_is_null(value) || json_is_false(value))
        return;
    if (json_is_string(value)) {
        put_escaped(to, json_string_value(value));
        return;
    }
    json_dump_callback(value, collect, &text, JSON_ENCODE_ANY | JSON_COMPACT);
    put(&text, "", 1);
    to->failed |= text.failed;
    if (!text.failed)
        put_escaped(to, text.bytes);
}

static const json_t *member(const json_t *object, sso_span_t name)
{
    char text[MAX_NAME + 1];

    memcpy(text, name.at, name.len);
    text[name.len] = '\0';
    return json_object_get(object, text);
}

/* The first name is looked for from the innermost section outwards, the others inside of it. */
static const json_t *find(const scope_t *scope, sso_span_t path)
{
    const json_t *value = NULL;
    sso_span_t rest = path, name;

    if (path.len == 1 && *path.at == '.')
        return scope->value;
    if (!sso_span_next(&rest, '.', &name))
        return NULL;
    for (; scope != NULL && value == NULL; scope = scope->outer)
        value = member(scope->value, name);
    while (value != NULL && sso_span_next(&rest, '.', &name))
        value = member(value, name);
    return value;
}

static bool is_nothing(const json_t *value)
{
    return value == NULL || json_is_null(value) || json_is_false(value) ||
           (json_is_string(value) && json_string_length(value) == 0) ||
           (json_is_array(value) && json_array_size(value) == 0);
}

static void fill(filler_t *to, const apr_array_header_t *nodes, int from, int end,
                 const scope_t *scope);

static void fill_section(filler_t *to, const apr_array_header_t *nodes, int place,
                         const scope_t *scope)
{
    const node_t *node = &APR_ARRAY_IDX(nodes, place, node_t);
    const json_t *value = find(scope, node->text), *item;
    scope_t inner = {value, scope};
    size_t i;

    if (is_nothing(value) != (node->kind == INVERTED))
        return;
    if (node->kind == INVERTED)
        fill(to, nodes, place + 1, node->end, scope);
    else if (!json_is_array(value))
        fill(to, nodes, place + 1, node->end, &inner);
    else {
        json_array_foreach(value, i, item)
        {
            inner.value = item;
            fill(to, nodes, place + 1, node->end, &inner);
        }
    }
}

static void fill(filler_t *to, const apr_array_header_t *nodes, int from, int end,
                 const scope_t *scope)
{
    if (to->depth-- == 0)
        to->failed = true;
    for (int i = from; i < end && !to->failed; i++) {
        const node_t *node = &APR_ARRAY_IDX(nodes, i, node_t);
        const sso_mustache_t *part;

        if (to->steps-- == 0)
            to->failed = true;
        else if (node->kind == TEXT)
            put(to, node->text.at, node->text.len);
        else if (node->kind == VALUE)
            put_value(to, find(scope, node->text));
        else if (node->kind == PART) {
            part = to->part ? to->part(to->context, node->text) : NULL;
            if (part != NULL)
                fill(to, part->nodes, 0, part->nodes->nelts, scope);
        }
        else {
            fill_section(to, nodes, i, scope);
            i = node->end - 1;
        }
    }
    to->depth++;
}

bool sso_mustache_fill(const sso_mustache_t *compiled, const json_t *values,
                       sso_mustache_part_t *part, const void *context, sso_span_t *filled,
                       apr_pool_t *p)
{
    filler_t to = {.steps = MAX_STEPS, .part = part, .context = context, .p = p};
    scope_t outermost = {values, NULL};

    to.depth = 2 * SSO_MUSTACHE_MAX_DEPTH;
    fill(&to, compiled->nodes, 0, compiled->nodes->nelts, &outermost);
    put(&to, "", 1);
    if (to.failed)
        return false;
    *filled = (sso_span_t){to.bytes, to.used - 1};
    return true;
}
