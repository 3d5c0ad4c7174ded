/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz.h -- what every target shares: a pool, a C string of the input, a way to object. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_pools.h>
#include <apr_strings.h>
#include <openssl/crypto.h>

#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* An invariant of the target; broken, the fuzzer keeps the input. */
#define must(condition)   \
    do {                  \
        if (!(condition)) \
            abort();      \
    } while (0)

/* A pool for one input; cleared by the next call. */
static inline apr_pool_t *fuzz_pool(void)
{
    static apr_pool_t *pool;

    if (pool == NULL) {
        apr_initialize();
        apr_pool_create(&pool, NULL);
        /* The leak sanitiser does not look into pools: what they hold is given back at the end,
         * before OpenSSL ends itself. */
        OPENSSL_init_crypto(0, NULL);
        atexit(apr_terminate);
    }
    apr_pool_clear(pool);
    return pool;
}

/* The input in memory of exactly its size, so that one byte too far is seen. */
static inline sso_span_t fuzz_span(const uint8_t *bytes, size_t length)
{
    sso_span_t span = {(const char *)bytes, length};

    return span;
}

#endif
