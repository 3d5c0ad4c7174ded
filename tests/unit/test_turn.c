/* SPDX-License-Identifier: Apache-2.0 */
/* On SQLite; several processes, PostgreSQL and MariaDB: tests/httpd/test_74_userkey.py. */
#include "runner.h"

#include <pthread.h>

#include "io/notes.h"
#include "io/shared.h"
#include "io/turn.h"
#include "small_world.h"
#include "sqlite_file.h"
#include "sso/imprint.h"

static sso_world_t *make_world(sso_database_t *store, apr_pool_t *p)
{
    sso_inventory_t *inventory = small_inventory(64, p);
    sso_world_t *world;
    const char *why;

    inventory->store = store;
    world = small_world(inventory, p);
    if (store != NULL)
        assert_int_equal(sso_store_prepare(world->store, &why, p), APR_SUCCESS);
    return world;
}

/* What the tests want: counted, and good until they say otherwise. */
typedef struct thing_t {
    int made, at_once, most_at_once;
    bool fails, is_stale;
} thing_t;

static bool is_good(void *of_thing, const char *made)
{
    return !((thing_t *)of_thing)->is_stale;
}

static const char *make(void *of_thing)
{
    thing_t *thing = of_thing;
    int now = sso_count(&thing->at_once) + 1;

    if (now > sso_load(&thing->most_at_once))
        sso_store(&thing->most_at_once, now);
    apr_sleep(20 * 1000); /* so that the others come meanwhile */
    sso_count(&thing->made);
    __atomic_fetch_sub(&thing->at_once, 1, __ATOMIC_RELAXED);
    return thing->fails ? NULL : "thing";
}

static sso_turn_t turn_of(const char *whose, const char *what, thing_t *thing)
{
    return (sso_turn_t){whose, what, apr_time_from_sec(60), is_good, make, thing};
}

static apr_status_t take(sso_world_t *world, sso_turn_t turn, const char **made, apr_pool_t *p)
{
    sso_access_t access;

    sso_access_init(&access, world, apr_time_now());
    return sso_turn_take(&access, &turn, made, p);
}

typedef struct seeker_t {
    pthread_t thread;
    sso_world_t *world;
    sso_turn_t turn;
    const char *made;
    apr_status_t status;
    apr_pool_t *p;
} seeker_t;

static void *seek(void *of_seeker)
{
    seeker_t *seeker = of_seeker;

    seeker->status = take(seeker->world, seeker->turn, &seeker->made, seeker->p);
    return NULL;
}

#define CROWD 12

/* Twelve threads, each after what `whats` says in turn. */
static void crowd(sso_world_t *world, thing_t *thing, const char *const *whats, int count,
                  apr_pool_t *p)
{
    seeker_t seekers[CROWD];

    for (int i = 0; i < CROWD; i++) {
        seekers[i] = (seeker_t){.world = world, .turn = turn_of("alice", whats[i % count], thing)};
        apr_pool_create_unmanaged_ex(&seekers[i].p, NULL, NULL);
        assert_int_equal(pthread_create(&seekers[i].thread, NULL, seek, &seekers[i]), 0);
    }
    for (int i = 0; i < CROWD; i++) {
        pthread_join(seekers[i].thread, NULL);
        assert_int_equal(seekers[i].status, APR_SUCCESS);
        assert_string_equal(seekers[i].made, "thing");
        apr_pool_destroy(seekers[i].p);
    }
    assert_int_equal(thing->most_at_once, 1);
}

T(of_many_who_want_the_same_one_makes_it)
{
    const char *const whats[] = {"browser"};
    thing_t thing = {0};

    crowd(make_world(NULL, p), &thing, whats, 1, p);
    assert_int_equal(thing.made, 1);
}

T(two_things_of_one_person_are_made_one_after_the_other)
{
    const char *const whats[] = {"browser", "other browser", "third"};
    thing_t thing = {0};

    crowd(make_world(sqlite_database(4, "", p), p), &thing, whats, 3, p);
    assert_int_equal(thing.made, 3);
}

T(what_does_not_hold_any_more_is_made_anew)
{
    sso_world_t *world = make_world(NULL, p);
    thing_t thing = {0};
    const char *made;

    assert_int_equal(take(world, turn_of("a", "w", &thing), &made, p), APR_SUCCESS);
    assert_int_equal(take(world, turn_of("a", "w", &thing), &made, p), APR_SUCCESS);
    assert_int_equal(thing.made, 1);
    thing.is_stale = true;
    assert_int_equal(take(world, turn_of("a", "w", &thing), &made, p), APR_SUCCESS);
    assert_int_equal(thing.made, 2);
}

T(what_could_not_be_made_is_tried_by_the_next)
{
    sso_world_t *world = make_world(sqlite_database(4, "", p), p);
    thing_t thing = {.fails = true};
    const char *made;

    for (int i = 1; i < 3; i++) {
        assert_int_equal(take(world, turn_of("a", "w", &thing), &made, p), APR_SUCCESS);
        assert_null(made);
        assert_int_equal(thing.made, i);
    }
}

/* A row by the database's clock, as another node writes it. */
static void let_another_node_have_it(const sso_database_t *store, const char *seconds,
                                     apr_pool_t *p)
{
    sqlite_run(store,
               apr_psprintf(p,
                            "REPLACE INTO moodlesso_seen (hash, kind, expires) VALUES ('%s', "
                            "'turn', CAST(strftime('%%s', 'now') AS INTEGER) + %s)",
                            sso_imprint_hex("turn", "alice", p), seconds),
               p);
}

T(another_nodes_turn_is_waited_for_and_ends_with_its_time)
{
    sso_database_t *store = sqlite_database(4, "", p);
    sso_world_t *world = make_world(store, p);
    thing_t thing = {0};
    const char *made;

    let_another_node_have_it(store, "60", p);
    assert_int_equal(take(world, turn_of("alice", "w", &thing), &made, p), SSO_IO_TIMEOUT);
    assert_null(made);
    assert_int_equal(take(world, turn_of("bob", "v", &thing), &made, p), APR_SUCCESS);
    let_another_node_have_it(store, "0", p);
    assert_int_equal(take(world, turn_of("alice", "w", &thing), &made, p), APR_SUCCESS);
    assert_string_equal(made, "thing");
    assert_int_equal(thing.made, 2);
}

T(without_its_store_this_machine_goes_on)
{
    sso_database_t *store = sqlite_database(4, "", p);
    sso_world_t *world = make_world(store, p);
    thing_t thing = {0};
    const char *made;

    sqlite_run(store, "DROP TABLE moodlesso_seen", p);
    assert_int_equal(take(world, turn_of("alice", "w", &thing), &made, p), APR_SUCCESS);
    assert_string_equal(made, "thing");
}
