/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "fake_io.h"

#define ID     "ssCK_kVufquG0G_jR1z6UGs_Foaz2gpSNuOISnuOuNQ"
#define HASH   "E9UzfU27pa9-DiAkFtSRn9vgaqQkCHbdlh6lEi7CyWg"
#define COOKIE "SSESSx=" ID
#define V8     "database=db version=8 cookie=SSESSx "
#define V7     "database=db version=7 cookie=SSESSx "

static const sso_error_t *ask(const char *options, const char *const *row, sso_identity_t **who,
                              apr_pool_t *p)
{
    bool is_plain = strstr(options, "ids=plain") != NULL;
    fake_step_t step = {"FROM sessions s", is_plain ? ID : HASH, row ? APR_SUCCESS : APR_NOTFOUND,
                        .row = row};
    sso_source_t *source = fake_source("drupal", options, SSO_MYSQL, p);
    const sso_error_t *error;
    fake_io_t fake;

    fake_io_init(&fake, &step, 1);
    error = fake_ask(source, &fake, COOKIE, true, who, p);
    fake_io_done(&fake);
    return error;
}

T(a_session_row_becomes_an_identity)
{
    const char *row[] = {"2",
                         HASH,
                         "1795317000",
                         "1",
                         "alice",
                         "a@example.test",
                         "de",
                         "teacher\x1f"
                         "content_editor",
                         "Alice",
                         "Graz"};
    sso_identity_t *who;

    assert_no_error(ask(V8 "fields=given_name:field_first_name,city:field_city", row, &who, p));
    assert_string_equal(who->claims[SSO_CLAIM_SUBJECT], "2");
    assert_string_equal(who->claims[SSO_CLAIM_IDNUMBER], "2");
    assert_string_equal(who->claims[SSO_CLAIM_USERNAME], "alice");
    assert_string_equal(who->claims[SSO_CLAIM_LANGUAGE], "de");
    assert_string_equal(who->claims[SSO_CLAIM_ROLES], "teacher|content_editor");
    assert_string_equal(who->claims[SSO_CLAIM_GIVEN_NAME], "Alice");
    assert_string_equal(sso_identity_claim(who, "city"), "Graz");
    assert_true(who->expires == apr_time_from_sec(1795317000 + 200000));
}

T(every_acceptance_rule_has_its_reason)
{
    const struct {
        const char *row[8];
        const char *code;
    } cases[] = {
        {{"0", HASH, "1795317000", NULL, NULL, NULL, NULL, NULL}, "SESSION_ANONYMOUS"},
        {{"2", HASH, "1795317000", NULL, NULL, NULL, NULL, NULL}, "USER_DELETED"},
        {{"2", HASH, "1795317000", "0", "carol", "c@x", "en", NULL}, "USER_SUSPENDED"},
        {{"2", HASH, "1795117099", "1", "alice", "a@x", "en", NULL}, "SESSION_TIMED_OUT"},
        {{"2", HASH, "1795117100", "1", "alice", "a@x", "en", NULL}, "none"},
        {{"2", "e9UzfU27pa9-DiAkFtSRn9vgaqQkCHbdlh6lEi7CyWg", "1795317000", "1", "a", "", "", NULL},
         "SESSION_UNKNOWN"},
        {{"2", HASH, "x", "1", "alice", "a@x", "en", NULL}, "DB_QUERY"},
    };
    sso_identity_t *who = NULL;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const sso_error_t *error = ask(V8, cases[i].row, &who, p);
        assert_code(error, cases[i].code);
    }
    assert_error(ask(V8, NULL, &who, p), SESSION_UNKNOWN);
    assert_error(ask(V8 "max_age=1s", cases[4].row, &who, p), SESSION_TIMED_OUT);
}

T(drupal_7_keeps_https_ids_in_a_column_of_their_own)
{
    fake_source("drupal", V7, SSO_MYSQL, p);
    assert_non_null(strstr(fake_sql(0), "WHERE s.sid=%s"));
    assert_non_null(strstr(fake_sql(1), "WHERE s.ssid=%s"));
    {
        const char *row[] = {"2", HASH, "1795317000", "1", "alice", "a@x", "", NULL};
        fake_step_t step = {"s.ssid=%s", HASH, APR_SUCCESS, .row = row};
        sso_source_t *source = fake_source("drupal", V7, SSO_MYSQL, p);
        sso_identity_t *who;
        fake_io_t fake;

        fake_io_init(&fake, &step, 1);
        assert_no_error(fake_ask(source, &fake, COOKIE, true, &who, p));
        step.expect = "s.sid=%s";
        source = fake_source("drupal", "database=db version=7 cookie=SESSx", SSO_MYSQL, p);
        fake_io_init(&fake, &step, 1);
        assert_no_error(fake_ask(source, &fake, "SESSx=" ID, true, &who, p));
    }
}

/* Never both: on a hashed table plain ids would make a leaked column a usable cookie. */
T(plain_ids_are_looked_up_as_they_are)
{
    const char *row[] = {"2", ID, "1795317000", "1", "alice", "a@x", "", NULL};
    sso_identity_t *who;

    assert_no_error(ask(V7 "ids=plain", row, &who, p));
}

T(roles_are_gathered_in_the_dialect_of_the_database)
{
    fake_source("drupal", V8 "prefix=dr_", SSO_MYSQL, p);
    assert_non_null(strstr(fake_sql(0), "GROUP_CONCAT(r.roles_target_id ORDER BY r.delta"));
    assert_non_null(strstr(fake_sql(0), "FROM dr_sessions s LEFT JOIN dr_users_field_data u"));
    fake_source("drupal", V8, SSO_PGSQL, p);
    assert_non_null(strstr(fake_sql(0), "string_agg(r.roles_target_id, chr(31) ORDER BY r.delta)"));
    fake_source("drupal", V8, SSO_SQLITE3, p);
    assert_non_null(strstr(fake_sql(0), "group_concat(r.roles_target_id, char(31))"));
    assert_null(strstr(fake_sql(0), "s.session "));
}

/* Drupal 10.3+ makes the table at the first login. */
T(no_sessions_table_yet_is_no_session_but_no_users_table_is_a_mistake)
{
    fake_step_t steps[] = {
        {"FROM sessions", HASH, SSO_IO_NO_TABLE}, {"FROM users_field_data", "0", APR_NOTFOUND},
        {"FROM sessions", HASH, SSO_IO_NO_TABLE}, {"FROM users_field_data", "0", SSO_IO_NO_TABLE},
        {"FROM sessions", HASH, SSO_IO_NO_TABLE}, {"FROM users_field_data", "0", SSO_IO_TIMEOUT}};
    sso_source_t *source = fake_source("drupal", V8, SSO_MYSQL, p);
    sso_identity_t *who;
    fake_io_t fake;

    fake_io_init(&fake, steps, 6);
    assert_error(fake_ask(source, &fake, COOKIE, true, &who, p), SESSION_UNKNOWN);
    assert_error(fake_ask(source, &fake, COOKIE, true, &who, p), DB_QUERY);
    assert_error(fake_ask(source, &fake, COOKIE, true, &who, p), DB_TIMEOUT);
    fake_io_done(&fake);
}

T(a_session_ends_where_its_row_goes_and_the_browser_forgets)
{
    const struct {
        const char *options, *expect, *argument, *line;
    } cases[] = {
        {"database=db version=8 cookie_domain=.example.test", "DELETE FROM sessions WHERE sid=%s",
         HASH, "; path=/; domain=.example.test; secure; HttpOnly"},
        {"database=db version=7 cookie_domain=.example.test prefix=d_",
         "DELETE FROM d_sessions WHERE ssid=%s", HASH, "; domain=.example.test; secure"},
        {"database=db version=7 ids=plain cookie=SSESSx", "DELETE FROM sessions WHERE ssid=%s", ID,
         "SSESSx=deleted; expires=Thu, 01 Jan 1970 00:00:01 GMT; Max-Age=0; path=/; secure"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const fake_step_t step = {cases[i].expect, cases[i].argument, APR_SUCCESS};
        const sso_credential_t credential = {"SSESSx", sso_span(ID), true};
        sso_source_t *source = fake_source("drupal", cases[i].options, SSO_PGSQL, p);
        const char *line = NULL;
        fake_io_t fake;

        fake_io_init(&fake, &step, 1);
        assert_no_error(source->kind->end(source, &credential, NULL, &fake.io, &line, p));
        fake_io_done(&fake);
        if (strstr(line, cases[i].line) == NULL)
            fail_msg("%s", line);
    }
}

/* FAKE_NOW is 1795317100. */
T(an_old_row_is_touched_and_a_young_one_is_not)
{
    const char *old[] = {"2", HASH, "1795316499", "1", "alice", NULL, NULL, NULL};
    const char *young[] = {"2", HASH, "1795316500", "1", "alice", NULL, NULL, NULL};
    const fake_step_t steps[] = {
        {"FROM sessions s", HASH, APR_SUCCESS, .row = old},
        {"UPDATE sessions SET timestamp=%lld WHERE sid=%s", "1795317100", SSO_IO_DENIED},
        {"FROM sessions s", HASH, APR_SUCCESS, .row = young}};
    sso_source_t *source = fake_source("drupal", V8 "touch=10min", SSO_MYSQL, p);
    sso_identity_t *who = NULL;
    fake_io_t fake;

    fake_io_init(&fake, steps, 3);
    assert_no_error(fake_ask(source, &fake, COOKIE, true, &who, p));
    assert_no_error(fake_ask(source, &fake, COOKIE, true, &who, p));
    fake_io_done(&fake);
    assert_sentence(fake_source_sentence("drupal", V8 "touch=9min", p), "touch= is 10min");
}
