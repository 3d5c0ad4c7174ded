/* SPDX-License-Identifier: Apache-2.0 */
/* room.c -- a waiting room in shared memory. */
#include "io/room.h"

#include "io/shared.h"

apr_size_t sso_room_bytes(apr_uint32_t places)
{
    return (sizeof(sso_room_t) + places * sizeof(apr_time_t) + 63) / 64 * 64;
}

static void note_peak(sso_room_t *room)
{
    apr_uint32_t inside = sso_count(&room->inside) + 1, peak = sso_load_relaxed(&room->peak);

    while (inside > peak && !sso_swap(&room->peak, peak, inside))
        peak = sso_load_relaxed(&room->peak);
}

int sso_room_enter(sso_room_t *room, apr_time_t now)
{
    for (apr_uint32_t i = 0; i < room->places; i++) {
        apr_time_t since = sso_load(&room->since[i]);
        bool is_free = since == 0;

        if ((is_free || since + room->stay < now) && sso_swap(&room->since[i], since, now)) {
            /* The place of a dead holder was counted already. */
            if (is_free)
                note_peak(room);
            return (int)i;
        }
    }
    return -1;
}

int sso_room_wait(sso_room_t *room, const sso_room_patience_t *patience)
{
    apr_time_t began = apr_time_now(), now = began;
    int place;

    while ((place = sso_room_enter(room, now)) < 0) {
        if (sso_room_is_stuck(room, now, patience->silent) || now - began > patience->grace)
            return -1;
        apr_sleep(patience->step);
        now = apr_time_now();
    }
    return place;
}

void sso_room_leave(sso_room_t *room, int place)
{
    if (place < 0)
        return;
    sso_store(&room->since[place], 0);
    __atomic_fetch_sub(&room->inside, 1, __ATOMIC_RELAXED);
}

bool sso_room_is_stuck(const sso_room_t *room, apr_time_t now, apr_interval_time_t patience)
{
    if (now - sso_load(&room->last_answer) <= patience)
        return false;
    for (apr_uint32_t i = 0; i < room->places; i++) {
        apr_time_t since = sso_load(&room->since[i]);
        if (since != 0 && now - since > patience)
            return true;
    }
    return false;
}
