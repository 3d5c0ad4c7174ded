/* SPDX-License-Identifier: Apache-2.0 */
/* change.c -- what we change in other people's databases: sessions that end, rows in use. */
#include "io/change.h"

apr_status_t sso_change(sso_io_t *io, const sso_statement_t *statement,
                        const char *const *arguments, apr_pool_t *p)
{
    sso_access_t *access = (sso_access_t *)io;
    sso_world_t *world = access->world;
    const sso_database_t *database = statement->database;
    apr_time_t now = apr_time_now();
    int affected;

    access->why = NULL;
    if (!sso_breaker_admits(&world->breakers[database->breaker], now))
        return SSO_IO_DOWN;
    return sso_pool_execute(sso_world_pool(world, database), statement, arguments,
                            now + database->timeout, &affected, &access->why, p);
}

apr_status_t sso_hash_change(sso_io_t *io, const sso_redis_t *redis, const char *const *words,
                             int count, apr_pool_t *p)
{
    sso_access_t *access = (sso_access_t *)io;
    sso_world_t *world = access->world;
    apr_time_t now = apr_time_now();

    access->why = NULL;
    if (!sso_breaker_admits(&world->breakers[redis->breaker], now))
        return SSO_IO_DOWN;
    return sso_redis_command(sso_world_redis(world, redis), words, count, now + redis->timeout,
                             &access->why, p);
}
