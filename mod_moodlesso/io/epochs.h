/* SPDX-License-Identifier: Apache-2.0 */
/* epochs.h -- which sessions were ended early: the store's epochs, copied to the shared memory of
 * this node.
 *
 * An epoch belongs to a text of a kind (a subject, a sid, a site): sessions of it that began then
 * or before are over. Requests read the copy, without a lock or a system call; one process of the
 * node pulls what is new each second, and everything every ten minutes.
 *
 * The table has a fixed size. When there are more epochs than it holds, the latest are kept, and
 * the first that is not becomes the floor: sessions that began then or before are over, whoever's
 * they are. People then sign in again; nobody who was signed out gets back in.
 *
 * While the store cannot be asked the copy stays as it is: sessions go on, those it ended stay
 * ended, and what another node ends meanwhile is known here when the store answers again. After a
 * restart without the store nothing is known to have ended. How old the copy is can be asked. */
#ifndef SSO_EPOCHS_H
#define SSO_EPOCHS_H

#include "io/store.h"

#define SSO_EPOCHS_SLOTS 131072 /* 82,000 epochs, 6 MiB of shared memory, touched when needed */

typedef struct sso_epochs_t sso_epochs_t;

typedef struct sso_epochs_counts_t {
    apr_uint64_t epochs; /* in the copy */
    apr_time_t floor;    /* 0: none */
    apr_time_t pulled;   /* when the store last told all that is new; 0: never */
    apr_time_t swept;    /* when it last told everything; 0: never */
} sso_epochs_counts_t;

/* Make the table before the server forks; it lives as long as `p`. `slots` is a power of two. */
apr_status_t sso_epochs_create(sso_epochs_t **epochs, sso_store_t *store, apr_uint32_t slots,
                               apr_pool_t *p);

/* Is a session of this text of this kind that began then over? The cheapest way to ask: a keyed
 * hash and a look into the table, unless it is. */
bool sso_epochs_is_over(const sso_epochs_t *epochs, const char *kind, const char *text,
                        apr_time_t began);

/* Sessions of this text of this kind that began then or before are over; 0 when none is. */
apr_time_t sso_epochs_of(const sso_epochs_t *epochs, const char *kind, const char *text);

/* sso_store_revoke, and this node knows at once; the others within a second. */
apr_status_t sso_epochs_revoke(sso_epochs_t *epochs, const char *kind, const char *text,
                               apr_time_t at, const char **why, apr_pool_t *p);

/* Read what is new in the store, and now and then a part of everything: at most 60,000 rows. One
 * process of the node calls it, each second. */
apr_status_t sso_epochs_pull(sso_epochs_t *epochs, apr_time_t now, const char **why, apr_pool_t *p);

/* May whoever proves nothing end one more session? Not when half the table is in use. */
bool sso_epochs_has_room(const sso_epochs_t *epochs);

void sso_epochs_count(const sso_epochs_t *epochs, sso_epochs_counts_t *counts);

#endif
