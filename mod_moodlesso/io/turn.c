/* SPDX-License-Identifier: Apache-2.0 */
/* turn.c -- what is made once for all who want the same at the same time. */
#include "io/turn.h"

#include <string.h>

#include <apr_strings.h>

#include "io/notes.h"
#include "io/shared.h"
#include "sso/imprint.h"

#define SLOTS 256 /* two who meet in one wait for each other, and that is all */
#define KIND  "turn"

#define STEP       (5 * 1000) /* microseconds between two looks at this machine's turn */
#define STORE_STEP (50 * 1000)

/* In shared memory. */
struct sso_turns_t {
    apr_time_t until[SLOTS]; /* 0: free; each is read and written atomically */
    sso_room_t room;         /* last: its places follow */
};

/* Who finds no place comes again: what is made may need the very thread that would wait. Those
 * inside may be silent for as long as making takes. */
static const sso_room_patience_t patience = {200 * 1000, SSO_TURN_WAIT + SSO_TURN_STAY, STEP};

apr_status_t sso_turns_create(sso_turns_t **turns, apr_uint32_t places, apr_pool_t *p)
{
    apr_size_t bytes = sizeof(**turns) + sso_room_bytes(places);
    apr_shm_t *memory;
    apr_status_t status = apr_shm_create(&memory, bytes, NULL, p);

    if (status != APR_SUCCESS)
        return status;
    *turns = memset(apr_shm_baseaddr_get(memory), 0, bytes);
    (*turns)->room.places = places;
    (*turns)->room.stay = SSO_TURN_WAIT + SSO_TURN_STAY;
    return APR_SUCCESS;
}

static const char *kept(sso_access_t *access, const sso_turn_t *turn, apr_pool_t *p)
{
    const char *made = sso_noted_value(access->world, turn->what, p);

    return made != NULL && turn->is_good(turn->context, made) ? made : NULL;
}

/* This machine's turn, or what somebody else made of theirs. Answers when it is over; 0: not had.
 */
static apr_time_t wait_here(sso_access_t *access, const sso_turn_t *turn, apr_time_t *slot,
                            const char **made, apr_pool_t *p)
{
    apr_time_t now = apr_time_now(), end = now + SSO_TURN_WAIT, until;

    for (; (*made = kept(access, turn, p)) == NULL && now < end; now = apr_time_now()) {
        until = sso_load(slot);
        if (until < now && sso_swap(slot, until, now + SSO_TURN_STAY))
            return now + SSO_TURN_STAY;
        apr_sleep(STEP);
    }
    return 0;
}

/* The turn among all nodes; false when it is another's until `end`. */
static bool wait_everywhere(sso_access_t *access, const char *hash, apr_time_t end, apr_pool_t *p)
{
    sso_store_t *store = access->world->store;
    const char *arguments[] = {hash, KIND,
                               apr_psprintf(p, "%" APR_INT64_T_FMT, apr_time_sec(SSO_TURN_STAY))};
    int affected;

    if (store == NULL || hash == NULL)
        return true;
    while (sso_store_execute(store, SSO_SQL_TURN, arguments, &affected, &access->why, p) ==
           APR_SUCCESS) {
        if (affected > 0)
            return true;
        if (apr_time_now() >= end)
            return false;
        apr_sleep(STORE_STEP);
    }
    return true;
}

static void leave_everywhere(sso_access_t *access, const char *hash, apr_pool_t *p)
{
    sso_store_t *store = access->world->store;
    const char *why;
    int affected;

    if (store != NULL && hash != NULL)
        sso_store_execute(store, SSO_SQL_TURN_OVER, &hash, &affected, &why, p);
}

static apr_status_t make(sso_access_t *access, const sso_turn_t *turn, const char **made,
                         apr_pool_t *p)
{
    const char *hash = sso_imprint_hex(KIND, turn->whose, p);

    /* Somebody's turn may have ended between our look and ours. */
    if ((*made = kept(access, turn, p)) != NULL)
        return APR_SUCCESS;
    if (!wait_everywhere(access, hash, apr_time_now() + SSO_TURN_WAIT, p))
        return SSO_IO_TIMEOUT;
    *made = turn->make(turn->context);
    if (*made != NULL)
        sso_note_value(access->world, turn->what, *made, turn->keep, p);
    leave_everywhere(access, hash, p);
    return APR_SUCCESS;
}

static apr_status_t in_turn(sso_access_t *access, const sso_turn_t *turn, const char **made,
                            apr_pool_t *p)
{
    apr_time_t *slot = &access->world->turns->until[sso_imprint_tag(KIND, turn->whose) % SLOTS];
    apr_time_t until = wait_here(access, turn, slot, made, p);
    apr_status_t status;

    if (until == 0)
        return *made ? APR_SUCCESS : SSO_IO_TIMEOUT;
    status = make(access, turn, made, p);
    sso_swap(slot, until, 0);
    return status;
}

apr_status_t sso_turn_take(sso_access_t *access, const sso_turn_t *turn, const char **made,
                           apr_pool_t *p)
{
    sso_room_t *room = &access->world->turns->room;
    apr_status_t status;
    int place;

    *made = NULL;
    if ((place = sso_room_wait(room, &patience)) < 0) {
        sso_count(&room->turned_away);
        return SSO_IO_BUSY;
    }
    status = in_turn(access, turn, made, p);
    if (*made != NULL)
        sso_store(&room->last_answer, apr_time_now());
    sso_room_leave(room, place);
    return status;
}
