/* SPDX-License-Identifier: Apache-2.0 */
/* userkey.c -- a session of Moodle by its plugin auth_userkey, whose client we are. */
#include "sso/userkey.h"

#include <apr_strings.h>

#include "base/form.h"
#include "base/percent.h"
#include "base/uri.h"

#define FUNCTION "auth_userkey_request_login_url"
#define REDEEM   "/auth/userkey/login.php"

#define TIMEOUT     apr_time_from_sec(3)
#define MAX_TIMEOUT apr_time_from_sec(10)
#define MAX_PAGE    (256 * 1024) /* a page of Moodle that says why not has 130,000 bytes */

static const char *const names[] = {"username", "email", "idnumber"};

const char *sso_userkey_take(sso_options_t *options, sso_userkey_t **made)
{
    sso_userkey_t *userkey = apr_pcalloc(options->p, sizeof(*userkey));
    const char *sentence;

    *made = userkey;
    userkey->service.name = "userkey";
    userkey->service.timeout = TIMEOUT;
    if ((sentence = sso_service_take(&userkey->service, options)) ||
        (sentence = sso_options_take_choice(options, "mapping", "username|email|idnumber",
                                            &userkey->field)) ||
        (sentence = sso_options_take_choice(options, "ip", "off|on", &userkey->sends_ip)) ||
        (sentence = sso_options_take_choice(options, "create", "off|on", &userkey->creates)) ||
        (sentence = sso_options_take_choice(options, "admins", "off|on", &userkey->admits_admins)))
        return sentence;
    return userkey->service.timeout > MAX_TIMEOUT ? "timeout= is 10s at most; a person waits"
                                                  : NULL;
}

/* PARAM_USERNAME takes small letters only (moodle/lib/classes/param.php). */
static const char *username_of(const sso_userkey_person_t *person, apr_pool_t *p)
{
    return person->username ? sso_span_lower(sso_span(person->username), p) : NULL;
}

const char *sso_userkey_value(const sso_userkey_t *userkey, const sso_userkey_person_t *person,
                              apr_pool_t *p)
{
    switch (userkey->field) {
    case SSO_USERKEY_EMAIL:
        return sso_identity_verified_email(person->who);
    case SSO_USERKEY_IDNUMBER:
        return person->who->claims[SSO_CLAIM_IDNUMBER];
    default:
        return username_of(person, p);
    }
}

bool sso_userkey_is_of(const sso_userkey_t *userkey, const char *value,
                       const sso_identity_t *session)
{
    static const sso_claim_t claims[] = {SSO_CLAIM_USERNAME, SSO_CLAIM_EMAIL, SSO_CLAIM_IDNUMBER};
    const char *of_moodle = session->claims[claims[userkey->field]];

    if (value == NULL || of_moodle == NULL)
        return false;
    if (userkey->field == SSO_USERKEY_IDNUMBER)
        return strcmp(value, of_moodle) == 0;
    return sso_span_equal_nocase(sso_span(value), sso_span(of_moodle));
}

static const char *add(const char *form, const char *field, const char *value, apr_pool_t *p)
{
    return sso_form_add(form, apr_pstrcat(p, "user%5B", field, "%5D", NULL), value, p);
}

/* The plugin refuses every field that its settings do not name. */
static const char *describe(const sso_userkey_t *userkey, const sso_userkey_person_t *person,
                            const char *value, apr_pool_t *p)
{
    const sso_identity_t *who = person->who;
    const char *form = add("", names[userkey->field], value, p);

    if (userkey->sends_ip)
        form = add(form, "ip", person->address, p);
    if (!userkey->creates)
        return form;
    if (userkey->field != SSO_USERKEY_USERNAME)
        form = add(form, "username", username_of(person, p), p);
    if (userkey->field != SSO_USERKEY_EMAIL)
        form = add(form, "email", who->claims[SSO_CLAIM_EMAIL], p);
    form = add(form, "firstname", who->claims[SSO_CLAIM_GIVEN_NAME], p);
    return add(form, "lastname", who->claims[SSO_CLAIM_FAMILY_NAME], p);
}

/* What the plugin's exceptions mean. A function that there is not (invalidrecord, since 5.2
 * invalidrecordunknown) is a plugin that is not installed. */
static const sso_error_t *judge_exception(const sso_error_t *error, const json_t *answer)
{
    const char *code = answer ? sso_service_exception(answer) : NULL;

    if (error->code != SSO_MOODLE_SERVICE_ANSWER || code == NULL)
        return error;
    if (strcmp(code, "invalidparameter") == 0)
        return sso_error(SSO_MOODLE_USERKEY_USER);
    return strncmp(code, "invalidrecord", 13) == 0 ? sso_error(SSO_MOODLE_SERVICE_DENIED) : error;
}

sso_span_t sso_userkey_key(const sso_userkey_t *userkey, const char *login_url, apr_pool_t *p)
{
    static const char beginning[] = REDEEM "?key=";
    const sso_span_t none = {NULL, 0};
    sso_uri_t own, to;
    apr_size_t root;
    const char *key;

    if (!sso_uri_parse(userkey->service.site, &own, p) || !sso_uri_parse(login_url, &to, p) ||
        !sso_uri_same_origin(&own, &to))
        return none;
    root = strlen(own.path);
    if (strncmp(to.path, own.path, root) != 0 ||
        strncmp(to.path + root, beginning, sizeof(beginning) - 1) != 0)
        return none;
    key = to.path + root + sizeof(beginning) - 1;
    return sso_span_is_word(sso_span(key), "", 128) ? sso_span(key) : none;
}

static const sso_error_t *request(const sso_userkey_t *userkey, const sso_userkey_person_t *person,
                                  sso_io_t *io, sso_span_t *key, apr_pool_t *p)
{
    const char *value = sso_userkey_value(userkey, person, p), *url;
    const sso_error_t *error;
    json_t *answer;

    if (value == NULL)
        return sso_error(SSO_MOODLE_USERKEY_USER);
    error = sso_service_call(&userkey->service, FUNCTION, describe(userkey, person, value, p), io,
                             &answer, p);
    if (error != NULL)
        return judge_exception(error, answer);
    url = sso_json_string_at(answer, "loginurl");
    *key = url ? sso_userkey_key(userkey, url, p) : sso_span("");
    return key->len > 0 ? NULL : sso_error(SSO_MOODLE_SERVICE_ANSWER);
}

sso_span_t sso_userkey_session(const char *line, apr_pool_t *p)
{
    const char *equals = line ? strchr(line, '=') : NULL;
    const sso_span_t none = {NULL, 0};
    sso_span_t value;

    if (equals == NULL)
        return none;
    value = (sso_span_t){equals + 1, strcspn(equals + 1, ";")};
    value = sso_percent_decode(sso_span_trim(value), p);
    return sso_span_is_word(value, ",-", 128) && !sso_span_equal(value, "deleted") ? value : none;
}

/* It goes into a header of our own. */
static bool is_printable(const char *line)
{
    for (; *line != '\0'; line++) {
        if (*line < ' ' || *line > '~')
            return false;
    }
    return true;
}

/* 404 is what Moodle's errors are, and so the plugin's: "Incorrect key", "Expired key". */
static const sso_error_t *judge(const sso_exchange_t *exchange, apr_pool_t *p)
{
    if (exchange->status >= 500)
        return sso_error(SSO_MOODLE_SERVICE_DOWN);
    if (exchange->status == 404)
        return sso_error(SSO_MOODLE_USERKEY_REFUSED);
    if (exchange->status != 303 || exchange->set_cookie == NULL ||
        strlen(exchange->set_cookie) > 500 || !is_printable(exchange->set_cookie) ||
        sso_userkey_session(exchange->set_cookie, p).len == 0)
        return sso_error(SSO_MOODLE_SERVICE_ANSWER);
    return NULL;
}

/* By POST: the key is in no log of Moodle's server either. Moodle believes X-Forwarded-For where
 * its getremoteaddrconf says so. The connection may well hold a thread of this very server. */
static const sso_error_t *redeem(const sso_userkey_t *userkey, const sso_userkey_person_t *person,
                                 sso_span_t key, sso_io_t *io, sso_exchange_t *exchange,
                                 apr_pool_t *p)
{
    const sso_service_t *service = &userkey->service;
    const char *const headers[] = {apr_pstrcat(p, "X-Forwarded-For: ", person->address, NULL),
                                   "Connection: close", NULL};
    apr_status_t status;

    exchange->method = "POST";
    exchange->url = apr_pstrcat(p, service->site, REDEEM, NULL);
    exchange->post = apr_pstrcat(p, "key=", apr_pstrmemdup(p, key.at, key.len), NULL);
    exchange->headers = headers;
    exchange->cookie = person->cookie;
    exchange->ca = service->ca;
    exchange->max_body = MAX_PAGE;
    exchange->timeout = service->timeout;
    exchange->breaker = service->breaker;
    status = io->http(io, exchange, p);
    exchange->headers = NULL;
    if (status == APR_SUCCESS)
        return judge(exchange, p);
    return sso_service_error(status);
}

const sso_error_t *sso_userkey_sign_in(const sso_userkey_t *userkey,
                                       const sso_userkey_person_t *person, const char *cookie,
                                       sso_io_t *io, const char **line, apr_pool_t *p)
{
    sso_exchange_t exchange = {.wanted_cookie = cookie};
    sso_span_t key = {NULL, 0};

    SSO_TRY(request(userkey, person, io, &key, p));
    SSO_TRY(redeem(userkey, person, key, io, &exchange, p));
    *line = exchange.set_cookie;
    return NULL;
}
