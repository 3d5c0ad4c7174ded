/* SPDX-License-Identifier: Apache-2.0 */
/* source_drupal.c -- Drupal's sessions, 7 to 11: options, and the cookie that counts. */
#include "sso/source_drupal.h"

#include <string.h>

#include <apr_strings.h>

#include "base/cookie.h"
#include "base/set_cookie.h"
#include "base/uri.h"
#include "sso/drupal_cookie.h"

/* Every id of Drupal 7 to 11 and of PHP itself; the longest PHP makes has 256 characters. */
#define ID_OTHERS    ",_-" /* beside letters and digits */
#define ID_MAX       256
#define MAX_AGE      apr_time_from_sec(200000) /* Drupal's gc_maxlifetime as shipped */
#define HTTP_TIMEOUT apr_time_from_sec(2)

#define KEYS                                                                                  \
    "database, version, prefix, cookie_domain, cookie, ids, max_age, touch, fields; or url, " \
    "method, "                                                                                \
    "cookie_domain, cookie, fields, timeout, ca"

static const char *fields_parse(sso_drupal_t *drupal, const char *text, apr_pool_t *p)
{
    sso_span_t rest = sso_span(text), item;

    drupal->fields = apr_array_make(p, 4, sizeof(sso_drupal_field_t));
    while (sso_span_next(&rest, ',', &item)) {
        const char *pair = apr_pstrmemdup(p, item.at, item.len), *colon = strchr(pair, ':');
        sso_drupal_field_t *field;

        if (colon == NULL || colon == pair || !sso_options_is_sql_name(colon + 1, false) ||
            strchr(colon, '.') != NULL)
            return apr_psprintf(p, "fields=%s: write claim:field_name,claim:field_name", text);
        field = apr_array_push(drupal->fields);
        field->claim = apr_pstrmemdup(p, pair, (apr_size_t)(colon - pair));
        field->field = colon + 1;
    }
    return NULL;
}

static const char *configure_cookie(sso_drupal_t *drupal, sso_options_t *options)
{
    const char *domain = sso_options_take(options, "cookie_domain", NULL);

    drupal->cookie = sso_options_take(options, "cookie", NULL);
    if ((drupal->cookie == NULL) == (domain == NULL))
        return "give cookie_domain= (exactly as in Drupal's settings, with its leading dot) or the "
               "whole name as cookie=";
    if (domain != NULL && strstr(domain, "://") != NULL)
        return "cookie_domain= is no URL: write www.example.edu, or .example.edu as in Drupal's "
               "settings";
    if (domain != NULL) {
        drupal->cookie_domain = sso_drupal_cookie_domain(domain, options->p);
        drupal->cookie_http = sso_drupal_cookie_name(domain, false, options->p);
        drupal->cookie_https = sso_drupal_cookie_name(domain, true, options->p);
    }
    else if (!sso_span_is_word(sso_span(drupal->cookie), "-_", 128)) {
        return "cookie= may hold letters, digits, - and _ only";
    }
    return NULL;
}

static const char *configure_http(sso_source_t *source, sso_drupal_t *drupal,
                                  sso_options_t *options)
{
    apr_size_t length = strlen(drupal->url);
    const char *sentence;
    sso_uri_t uri;

    if (!sso_uri_parse(drupal->url, &uri, options->p) || strpbrk(uri.path, "?") != NULL)
        return "url= is no http or https URL";
    if (length > 0 && drupal->url[length - 1] == '/')
        drupal->url = apr_pstrmemdup(options->p, drupal->url, length - 1);
    drupal->ca = sso_options_take(options, "ca", NULL);
    drupal->method = -1;
    source->timeout = HTTP_TIMEOUT;
    if ((sentence =
             sso_options_take_choice(options, "method", "services|user|jsonapi", &drupal->method)))
        return sentence;
    if ((sentence = sso_options_take_duration(options, "timeout", &source->timeout)))
        return sentence;
    if (drupal->method < 0)
        return "method= is missing: services (Drupal 7), user or jsonapi (Drupal 8 and later)";
    return sso_options_done(options, KEYS);
}

static const char *configure_sql(sso_drupal_t *drupal, sso_options_t *options)
{
    int version = -1;
    const char *sentence;

    drupal->prefix = sso_options_take(options, "prefix", "");
    drupal->max_age = MAX_AGE;
    if (drupal->database_name == NULL)
        return "database= or url= is missing: where are Drupal's sessions?";
    if ((sentence = sso_options_take_choice(options, "version", "7|8", &version)))
        return apr_pstrcat(options->p, sentence, " (8 means every later one)", NULL);
    if ((sentence = sso_options_take_choice(options, "ids", "hashed|plain", &drupal->is_plain)))
        return sentence;
    if ((sentence = sso_options_take_duration(options, "max_age", &drupal->max_age)))
        return sentence;
    if ((sentence = sso_options_take_duration(options, "touch", &drupal->touch)))
        return sentence;
    if (drupal->touch != 0 && drupal->touch < apr_time_from_sec(600))
        return "touch= is 10min or more";
    if (version < 0)
        return "version= is missing: 7, or 8 for every later one";
    drupal->is_7 = version == 0;
    if (drupal->is_plain && !drupal->is_7)
        return "ids=plain goes with version=7 only; Drupal 8 and later always hash them";
    if (!sso_options_is_sql_name(drupal->prefix, true))
        return "prefix= may hold letters, digits, _ and $, and one dot behind a schema name";
    return sso_options_done(options, KEYS);
}

static const char *configure(sso_source_t *source, sso_options_t *options)
{
    sso_drupal_t *drupal = apr_pcalloc(options->p, sizeof(*drupal));
    const char *sentence;

    source->settings = drupal;
    drupal->database_name = sso_options_take(options, "database", NULL);
    drupal->url = sso_options_take(options, "url", NULL);
    if ((sentence = configure_cookie(drupal, options)))
        return sentence;
    /* "SSESS..." holds "SESS...". */
    source->sign =
        sso_cookie_sign(drupal->cookie ? drupal->cookie : drupal->cookie_http, options->p);
    if ((sentence = fields_parse(drupal, sso_options_take(options, "fields", NULL), options->p)))
        return sentence;
    if (drupal->url != NULL)
        return drupal->database_name ? "give database= or url=, not both"
                                     : configure_http(source, drupal, options);
    return configure_sql(drupal, options);
}

static const char *freeze(sso_source_t *source, const sso_definitions_t *definitions, apr_pool_t *p)
{
    sso_drupal_t *drupal = source->settings;

    if (drupal->url == NULL)
        return sso_drupal_sql_freeze(source, definitions, p);
    drupal->breaker = (*definitions->breakers)++;
    return NULL;
}

static const sso_error_t *find(const sso_source_t *source, const sso_request_t *request,
                               sso_credential_t *credential, apr_pool_t *p)
{
    const sso_drupal_t *drupal = source->settings;
    const char *name = drupal->cookie   ? drupal->cookie
                       : request->https ? drupal->cookie_https
                                        : drupal->cookie_http;

    SSO_TRY(sso_source_find_cookie(request, name, ID_OTHERS, ID_MAX, credential, p));
    /* Behind a TLS proxy that it does not trust Drupal believes in http and says SESS (facts:
     * reverse_proxy); a configured name tells what Drupal believes. */
    if (drupal->cookie != NULL)
        credential->https = strncmp(drupal->cookie, "SSESS", 5) == 0;
    return NULL;
}

void sso_drupal_set_field(sso_identity_t *who, const char *claim, const char *value, apr_pool_t *p)
{
    static const struct {
        const char *name;
        sso_claim_t claim;
    } known[] = {{"username", SSO_CLAIM_USERNAME},
                 {"email", SSO_CLAIM_EMAIL},
                 {"given_name", SSO_CLAIM_GIVEN_NAME},
                 {"family_name", SSO_CLAIM_FAMILY_NAME},
                 {"name", SSO_CLAIM_NAME},
                 {"language", SSO_CLAIM_LANGUAGE}};

    for (apr_size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(known[i].name, claim) == 0) {
            sso_identity_set(who, known[i].claim, value, p);
            return;
        }
    }
    sso_identity_add(who, claim, value, p);
}

static const sso_error_t *resolve(const sso_source_t *source, const sso_credential_t *credential,
                                  sso_io_t *io, sso_identity_t **who, apr_pool_t *p)
{
    const sso_drupal_t *drupal = source->settings;

    *who = apr_pcalloc(p, sizeof(**who));
    if (drupal->url != NULL)
        return sso_drupal_http_resolve(source, drupal, credential, io, *who, p);
    return sso_drupal_sql_resolve(drupal, credential, io, *who, p);
}

/* Over HTTP nothing ends a session without the tokens of its forms: the browser forgets it. */
static const sso_error_t *end(const sso_source_t *source, const sso_credential_t *credential,
                              const sso_identity_t *who, sso_io_t *io, const char **set_cookie,
                              apr_pool_t *p)
{
    const sso_drupal_t *drupal = source->settings;

    *set_cookie = sso_set_cookie_ended(credential->name, "/", drupal->cookie_domain,
                                       strncmp(credential->name, "SSESS", 5) == 0, p);
    return drupal->url != NULL ? NULL : sso_drupal_sql_end(drupal, credential, io, p);
}

const sso_kind_t sso_kind_drupal = {"drupal", true, configure, freeze, find, resolve, end};
