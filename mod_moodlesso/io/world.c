/* SPDX-License-Identifier: Apache-2.0 */
/* world.c -- the world as one process sees it. */
#include "io/world.h"

#include <apr_strings.h>

#include "io/http.h"
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
