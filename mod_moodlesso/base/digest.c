/* SPDX-License-Identifier: Apache-2.0 */
/* digest.c -- hashes as texts: SHA-2, plain and with a key. */
#include "base/digest.h"

#include <limits.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/base64url.h"

static bool hash_of(const char *name, sso_span_t text, unsigned char *bytes, unsigned *length)
{
    const EVP_MD *hash = EVP_get_digestbyname(name);

    return hash != NULL && EVP_Digest(text.at, text.len, bytes, length, hash, NULL) == 1;
}

const char *sso_digest(sso_span_t text, apr_pool_t *p)
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned length;

    return hash_of("SHA256", text, bytes, &length) ? sso_base64url_encode(bytes, length, p) : NULL;
}

const char *sso_digest_half(const char *hash, sso_span_t text, apr_pool_t *p)
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned length;

    return hash_of(hash, text, bytes, &length) ? sso_base64url_encode(bytes, length / 2, p) : NULL;
}

const char *sso_digest_keyed(sso_span_t key, sso_span_t text, apr_pool_t *p)
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned length;

    if (key.len > INT_MAX || HMAC(EVP_sha256(), key.at, (int)key.len,
                                  (const unsigned char *)text.at, text.len, bytes, &length) == NULL)
        return NULL;
    return sso_base64url_encode(bytes, length, p);
}
