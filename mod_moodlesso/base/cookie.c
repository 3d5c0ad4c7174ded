/* SPDX-License-Identifier: Apache-2.0 */
/* cookie.c -- the Cookie header as PHP reads it. */
#include "base/cookie.h"

#include <string.h>

#include <apr_strings.h>

#include "base/percent.h"

#define MAX_COOKIES 1000 /* PHP's max_input_vars as shipped */

/* C's isspace(), which PHP uses here: wider than ours by the vertical tab. */
static bool is_php_space(char byte)
{
    return sso_is_space(byte) || byte == '\v';
}

static sso_span_t skip_space(sso_span_t item)
{
    while (item.len > 0 && is_php_space(item.at[0])) {
        item.at++;
        item.len--;
    }
    return item;
}

/* Would PHP turn this name into ours although it is another one? "a.b" and "a b" become "a_b",
 * "name[]" and "name[x]" replace the cookie "name" by an array, "a[b" becomes "a_b". */
static bool is_mangled_into(sso_span_t raw, const char *name)
{
    apr_size_t length = strlen(name);

    if (raw.len < length)
        return false;
    for (apr_size_t i = 0; i < length; i++) {
        bool mangled = raw.at[i] == '.' || raw.at[i] == ' ' || raw.at[i] == '[';
        if (raw.at[i] != name[i] && !(mangled && name[i] == '_'))
            return false;
    }
    return raw.len == length || raw.at[length] == '[';
}

static void split(sso_span_t item, sso_span_t *name, sso_span_t *value)
{
    const char *equals = item.len > 0 ? memchr(item.at, '=', item.len) : NULL;

    *name = item;
    *value = sso_span("");
    if (equals != NULL) {
        name->len = (apr_size_t)(equals - item.at);
        value->at = equals + 1;
        value->len = item.len - name->len - 1;
    }
}

sso_cookie_state_t sso_cookie_find(const char *header, const char *name, sso_span_t *value,
                                   apr_pool_t *p)
{
    sso_cookie_state_t state = SSO_COOKIE_ABSENT;
    sso_span_t rest, item, found = {NULL, 0};
    int count = 0;

    /* Most visitors have other cookies only. Every name that PHP mangles into ours holds it as it
     * is, unless a '_' of ours may stand for another byte. */
    if (header == NULL || (strchr(name, '_') == NULL && strstr(header, name) == NULL))
        return SSO_COOKIE_ABSENT;
    rest = sso_span(header);
    while (sso_span_next(&rest, ';', &item)) {
        sso_span_t item_name, item_value;

        split(skip_space(item), &item_name, &item_value);
        if (item_name.len == 0)
            continue;
        if (++count > MAX_COOKIES)
            break;
        if (item_name.at[0] != name[0] && name[0] != '_')
            continue;
        if (sso_span_equal(item_name, name)) {
            item_value = sso_percent_decode(item_value, p);
            if (state == SSO_COOKIE_FOUND &&
                (found.len != item_value.len || memcmp(found.at, item_value.at, found.len) != 0))
                return SSO_COOKIE_AMBIGUOUS;
            found = item_value;
            state = SSO_COOKIE_FOUND;
        }
        else if (is_mangled_into(item_name, name)) {
            return SSO_COOKIE_AMBIGUOUS;
        }
    }
    if (state == SSO_COOKIE_FOUND)
        *value = found;
    return state;
}

const char *sso_cookie_sign(const char *name, apr_pool_t *p)
{
    sso_span_t rest = sso_span(name), part, longest = sso_span("");

    while (sso_span_next(&rest, '_', &part)) {
        if (part.len > longest.len)
            longest = part;
    }
    return apr_pstrmemdup(p, longest.at, longest.len);
}

bool sso_cookie_first(const char *header, const char *name, sso_span_t *value, apr_pool_t *p)
{
    sso_span_t rest = sso_span(header), item, item_name;

    while (rest.at != NULL && sso_span_next(&rest, ';', &item)) {
        split(skip_space(item), &item_name, value);
        if (sso_span_equal(item_name, name)) {
            *value = sso_percent_decode(*value, p);
            return true;
        }
    }
    return false;
}

const char *sso_cookie_without(const char *header, const char *name, apr_pool_t *p)
{
    sso_span_t rest = sso_span(header), item;
    char *kept = NULL, *to = NULL;
    bool dropped = false;

    if (header == NULL || strstr(header, name) == NULL)
        return header;
    kept = to = apr_palloc(p, rest.len + 1);
    while (sso_span_next(&rest, ';', &item)) {
        sso_span_t item_name, item_value;

        split(skip_space(item), &item_name, &item_value);
        if (sso_span_equal(item_name, name)) {
            dropped = true;
            continue;
        }
        if (to != kept)
            *to++ = ';';
        else
            item = skip_space(item);
        memcpy(to, item.at, item.len);
        to += item.len;
    }
    *to = '\0';
    if (!dropped)
        return header;
    return to == kept ? NULL : kept;
}
