/* SPDX-License-Identifier: Apache-2.0 */
/* random.c -- texts that nobody can guess. */
#include "base/random.h"

#include <openssl/rand.h>

#include "base/base64url.h"

#define BYTES     (SSO_RANDOM_LENGTH / 4 * 3)
#define KEY_BYTES 32

static const char *make(int count, apr_pool_t *p)
{
    unsigned char bytes[KEY_BYTES];

    return RAND_bytes(bytes, count) == 1 ? sso_base64url_encode(bytes, (apr_size_t)count, p) : NULL;
}

const char *sso_random(apr_pool_t *p)
{
    return make(BYTES, p);
}

const char *sso_random_key(apr_pool_t *p)
{
    return make(KEY_BYTES, p);
}

bool sso_random_is_key(sso_span_t text)
{
    return text.len == SSO_RANDOM_KEY_LENGTH && sso_span_is_word(text, "-_", SSO_RANDOM_KEY_LENGTH);
}

bool sso_random_is_text(sso_span_t text)
{
    return text.len == SSO_RANDOM_LENGTH && sso_span_is_word(text, "-_", SSO_RANDOM_LENGTH);
}
