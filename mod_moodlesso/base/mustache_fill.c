/* SPDX-License-Identifier: Apache-2.0 */
/* mustache_fill.c -- a compiled text filled in, within bounds of depth, work and length. */
#include <apr_strings.h>

#include "base/html.h"
#include "base/mustache.h"
#include "base/mustache_node.h"

#define MAX_STEPS 200000 /* nodes visited while one page is filled in */

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
    char text[SSO_MUSTACHE_MAX_NAME + 1];

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
    const sso_mustache_node_t *node = &APR_ARRAY_IDX(nodes, place, sso_mustache_node_t);
    const json_t *value = find(scope, node->text), *item;
    scope_t inner = {value, scope};
    size_t i;

    if (is_nothing(value) != (node->kind == SSO_MUSTACHE_INVERTED))
        return;
    if (node->kind == SSO_MUSTACHE_INVERTED)
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
        const sso_mustache_node_t *node = &APR_ARRAY_IDX(nodes, i, sso_mustache_node_t);
        const sso_mustache_t *part;

        if (to->steps-- == 0)
            to->failed = true;
        else if (node->kind == SSO_MUSTACHE_TEXT)
            put(to, node->text.at, node->text.len);
        else if (node->kind == SSO_MUSTACHE_VALUE)
            put_value(to, find(scope, node->text));
        else if (node->kind == SSO_MUSTACHE_PART) {
            part = to->part ? to->part(to->context, node->text) : NULL;
            to->failed |= part != NULL && node->is_bare && !part->is_plain;
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
