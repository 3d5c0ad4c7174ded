/* SPDX-License-Identifier: Apache-2.0 */
/* json.c -- JSON from outside, read strictly. */
#include "base/json.h"

#include <string.h>

static apr_status_t forget(void *value)
{
    json_decref(value);
    return APR_SUCCESS;
}

/* jansson's own limit (2048 levels) guards its stack; ours keeps absurd input from going further.
 * Looks at brackets outside of strings only, before anything is allocated. */
static bool is_shallow(sso_span_t text)
{
    int depth = 0;
    bool in_string = false;

    for (apr_size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
        }
        else if (c == '"') {
            in_string = true;
        }
        else if ((c == '{' || c == '[') && ++depth > SSO_JSON_MAX_DEPTH) {
            return false;
        }
        else if (c == '}' || c == ']') {
            depth--;
        }
    }
    return true;
}

bool sso_json_parse(sso_span_t text, apr_size_t max, json_t **value, apr_pool_t *p)
{
    json_error_t error;

    if (text.len == 0 || text.len > max || !is_shallow(text))
        return false;
    *value = json_loadb(text.at, text.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (*value == NULL)
        return false;
    apr_pool_cleanup_register(p, *value, forget, apr_pool_cleanup_null);
    return true;
}

const json_t *sso_json_at(const json_t *value, const char *path)
{
    sso_span_t rest = sso_span(path), name;

    while (value != NULL && sso_span_next(&rest, '.', &name)) {
        char member[64];
        if (name.len >= sizeof(member))
            return NULL;
        memcpy(member, name.at, name.len);
        member[name.len] = '\0';
        value = json_object_get(value, member);
    }
    return value;
}

const char *sso_json_string_at(const json_t *value, const char *path)
{
    const char *text = json_string_value(sso_json_at(value, path));

    return text != NULL && *text != '\0' ? text : NULL;
}

bool sso_json_integer_at(const json_t *value, const char *path, apr_int64_t *number)
{
    const json_t *member = sso_json_at(value, path);

    if (json_is_integer(member)) {
        *number = json_integer_value(member);
        return true;
    }
    return json_is_string(member) && sso_span_integer(sso_span(json_string_value(member)), number);
}

static const char *text_of(json_t *value, size_t flags, apr_pool_t *p)
{
    size_t length = value ? json_dumpb(value, NULL, 0, flags) : 0;
    char *text = apr_palloc(p, length + 1);

    if (length > 0)
        json_dumpb(value, text, length, flags);
    text[length] = '\0';
    json_decref(value);
    return length > 0 ? text : NULL;
}

const char *sso_json_text(json_t *value, apr_pool_t *p)
{
    return text_of(value, JSON_COMPACT, p);
}

const char *sso_json_text_as_php(json_t *value, apr_pool_t *p)
{
    return text_of(value, JSON_COMPACT | JSON_ESCAPE_SLASH | JSON_ENSURE_ASCII, p);
}
