/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "io/notes.h"
#include "small_world.h"

static sso_world_t *make(apr_pool_t *p)
{
    return small_world(small_inventory(4, p), p);
}

T(a_note_is_there_until_it_is_over)
{
    sso_access_t access;

    sso_access_init(&access, make(p), apr_time_now());
    assert_false(access.io.is_noted(&access.io, "seen", p));
    access.io.note(&access.io, "seen", apr_time_from_sec(60), p);
    assert_true(access.io.is_noted(&access.io, "seen", p));
    assert_false(access.io.is_noted(&access.io, "see", p));
    assert_string_equal(sso_noted_value(access.world, "seen", p), "");
    access.io.note(&access.io, "brief", -1, p);
    assert_false(access.io.is_noted(&access.io, "brief", p));
}

T(what_is_noted_of_it_is_remembered)
{
    sso_world_t *world = make(p);

    assert_null(sso_noted_value(world, "what", p));
    sso_note_value(world, "what", "S=1; path=/", apr_time_from_sec(60), p);
    assert_string_equal(sso_noted_value(world, "what", p), "S=1; path=/");
    sso_note_value(world, "what", "S=2", apr_time_from_sec(60), p);
    assert_string_equal(sso_noted_value(world, "what", p), "S=2");
}
