/* SPDX-License-Identifier: Apache-2.0 */
/* php_form.c -- queries and forms as PHP reads them (main/php_variables.c, main/rfc1867.c). */
#include "base/php_form.h"

#include <string.h>
#include <strings.h>

#include <apr_strings.h>

#include "base/percent.h"

#define MAX_BOUNDARY 70 /* bytes, RFC 2046 5.1.1 */

static apr_status_t forget(void *value)
{
    json_decref(value);
    return APR_SUCCESS;
}

json_t *sso_php_form(apr_pool_t *p)
{
    json_t *object = json_object();

    apr_pool_cleanup_register(p, object, forget, apr_pool_cleanup_null);
    return object;
}

/* The name before the brackets; one that does not close is none. */
static const char *top_name(sso_span_t name, apr_pool_t *p)
{
    char *text = apr_pstrmemdup(p, name.at, name.len);

    for (char *c = text; *c; c++) {
        if (*c == ' ' || *c == '.' || *c == '[')
            *c = '_';
    }
    return text;
}

/* The object behind a key, made where there is none, or something else. */
static json_t *object_at(json_t *object, const char *key)
{
    json_t *found = json_object_get(object, key);

    if (json_is_object(found))
        return found;
    found = json_object();
    return json_object_set_new(object, key, found) == 0 ? found : NULL;
}

/* "[]" gets a number that is free. */
static const char *next_number(const json_t *object, apr_pool_t *p)
{
    for (size_t i = 0;; i++) {
        const char *key = apr_psprintf(p, "%" APR_SIZE_T_FMT, i);

        if (json_object_get(object, key) == NULL)
            return key;
    }
}

/* Cut the next "[key]" off; false when there is none. */
static bool next_key(sso_span_t *rest, sso_span_t *key)
{
    const char *end;

    if (rest->len == 0 || rest->at[0] != '[' || (end = memchr(rest->at, ']', rest->len)) == NULL)
        return false;
    *key = (sso_span_t){rest->at + 1, (apr_size_t)(end - rest->at - 1)};
    rest->len -= key->len + 2;
    rest->at = end + 1;
    return true;
}

/* Put a value at "user[email]"; without a name it is left out. */
static bool put(json_t *into, sso_span_t name, sso_span_t value, apr_pool_t *p)
{
    const char *bracket, *key;
    sso_span_t rest = {NULL, 0}, inner;

    while (name.len > 0 && name.at[0] == ' ')
        name.at++, name.len--;
    if (memchr(name.at, '\0', name.len) != NULL || memchr(value.at, '\0', value.len) != NULL)
        return false;
    bracket = memchr(name.at, '[', name.len);
    if (bracket != NULL && memchr(bracket, ']', name.len - (apr_size_t)(bracket - name.at))) {
        rest = (sso_span_t){bracket, name.len - (apr_size_t)(bracket - name.at)};
        name.len -= rest.len;
    }
    if (name.len == 0)
        return true;
    key = top_name(name, p);
    for (int depth = 0; into != NULL && next_key(&rest, &inner); depth++) {
        if (depth == SSO_PHP_FORM_DEPTH)
            return false;
        into = object_at(into, key);
        key = inner.len > 0 ? apr_pstrmemdup(p, inner.at, inner.len) : next_number(into, p);
    }
    /* Neither takes what is no UTF-8. */
    return into != NULL &&
           json_object_set_new(into, key, json_stringn(value.len ? value.at : "", value.len)) == 0;
}

/* As urldecode. */
static sso_span_t decode(sso_span_t text, apr_pool_t *p)
{
    char *copy = apr_pstrmemdup(p, text.at, text.len);

    for (char *c = copy; c < copy + text.len; c++) {
        if (*c == '+')
            *c = ' ';
    }
    return sso_percent_decode((sso_span_t){copy, text.len}, p);
}

bool sso_php_form_read(sso_span_t form, json_t *into, apr_pool_t *p)
{
    sso_span_t rest = form, item;
    int fields = 0;

    while (rest.at != NULL && sso_span_next(&rest, '&', &item)) {
        const char *equals = item.len > 0 ? memchr(item.at, '=', item.len) : NULL;
        sso_span_t name = item, value = {"", 0};

        if (item.len == 0)
            continue;
        if (++fields > SSO_PHP_FORM_FIELDS)
            return false;
        if (equals != NULL) {
            name.len = (apr_size_t)(equals - item.at);
            value = (sso_span_t){equals + 1, item.len - name.len - 1};
        }
        if (!put(into, decode(name, p), decode(value, p), p))
            return false;
    }
    return true;
}

/* A parameter of a header's value: name="form-data". NULL when it is not there. */
static const char *parameter(sso_span_t header, const char *name, apr_pool_t *p)
{
    sso_span_t rest = header, item;
    apr_size_t length = strlen(name);

    while (sso_span_next(&rest, ';', &item)) {
        item = sso_span_trim(item);
        if (item.len <= length || strncasecmp(item.at, name, length) != 0 || item.at[length] != '=')
            continue;
        item.at += length + 1;
        item.len -= length + 1;
        if (item.len >= 2 && item.at[0] == '"' && item.at[item.len - 1] == '"')
            item.at++, item.len -= 2;
        return apr_pstrmemdup(p, item.at, item.len);
    }
    return NULL;
}

/* The text before `mark` cut off `rest`; false when it is not there. */
static bool cut(sso_span_t *rest, const char *mark, sso_span_t *before)
{
    apr_size_t length = strlen(mark);
    const char *found = rest->len ? memmem(rest->at, rest->len, mark, length) : NULL;

    if (found == NULL)
        return false;
    *before = (sso_span_t){rest->at, (apr_size_t)(found - rest->at)};
    rest->len -= before->len + length;
    rest->at = found + length;
    return true;
}

/* Its Content-Disposition; empty when it has none. */
static sso_span_t disposition_of(sso_span_t headers)
{
    static const char name[] = "Content-Disposition:";
    const apr_size_t length = sizeof(name) - 1;
    sso_span_t line;

    while (headers.len > 0) {
        if (!cut(&headers, "\r\n", &line)) {
            line = headers;
            headers.len = 0;
        }
        if (line.len > length && strncasecmp(line.at, name, length) == 0)
            return (sso_span_t){line.at + length, line.len - length};
    }
    return (sso_span_t){"", 0};
}

static bool read_part(sso_span_t part, json_t *into, apr_pool_t *p)
{
    sso_span_t headers, disposition;
    const char *name;

    if (!cut(&part, "\r\n\r\n", &headers))
        return false;
    disposition = disposition_of(headers);
    name = parameter(disposition, "name", p);
    if (name == NULL || parameter(disposition, "filename", p) != NULL)
        return true;
    return put(into, sso_span(name), part, p);
}

bool sso_php_form_read_multipart(sso_span_t body, const char *type, json_t *into, apr_pool_t *p)
{
    const char *boundary = parameter(sso_span(type), "boundary", p), *mark;
    sso_span_t rest, part;

    if (boundary == NULL || *boundary == '\0' || strlen(boundary) > MAX_BOUNDARY)
        return false;
    mark = apr_pstrcat(p, "\r\n--", boundary, NULL);
    /* The first one may begin the body: as if a line had ended before. */
    rest = sso_span("\r\n");
    rest.at = apr_pstrcat(p, "\r\n", apr_pstrmemdup(p, body.at, body.len), NULL);
    rest.len = body.len + 2;
    if (memchr(body.at ? body.at : "", '\0', body.len) != NULL || !cut(&rest, mark, &part))
        return false;
    for (int fields = 0; fields <= SSO_PHP_FORM_FIELDS; fields++) {
        if (rest.len >= 2 && memcmp(rest.at, "--", 2) == 0)
            return true;
        if (rest.len < 2 || memcmp(rest.at, "\r\n", 2) != 0)
            return false;
        rest.at += 2;
        rest.len -= 2;
        if (!cut(&rest, mark, &part) || !read_part(part, into, p))
            return false;
    }
    return false;
}

void sso_php_form_merge(json_t *into, json_t *over)
{
    json_object_update(into, over);
}
