/* SPDX-License-Identifier: Apache-2.0 */
/* epoch_table.h -- epochs by imprint, in shared memory: read without a lock, filled twice.
 *
 * Two halves, each an open-addressed table. Readers use one. The other is filled anew, then they
 * change places, which is also how old entries go: no slot is ever taken back. A slot is found by
 * the tag of the imprint (sso/imprint.h) and decided by the beginning of its digest, which is
 * reckoned only where an epoch that matters is found. Its place is made of the tag with a secret
 * factor, so that nobody can crowd one place. What a half has no room for raises its floor, which
 * counts for everybody. */
#ifndef SSO_EPOCH_TABLE_H
#define SSO_EPOCH_TABLE_H

#include "sso/imprint.h"

#include <apr_time.h>

/* One per server process; points into shared memory. */
typedef struct sso_epoch_table_t sso_epoch_table_t;

/* One epoch, as it is kept. */
typedef struct sso_epoch_t {
    apr_uint64_t tag;
    apr_uint64_t check; /* the first 8 bytes of the digest */
    apr_time_t at;
} sso_epoch_t;

typedef enum { SSO_EPOCHS_READ, SSO_EPOCHS_FILLED } sso_epoch_half_t;

/* Make both halves, of `slots` slots each, a power of two from 8 on. Lives as long as `p`. */
apr_status_t sso_epoch_table_create(sso_epoch_table_t **table, apr_uint32_t slots, apr_pool_t *p);

/* The epoch of a text, or the floor, if it is later than `after`; else 0. Any thread. */
apr_time_t sso_epoch_table_get(const sso_epoch_table_t *table, const char *kind, const char *text,
                               apr_time_t after);

/* Make an epoch of a text; false when the digest cannot be had. */
bool sso_epoch_make(sso_epoch_t *epoch, const char *kind, const char *text, apr_time_t at);

/* Keep an epoch (of two times the later one), if the half then has at most `eighths` of its slots
 * in use. Else false, and the floor of the half is raised to it. Any thread for the half that is
 * read, one for the other. */
bool sso_epoch_table_put(sso_epoch_table_t *table, sso_epoch_half_t half, sso_epoch_t epoch,
                         int eighths);

/* Empty the half that is filled; let both change places. One thread of one process. */
void sso_epoch_table_clear(sso_epoch_table_t *table);
void sso_epoch_table_swap(sso_epoch_table_t *table);

/* Of the half that is read: slots in use, slots there are, the floor (0: none). */
apr_uint64_t sso_epoch_table_used(const sso_epoch_table_t *table);
apr_uint64_t sso_epoch_table_slots(const sso_epoch_table_t *table);
apr_time_t sso_epoch_table_floor(const sso_epoch_table_t *table);

#endif
