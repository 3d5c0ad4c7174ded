/* SPDX-License-Identifier: Apache-2.0 */
/* drupal_cookie.c -- how Drupal names its session cookie and stores its session ids. */
#include "sso/drupal_cookie.h"

#include <apr_encode.h>
#include <apr_escape.h>
#include <apr_strings.h>
#include <openssl/sha.h>

const char *sso_drupal_cookie_name(const char *cookie_domain, bool https, apr_pool_t *p)
{
    sso_span_t seed = sso_span(cookie_domain);
    unsigned char digest[SHA256_DIGEST_LENGTH];

    SHA256((const unsigned char *)seed.at, seed.len, digest);
    return apr_pstrcat(p, https ? "SSESS" : "SESS", apr_pescape_hex(p, digest, 16, 0), NULL);
}

const char *sso_drupal_hashed_id(sso_span_t id, apr_pool_t *p)
{
    unsigned char digest[SHA256_DIGEST_LENGTH];
    apr_size_t length;

    SHA256((const unsigned char *)id.at, id.len, digest);
    return apr_pencode_base64_binary(p, digest, sizeof(digest),
                                     APR_ENCODE_BASE64URL | APR_ENCODE_NOPADDING, &length);
}
