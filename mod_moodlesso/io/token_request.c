/* SPDX-License-Identifier: Apache-2.0 */
/* token_request.c -- what a code stands for, asked of a provider. */
#include "io/token_request.h"

#include "io/shared.h"
#include "sso/client.h"

#define SILENT (500 * 1000) /* microseconds without an answer: then nobody else waits */
#define STEP   (5 * 1000)   /* microseconds between two looks for a place, or for keys */

static apr_status_t ask(sso_access_t *access, sso_room_t *room, apr_interval_time_t timeout,
                        sso_exchange_t *exchange, apr_pool_t *p)
{
    /* A burst is drained in time while the provider answers: wait for a place. */
    const sso_room_patience_t patience = {timeout, SILENT, STEP};
    int place = sso_room_wait(room, &patience);
    apr_status_t status;

    if (place < 0)
        return SSO_IO_BUSY;
    access->io.deadline = apr_time_now() + timeout;
    status = access->io.http(&access->io, exchange, p);
    if (status == APR_SUCCESS)
        sso_store(&room->last_answer, apr_time_now());
    sso_room_leave(room, place);
    return status;
}

apr_status_t sso_token_request(sso_access_t *access, const sso_source_t *source,
                               sso_exchange_t *exchange, apr_pool_t *p)
{
    const apr_interval_time_t timeout = sso_source_client(source)->timeout;
    sso_room_t *room = access->world->logins[source->number];
    /* Of half of the server at most, in front of all rooms and inside. */
    sso_room_t *queue = access->world->login_queue;
    int place = sso_room_enter(queue, apr_time_now());
    apr_status_t status = place < 0 ? SSO_IO_BUSY : ask(access, room, timeout, exchange, p);

    sso_room_leave(queue, place);
    if (status == SSO_IO_BUSY) {
        sso_count(&queue->turned_away);
        sso_count(&room->turned_away);
    }
    return status;
}

static bool is_other(sso_trusts_t *trusts, const sso_issuer_t *issuer, const sso_trust_t *known)
{
    sso_trusts_follow(trusts);
    return sso_trusts_get(trusts, issuer) != known;
}

bool sso_token_keys_await(sso_access_t *access, const sso_source_t *source,
                          const sso_trust_t *known)
{
    const sso_issuer_t *issuer = sso_source_client(source)->issuer;
    sso_trusts_t *trusts = access->world->trusts;
    sso_room_t *queue = access->world->login_queue, *room = access->world->logins[source->number];
    apr_time_t now = apr_time_now();
    int waiting = sso_room_enter(queue, now), place = waiting < 0 ? -1 : sso_room_enter(room, now);

    while (place >= 0 && now < access->io.deadline && sso_trusts_is_due(trusts, issuer, now) &&
           !is_other(trusts, issuer, known)) {
        apr_sleep(STEP);
        now = apr_time_now();
    }
    sso_room_leave(room, place);
    sso_room_leave(queue, waiting);
    return is_other(trusts, issuer, known);
}
