/* SPDX-License-Identifier: Apache-2.0 */
/* form.c -- fields of a query or a form. */
#include "base/form.h"

#include <apr_strings.h>

#include "base/percent.h"

static sso_span_t decode(sso_span_t text, apr_pool_t *p)
{
    char *copy = apr_pstrmemdup(p, text.at, text.len);

    for (char *c = copy; *c; c++) {
        if (*c == '+')
            *c = ' ';
    }
    return sso_percent_decode((sso_span_t){copy, text.len}, p);
}

/* Cut "name=" off an item; false when it is another field. */
static bool cut_name(sso_span_t *item, const char *name)
{
    apr_size_t length = strlen(name);

    if (item->len <= length || memcmp(item->at, name, length) != 0 || item->at[length] != '=')
        return false;
    item->at += length + 1;
    item->len -= length + 1;
    return true;
}

bool sso_form_get(const char *form, const char *name, const char **value, apr_pool_t *p)
{
    sso_span_t rest = sso_span(form), item;
    bool is_there = false;

    *value = NULL;
    while (sso_span_next(&rest, '&', &item)) {
        if (!cut_name(&item, name))
            continue;
        if (is_there)
            return false;
        is_there = true;
        item = decode(item, p);
        if (item.len > 0 && memchr(item.at, '\0', item.len) != NULL)
            return false;
        *value = item.len > 0 ? apr_pstrmemdup(p, item.at, item.len) : NULL;
    }
    return true;
}

const char *sso_form_add(const char *form, const char *name, const char *value, apr_pool_t *p)
{
    if (value == NULL)
        return form;
    return apr_pstrcat(p, form, *form ? "&" : "", name, "=", sso_percent_encode(sso_span(value), p),
                       NULL);
}

const char *sso_form_url(const char *url, const char *form, apr_pool_t *p)
{
    const char *query = strchr(url, '?');

    return apr_pstrcat(p, url, query == NULL ? "?" : query[1] ? "&" : "", form, NULL);
}
