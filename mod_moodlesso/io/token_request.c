/* SPDX-License-Identifier: Apache-2.0 */
/* token_request.c -- what a code stands for, asked of a provider. */
#include "io/token_request.h"

#include "io/shared.h"

/* A burst is drained in time while the provider answers: wait for a place, in a queue of half the
 * server at most. When it is silent for longer than PATIENCE, do not wait at all. */
#define GRACE    SSO_TOKEN_REQUEST_TIMEOUT
#define STEP     (5 * 1000)   /* microseconds */
#define PATIENCE (500 * 1000) /* microseconds */

static int find_place(sso_room_t *room)
{
    apr_time_t began = apr_time_now(), now = began;
    int place;

    while ((place = sso_room_enter(room, now)) < 0) {
        if (sso_room_is_stuck(room, now, PATIENCE) || now - began > GRACE)
            return -1;
        apr_sleep(STEP);
        now = apr_time_now();
    }
    return place;
}

static apr_status_t ask(sso_access_t *access, sso_exchange_t *exchange, apr_pool_t *p)
{
    sso_room_t *room = access->world->logins;
    int place = find_place(room);
    apr_status_t status;

    if (place < 0)
        return SSO_IO_BUSY;
    access->io.deadline = apr_time_now() + SSO_TOKEN_REQUEST_TIMEOUT;
    status = access->io.http(&access->io, exchange, p);
    if (status == APR_SUCCESS)
        sso_store(&room->last_answer, apr_time_now());
    sso_room_leave(room, place);
    return status;
}

apr_status_t sso_token_request(sso_access_t *access, sso_exchange_t *exchange, apr_pool_t *p)
{
    sso_room_t *queue = access->world->login_queue;
    int place = sso_room_enter(queue, apr_time_now());
    apr_status_t status = place < 0 ? SSO_IO_BUSY : ask(access, exchange, p);

    sso_room_leave(queue, place);
    if (status == SSO_IO_BUSY)
        sso_count(&queue->turned_away);
    return status;
}
