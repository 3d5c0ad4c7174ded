/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "io/shared.h"
#include "io/token_request.h"
#include "loopback.h"

static void say(void *context, bool is_good, const char *text)
{
}

static sso_world_t *make(int workers, apr_pool_t *p)
{
    sso_inventory_t *inventory = apr_pcalloc(p, sizeof(*inventory));
    sso_world_t *world;

    inventory->databases = apr_array_make(p, 1, sizeof(void *));
    inventory->redises = apr_array_make(p, 1, sizeof(void *));
    inventory->sources = apr_array_make(p, 1, sizeof(void *));
    inventory->cache_bytes = 1 << 20;
    inventory->workers = workers;
    inventory->breakers = 1;
    assert_int_equal(sso_world_create(&world, inventory, p), APR_SUCCESS);
    assert_int_equal(sso_world_enter(world), APR_SUCCESS);
    world->say = say;
    return world;
}

static apr_status_t ask(sso_world_t *world, int port, sso_exchange_t *exchange, apr_pool_t *p)
{
    sso_access_t access;

    *exchange = (sso_exchange_t){.method = "POST",
                                 .url = apr_psprintf(p, "http://127.0.0.1:%d/token", port),
                                 .post = "code=c&x=%20",
                                 .max_body = 100};
    sso_access_init(&access, world, apr_time_now());
    return sso_token_request(&access, exchange, p);
}

T(the_form_is_posted_and_the_answer_read)
{
    loopback_step_t step = {.answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"};
    sso_world_t *world = make(64, p);
    sso_exchange_t exchange;
    int port;
    loopback_t *server = loopback_start(&step, 1, &port);

    assert_int_equal(ask(world, port, &exchange, p), APR_SUCCESS);
    assert_span(exchange.body, "{}");
    assert_non_null(
        strstr(loopback_heard(server), "Content-Type: application/x-www-form-urlencoded\r\n"));
    assert_non_null(strstr(loopback_heard(server), "\r\n\r\ncode=c&x=%20"));
    assert_int_equal(world->logins->inside, 0);
    assert_int_equal(world->login_queue->inside, 0);
    loopback_stop(server);
}

T(nobody_waits_for_a_silent_provider_beside_those_who_do)
{
    sso_world_t *world = make(64, p);
    apr_time_t now = apr_time_now();
    sso_exchange_t exchange;

    assert_int_equal(world->logins->places, SSO_TOKEN_REQUEST_WORKERS);
    for (int i = 0; i < SSO_TOKEN_REQUEST_WORKERS; i++)
        sso_room_enter(world->logins, now - apr_time_from_sec(1));
    assert_int_equal(ask(world, 1, &exchange, p), SSO_IO_BUSY);
    assert_true(apr_time_now() - now < apr_time_from_sec(1));
    assert_int_equal(world->login_queue->turned_away, 1);
    assert_int_equal(world->login_queue->inside, 0);
}

T(half_of_the_server_waits_at_most)
{
    sso_world_t *world = make(64, p);
    sso_exchange_t exchange;

    assert_int_equal(world->login_queue->places, 32);
    for (int i = 0; i < 32; i++)
        sso_room_enter(world->login_queue, apr_time_now());
    assert_int_equal(ask(world, 1, &exchange, p), SSO_IO_BUSY);
}

T(a_small_server_keeps_threads_for_others)
{
    assert_int_equal(make(16, p)->logins->places, 4);
    assert_int_equal(make(1, p)->logins->places, 1);
}
