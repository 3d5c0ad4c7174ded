/* SPDX-License-Identifier: Apache-2.0 */
/* world.c -- the world as one process sees it. */
#include "io/world.h"

#include <apr_strings.h>

#include "io/change.h"
#include "io/http.h"
#include "io/links.h"
#include "io/lookup.h"
#include "io/notes.h"
#include "io/shared.h"
#include "io/turn.h"
#include "sso/client.h"

#define MISTAKES 100 /* of an address within a minute: a school has one */

#define LINE 64 /* bytes of a cache line: what is counted apart shall not share one */

static apr_uint32_t places_of(const sso_inventory_t *inventory)
{
    return inventory->workers >= 4 ? (apr_uint32_t)inventory->workers / 4 : 1;
}

static apr_size_t round_up(apr_size_t bytes)
{
    return (bytes + LINE - 1) / LINE * LINE;
}

static void set_room(sso_room_t *room, apr_uint32_t places, apr_interval_time_t timeout)
{
    room->places = places;
    room->stay = timeout + apr_time_from_sec(1);
}

/* The rooms of all sources, and of those who sign in with them: a quarter of the server each at
 * most. */
static void set_rooms(sso_world_t *world, char *at, apr_size_t room_bytes)
{
    const sso_inventory_t *inventory = world->inventory;
    const apr_uint32_t places = places_of(inventory);
    apr_interval_time_t longest = 0;

    for (int i = 0; i < inventory->sources->nelts; i++) {
        const sso_source_t *source = APR_ARRAY_IDX(inventory->sources, i, sso_source_t *);
        const sso_client_t *client = sso_source_client(source);

        world->rooms[i] = (sso_room_t *)(void *)at;
        set_room(world->rooms[i], places, source->timeout);
        world->logins[i] = (sso_room_t *)(void *)(at + room_bytes);
        at += 2 * room_bytes;
        if (client == NULL)
            continue;
        set_room(world->logins[i],
                 (apr_uint32_t)client->logins < places ? (apr_uint32_t)client->logins : places,
                 client->timeout);
        longest = client->timeout > longest ? client->timeout : longest;
    }
    world->login_queue = (sso_room_t *)(void *)at;
    /* For a place, and for the answer. */
    set_room(world->login_queue, 2 * places, 2 * longest);
}

/* Breakers, rooms and counters in one anonymous segment, each on lines of its own. */
static apr_status_t create_gates(sso_world_t *world, apr_pool_t *p)
{
    const sso_inventory_t *inventory = world->inventory;
    apr_size_t sources = (apr_size_t)inventory->sources->nelts;
    apr_size_t breaker_bytes = round_up(sizeof(sso_breaker_t) * (apr_size_t)inventory->breakers);
    apr_size_t count_bytes = round_up(sizeof(apr_uint64_t) * sources);
    apr_size_t refused_bytes = round_up(sizeof(apr_uint64_t) * SSO_CODE_COUNT);
    apr_size_t off_bytes = round_up(sizeof(apr_uint32_t) * sources);
    apr_size_t room_bytes = sso_room_bytes(places_of(inventory));
    apr_size_t queue_bytes = sso_room_bytes(2 * places_of(inventory));
    apr_shm_t *memory;
    apr_status_t status = apr_shm_create(&memory,
                                         breaker_bytes + count_bytes + refused_bytes + off_bytes +
                                             2 * sources * room_bytes + queue_bytes,
                                         NULL, p);
    char *at;

    if (status != APR_SUCCESS)
        return status;
    at = apr_shm_baseaddr_get(memory);
    world->breakers = (sso_breaker_t *)(void *)at;
    world->resolved = (apr_uint64_t *)(void *)(at + breaker_bytes);
    world->refused = (apr_uint64_t *)(void *)(at + breaker_bytes + count_bytes);
    at += breaker_bytes + count_bytes + refused_bytes;
    world->off = (apr_uint32_t *)(void *)at;
    world->rooms = apr_pcalloc(p, sizeof(*world->rooms) * sources);
    world->logins = apr_pcalloc(p, sizeof(*world->logins) * sources);
    set_rooms(world, at + off_bytes, room_bytes);
    return APR_SUCCESS;
}

static apr_status_t create_trusts(sso_world_t *world, apr_pool_t *p)
{
    const sso_inventory_t *inventory = world->inventory;

    if (inventory->issuers == NULL || inventory->issuers->nelts == 0)
        return APR_SUCCESS;
    return sso_trusts_create(&world->trusts, inventory->issuers, inventory->folder, p);
}

static apr_status_t create_store(sso_world_t *world, apr_pool_t *p)
{
    sso_database_t *database = world->inventory->store;
    apr_status_t status = database ? sso_store_create(&world->store, database, p) : APR_SUCCESS;

    if (database == NULL || status != APR_SUCCESS)
        return status;
    if (world->inventory->longest_session > world->store->epochs_kept)
        world->store->epochs_kept = world->inventory->longest_session;
    return sso_epochs_create(&world->epochs, world->store, SSO_EPOCHS_SLOTS, p);
}

apr_status_t sso_world_create(sso_world_t **made, const sso_inventory_t *inventory, apr_pool_t *p)
{
    sso_world_t *world = apr_pcalloc(p, sizeof(*world));
    apr_status_t status = apr_generate_random_bytes(world->key, sizeof(world->key));

    world->inventory = inventory;
    *made = world;
    if (status != APR_SUCCESS || (status = create_gates(world, p)) != APR_SUCCESS ||
        (status = create_trusts(world, p)) != APR_SUCCESS ||
        (status = sso_turns_create(&world->turns, places_of(inventory), p)) != APR_SUCCESS ||
        (status = create_store(world, p)) != APR_SUCCESS ||
        (status = sso_throttle_create(&world->throttle, MISTAKES, p)) != APR_SUCCESS)
        return status;
    return sso_cache_create(&world->cache, inventory->cache_bytes, p);
}

apr_status_t sso_world_enter(sso_world_t *world)
{
    const sso_inventory_t *inventory = world->inventory;
    apr_pool_t *memory;
    apr_status_t status = apr_pool_create_unmanaged_ex(&memory, NULL, NULL);

    if (status != APR_SUCCESS)
        return status;
    sso_http_init();
    world->pools =
        apr_pcalloc(memory, sizeof(*world->pools) * (apr_size_t)(inventory->databases->nelts + 1));
    world->redis_pools = apr_pcalloc(memory, sizeof(*world->redis_pools) *
                                                 (apr_size_t)(inventory->redises->nelts + 1));
    for (int i = 0; i < inventory->databases->nelts && status == APR_SUCCESS; i++)
        status = sso_pool_create(&world->pools[i],
                                 APR_ARRAY_IDX(inventory->databases, i, sso_database_t *));
    for (int i = 0; i < inventory->redises->nelts && status == APR_SUCCESS; i++)
        status = sso_redis_pool_create(&world->redis_pools[i],
                                       APR_ARRAY_IDX(inventory->redises, i, sso_redis_t *));
    if (status == APR_SUCCESS && world->trusts != NULL)
        status = sso_trusts_enter(world->trusts);
    if (status == APR_SUCCESS && world->store != NULL)
        status = sso_store_enter(world->store);
    return status == APR_SUCCESS ? sso_flights_create(&world->flights) : status;
}

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

/* The place of a definition in its list; they are few. */
static int place_of(const apr_array_header_t *list, const void *definition)
{
    int i = 0;

    while (APR_ARRAY_IDX(list, i, const void *) != definition)
        i++;
    return i;
}

sso_pool_t *sso_world_pool(const sso_world_t *world, const sso_database_t *database)
{
    return world->pools[place_of(world->inventory->databases, database)];
}

sso_redis_pool_t *sso_world_redis(const sso_world_t *world, const sso_redis_t *redis)
{
    return world->redis_pools[place_of(world->inventory->redises, redis)];
}

/* The pool of a database, and until when it may be asked; NULL while its circuit is open. */
static sso_pool_t *open_pool(const sso_access_t *access, const sso_database_t *database,
                             apr_time_t *deadline)
{
    apr_time_t now = apr_time_now();

    *deadline = earlier(access->io.deadline, now + database->timeout);
    return sso_breaker_admits(&access->world->breakers[database->breaker], now)
               ? sso_world_pool(access->world, database)
               : NULL;
}

static apr_status_t query(sso_io_t *io, const sso_statement_t *statement,
                          const char *const *arguments, const char **row, apr_pool_t *p)
{
    sso_access_t *access = (sso_access_t *)io;
    apr_time_t deadline;
    sso_pool_t *pool = open_pool(access, statement->database, &deadline);
    const char *why = NULL;
    apr_status_t status;

    if (pool == NULL)
        return SSO_IO_DOWN;
    status = sso_pool_query(pool, statement, arguments, deadline, row, &why, p);
    account_database(access, statement->database, status, why, p);
    return status;
}

static apr_status_t each(sso_io_t *io, const sso_statement_t *statement,
                         const char *const *arguments, const sso_reader_t *reader, apr_pool_t *p)
{
    sso_access_t *access = (sso_access_t *)io;
    apr_time_t deadline;
    sso_pool_t *pool = open_pool(access, statement->database, &deadline);
    const char *why = NULL;
    apr_status_t status;

    if (pool == NULL)
        return SSO_IO_DOWN;
    status = sso_pool_each(pool, statement, arguments, deadline, reader, &why, p);
    account_database(access, statement->database, status, why, p);
    return status;
}

static apr_status_t hash_get(sso_io_t *io, const sso_redis_t *redis, const char *key,
                             const char *const *fields, int count, sso_span_t *values,
                             apr_pool_t *p)
{
    sso_access_t *access = (sso_access_t *)io;
    sso_world_t *world = access->world;
    apr_time_t now = apr_time_now();
    const char *why = NULL;
    apr_status_t status;

    if (!sso_breaker_admits(&world->breakers[redis->breaker], now))
        return SSO_IO_DOWN;
    status = sso_redis_hash_get(sso_world_redis(world, redis), key, fields, count,
                                earlier(io->deadline, now + redis->timeout), values, &why, p);
    account(access, redis->breaker, status, "Redis", redis->name, sso_redis_error(status), why, p);
    return status;
}

static apr_status_t http(sso_io_t *io, sso_exchange_t *exchange, apr_pool_t *p)
{
    sso_access_t *access = (sso_access_t *)io;
    sso_world_t *world = access->world;
    apr_time_t now = apr_time_now(), deadline = io->deadline;
    const char *why = NULL;
    apr_status_t status;

    if (!sso_breaker_admits(&world->breakers[exchange->breaker], now))
        return SSO_IO_DOWN;
    if (exchange->timeout > 0)
        deadline = earlier(deadline, now + exchange->timeout);
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
