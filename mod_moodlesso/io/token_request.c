/* SPDX-License-Identifier: Apache-2.0 */
/* token_request.c -- what a code stands for, asked of a provider. */
#include "io/token_request.h"

#include "io/shared.h"

/* A burst is drained in time while the provider answers: wait for a place, in a queue of half the
 * server at most. */
static const sso_room_patience_t patience = {SSO_TOKEN_REQUEST_TIMEOUT, 500 * 1000, 5 * 1000};

static apr_status_t ask(sso_access_t *access, sso_exchange_t *exchange, apr_pool_t *p)
{
    sso_room_t *room = access->world->logins;
    int place = sso_room_wait(room, &patience);
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
