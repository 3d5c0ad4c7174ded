/* SPDX-License-Identifier: Apache-2.0 */
/* source_drupal_http.c -- Drupal asked over HTTP who a session cookie belongs to.
 *
 * An anonymous visitor gets status 200 from Drupal almost everywhere, so the status proves nothing:
 * a positive user id, or a link to oneself that leads to the same account, does. */
#include <string.h>

#include <apr_strings.h>

#include "base/json.h"
#include "base/percent.h"
#include "sso/source_drupal.h"

#define MAX_BODY 65536

static const sso_error_t *ask(const sso_source_t *source, const sso_credential_t *credential,
                              sso_io_t *io, sso_exchange_t *exchange, apr_pool_t *p)
{
    const sso_drupal_t *drupal = source->settings;

    exchange->cookie =
        apr_pstrcat(p, credential->name, "=", sso_percent_encode(credential->secret, p), NULL);
    exchange->max_body = MAX_BODY;
    exchange->ca = drupal->ca;
    exchange->breaker = drupal->breaker;
    return sso_http_error(io->http(io, exchange, p));
}

static const sso_error_t *ask_json(const sso_source_t *source, const sso_credential_t *credential,
                                   sso_io_t *io, sso_exchange_t *exchange, json_t **answer,
                                   apr_pool_t *p)
{
    SSO_TRY(ask(source, credential, io, exchange, p));
    if (exchange->status >= 500)
        return sso_error(SSO_HTTP_DOWN);
    if (exchange->status != 200 || !sso_json_parse(exchange->body, MAX_BODY, answer, p))
        return sso_error(SSO_HTTP_ANSWER);
    return NULL;
}

static const char *decimal(apr_int64_t number, apr_pool_t *p)
{
    return apr_psprintf(p, "%" APR_INT64_T_FMT, number);
}

static void set_subject(sso_identity_t *who, apr_int64_t uid, apr_pool_t *p)
{
    sso_identity_set(who, SSO_CLAIM_SUBJECT, decimal(uid, p), p);
    sso_identity_set(who, SSO_CLAIM_IDNUMBER, decimal(uid, p), p);
}

/* {"roles": {"2": "authenticated user", "4": "teacher"}}; rid 2 is everybody. */
static void set_services_roles(sso_identity_t *who, const json_t *roles, apr_pool_t *p)
{
    const char *list = NULL, *rid;
    json_t *role;

    json_object_foreach((json_t *)(apr_uintptr_t)roles, rid, role)
    {
        if (strcmp(rid, "2") != 0 && json_is_string(role))
            list = list ? apr_pstrcat(p, list, "\x1f", json_string_value(role), NULL)
                        : json_string_value(role);
    }
    sso_identity_set_list(who, SSO_CLAIM_ROLES, list, '\x1f', p);
}

/* Services 7.x-3: a CSRF token, then system/connect; anonymous gets "uid":0 with status 200. */
static const sso_error_t *by_services(const sso_source_t *source,
                                      const sso_credential_t *credential, sso_io_t *io,
                                      sso_identity_t *who, apr_pool_t *p)
{
    const sso_drupal_t *drupal = source->settings;
    const char *headers[] = {"Accept: application/json", "Content-Type: application/json", NULL,
                             NULL};
    sso_exchange_t token = {.method = "POST",
                            .url = apr_pstrcat(p, drupal->url, "/user/token", NULL),
                            .headers = headers};
    sso_exchange_t connect = {.method = "POST",
                              .url = apr_pstrcat(p, drupal->url, "/system/connect", NULL),
                              .headers = headers};
    json_t *answer = NULL;
    apr_int64_t uid, status;

    SSO_TRY(ask_json(source, credential, io, &token, &answer, p));
    if (sso_json_string_at(answer, "token") == NULL)
        return sso_error(SSO_HTTP_ANSWER);
    headers[2] = apr_pstrcat(
        p, "X-CSRF-Token: ", sso_percent_encode(sso_span(sso_json_string_at(answer, "token")), p),
        NULL);
    SSO_TRY(ask_json(source, credential, io, &connect, &answer, p));
    if (!sso_json_integer_at(answer, "user.uid", &uid))
        return sso_error(SSO_HTTP_ANSWER);
    if (uid <= 0)
        return sso_error(SSO_SESSION_UNKNOWN);
    if (sso_json_integer_at(answer, "user.status", &status) && status != 1)
        return sso_error(SSO_USER_SUSPENDED);
    set_subject(who, uid, p);
    sso_identity_set(who, SSO_CLAIM_USERNAME, sso_json_string_at(answer, "user.name"), p);
    sso_identity_set(who, SSO_CLAIM_EMAIL, sso_json_string_at(answer, "user.mail"), p);
    sso_identity_set(who, SSO_CLAIM_LANGUAGE, sso_json_string_at(answer, "user.language"), p);
    set_services_roles(who, sso_json_at(answer, "user.roles"), p);
    for (int i = 0; i < drupal->fields->nelts; i++) {
        const sso_drupal_field_t *field = &APR_ARRAY_IDX(drupal->fields, i, sso_drupal_field_t);
        const json_t *values =
            sso_json_at(answer, apr_pstrcat(p, "user.", field->field, ".und", NULL));
        sso_drupal_set_field(who, field->claim,
                             sso_json_string_at(json_array_get(values, 0), "value"), p);
    }
    return NULL;
}

/* ".../user/2" (a language or base path may stand before): the account; ".../user/login": nobody.
 */
static bool uid_in_location(const char *location, apr_int64_t *uid)
{
    sso_span_t path = sso_span(location), digits;
    const char *slash;

    path.len = strcspn(location, "?#");
    slash = path.at + path.len;
    while (slash > path.at && slash[-1] != '/')
        slash--;
    digits.at = slash;
    digits.len = (apr_size_t)(path.at + path.len - slash);
    return slash - path.at >= 6 && strncmp(slash - 6, "/user/", 6) == 0 &&
           sso_span_integer(digits, uid) && *uid > 0;
}

/* GET /user redirects to one's own page; core alone, any version from 8 on. */
static const sso_error_t *by_user(const sso_source_t *source, const sso_credential_t *credential,
                                  sso_io_t *io, sso_identity_t *who, apr_pool_t *p)
{
    const sso_drupal_t *drupal = source->settings;
    sso_exchange_t exchange = {.method = "GET", .url = apr_pstrcat(p, drupal->url, "/user", NULL)};
    apr_int64_t uid;

    SSO_TRY(ask(source, credential, io, &exchange, p));
    if (exchange.status >= 500)
        return sso_error(SSO_HTTP_DOWN);
    if (exchange.status < 301 || exchange.status > 303 || exchange.location == NULL)
        return sso_error(SSO_HTTP_ANSWER);
    if (uid_in_location(exchange.location, &uid)) {
        set_subject(who, uid, p);
        return NULL;
    }
    return strstr(exchange.location, "/user/login") != NULL ? sso_error(SSO_SESSION_UNKNOWN)
                                                            : sso_error(SSO_HTTP_ANSWER);
}

static const char *field_names(const sso_drupal_t *drupal, apr_pool_t *p)
{
    const char *names = "drupal_internal__uid,name,mail,preferred_langcode,status";

    for (int i = 0; i < drupal->fields->nelts; i++)
        names = apr_pstrcat(p, names, ",",
                            APR_ARRAY_IDX(drupal->fields, i, sso_drupal_field_t).field, NULL);
    return names;
}

/* /jsonapi names the account's UUID in links.me, only when signed in; the account is read next. */
static const sso_error_t *by_jsonapi(const sso_source_t *source, const sso_credential_t *credential,
                                     sso_io_t *io, sso_identity_t *who, apr_pool_t *p)
{
    const sso_drupal_t *drupal = source->settings;
    static const char *const headers[] = {"Accept: application/vnd.api+json", NULL};
    sso_exchange_t entry = {
        .method = "GET", .url = apr_pstrcat(p, drupal->url, "/jsonapi", NULL), .headers = headers};
    sso_exchange_t account = {.method = "GET", .headers = headers};
    const char *uuid, *base = "data.attributes";
    const json_t *attributes;
    json_t *answer = NULL;
    apr_int64_t uid;

    SSO_TRY(ask_json(source, credential, io, &entry, &answer, p));
    if (sso_json_at(answer, "jsonapi") == NULL)
        return sso_error(SSO_HTTP_ANSWER);
    if ((uuid = sso_json_string_at(answer, "meta.links.me.meta.id")) == NULL)
        return sso_error(SSO_SESSION_UNKNOWN);
    account.url =
        apr_pstrcat(p, drupal->url, "/jsonapi/user/user/", sso_percent_encode(sso_span(uuid), p),
                    "?fields%5Buser--user%5D=", field_names(drupal, p), NULL);
    SSO_TRY(ask_json(source, credential, io, &account, &answer, p));
    /* Anonymous gets 200 with a label only: without the uid there is no proof. */
    attributes = sso_json_at(answer, base);
    if (sso_json_string_at(answer, "data.id") == NULL ||
        strcmp(sso_json_string_at(answer, "data.id"), uuid) != 0 ||
        !sso_json_integer_at(attributes, "drupal_internal__uid", &uid) || uid <= 0)
        return sso_error(SSO_HTTP_ANSWER);
    if (json_is_false(sso_json_at(attributes, "status")))
        return sso_error(SSO_USER_SUSPENDED);
    set_subject(who, uid, p);
    sso_identity_set(who, SSO_CLAIM_USERNAME, sso_json_string_at(attributes, "name"), p);
    sso_identity_set(who, SSO_CLAIM_EMAIL, sso_json_string_at(attributes, "mail"), p);
    sso_identity_set(who, SSO_CLAIM_LANGUAGE, sso_json_string_at(attributes, "preferred_langcode"),
                     p);
    for (int i = 0; i < drupal->fields->nelts; i++) {
        const sso_drupal_field_t *field = &APR_ARRAY_IDX(drupal->fields, i, sso_drupal_field_t);
        sso_drupal_set_field(who, field->claim, sso_json_string_at(attributes, field->field), p);
    }
    return NULL;
}

const sso_error_t *sso_drupal_http_resolve(const sso_source_t *source, const sso_drupal_t *drupal,
                                           const sso_credential_t *credential, sso_io_t *io,
                                           sso_identity_t *who, apr_pool_t *p)
{
    switch ((sso_drupal_method_t)drupal->method) {
    case SSO_DRUPAL_SERVICES:
        return by_services(source, credential, io, who, p);
    case SSO_DRUPAL_USER:
        return by_user(source, credential, io, who, p);
    case SSO_DRUPAL_JSONAPI:
    default:
        return by_jsonapi(source, credential, io, who, p);
    }
}
