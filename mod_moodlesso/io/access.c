/* SPDX-License-Identifier: Apache-2.0 */
/* access.c -- one look-up's way into the world: who may be asked, for how long, and who is to
 * blame. */
#include "io/access.h"

#include <apr_strings.h>

#include "io/change.h"
#include "io/http.h"
#include "io/links.h"
#include "io/lookup.h"
#include "io/notes.h"
#include "io/shared.h"

/* Tell once when a circuit opens or closes. */
static void tell(sso_world_t *world, sso_breaker_change_t change, const char *kind,
                 const char *name, const sso_error_t *error, const char *why, apr_pool_t *p)
{
    if (change == SSO_BREAKER_OPENED)
        world->say(world->say_context, false,
                   apr_psprintf(p,
                                "%s: %s %s failed %d times in a row and is asked once a second "
                                "only until it answers: %s (%s)",
                                error->name, kind, name, SSO_BREAKER_FAILURES, error->sentence,
                                why ? why : "no answer"));
    else if (change == SSO_BREAKER_CLOSED)
        world->say(world->say_context, true, apr_psprintf(p, "%s %s answers again", kind, name));
}

static bool is_fault(apr_status_t status)
{
    return status == SSO_IO_DOWN || status == SSO_IO_TIMEOUT || status == SSO_IO_DENIED;
}

/* Count the outcome and keep the words of whoever refused, for whoever tells the administrator. */
static void account(sso_access_t *access, int number, apr_status_t status, const char *kind,
                    const char *name, const sso_error_t *error, const char *why, apr_pool_t *p)
{
    sso_world_t *world = access->world;
    sso_breaker_t *breaker = &world->breakers[number];
    sso_breaker_change_t change = is_fault(status) ? sso_breaker_failed(breaker, apr_time_now())
                                                   : sso_breaker_answered(breaker);

    tell(world, change, kind, name, error, why, p);
    access->why = why;
}

/* A locked file is no outage: its writer will be done, and asking again costs nobody. */
static void account_database(sso_access_t *access, const sso_database_t *database,
                             apr_status_t status, const char *why, apr_pool_t *p)
{
    if (database->dialect != SSO_SQLITE3 || status != SSO_IO_TIMEOUT)
        account(access, database->breaker, status, "database", database->name,
                sso_database_error(status), why, p);
}

static apr_time_t earlier(apr_time_t a, apr_time_t b)
{
    return a < b ? a : b;
}

/* May it be asked, and until when? Without time left nobody is, and so nobody is to blame. A
 * timeout of 0 is none. */
static apr_status_t admit(const sso_access_t *access, int breaker, apr_interval_time_t timeout,
                          apr_time_t *deadline)
{
    apr_time_t now = apr_time_now();

    *deadline = timeout > 0 ? earlier(access->io.deadline, now + timeout) : access->io.deadline;
    if (*deadline <= now)
        return SSO_IO_TIMEOUT;
    return sso_breaker_admits(&access->world->breakers[breaker], now) ? APR_SUCCESS : SSO_IO_DOWN;
}

static apr_status_t open_pool(const sso_access_t *access, const sso_database_t *database,
                              sso_pool_t **pool, apr_time_t *deadline)
{
    apr_status_t status = admit(access, database->breaker, database->timeout, deadline);

    if (status == APR_SUCCESS)
        *pool = sso_world_pool(access->world, database);
    return status;
}

static apr_status_t query(sso_io_t *io, const sso_statement_t *statement,
                          const char *const *arguments, const char **row, apr_pool_t *p)
{
    sso_access_t *access = (sso_access_t *)io;
    apr_time_t deadline;
    sso_pool_t *pool;
    const char *why = NULL;
    apr_status_t status = open_pool(access, statement->database, &pool, &deadline);

    if (status != APR_SUCCESS)
        return status;
    status = sso_pool_query(pool, statement, arguments, deadline, row, &why, p);
    account_database(access, statement->database, status, why, p);
    return status;
}

static apr_status_t each(sso_io_t *io, const sso_statement_t *statement,
                         const char *const *arguments, const sso_reader_t *reader, apr_pool_t *p)
{
    sso_access_t *access = (sso_access_t *)io;
    apr_time_t deadline;
    sso_pool_t *pool;
    const char *why = NULL;
    apr_status_t status = open_pool(access, statement->database, &pool, &deadline);

    if (status != APR_SUCCESS)
        return status;
    status = sso_pool_each(pool, statement, arguments, deadline, reader, &why, p);
    account_database(access, statement->database, status, why, p);
    return status;
}

static apr_status_t hash_get(sso_io_t *io, const sso_redis_t *redis, const char *key,
                             const char *const *fields, int count, sso_span_t *values,
                             apr_pool_t *p)
{
    sso_access_t *access = (sso_access_t *)io;
    apr_time_t deadline;
    const char *why = NULL;
    apr_status_t status = admit(access, redis->breaker, redis->timeout, &deadline);

    if (status != APR_SUCCESS)
        return status;
    status = sso_redis_hash_get(sso_world_redis(access->world, redis), key, fields, count, deadline,
                                values, &why, p);
    account(access, redis->breaker, status, "Redis", redis->name, sso_redis_error(status), why, p);
    return status;
}

static apr_status_t http(sso_io_t *io, sso_exchange_t *exchange, apr_pool_t *p)
{
    sso_access_t *access = (sso_access_t *)io;
    apr_time_t deadline;
    const char *why = NULL;
    apr_status_t status = admit(access, exchange->breaker, exchange->timeout, &deadline);

    if (status != APR_SUCCESS)
        return status;
    status = sso_http_exchange(exchange, deadline, &why, p);
    account(access, exchange->breaker, status, "site", exchange->url, sso_http_error(status), why,
            p);
    return status;
}

/* Nothing was ever ended where nothing is kept. */
static bool is_over(sso_io_t *io, const char *kind, const char *text, apr_time_t began)
{
    const sso_epochs_t *epochs = ((sso_access_t *)io)->world->epochs;

    return epochs != NULL && sso_epochs_is_over(epochs, kind, text, began);
}

static bool is_off(sso_io_t *io, const sso_source_t *source)
{
    return sso_load_relaxed(&((sso_access_t *)io)->world->off[source->number]) != 0;
}

static sso_store_t *store_of(sso_io_t *io)
{
    return ((sso_access_t *)io)->world->store;
}

static apr_status_t link_find(sso_io_t *io, const char *issuer, const char *subject,
                              sso_linked_t *linked, apr_pool_t *p)
{
    return store_of(io) ? sso_links_find(store_of(io), issuer, subject, linked,
                                         &((sso_access_t *)io)->why, p)
                        : SSO_IO_DOWN;
}

static apr_status_t link_add(sso_io_t *io, const sso_link_t *link, bool *added, apr_pool_t *p)
{
    return store_of(io) ? sso_links_add(store_of(io), link, added, &((sso_access_t *)io)->why, p)
                        : SSO_IO_DOWN;
}

static apr_status_t links_of(sso_io_t *io, const char *username, apr_array_header_t **links,
                             apr_pool_t *p)
{
    return store_of(io) ? sso_links_of(store_of(io), username, links, &((sso_access_t *)io)->why, p)
                        : SSO_IO_DOWN;
}

static apr_status_t link_touch(sso_io_t *io, const char *issuer, const char *subject, apr_pool_t *p)
{
    return store_of(io) ? sso_links_touch(store_of(io), issuer, subject, io->now,
                                          &((sso_access_t *)io)->why, p)
                        : SSO_IO_DOWN;
}

static const sso_trust_t *trust(sso_io_t *io, const sso_issuer_t *issuer)
{
    sso_trusts_t *trusts = ((sso_access_t *)io)->world->trusts;

    const sso_trust_t *known = trusts ? sso_trusts_get(trusts, issuer) : NULL;

    /* Another process may just have been told; that is a file to read, no connection. */
    if (known != NULL || trusts == NULL)
        return known;
    sso_trusts_follow(trusts);
    return sso_trusts_get(trusts, issuer);
}

static void want_trust(sso_io_t *io, const sso_issuer_t *issuer)
{
    sso_trusts_t *trusts = ((sso_access_t *)io)->world->trusts;

    if (trusts == NULL)
        return;
    sso_trusts_follow(trusts);
    sso_trusts_want(trusts, issuer, io->now);
}

void sso_access_init(sso_access_t *access, sso_world_t *world, apr_time_t now)
{
    access->io.now = now;
    access->io.deadline = now;
    access->io.lookup = sso_lookup;
    access->io.query = query;
    access->io.hash_get = hash_get;
    access->io.change = sso_change;
    access->io.hash_change = sso_hash_change;
    access->io.is_off = is_off;
    access->io.is_noted = sso_is_noted;
    access->io.note = sso_note;
    access->io.each = each;
    access->io.link_find = link_find;
    access->io.link_add = link_add;
    access->io.links_of = links_of;
    access->io.link_touch = link_touch;
    access->io.http = http;
    access->io.trust = trust;
    access->io.want_trust = want_trust;
    access->io.is_over = is_over;
    access->world = world;
    access->why = NULL;
}
