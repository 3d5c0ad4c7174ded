/* SPDX-License-Identifier: Apache-2.0 */
/* room.h -- a waiting room in shared memory: how many threads of the whole server may wait for one
 * source. A place whose holder died is free again once its time is over. */
#ifndef SSO_ROOM_H
#define SSO_ROOM_H

#include <stdbool.h>

#include <apr_time.h>

/* Shared by every process; each member is read and written atomically. All zero but `places` and
 * `stay` is an empty room. */
typedef struct sso_room_t {
    apr_uint32_t places;
    apr_interval_time_t stay;  /* nobody alive stays longer */
    apr_uint32_t inside, peak; /* for the status page only */
    apr_time_t last_answer;    /* when the source last answered anybody */
    apr_time_t next_told;      /* the administrator hears of a broken set-up not before */
    apr_uint64_t turned_away;
    apr_time_t since[]; /* one per place: when it was taken, 0 when free */
} sso_room_t;

/* Bytes of a room; a multiple of 64. */
apr_size_t sso_room_bytes(apr_uint32_t places);

/* Take a place; answers its number, or -1 when all are taken. */
int sso_room_enter(sso_room_t *room, apr_time_t now);

/* How long to wait for a place. */
typedef struct sso_room_patience_t {
    apr_interval_time_t grace;  /* while the source answers */
    apr_interval_time_t silent; /* of the source: then nobody waits */
    apr_interval_time_t step;   /* between two looks */
} sso_room_patience_t;

/* Take a place, once there is one; answers its number, or -1 when that takes too long. */
int sso_room_wait(sso_room_t *room, const sso_room_patience_t *patience);

void sso_room_leave(sso_room_t *room, int place);

/* Is the source silent: did nobody get an answer for `patience` although somebody waits that long?
 */
bool sso_room_is_stuck(const sso_room_t *room, apr_time_t now, apr_interval_time_t patience);

#endif
