/* SPDX-License-Identifier: Apache-2.0 */
/* The world without a server: sources that count how often they are asked. */
#include "runner.h"

#include <pthread.h>

#include "io/lookup.h"
#include "io/shared.h"
#include "small_world.h"

#define MINUTE apr_time_from_sec(60)

static int asked, hold;

static const sso_error_t *resolve(const sso_source_t *source, const sso_credential_t *credential,
                                  sso_io_t *io, sso_identity_t **who, apr_pool_t *p)
{
    sso_count(&asked);
    while (sso_load(&hold))
        apr_sleep(1000);
    if (sso_span_equal(credential->secret, "down"))
        return sso_error(SSO_DB_DOWN);
    if (sso_span_equal(credential->secret, "broken"))
        return sso_error(SSO_DB_QUERY);
    if (sso_span_equal(credential->secret, "denied"))
        return sso_error(SSO_DB_DENIED);
    if (sso_span_equal(credential->secret, "unknown"))
        return sso_error(SSO_SESSION_UNKNOWN);
    *who = apr_pcalloc(p, sizeof(**who));
    sso_identity_set(*who, SSO_CLAIM_SUBJECT,
                     apr_pstrmemdup(p, credential->secret.at, credential->secret.len), p);
    if (sso_span_equal(credential->secret, "ending"))
        (*who)->expires = apr_time_now() + 2 * MINUTE;
    if (sso_span_equal(credential->secret, "large"))
        sso_identity_set(*who, SSO_CLAIM_ROLES, apr_psprintf(p, "%09000d", 0), p);
    return NULL;
}

static const sso_kind_t kind = {"play", false, NULL, NULL, NULL, resolve};

static int told;
static char last_told[500];

static void say(void *context, bool is_good, const char *text)
{
    sso_count(&told);
    apr_cpystrn(last_told, text, sizeof(last_told));
}

static sso_world_t *make(int workers, apr_interval_time_t known, apr_interval_time_t unknown,
                         apr_pool_t *p)
{
    sso_inventory_t *inventory = small_inventory(workers, p);
    sso_source_t *source = apr_pcalloc(p, sizeof(*source));
    sso_world_t *world;

    source->name = "play";
    source->issuer = "play:play";
    source->kind = &kind;
    source->timeout = apr_time_from_sec(60);
    APR_ARRAY_PUSH(inventory->sources, sso_source_t *) = source;
    inventory->ttl_known = known;
    inventory->ttl_unknown = unknown;
    world = small_world(inventory, p);
    world->say = say;
    asked = hold = told = 0;
    return world;
}

/* Ask so much later than now. */
static const sso_error_t *ask_after(sso_world_t *world, const char *secret,
                                    apr_interval_time_t time, bool *cached, apr_pool_t *p)
{
    sso_access_t access;
    sso_credential_t credential = {"c", sso_span(secret), false};
    sso_identity_t *who = NULL;
    const sso_error_t *error;

    sso_access_init(&access, world, apr_time_now() + time);
    error =
        access.io.lookup(&access.io, APR_ARRAY_IDX(world->inventory->sources, 0, sso_source_t *),
                         &credential, &who, cached, p);
    assert_true((error == NULL) == (who != NULL));
    if (who != NULL)
        assert_string_equal(who->claims[SSO_CLAIM_SUBJECT], secret);
    return error;
}

static const sso_error_t *ask(sso_world_t *world, const char *secret, bool *cached, apr_pool_t *p)
{
    return ask_after(world, secret, 0, cached, p);
}

T(a_known_credential_is_asked_once)
{
    sso_world_t *world = make(4, MINUTE, MINUTE, p);
    bool cached;

    for (int i = 0; i < 5; i++) {
        assert_no_error(ask(world, "alice", &cached, p));
        assert_int_equal(cached, i > 0);
    }
    assert_int_equal(asked, 1);
    assert_no_error(ask(world, "bob", &cached, p));
    assert_int_equal(asked, 2);
}

T(one_that_was_ended_is_unknown_without_asking)
{
    sso_world_t *world = make(4, MINUTE, MINUTE, p);
    sso_credential_t credential = {"c", sso_span("alice"), false};
    bool cached;

    assert_no_error(ask(world, "alice", &cached, p));
    sso_lookup_forget(world, APR_ARRAY_IDX(world->inventory->sources, 0, sso_source_t *),
                      &credential, p);
    assert_error(ask(world, "alice", &cached, p), SESSION_UNKNOWN);
    assert_true(cached);
    assert_int_equal(asked, 1);
}

T(an_unknown_one_is_kept_for_its_own_time_and_a_fault_not_at_all)
{
    sso_world_t *world = make(4, 9 * MINUTE, 2 * MINUTE, p);
    bool cached;

    assert_error(ask(world, "unknown", &cached, p), SESSION_UNKNOWN);
    assert_error(ask_after(world, "unknown", MINUTE, &cached, p), SESSION_UNKNOWN);
    assert_int_equal(asked, 1);
    assert_error(ask_after(world, "unknown", 3 * MINUTE, &cached, p), SESSION_UNKNOWN);
    assert_int_equal(asked, 2);
    assert_error(ask(world, "down", &cached, p), DB_DOWN);
    assert_error(ask(world, "down", &cached, p), DB_DOWN);
    assert_int_equal(asked, 4);
}

T(no_identity_is_kept_beyond_the_end_of_its_session)
{
    sso_world_t *world = make(4, 9 * MINUTE, 9 * MINUTE, p);
    bool cached;

    assert_no_error(ask(world, "ending", &cached, p));
    assert_no_error(ask_after(world, "ending", MINUTE, &cached, p));
    assert_int_equal(asked, 1);
    assert_no_error(ask_after(world, "ending", 3 * MINUTE, &cached, p));
    assert_int_equal(asked, 2);
}

T(what_is_too_large_for_the_cache_is_still_right)
{
    sso_world_t *world = make(4, MINUTE, MINUTE, p);
    bool cached;

    assert_no_error(ask(world, "large", &cached, p));
    assert_no_error(ask(world, "large", &cached, p));
    assert_int_equal(asked, 2);
}

T(what_will_not_pass_by_itself_is_told_at_once_and_once_a_minute)
{
    static const struct {
        const char *secret, *told;
    } cases[] = {{"broken", "DB_QUERY: source play: the database cannot run our query"},
                 {"denied", "DB_DENIED: source play: the database refuses the user"}};
    bool cached;

    for (int i = 0; i < 2; i++) {
        sso_world_t *world = make(4, MINUTE, MINUTE, p);

        for (int k = 0; k < 5; k++)
            ask(world, cases[i].secret, &cached, p);
        assert_int_equal(told, 1);
        assert_sentence(last_told, cases[i].told);
    }
}

typedef struct visitor_t {
    sso_world_t *world;
    const char *secret;
    const char *code;
} visitor_t;

static void *visit(void *of_visitor)
{
    visitor_t *visitor = of_visitor;
    const sso_error_t *error;
    apr_pool_t *p;
    bool cached;

    apr_pool_create_unmanaged_ex(&p, NULL, NULL);
    error = ask(visitor->world, visitor->secret, &cached, p);
    visitor->code = error ? error->name : "none";
    apr_pool_destroy(p);
    return NULL;
}

static int count_of(const visitor_t *visitors, int n, const char *code)
{
    int count = 0;

    for (int i = 0; i < n; i++)
        count += strcmp(visitors[i].code, code) == 0;
    return count;
}

T(two_hundred_at_once_ask_the_source_once)
{
    sso_world_t *world = make(800, MINUTE, MINUTE, p);
    static visitor_t visitors[200];
    pthread_t threads[200];

    hold = 1;
    for (int i = 0; i < 200; i++) {
        visitors[i] = (visitor_t){world, "alice", NULL};
        pthread_create(&threads[i], NULL, visit, &visitors[i]);
    }
    while (sso_load(&world->rooms[0]->inside) < 200)
        apr_sleep(1000);
    sso_store(&hold, 0);
    for (int i = 0; i < 200; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(asked, 1);
    assert_int_equal(count_of(visitors, 200, "none"), 200);
}

/* A hanging source: at most a quarter of the threads ever waits for it. */
T(a_quarter_of_the_threads_waits_and_the_others_are_turned_away)
{
    sso_world_t *world = make(40, MINUTE, MINUTE, p);
    static visitor_t visitors[40];
    pthread_t threads[40];
    char secrets[40][8];

    hold = 1;
    for (int i = 0; i < 40; i++) {
        apr_snprintf(secrets[i], sizeof(secrets[i]), "u%d", i);
        visitors[i] = (visitor_t){world, secrets[i], "waiting"};
        pthread_create(&threads[i], NULL, visit, &visitors[i]);
    }
    while (sso_load_relaxed(&world->rooms[0]->turned_away) < 30)
        apr_sleep(1000);
    assert_int_equal(sso_load(&world->rooms[0]->inside), 10);
    sso_store(&hold, 0);
    for (int i = 0; i < 40; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(count_of(visitors, 40, "none"), 10);
    assert_int_equal(count_of(visitors, 40, "LOOKUP_BUSY"), 30);
    assert_int_equal(world->rooms[0]->peak, 10);
}

/* Nobody is sent away with an answer that is there: those who had a place may have asked for the
 * same. The first look is in vain here since it is for a time when nothing is kept any more. */
T(who_finds_no_place_looks_once_more)
{
    sso_world_t *world = make(4, MINUTE, MINUTE, p);
    sso_source_t *source = APR_ARRAY_IDX(world->inventory->sources, 0, sso_source_t *);
    sso_credential_t known = {"c", sso_span("alice"), false}, new = {"c", sso_span("bob"), false};
    visitor_t holder = {world, "holder", NULL};
    sso_identity_t *who = NULL;
    sso_access_t access;
    pthread_t thread;
    bool cached;

    assert_no_error(ask(world, "alice", &cached, p));
    hold = 1;
    pthread_create(&thread, NULL, visit, &holder);
    while (sso_load(&asked) < 2)
        apr_sleep(1000);
    sso_access_init(&access, world, apr_time_now() + 2 * MINUTE);
    assert_no_error(access.io.lookup(&access.io, source, &known, &who, &cached, p));
    assert_true(cached);
    assert_string_equal(who->claims[SSO_CLAIM_SUBJECT], "alice");
    assert_int_equal(world->rooms[0]->turned_away, 0);
    assert_error(access.io.lookup(&access.io, source, &new, &who, &cached, p), LOOKUP_BUSY);
    assert_int_equal(world->rooms[0]->turned_away, 1);
    sso_store(&hold, 0);
    pthread_join(thread, NULL);
}
