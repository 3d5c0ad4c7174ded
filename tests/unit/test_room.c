/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "io/room.h"

static sso_room_t *room(apr_uint32_t places, apr_pool_t *p)
{
    sso_room_t *made = apr_pcalloc(p, sso_room_bytes(places));

    made->places = places;
    made->stay = 100;
    return made;
}

T(there_are_so_many_places_and_no_more)
{
    sso_room_t *r = room(3, p);

    assert_int_equal(sso_room_enter(r, 1), 0);
    assert_int_equal(sso_room_enter(r, 1), 1);
    assert_int_equal(sso_room_enter(r, 1), 2);
    assert_int_equal(sso_room_enter(r, 1), -1);
    sso_room_leave(r, 1);
    sso_room_leave(r, -1);
    assert_int_equal(sso_room_enter(r, 2), 1);
    assert_int_equal(r->peak, 3);
    assert_int_equal(r->inside, 3);
}

/* A process may die inside. */
T(a_place_is_free_again_when_its_time_is_over)
{
    sso_room_t *r = room(1, p);

    assert_int_equal(sso_room_enter(r, 1), 0);
    assert_int_equal(sso_room_enter(r, 101), -1);
    assert_int_equal(sso_room_enter(r, 102), 0);
    assert_int_equal(r->inside, 1);
}

T(a_source_that_answers_nobody_is_stuck)
{
    sso_room_t *r = room(2, p);

    assert_false(sso_room_is_stuck(r, 1000, 10));
    sso_room_enter(r, 1000);
    assert_false(sso_room_is_stuck(r, 1010, 10));
    assert_true(sso_room_is_stuck(r, 1011, 10));
    r->last_answer = 1005;
    assert_false(sso_room_is_stuck(r, 1011, 10));
    assert_true(sso_room_is_stuck(r, 1016, 10));
}

T(rooms_do_not_share_cache_lines)
{
    assert_int_equal(sso_room_bytes(1) % 64, 0);
    assert_true(sso_room_bytes(100) >= sizeof(sso_room_t) + 800);
}

/* Whoever has the place is gone before the grace is over, by the room's own rule. */
T(a_place_is_waited_for_while_the_source_answers)
{
    const sso_room_patience_t hour = {apr_time_from_sec(3600), apr_time_from_sec(3600), 100};
    const sso_room_patience_t none = {0, apr_time_from_sec(3600), 100};
    const sso_room_patience_t silent = {apr_time_from_sec(3600), 0, 100};
    sso_room_t *r = room(1, p);

    r->stay = apr_time_from_sec(3600);
    assert_int_equal(sso_room_wait(r, &none), 0);
    assert_int_equal(sso_room_wait(r, &none), -1);
    assert_int_equal(sso_room_wait(r, &silent), -1);
    r->stay = 300000;
    assert_int_equal(sso_room_wait(r, &hour), 0);
}
