/* SPDX-License-Identifier: Apache-2.0 */
/* small_world.h -- a world of few definitions, as one process of httpd sees it. */
#ifndef SMALL_WORLD_H
#define SMALL_WORLD_H

#include "io/world.h"

/* Without definitions, and with a cache of a megabyte. */
sso_inventory_t *small_inventory(int workers, apr_pool_t *p);

/* A database and a Redis; breaker 0 is the database's, 1 that of Redis, 2 a site's. */
sso_inventory_t *small_inventory_of(sso_database_t *database, sso_redis_t *redis, apr_pool_t *p);

/* The world of it, entered. */
sso_world_t *small_world(const sso_inventory_t *inventory, apr_pool_t *p);

#endif
