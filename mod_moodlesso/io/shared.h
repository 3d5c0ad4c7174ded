/* SPDX-License-Identifier: Apache-2.0 */
/* shared.h -- reading and writing memory that processes and threads share, without a lock. */
#ifndef SSO_SHARED_H
#define SSO_SHARED_H

/* The compiler's own atomics (gcc and clang): APR has 64-bit ones since 1.7 only. */
#define sso_load(at)                 __atomic_load_n((at), __ATOMIC_ACQUIRE)
#define sso_load_relaxed(at)         __atomic_load_n((at), __ATOMIC_RELAXED)
#define sso_store(at, value)         __atomic_store_n((at), (value), __ATOMIC_RELEASE)
#define sso_store_relaxed(at, value) __atomic_store_n((at), (value), __ATOMIC_RELAXED)
#define sso_count(at)                __atomic_fetch_add((at), 1, __ATOMIC_RELAXED)

/* Write `value` if `*at` is still `expected`; says whether it was. */
#define sso_swap(at, expected, value)                                                       \
    __extension__({                                                                         \
        __typeof__(*(at)) sso_swap_expected = (expected);                                   \
        __atomic_compare_exchange_n((at), &sso_swap_expected, (value), 0, __ATOMIC_ACQ_REL, \
                                    __ATOMIC_ACQUIRE);                                      \
    })

#endif
