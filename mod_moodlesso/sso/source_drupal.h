/* SPDX-License-Identifier: Apache-2.0 */
/* source_drupal.h -- the settings that the two ways to ask Drupal share. */
#ifndef SSO_SOURCE_DRUPAL_H
#define SSO_SOURCE_DRUPAL_H

#include "sso/source.h"

typedef enum {
    SSO_DRUPAL_SERVICES, /* Drupal 7, module Services: system/connect */
    SSO_DRUPAL_USER,     /* Drupal 8+ core: where /user redirects to; knows the uid only */
    SSO_DRUPAL_JSONAPI   /* Drupal 8.7+ core module jsonapi: links.me */
} sso_drupal_method_t;

/* A field of the user's profile that becomes a claim. */
typedef struct sso_drupal_field_t {
    const char *claim; /* "given_name" */
    const char *field; /* "field_first_name" */
} sso_drupal_field_t;

typedef struct sso_drupal_t {
    const char *cookie; /* fixed name; NULL: derived from the cookie domain */
    const char *cookie_http, *cookie_https;
    int is_7;     /* version=7 */
    int is_plain; /* ids=plain */
    apr_interval_time_t max_age;
    apr_interval_time_t touch; /* how old a used session's timestamp may become; 0: any */
    const char *cookie_domain; /* of the browser's cookie; NULL: that of its host, or unknown */
    const char *database_name, *prefix;
    apr_array_header_t *fields; /* sso_drupal_field_t */
    sso_statement_t by_sid, by_ssid, users_exist;
    sso_statement_t end_by_sid, end_by_ssid, touch_by_sid, touch_by_ssid;
    const char *url; /* without '/' at its end; NULL: ask the database */
    const char *ca;  /* with url=: root certificates, NULL for the system's */
    int method;      /* sso_drupal_method_t */
    int breaker;
} sso_drupal_t;

/* Set a claim from a configured field: one of the well-known claims, or one of the source's own. */
void sso_drupal_set_field(sso_identity_t *who, const char *claim, const char *value, apr_pool_t *p);

/* Ask the database (source_drupal_sql.c). */
const char *sso_drupal_sql_freeze(sso_source_t *source, const sso_definitions_t *definitions,
                                  apr_pool_t *p);
const sso_error_t *sso_drupal_sql_resolve(const sso_drupal_t *drupal,
                                          const sso_credential_t *credential, sso_io_t *io,
                                          sso_identity_t *who, apr_pool_t *p);

/* Delete the session's row. */
const sso_error_t *sso_drupal_sql_end(const sso_drupal_t *drupal,
                                      const sso_credential_t *credential, sso_io_t *io,
                                      apr_pool_t *p);

/* Ask the site (source_drupal_http.c). */
const sso_error_t *sso_drupal_http_resolve(const sso_source_t *source, const sso_drupal_t *drupal,
                                           const sso_credential_t *credential, sso_io_t *io,
                                           sso_identity_t *who, apr_pool_t *p);

#endif
