/* SPDX-License-Identifier: Apache-2.0 */
/* status.c -- SetHandler moodlesso-status: sources, circuits and cache of this machine, as JSON. */
#include "httpd/handlers.h"

#include "httpd/freeze.h"
#include "io/shared.h"
#include "sso/client.h"
#include "sso/service.h"

static json_t *number(apr_uint64_t value)
{
    return json_integer((json_int_t)value);
}

static json_t *describe_cache(const sso_world_t *world)
{
    sso_cache_counts_t counts;

    sso_cache_count(world->cache, &counts);
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "slots", number(counts.slots), "bytes",
                     number(counts.bytes), "stored", number(counts.stored), "evicted",
                     number(counts.evicted), "too_large", number(counts.too_large));
}

static json_t *describe_breaker(const sso_breaker_t *breaker)
{
    return json_pack("{s:s, s:o, s:o, s:o}", "circuit",
                     sso_breaker_is_open(breaker) ? "open" : "closed", "asked",
                     number(sso_load_relaxed(&breaker->asked)), "failed",
                     number(sso_load_relaxed(&breaker->failed)), "refused",
                     number(sso_load_relaxed(&breaker->refused)));
}

/* How many wait there, at most did, may, and were turned away. */
static void add_room(json_t *object, const sso_room_t *room)
{
    json_object_set_new(object, "waiting", number(sso_load_relaxed(&room->inside)));
    json_object_set_new(object, "waiting_peak", number(sso_load_relaxed(&room->peak)));
    json_object_set_new(object, "waiting_places", number(room->places));
    json_object_set_new(object, "turned_away", number(sso_load_relaxed(&room->turned_away)));
}

static json_t *describe_source(const sso_world_t *world, const sso_source_t *source)
{
    json_t *object = json_pack("{s:s, s:o}", "kind", source->kind->name, "asked",
                               number(sso_load_relaxed(&world->resolved[source->number])));

    add_room(object, world->rooms[source->number]);
    return object;
}

/* Those who wait for a token endpoint, or for a place to do so, and how each of these does. */
static json_t *describe_logins(const sso_world_t *world, apr_pool_t *p)
{
    json_t *logins = json_object(), *providers = json_object(), *provider;

    for (int i = 0; i < world->inventory->sources->nelts; i++) {
        const sso_source_t *source = APR_ARRAY_IDX(world->inventory->sources, i, sso_source_t *);
        const sso_client_t *client = sso_source_client(source);

        if (client == NULL)
            continue;
        provider = describe_breaker(&world->breakers[client->breaker]);
        add_room(provider, world->logins[i]);
        moodlesso_put(providers, source->name, source, provider, p);
    }
    add_room(logins, world->login_queue);
    json_object_set_new(logins, "providers", providers);
    return logins;
}

/* Seconds from `then` until now; null for never. */
static json_t *ago(apr_time_t then, apr_time_t now)
{
    return then == 0 ? json_null() : json_real((double)(now - then) / APR_USEC_PER_SEC);
}

/* The breaker's members, and the store's own. */
static json_t *describe_store(const sso_world_t *world, apr_time_t now)
{
    static const char *const dialects[] = {"sqlite3", "mysql", "pgsql"};
    sso_epochs_counts_t counts;
    json_t *store;

    if (world->store == NULL)
        return json_null();
    sso_epochs_count(world->epochs, &counts);
    store = describe_breaker(&world->store->shared->breaker);
    json_object_set_new(store, "dialect", json_string(dialects[world->store->database->dialect]));
    json_object_set_new(store, "version", json_integer(sso_store_version(world->store)));
    json_object_set_new(store, "epochs", number(counts.epochs));
    json_object_set_new(store, "floor", number((apr_uint64_t)apr_time_sec(counts.floor)));
    json_object_set_new(store, "pulled", ago(counts.pulled, now));
    json_object_set_new(store, "swept", ago(counts.swept, now));
    return store;
}

/* Times in seconds since 1970; 0: never. */
static json_t *describe_issuer(const sso_world_t *world, const sso_issuer_t *issuer)
{
    const sso_trust_state_t state = sso_trusts_state(world->trusts, issuer);

    return json_pack("{s:i, s:I, s:I, s:i}", "keys", state.keys, "fetched",
                     (json_int_t)apr_time_sec(state.fetched), "next",
                     (json_int_t)apr_time_sec(state.next), "failures", state.failures);
}

static json_t *describe_issuers(const sso_world_t *world, apr_pool_t *p)
{
    json_t *object = json_object();

    for (int i = 0; world->trusts != NULL && i < world->inventory->sources->nelts; i++) {
        const sso_source_t *source = APR_ARRAY_IDX(world->inventory->sources, i, sso_source_t *);
        const apr_array_header_t *issuers = sso_source_issuers(source);

        for (int k = 0; issuers != NULL && k < issuers->nelts; k++) {
            const sso_issuer_t *issuer = APR_ARRAY_IDX(issuers, k, const sso_issuer_t *);

            moodlesso_put(object, issuer->name, source, describe_issuer(world, issuer), p);
        }
    }
    return object;
}

static json_t *describe_sources(const sso_world_t *world, apr_pool_t *p)
{
    json_t *object = json_object();

    for (int i = 0; i < world->inventory->sources->nelts; i++) {
        const sso_source_t *source = APR_ARRAY_IDX(world->inventory->sources, i, sso_source_t *);

        moodlesso_put(object, source->name, source, describe_source(world, source), p);
    }
    return object;
}

static json_t *describe_databases(const sso_world_t *world, apr_pool_t *p)
{
    json_t *object = json_object();

    for (int i = 0; i < world->inventory->databases->nelts; i++) {
        const sso_database_t *database =
            APR_ARRAY_IDX(world->inventory->databases, i, sso_database_t *);

        moodlesso_put(object, database->name, database,
                      describe_breaker(&world->breakers[database->breaker]), p);
    }
    return object;
}

static json_t *describe_redises(const sso_world_t *world, apr_pool_t *p)
{
    json_t *object = json_object();

    for (int i = 0; i < world->inventory->redises->nelts; i++) {
        const sso_redis_t *redis = APR_ARRAY_IDX(world->inventory->redises, i, sso_redis_t *);

        moodlesso_put(object, redis->name, redis,
                      describe_breaker(&world->breakers[redis->breaker]), p);
    }
    return object;
}

static json_t *describe_services(const sso_world_t *world, apr_pool_t *p)
{
    const apr_array_header_t *services = moodlesso_totals()->services;
    const apr_array_header_t *userkeys = moodlesso_totals()->userkeys;
    json_t *object = json_object();

    for (int i = 0; i < services->nelts; i++) {
        const sso_service_t *service = APR_ARRAY_IDX(services, i, const sso_service_t *);

        moodlesso_put(object, service->name, service,
                      describe_breaker(&world->breakers[service->breaker]), p);
    }
    for (int i = 0; i < userkeys->nelts; i++) {
        const sso_service_t *service =
            &APR_ARRAY_IDX(userkeys, i, moodlesso_userkey_t).userkey->service;

        json_object_set_new(object, service->name,
                            describe_breaker(&world->breakers[service->breaker]));
    }
    return object;
}

/* How often rules about people refused, by reason code; those that never did are left out. */
static json_t *describe_refused(const sso_world_t *world)
{
    json_t *object = json_object();

    for (int i = 0; i < SSO_CODE_COUNT; i++) {
        apr_uint64_t count = sso_load_relaxed(&world->refused[i]);

        if (count > 0)
            json_object_set_new(object, sso_error((sso_code_t)i)->name, number(count));
    }
    return object;
}

int moodlesso_status(request_rec *r)
{
    const sso_world_t *world = moodlesso_world();
    apr_pool_t *p = r->pool;

    if (world == NULL)
        return moodlesso_answer_json(r, MOODLESSO_JSON, json_object());
    return moodlesso_answer_json(
        r, MOODLESSO_JSON,
        json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "cache", describe_cache(world),
                  "sources", describe_sources(world, p), "databases", describe_databases(world, p),
                  "redises", describe_redises(world, p), "services", describe_services(world, p),
                  "issuers", describe_issuers(world, p), "store",
                  describe_store(world, apr_time_now()), "refused", describe_refused(world),
                  "logins", describe_logins(world, p)));
}
