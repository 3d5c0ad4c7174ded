/* SPDX-License-Identifier: Apache-2.0 */
/* trust_fetch.c -- an issuer is asked for its metadata, then for its keys. */
#include "io/trust_fetch.h"

#include <string.h>

#include <apr_strings.h>

#include "io/http.h"

#define PATIENCE apr_time_from_sec(5)    /* for one question */
#define AGE      apr_time_from_sec(3600) /* of what says nothing of its age */
#define AGE_MIN  apr_time_from_sec(300)
#define AGE_MAX  apr_time_from_sec(86400)

static const char *fetch(const char *url, const char *ca, apr_size_t max, sso_exchange_t *exchange,
                         apr_pool_t *p)
{
    static const char *const headers[] = {"Accept: application/json", NULL};
    const char *why = NULL;
    apr_status_t status;

    *exchange = (sso_exchange_t){.method = "GET", .url = url, .headers = headers, .ca = ca};
    exchange->max_body = max;
    status = sso_http_exchange(exchange, apr_time_now() + PATIENCE, &why, p);
    if (status != APR_SUCCESS)
        return apr_psprintf(p, "%s: %s", url, why ? why : sso_http_error(status)->sentence);
    if (exchange->status != 200)
        return apr_psprintf(p, "%s answers with status %d", url, exchange->status);
    return NULL;
}

static apr_interval_time_t age_of(const sso_exchange_t *exchange)
{
    apr_interval_time_t age = exchange->max_age < 0 ? AGE : AGE_MAX;

    if (exchange->max_age >= 0 && exchange->max_age < apr_time_sec(AGE_MAX))
        age = apr_time_from_sec(exchange->max_age);
    return age < AGE_MIN ? AGE_MIN : age;
}

const char *sso_trust_fetch(const sso_issuer_t *issuer, apr_time_t now, sso_trust_copy_t *copy,
                            apr_time_t *date, apr_pool_t *p)
{
    const char *keys_url = issuer->jwks_url, *sentence;
    sso_exchange_t exchange;
    sso_trust_t trust = {0};

    memset(copy, 0, sizeof(*copy));
    *date = 0;
    if (issuer->metadata_url != NULL) {
        if ((sentence = fetch(issuer->metadata_url, issuer->ca, SSO_METADATA_MAX, &exchange, p)) ||
            (sentence = sso_trust_read(exchange.body, issuer, &trust, p)))
            return sentence;
        copy->metadata = exchange.body;
        keys_url = keys_url ? keys_url : trust.jwks_url;
    }
    if ((sentence = fetch(keys_url, issuer->ca, SSO_JWKS_MAX, &exchange, p)))
        return sentence;
    *date = exchange.date;
    copy->keys = exchange.body;
    copy->fetched = now;
    copy->fresh_until = copy->fetched + age_of(&exchange);
    return NULL;
}
