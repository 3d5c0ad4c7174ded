/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include <pthread.h>

#include "io/shared.h"
#include "io/token_request.h"
#include "loopback.h"
#include "sso/source_oidc.h"
#include "trust_data.h"

static void say(void *context, bool is_good, const char *text)
{
}

/* One that people sign in with. */
static sso_source_t *provider(int number, int logins, apr_interval_time_t timeout, apr_pool_t *p)
{
    sso_source_t *source = apr_pcalloc(p, sizeof(*source));
    sso_oidc_t *oidc = apr_pcalloc(p, sizeof(*oidc));

    oidc->client = apr_pcalloc(p, sizeof(*oidc->client));
    oidc->client->logins = logins;
    oidc->client->timeout = timeout;
    source->kind = &sso_kind_oidc;
    source->number = number;
    source->settings = oidc;
    return source;
}

/* A world of two providers, with this issuer; NULL: none. */
static sso_world_t *make_with(const sso_issuer_t *issuer, int workers, int logins,
                              apr_interval_time_t timeout, apr_pool_t *p)
{
    sso_inventory_t *inventory = apr_pcalloc(p, sizeof(*inventory));
    sso_world_t *world;

    if (issuer != NULL) {
        inventory->issuers = apr_array_make(p, 1, sizeof(const sso_issuer_t *));
        APR_ARRAY_PUSH(inventory->issuers, const sso_issuer_t *) = issuer;
    }
    inventory->databases = apr_array_make(p, 1, sizeof(void *));
    inventory->redises = apr_array_make(p, 1, sizeof(void *));
    inventory->sources = apr_array_make(p, 2, sizeof(void *));
    for (int i = 0; i < 2; i++)
        APR_ARRAY_PUSH(inventory->sources, sso_source_t *) = provider(i, logins, timeout, p);
    inventory->cache_bytes = 1 << 20;
    inventory->workers = workers;
    inventory->breakers = 1;
    assert_int_equal(sso_world_create(&world, inventory, p), APR_SUCCESS);
    assert_int_equal(sso_world_enter(world), APR_SUCCESS);
    world->say = say;
    return world;
}

static sso_world_t *make(int workers, int logins, apr_interval_time_t timeout, apr_pool_t *p)
{
    return make_with(NULL, workers, logins, timeout, p);
}

static apr_status_t ask(sso_world_t *world, int number, int port, sso_exchange_t *exchange,
                        apr_pool_t *p)
{
    const sso_source_t *source =
        APR_ARRAY_IDX(world->inventory->sources, number, const sso_source_t *);
    sso_access_t access;

    *exchange = (sso_exchange_t){.method = "POST",
                                 .url = apr_psprintf(p, "http://127.0.0.1:%d/token", port),
                                 .post = "code=c&x=%20",
                                 .max_body = 100};
    sso_access_init(&access, world, apr_time_now());
    return sso_token_request(&access, source, exchange, p);
}

static void fill(sso_room_t *room, int places, apr_time_t since)
{
    for (int i = 0; i < places; i++)
        assert_int_equal(sso_room_enter(room, since), i);
}

#define SECOND apr_time_from_sec(1)

T(the_form_is_posted_and_the_answer_read)
{
    loopback_step_t step = {.answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"};
    sso_world_t *world = make(64, 8, 60 * SECOND, p);
    sso_exchange_t exchange;
    int port;
    loopback_t *server = loopback_start(&step, 1, &port);

    assert_int_equal(ask(world, 0, port, &exchange, p), APR_SUCCESS);
    assert_span(exchange.body, "{}");
    assert_non_null(
        strstr(loopback_heard(server), "Content-Type: application/x-www-form-urlencoded\r\n"));
    assert_non_null(strstr(loopback_heard(server), "\r\n\r\ncode=c&x=%20"));
    assert_int_equal(world->logins[0]->inside, 0);
    assert_int_equal(world->login_queue->inside, 0);
    loopback_stop(server);
}

T(a_silent_provider_is_waited_for_as_long_as_the_source_says)
{
    loopback_step_t step = {.silent = true};
    sso_world_t *world = make(64, 8, SECOND / 10, p);
    apr_time_t began = apr_time_now();
    sso_exchange_t exchange;
    int port;
    loopback_t *server = loopback_start(&step, 1, &port);

    assert_int_equal(ask(world, 0, port, &exchange, p), SSO_IO_TIMEOUT);
    assert_true(apr_time_now() - began >= SECOND / 10);
    assert_int_equal(world->logins[0]->inside, 0);
    loopback_stop(server);
}

T(nobody_waits_for_a_silent_provider_beside_those_who_do)
{
    loopback_step_t step = {.answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"};
    sso_world_t *world = make(64, 5, 60 * SECOND, p);
    apr_time_t now = apr_time_now();
    sso_exchange_t exchange;
    int port;
    loopback_t *server = loopback_start(&step, 1, &port);

    assert_int_equal(world->logins[0]->places, 5);
    fill(world->logins[0], 5, now - SECOND);
    assert_int_equal(ask(world, 0, port, &exchange, p), SSO_IO_BUSY);
    assert_int_equal(loopback_connections(server), 0);
    assert_int_equal(world->login_queue->turned_away, 1);
    assert_int_equal(world->logins[0]->turned_away, 1);
    assert_int_equal(world->login_queue->inside, 0);
    /* Another provider's people are not held up. */
    assert_int_equal(ask(world, 1, port, &exchange, p), APR_SUCCESS);
    loopback_stop(server);
}

T(half_of_the_server_waits_at_most)
{
    sso_world_t *world = make(64, 8, 60 * SECOND, p);
    sso_exchange_t exchange;

    assert_int_equal(world->login_queue->places, 32);
    fill(world->login_queue, 32, apr_time_now());
    assert_int_equal(ask(world, 0, 1, &exchange, p), SSO_IO_BUSY);
}

T(a_small_server_keeps_threads_for_others)
{
    assert_int_equal(make(16, 8, SECOND, p)->logins[0]->places, 4);
    assert_int_equal(make(1, 8, SECOND, p)->logins[0]->places, 1);
    assert_int_equal(make(400, 1000, SECOND, p)->logins[0]->places, 100);
}

/* The thread that asks for keys beside requests: once somebody waits for that. */
static void *refresh_for_who_waits(void *of_world)
{
    sso_world_t *world = of_world;

    while (sso_load(&world->logins[0]->inside) == 0)
        apr_sleep(1000);
    sso_trusts_refresh(world->trusts, apr_time_now(), say, NULL);
    return NULL;
}

/* Somebody came with an unknown key, and waits until that time for others. */
static bool await(sso_world_t *world, sso_issuer_t *issuer, const sso_trust_t *known,
                  apr_time_t deadline)
{
    sso_source_t *source = APR_ARRAY_IDX(world->inventory->sources, 0, sso_source_t *);
    sso_access_t access;

    ((sso_oidc_t *)source->settings)->client->issuer = issuer;
    sso_access_init(&access, world, apr_time_now());
    access.io.want_trust(&access.io, issuer);
    access.io.deadline = deadline;
    return sso_token_keys_await(&access, source, known);
}

T(a_key_of_today_is_waited_for)
{
    loopback_step_t step = {.answer = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" TRUST_KEYS};
    int port;
    loopback_t *server = loopback_start(&step, 1, &port);
    sso_issuer_t issuer = {.name = "i",
                           .jwks_url = apr_psprintf(p, "http://127.0.0.1:%d/keys", port)};
    sso_world_t *world = make_with(&issuer, 64, 2, 60 * SECOND, p);
    const apr_time_t hour = apr_time_now() + 3600 * SECOND;
    const sso_trust_t *known;
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, refresh_for_who_waits, world), 0);
    assert_true(await(world, &issuer, NULL, hour));
    pthread_join(thread, NULL);
    known = sso_trusts_get(world->trusts, &issuer);
    assert_int_equal(known->keys->count, 1);
    /* They were asked for a moment ago: that is not done again, so nobody waits for it. */
    assert_false(await(world, &issuer, known, hour));
    /* Meanwhile somebody else has waited. */
    assert_true(await(world, &issuer, NULL, hour));
    assert_int_equal(loopback_connections(server), 1);
    assert_int_equal(world->logins[0]->inside + world->login_queue->inside, 0);
    loopback_stop(server);
}

T(a_key_of_today_is_waited_for_in_its_time_and_place)
{
    sso_issuer_t issuer = {.name = "i", .jwks_url = "http://127.0.0.1:1/keys"};
    sso_world_t *world = make_with(&issuer, 64, 2, 60 * SECOND, p);
    apr_time_t now = apr_time_now();

    /* Nobody asks. */
    assert_false(await(world, &issuer, NULL, now + SECOND / 10));
    assert_true(apr_time_now() >= now + SECOND / 10);
    assert_int_equal(world->logins[0]->peak, 1);
    fill(world->logins[0], 2, now);
    assert_false(await(world, &issuer, NULL, now + 3600 * SECOND));
}

T(whoever_died_while_waiting_is_not_waited_for)
{
    const sso_world_t *world = make(64, 8, 3 * SECOND, p);

    assert_true(world->logins[0]->stay > 3 * SECOND);
    /* for a place, and for the answer */
    assert_true(world->login_queue->stay > 2 * 3 * SECOND);
}
