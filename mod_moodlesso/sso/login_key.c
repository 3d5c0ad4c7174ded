/* SPDX-License-Identifier: Apache-2.0 */
/* login_key.c -- what is kept of a one-time login key until it is redeemed. */
#include "sso/login_key.h"

#include <string.h>

#include <apr_strings.h>

#include "base/json.h"
#include "sso/imprint.h"

#define MAX_TEXT (16 * 1024) /* bytes */

const char *sso_login_key_pack(const sso_login_key_t *key, apr_pool_t *p)
{
    json_t *object = json_pack("{s:s, s:s, s:s, s:s*, s:s*, s:s*, s:s*, s:s*, s:b, s:I}", "source",
                               key->source, "client", key->client, "username", key->username,
                               "email", key->email, "firstname", key->given_name, "lastname",
                               key->family_name, "ip", key->ip, "wantsurl", key->wantsurl, "new",
                               key->is_new, "expires", (json_int_t)apr_time_sec(key->expires));

    return sso_json_text(object, p);
}

bool sso_login_key_unpack(const char *text, sso_login_key_t *key, apr_pool_t *p)
{
    apr_int64_t expires = 0;
    json_t *object;

    if (!sso_json_parse(sso_span(text), MAX_TEXT, &object, p) || !json_is_object(object))
        return false;
    *key = (sso_login_key_t){.source = sso_json_string_at(object, "source"),
                             .client = sso_json_string_at(object, "client"),
                             .username = sso_json_string_at(object, "username"),
                             .email = sso_json_string_at(object, "email"),
                             .given_name = sso_json_string_at(object, "firstname"),
                             .family_name = sso_json_string_at(object, "lastname"),
                             .ip = sso_json_string_at(object, "ip"),
                             .wantsurl = sso_json_string_at(object, "wantsurl"),
                             .is_new = json_is_true(json_object_get(object, "new"))};
    /* An address that is there and cannot be read must not become none. */
    if (key->ip == NULL && json_object_get(object, "ip") != NULL)
        return false;
    if (!sso_json_integer_at(object, "expires", &expires) || expires < 0 ||
        expires > apr_time_sec(APR_INT64_MAX) || key->source == NULL || key->client == NULL ||
        key->username == NULL)
        return false;
    key->expires = apr_time_from_sec(expires);
    return true;
}

static bool is_within(const char *network, apr_sockaddr_t *from, apr_pool_t *p)
{
    char *address = apr_pstrdup(p, network), *bits = strchr(address, '/');
    apr_ipsubnet_t *subnet;

    if (bits != NULL)
        *bits++ = '\0';
    return apr_ipsubnet_create(&subnet, address, bits, p) == APR_SUCCESS &&
           apr_ipsubnet_test(subnet, from);
}

const sso_error_t *sso_login_key_check(const sso_login_key_t *key, apr_sockaddr_t *from,
                                       apr_time_t now, apr_pool_t *p)
{
    if (now >= key->expires)
        return sso_error(SSO_LOGINKEY_EXPIRED);
    if (key->ip != NULL && !is_within(key->ip, from, p))
        return sso_error(SSO_LOGINKEY_ADDRESS);
    return NULL;
}

const char *sso_login_key_hash(const char *site, const char *key, apr_pool_t *p)
{
    return sso_imprint_hex("loginkey", apr_pstrcat(p, site, "\n", key, NULL), p);
}

const char *sso_login_key_holder(const char *source, const char *username, apr_pool_t *p)
{
    return sso_imprint_hex("loginkey_holder", apr_pstrcat(p, source, "\n", username, NULL), p);
}
