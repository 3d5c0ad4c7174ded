/* SPDX-License-Identifier: Apache-2.0 */
/* Against a server: tests/httpd/test_77_userkey_names.py. */
#include "runner.h"

#include "fake_io.h"
#include "sso/moodle_admin.h"
#include "sso/source_moodle.h"

static bool ask(const char *const *rows, int count, apr_pool_t *p)
{
    const fake_step_t step = {"FROM mdl_user u WHERE u.username=", "admin", APR_SUCCESS,
                              .row = rows, .rows = count};
    const sso_source_t *source = fake_source("moodle", "database=db", SSO_MYSQL, p);
    const sso_moodle_t *moodle = source->settings;
    fake_io_t fake;
    bool is_admin;

    fake_io_init(&fake, &step, 1);
    assert_no_error(sso_moodle_is_admin(&moodle->admins, "admin", &fake.io, &is_admin, p));
    fake_io_done(&fake);
    return is_admin;
}

T(whoever_stands_in_siteadmins_is_one)
{
    static const char *const first[] = {"2", "2"}, *const last[] = {"17", "2, 3,17"};

    assert_true(ask(first, 1, p));
    assert_true(ask(last, 1, p));
}

T(others_are_not)
{
    static const char *const other[] = {"1", "2,17,21"}, *const unset[] = {"2", NULL},
                             *const empty[] = {"2", ""};

    assert_false(ask(other, 1, p));
    assert_false(ask(unset, 1, p));
    assert_false(ask(empty, 1, p));
    assert_false(ask(NULL, 0, p));
}

/* "ádmin" for "admin", where the collation takes them for the same: so does the plugin. */
T(one_of_several_is_enough_and_too_many_are_not_told_apart)
{
    static const char *const both[] = {"9", "2", "2", "2"};
    const char *many[40];

    for (int i = 0; i < 40; i++)
        many[i] = i % 2 == 0 ? "9" : "2";
    assert_true(ask(both, 2, p));
    assert_false(ask(many, 19, p));
    assert_true(ask(many, 20, p));
}

T(what_cannot_be_asked_is_no_answer)
{
    const fake_step_t step = {"FROM mdl_user u", "admin", SSO_IO_DOWN};
    const sso_moodle_t *moodle = fake_source("moodle", "database=db", SSO_MYSQL, p)->settings;
    fake_io_t fake;
    bool is_admin;

    fake_io_init(&fake, &step, 1);
    assert_error(sso_moodle_is_admin(&moodle->admins, "admin", &fake.io, &is_admin, p), DB_DOWN);
}
