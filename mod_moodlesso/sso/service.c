/* SPDX-License-Identifier: Apache-2.0 */
/* service.c -- MoodleSSOProvision: a Moodle as its web service knows it, and one question to it.
 *
 * Status 200 proves nothing: what fails is an object with "exception". Its class has another name
 * in each version; its "errorcode" has not. */
#include "sso/service.h"

#include <string.h>

#include <apr_strings.h>

#include "base/form.h"

#define TIMEOUT  apr_time_from_sec(2)
#define MAX_BODY (128 * 1024)
#define ENTRY    "/webservice/rest/server.php"

static const char *read_url(sso_service_t *service, sso_options_t *options)
{
    const char *url = sso_options_take(options, "url", NULL);
    apr_size_t length = url ? strlen(url) : 0;

    if (url == NULL)
        return "url= is missing: Moodle's address, like https://moodle.example.edu";
    if (!sso_trust_url_is_safe(url, options->p) || strpbrk(url, "?#") != NULL)
        return "url= is no https URL; the token goes there";
    if (url[length - 1] == '/')
        length--;
    service->site = apr_pstrmemdup(options->p, url, length);
    service->url = apr_pstrcat(options->p, service->site, ENTRY, NULL);
    return NULL;
}

const char *sso_service_take(sso_service_t *service, sso_options_t *options)
{
    const char *sentence;

    service->ca = sso_options_take(options, "ca", NULL);
    if ((sentence = read_url(service, options)) ||
        (sentence = sso_options_take_secret(options, "token", &service->token)) ||
        (sentence = sso_options_take_duration(options, "timeout", &service->timeout)))
        return sentence;
    return service->token ? NULL
                          : "token= is missing: file:/path of the token of Moodle's web service";
}

const char *sso_service_make(const char *name, const char *kind, sso_options_t *options,
                             sso_service_t **made)
{
    sso_service_t *service = apr_pcalloc(options->p, sizeof(*service));
    const char *sentence;

    if (strcmp(kind, "moodle") != 0)
        return apr_psprintf(options->p, "%s is no kind that is known; write moodle", kind);
    *made = service;
    service->name = name;
    service->timeout = TIMEOUT;
    if ((sentence = sso_service_take(service, options)))
        return sentence;
    return sso_options_done(options, "url, token, ca and timeout");
}

const char *sso_service_exception(const json_t *answer)
{
    return sso_json_string_at(answer, "errorcode");
}

/* What Moodle says, as what it means for us. */
static const sso_error_t *judge_exception(const char *code)
{
    static const char *const denials[] = {
        "invalidtoken",      "accessexception",  "nopermissions",      "servicerequireslogin",
        "passwordisexpired", "usernotconfirmed", "sitepolicynotagreed"};

    if (strcmp(code, "sitemaintenance") == 0 || strcmp(code, "upgraderunning") == 0)
        return sso_error(SSO_MOODLE_SERVICE_DOWN);
    /* wsaccessusersuspended and its kin: whose the token is may not come in any more. */
    if (strncmp(code, "wsaccessuser", 12) == 0)
        return sso_error(SSO_MOODLE_SERVICE_DENIED);
    for (apr_size_t i = 0; i < sizeof(denials) / sizeof(denials[0]); i++) {
        if (strcmp(denials[i], code) == 0)
            return sso_error(SSO_MOODLE_SERVICE_DENIED);
    }
    return sso_error(SSO_MOODLE_SERVICE_ANSWER);
}

static const sso_error_t *judge(const sso_exchange_t *exchange, json_t **answer, apr_pool_t *p)
{
    json_t *value;

    if (exchange->status >= 500)
        return sso_error(SSO_MOODLE_SERVICE_DOWN);
    /* An empty 403 is how Moodle says that its web services, or this protocol, are off. */
    if (exchange->status == 401 || exchange->status == 403)
        return sso_error(SSO_MOODLE_SERVICE_DENIED);
    if (exchange->status != 200 || !sso_json_parse(exchange->body, MAX_BODY, &value, p))
        return sso_error(SSO_MOODLE_SERVICE_ANSWER);
    if (json_is_array(value) || sso_json_at(value, "exception") == NULL) {
        *answer = value;
        return NULL;
    }
    if (sso_service_exception(value) == NULL)
        return sso_error(SSO_MOODLE_SERVICE_ANSWER);
    *answer = value;
    return judge_exception(sso_service_exception(value));
}

const sso_error_t *sso_service_call(const sso_service_t *service, const char *function,
                                    const char *fields, sso_io_t *io, json_t **answer,
                                    apr_pool_t *p)
{
    const char *form = sso_form_add("", "wstoken", service->token, p);
    sso_exchange_t exchange = {.method = "POST",
                               .url = service->url,
                               .ca = service->ca,
                               .max_body = MAX_BODY,
                               .timeout = service->timeout,
                               .breaker = service->breaker};
    apr_status_t status;

    *answer = NULL;
    form = sso_form_add(form, "wsfunction", function, p);
    form = sso_form_add(form, "moodlewsrestformat", "json", p);
    exchange.post = *fields ? apr_pstrcat(p, form, "&", fields, NULL) : form;
    status = io->http(io, &exchange, p);
    return status == APR_SUCCESS ? judge(&exchange, answer, p) : sso_service_error(status);
}

const sso_error_t *sso_service_error(apr_status_t status)
{
    if (status == SSO_IO_DOWN)
        return sso_error(SSO_MOODLE_SERVICE_DOWN);
    return sso_error(status == SSO_IO_TIMEOUT ? SSO_MOODLE_SERVICE_TIMEOUT
                                              : SSO_MOODLE_SERVICE_ANSWER);
}
