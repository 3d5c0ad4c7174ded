/* SPDX-License-Identifier: Apache-2.0 */
/* world.h -- the world as one process sees it: cache, waiting rooms, breakers, pools. Requests get
 * into it by io/access.h. */
#ifndef SSO_WORLD_H
#define SSO_WORLD_H

#include "io/breaker.h"
#include "io/cache.h"
#include "io/database.h"
#include "io/epochs.h"
#include "io/flight.h"
#include "io/redis.h"
#include "io/room.h"
#include "io/store.h"
#include "io/throttle.h"
#include "io/trusts.h"

/* What there is, from the frozen configuration. */
typedef struct sso_inventory_t {
    apr_array_header_t *databases; /* sso_database_t * */
    apr_array_header_t *redises;   /* sso_redis_t * */
    apr_array_header_t *sources;   /* sso_source_t *, number = place */
    apr_array_header_t *issuers;   /* const sso_issuer_t *, of all sources; NULL: none */
    const char *folder;            /* of the server's own files; NULL: nothing is kept */
    int breakers;                  /* numbers from 0 */
    apr_size_t cache_bytes;
    apr_interval_time_t ttl_known, ttl_unknown;
    int workers;                         /* threads of the whole server */
    sso_database_t *store;               /* MoodleSSOStore; NULL: none */
    apr_interval_time_t longest_session; /* what ended one is kept as long, 31 days at least */
} sso_inventory_t;

typedef struct sso_turns_t sso_turns_t;

/* Shared parts are made before the server forks, the others in every process. */
typedef struct sso_world_t {
    const sso_inventory_t *inventory;
    unsigned char key[SSO_FINGERPRINT_KEY];
    sso_cache_t *cache;
    sso_breaker_t *breakers;  /* shared, by number */
    sso_room_t **rooms;       /* shared, by source number */
    sso_room_t **logins;      /* shared, by source number: who waits for a provider, where it has a
                                 client (io/token_request.h) ... */
    sso_room_t *login_queue;  /* ... and all who want to, of whichever */
    apr_uint64_t *resolved;   /* shared, by source number: how often the source itself was asked */
    apr_uint64_t *refused;    /* shared, by reason code: how often a rule about people said so */
    apr_uint32_t *off;        /* shared, by source number: 1 when it was switched off */
    sso_turns_t *turns;       /* shared; see io/turn.h */
    sso_store_t *store;       /* NULL when there is none */
    sso_epochs_t *epochs;     /* likewise */
    sso_throttle_t *throttle; /* of addresses that bring login keys or tokens of clients */
    sso_flights_t *flights;
    sso_trusts_t *trusts;           /* of all issuers; NULL when there are none */
    sso_pool_t **pools;             /* by place in inventory->databases */
    sso_redis_pool_t **redis_pools; /* by place in inventory->redises */
    sso_say_t *say;
    void *say_context;
} sso_world_t;

/* Make the shared parts; they live as long as `p`. */
apr_status_t sso_world_create(sso_world_t **world, const sso_inventory_t *inventory, apr_pool_t *p);

/* Make this process's own parts. */
apr_status_t sso_world_enter(sso_world_t *world);

/* This process's connections to a database or Redis of the inventory. */
sso_pool_t *sso_world_pool(const sso_world_t *world, const sso_database_t *database);
sso_redis_pool_t *sso_world_redis(const sso_world_t *world, const sso_redis_t *redis);

#endif
