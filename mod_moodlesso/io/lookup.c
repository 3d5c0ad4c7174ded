/* SPDX-License-Identifier: Apache-2.0 */
/* lookup.c -- who does a credential stand for?
 *
 *   cache ──hit──> answer
 *     └─miss──> waiting room ──full──> cache ──miss──> LOOKUP_BUSY
 *                  └─place──> flight ──somebody flies──> wait, copy
 *                               └─I fly──> source ──> cache, land
 */
#include "io/lookup.h"

#include <apr_strings.h>

#include "io/shared.h"

/* When every place is taken but the source answers, a burst is drained in milliseconds. */
static const sso_room_patience_t patience = {100 * 1000, 100 * 1000, 2 * 1000};

#define MAX_PACKED 65536

#define TELL_EVERY apr_time_from_sec(60)

static const sso_error_t *unpacked(const char *bytes, apr_size_t used, sso_identity_t **who,
                                   apr_pool_t *p)
{
    const sso_error_t *error;

    if (!sso_identity_unpack(bytes, used, who, &error, p))
        return sso_error(SSO_IDENTITY_MALFORMED);
    return error;
}

/* How long to keep the answer: an identity not beyond the end of its session, and what a fault
 * prevented from being known not at all. */
static apr_time_t keep_until(const sso_world_t *world, const sso_identity_t *who,
                             const sso_error_t *error, apr_time_t now)
{
    apr_time_t until = now + world->inventory->ttl_known;

    if (error != NULL)
        return error->class >= SSO_UNAVAILABLE ? 0 : now + world->inventory->ttl_unknown;
    return who->expires != 0 && who->expires < until ? who->expires : until;
}

/* Something is set up wrongly, here or at whom we ask; it will not pass by itself. */
static bool is_set_up_wrongly(const sso_error_t *error)
{
    return error->class == SSO_BROKEN || error->code == SSO_DB_DENIED ||
           error->code == SSO_REDIS_DENIED || error->code == SSO_MOODLE_SERVICE_DENIED ||
           error->code == SSO_MOODLE_SERVICE_ANSWER || error->code == SSO_MOODLE_SERVICE_DETAILS ||
           error->code == SSO_MOODLE_SERVICE_IDENTITY || error->code == SSO_MOODLE_SERVICE_HIDDEN;
}

/* Say so, but not for every request. */
static void tell_broken(sso_access_t *access, const sso_source_t *source, const sso_error_t *error,
                        apr_time_t now, apr_pool_t *p)
{
    sso_room_t *room = access->world->rooms[source->number];
    apr_time_t next = sso_load(&room->next_told);

    if (is_set_up_wrongly(error) && now >= next &&
        sso_swap(&room->next_told, next, now + TELL_EVERY))
        access->world->say(access->world->say_context, false,
                           apr_psprintf(p, "%s: source %s: %s%s%s", error->name, source->name,
                                        error->sentence, access->why ? ": " : "",
                                        access->why ? access->why : ""));
}

/* Ask the source itself; keep the answer and hand it to those who wait. */
static const sso_error_t *fly(sso_access_t *access, const sso_source_t *source,
                              const sso_credential_t *credential, sso_fingerprint_t fingerprint,
                              sso_flight_t *flight, sso_identity_t **who, apr_pool_t *p)
{
    sso_world_t *world = access->world;
    const sso_error_t *error;
    apr_size_t used = 0;
    apr_time_t now, until;
    char *bytes = NULL;
    bool packed = false;

    sso_count(&world->resolved[source->number]);
    error = sso_source_resolve(source, credential, &access->io, who, p);
    now = apr_time_now();
    if (error == NULL || error->class < SSO_UNAVAILABLE)
        sso_store(&world->rooms[source->number]->last_answer, now);
    if (error != NULL)
        tell_broken(access, source, error, now, p);
    sso_identity_pack(error ? NULL : *who, error, NULL, 0, &used);
    if (used <= MAX_PACKED) {
        bytes = apr_palloc(p, used);
        packed = sso_identity_pack(error ? NULL : *who, error, bytes, used, &used);
    }
    until = keep_until(world, *who, error, now);
    if (packed && until > now)
        sso_cache_put(world->cache, fingerprint, now, until, bytes, used);
    if (flight != NULL)
        sso_flight_land(world->flights, flight, packed ? bytes : "", packed ? used : 0);
    return error;
}

static const sso_error_t *board(sso_access_t *access, const sso_source_t *source,
                                const sso_credential_t *credential, sso_fingerprint_t fingerprint,
                                sso_identity_t **who, bool *cached, apr_pool_t *p)
{
    sso_world_t *world = access->world;
    const char *bytes;
    apr_size_t used;
    sso_flight_t *flight =
        sso_flight_board(world->flights, fingerprint, access->io.deadline, &bytes, &used, p);

    if (flight == NULL) {
        *cached = true;
        return bytes ? unpacked(bytes, used, who, p) : sso_error(SSO_LOOKUP_BUSY);
    }
    /* It may have landed between our look into the cache and boarding. */
    if (sso_cache_get(world->cache, fingerprint, access->io.now, &bytes, &used, p)) {
        sso_flight_land(world->flights, flight, bytes, used);
        *cached = true;
        return unpacked(bytes, used, who, p);
    }
    return fly(access, source, credential, fingerprint, flight, who, p);
}

const sso_error_t *sso_lookup(sso_io_t *io, const sso_source_t *source,
                              const sso_credential_t *credential, sso_identity_t **who,
                              bool *cached, apr_pool_t *p)
{
    sso_access_t *access = (sso_access_t *)io;
    sso_world_t *world = access->world;
    sso_fingerprint_t fingerprint = sso_fingerprint(world->key, source, credential, p);
    sso_room_t *room = world->rooms[source->number];
    const sso_error_t *error;
    const char *bytes;
    apr_size_t used;
    int place;

    *cached = sso_cache_get(world->cache, fingerprint, io->now, &bytes, &used, p);
    if (*cached)
        return unpacked(bytes, used, who, p);
    if ((place = sso_room_wait(room, &patience)) < 0) {
        /* Those who had a place may have asked for the same. */
        *cached = sso_cache_get(world->cache, fingerprint, apr_time_now(), &bytes, &used, p);
        if (*cached)
            return unpacked(bytes, used, who, p);
        sso_count(&room->turned_away);
        return sso_error(SSO_LOOKUP_BUSY);
    }
    io->deadline = apr_time_now() + source->timeout;
    error = board(access, source, credential, fingerprint, who, cached, p);
    sso_room_leave(room, place);
    return error;
}

void sso_lookup_forget(sso_world_t *world, const sso_source_t *source,
                       const sso_credential_t *credential, apr_pool_t *p)
{
    char bytes[256];
    apr_size_t used;
    apr_time_t now = apr_time_now();

    if (sso_identity_pack(NULL, sso_error(SSO_SESSION_UNKNOWN), bytes, sizeof(bytes), &used))
        sso_cache_put(world->cache, sso_fingerprint(world->key, source, credential, p), now,
                      now + world->inventory->ttl_known + world->inventory->ttl_unknown, bytes,
                      used);
}
