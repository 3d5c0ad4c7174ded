/* SPDX-License-Identifier: Apache-2.0 */
/* runner.h -- T(name) { ... } is a test: it registers itself and gets a fresh pool `p`. */
#ifndef RUNNER_H
#define RUNNER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <apr_pools.h>
#include <apr_strings.h>

#include "base/text.h"

typedef void runner_test_t(apr_pool_t *p);

void runner_register(const char *name, runner_test_t *test);

#define T(name)                                                    \
    static void name(apr_pool_t *p);                               \
    __attribute__((constructor)) static void register_##name(void) \
    {                                                              \
        runner_register(#name, name);                              \
    }                                                              \
    static void name(apr_pool_t *p)

/* The same code, or NULL for none; shown by name. */
#define assert_error(error, expected) assert_code((error), #expected)
#define assert_no_error(error)        assert_code((error), "none")
#define assert_code(error, expected)                                       \
    do {                                                                   \
        const sso_error_t *of_code = (error);                              \
        assert_string_equal(of_code ? of_code->name : "none", (expected)); \
    } while (0)

#define assert_span(span, text) \
    assert_string_equal(apr_pstrmemdup(p, (span).at ? (span).at : "", (span).len), (text))

/* A sentence for the administrator that holds `part`. */
#define assert_sentence(sentence, part)                                                           \
    do {                                                                                          \
        const char *of_sentence = (sentence);                                                     \
        if (of_sentence == NULL || strstr(of_sentence, (part)) == NULL)                           \
            fail_msg("\"%s\" does not say \"%s\"", of_sentence ? of_sentence : "(null)", (part)); \
    } while (0)

/* Bytes of a file under tests/vectors. */
sso_span_t runner_vector(const char *path, apr_pool_t *p);

/* A number from 0 to `below` - 1; the sequence is the same in every run. */
unsigned runner_random(unsigned below);

#endif
