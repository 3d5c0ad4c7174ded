/* SPDX-License-Identifier: Apache-2.0 */
/* drupal_cookie.h -- how Drupal names its session cookie and stores its session ids. */
#ifndef SSO_DRUPAL_COOKIE_H
#define SSO_DRUPAL_COOKIE_H

#include "base/text.h"

/* "SESS" or, for https, "SSESS", and the first 32 hex digits of SHA-256 of the cookie domain
 * exactly as configured, a leading dot included (drupal/core SessionConfiguration.php
 * getUnprefixedName; Drupal 7 includes/bootstrap.inc drupal_settings_initialize). */
const char *sso_drupal_cookie_name(const char *cookie_domain, bool https, apr_pool_t *p);

/* The Domain attribute that Drupal gives the cookie of this seed: the seed's host when it has more
 * than one dot, or begins with one and has another; else NULL, as for addresses. */
const char *sso_drupal_cookie_domain(const char *cookie_domain, apr_pool_t *p);

/* base64url(SHA-256(id)) without '=', 43 characters: what `sessions.sid` holds (Drupal
 * Crypt::hashBase64, drupal_hash_base64 since 7.98). */
const char *sso_drupal_hashed_id(sso_span_t id, apr_pool_t *p);

#endif
