/* SPDX-License-Identifier: Apache-2.0 */
#include "small_world.h"

#include "runner.h"

sso_inventory_t *small_inventory(int workers, apr_pool_t *p)
{
    sso_inventory_t *inventory = apr_pcalloc(p, sizeof(*inventory));

    inventory->databases = apr_array_make(p, 1, sizeof(void *));
    inventory->redises = apr_array_make(p, 1, sizeof(void *));
    inventory->sources = apr_array_make(p, 1, sizeof(void *));
    inventory->cache_bytes = 1 << 20;
    inventory->workers = workers;
    return inventory;
}

sso_inventory_t *small_inventory_of(sso_database_t *database, sso_redis_t *redis, apr_pool_t *p)
{
    sso_inventory_t *inventory = small_inventory(4, p);

    APR_ARRAY_PUSH(inventory->databases, sso_database_t *) = database;
    APR_ARRAY_PUSH(inventory->redises, sso_redis_t *) = redis;
    inventory->breakers = 3;
    redis->breaker = 1;
    return inventory;
}

sso_world_t *small_world(const sso_inventory_t *inventory, apr_pool_t *p)
{
    sso_world_t *world;

    assert_int_equal(sso_world_create(&world, inventory, p), APR_SUCCESS);
    assert_int_equal(sso_world_enter(world), APR_SUCCESS);
    return world;
}
