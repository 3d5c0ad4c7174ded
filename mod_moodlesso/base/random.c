/* SPDX-License-Identifier: Apache-2.0 */
/* random.c -- texts that nobody can guess. */
#include "base/random.h"

#include <openssl/rand.h>

#include "base/base64url.h"

#define BYTES (SSO_RANDOM_LENGTH / 4 * 3)

const char *sso_random(apr_pool_t *p)
{
    unsigned char bytes[BYTES];

    return RAND_bytes(bytes, BYTES) == 1 ? sso_base64url_encode(bytes, BYTES, p) : NULL;
}

bool sso_random_is_text(sso_span_t text)
{
    return text.len == SSO_RANDOM_LENGTH && sso_span_is_word(text, "-_", SSO_RANDOM_LENGTH);
}
