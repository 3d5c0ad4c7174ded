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

const char *sso_drupal_cookie_domain(const char *cookie_domain, apr_pool_t *p)
{
    apr_size_t length = strcspn(cookie_domain, ":/");
    bool is_address = strspn(cookie_domain, "0123456789.") == length || cookie_domain[0] == '[';
    int dots = 0;

    for (apr_size_t i = 0; i < length; i++)
        dots += cookie_domain[i] == '.';
    return dots >= 2 && !is_address ? apr_pstrmemdup(p, cookie_domain, length) : NULL;
}

const char *sso_drupal_hashed_id(sso_span_t id, apr_pool_t *p)
{
    unsigned char digest[SHA256_DIGEST_LENGTH];
    apr_size_t length;

    SHA256((const unsigned char *)id.at, id.len, digest);
    return apr_pencode_base64_binary(p, digest, sizeof(digest),
                                     APR_ENCODE_BASE64URL | APR_ENCODE_NOPADDING, &length);
}
