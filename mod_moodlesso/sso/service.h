/* SPDX-License-Identifier: Apache-2.0 */
/* service.h -- MoodleSSOProvision: a Moodle as its web service knows it, and one question to it. */
#ifndef SSO_SERVICE_H
#define SSO_SERVICE_H

#include "base/json.h"
#include "sso/io.h"
#include "sso/options.h"

/* Read-only once the configuration is frozen. */
typedef struct sso_service_t {
    const char *name;
    const char *site;            /* Moodle's address, without a slash at its end */
    const char *url;             /* of its server.php */
    const char *token;           /* never logged, never in a URL */
    const char *ca;              /* file of root certificates; NULL: the system's */
    apr_interval_time_t timeout; /* of each question */
    int breaker;
} sso_service_t;

/* Take url=, token=, ca= and timeout= (which is set already). Answers a sentence. */
const char *sso_service_take(sso_service_t *service, sso_options_t *options);

/* "NAME moodle url= token=file:/path [ca=] [timeout=2s]". Answers a sentence when it is wrong. The
 * breaker is set by the caller. */
const char *sso_service_make(const char *name, const char *kind, sso_options_t *options,
                             sso_service_t **service);

/* Call one of its functions with the fields of a form ("": none). *answer is JSON that lives in p.
 * Answers MOODLE_SERVICE_DOWN, _TIMEOUT, _DENIED, and _ANSWER: then *answer is the exception, NULL
 * when it was something else. */
const sso_error_t *sso_service_call(const sso_service_t *service, const char *function,
                                    const char *fields, sso_io_t *io, json_t **answer,
                                    apr_pool_t *p);

/* The error code of an exception; NULL when it is none. */
const char *sso_service_exception(const json_t *answer);

/* The reason code for what sso_io_t.http answered of Moodle. */
const sso_error_t *sso_service_error(apr_status_t status);

#endif
