/* SPDX-License-Identifier: Apache-2.0 */
/* throttle.h -- how often an address may be wrong within a minute, on this machine.
 *
 * The minute begins with the first mistake: no stroke of the clock gives a fresh hundred.
 *
 * A table of fixed size in shared memory: one place for each address, found by a keyed hash; of two
 * addresses that meet in one place the busier one keeps it. Of IPv6 the first 64 bits count, which
 * one household has. Who is wrong from many addresses is not slowed, and need not be: what is
 * guessed at has 256 bits. */
#ifndef SSO_THROTTLE_H
#define SSO_THROTTLE_H

#include <stdbool.h>

#include <apr_network_io.h>
#include <apr_time.h>

#define SSO_THROTTLE_PLACES 4096

/* Made before the server forks; each place is read and written atomically. */
typedef struct sso_throttle_t {
    unsigned char key[16];
    apr_uint32_t most;   /* mistakes of an address within a minute, 1000 or less */
    apr_uint64_t *place; /* shared: tag of the address (32 bits), second (22), mistakes (10) */
} sso_throttle_t;

/* Lives as long as `p`. */
apr_status_t sso_throttle_create(sso_throttle_t **throttle, apr_uint32_t most, apr_pool_t *p);

/* May this address try? */
bool sso_throttle_admits(const sso_throttle_t *throttle, const apr_sockaddr_t *address,
                         apr_time_t now);

/* It was wrong. */
void sso_throttle_count(sso_throttle_t *throttle, const apr_sockaddr_t *address, apr_time_t now);

#endif
