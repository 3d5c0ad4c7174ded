/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "sso/check_probe.h"

#define NOW apr_time_from_sec(1800000000)

static const sso_probe_place_t place = {.account = "sso@h", .database = "moodle"};

static apr_array_header_t *list(apr_pool_t *p)
{
    return apr_array_make(p, 4, sizeof(sso_probe_t));
}

T(what_could_change_something_is_asked_of_no_row)
{
    apr_array_header_t *probes = list(p);
    const sso_probe_t *probe = sso_probe_right(probes, SSO_PROBE_SELECT, "n", "t", "a, b");

    assert_string_equal(probe->sql[0], "SELECT a, b FROM t WHERE 1=0");
    assert_null(probe->sql[1]);
    probe = sso_probe_right(probes, SSO_PROBE_DELETE, "n", "t", NULL);
    assert_string_equal(probe->sql[0], "DELETE FROM t WHERE 1=0");
    probe = sso_probe_right(probes, SSO_PROBE_UPDATE, "n", "t", "a");
    assert_string_equal(probe->sql[0], "UPDATE t SET a=0 WHERE 1=0");
    probe = sso_probe_right(probes, SSO_PROBE_ALL, "n", "t", "a");
    assert_string_equal(probe->sql[1], "INSERT INTO t SELECT * FROM t WHERE 1=0");
    for (int i = 0; i < 4; i++)
        assert_non_null(strstr(probe->sql[i], " WHERE 1=0"));
}

T(postgresql_alone_has_schemas_that_can_be_closed)
{
    apr_array_header_t *probes = list(p);

    sso_probe_schema(probes, SSO_MYSQL, "moodle.mdl_");
    sso_probe_schema(probes, SSO_SQLITE3, "mdl_");
    assert_int_equal(probes->nelts, 0);
    sso_probe_schema(probes, SSO_PGSQL, "mdl_");
    sso_probe_schema(probes, SSO_PGSQL, "Moodle.mdl_");
    assert_string_equal(APR_ARRAY_IDX(probes, 0, sso_probe_t).columns, "public");
    assert_string_equal(APR_ARRAY_IDX(probes, 1, sso_probe_t).sql[0],
                        "SELECT 1 WHERE has_schema_privilege(lower('Moodle'), 'USAGE')");
    assert_null(sso_probe_place_sql(SSO_SQLITE3));
}

/* The line of one probe that was answered so. */
static const sso_check_line_t *judged(sso_probe_t *probe, sso_dialect_t dialect,
                                      apr_status_t status, const char *value, apr_pool_t *p)
{
    apr_array_header_t *probes = list(p);
    sso_check_t *check = apr_pcalloc(p, sizeof(*check));

    probe->is_asked = true;
    probe->status = status;
    probe->value = value;
    probe->why = "ERROR:  42501: no\nLOCATION: aclchk.c";
    APR_ARRAY_PUSH(probes, sso_probe_t) = *probe;
    sso_check_init(check, p);
    sso_check_about(check, "source", "m");
    sso_probe_judge(check, probes, dialect, &place, NOW, NULL);
    assert_int_equal(check->lines->nelts, 1);
    return &APR_ARRAY_IDX(check->lines, 0, sso_check_line_t);
}

T(a_right_that_is_missing_is_told_with_the_statement)
{
    sso_probe_t *probe = sso_probe_right(list(p), SSO_PROBE_SELECT, "select.t", "t", "a");
    const sso_check_line_t *line = judged(probe, SSO_MYSQL, SSO_IO_DENIED, NULL, p);

    assert_string_equal(line->name, "source.m.select.t");
    assert_int_equal(line->verdict, SSO_CHECK_BAD);
    assert_int_equal(line->fix, SSO_FIX_GRANT);
    assert_string_equal(line->what, "DB_DENIED");
    assert_string_equal(line->why, "ERROR:  42501: no");
    assert_string_equal(line->run, "GRANT SELECT (a) ON moodle.t TO 'sso'@'h';");
    line = judged(probe, SSO_SQLITE3, SSO_IO_DENIED, NULL, p);
    assert_int_equal(line->fix, SSO_FIX_FILE);
    assert_null(line->run);
    line = judged(probe, SSO_MYSQL, APR_SUCCESS, NULL, p);
    assert_int_equal(line->verdict, SSO_CHECK_GOOD);
    assert_string_equal(line->what, "SELECT (a) ON moodle.t");
}

T(other_answers_have_other_fixes)
{
    static const struct {
        apr_status_t status;
        sso_fix_t fix;
    } cases[] = {{SSO_IO_NO_TABLE, SSO_FIX_TABLE},
                 {SSO_IO_ANSWER, SSO_FIX_TABLE},
                 {SSO_IO_TIMEOUT, SSO_FIX_DATABASE_BUSY},
                 {SSO_IO_DOWN, SSO_FIX_DATABASE_DOWN}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(judged(sso_probe_right(list(p), SSO_PROBE_DELETE, "x", "t", NULL),
                                SSO_MYSQL, cases[i].status, NULL, p)
                             ->fix,
                         cases[i].fix);
}

T(a_table_made_late_may_be_missing)
{
    sso_probe_t *probe = sso_probe_right(list(p), SSO_PROBE_SELECT, "x", "sessions", "sid");

    probe->is_made_late = true;
    assert_int_equal(judged(probe, SSO_MYSQL, SSO_IO_NO_TABLE, NULL, p)->found, SSO_FOUND_NOT_YET);
    assert_int_equal(judged(probe, SSO_MYSQL, SSO_IO_NO_TABLE, NULL, p)->verdict, SSO_CHECK_GOOD);
    assert_int_equal(judged(probe, SSO_MYSQL, SSO_IO_DENIED, NULL, p)->fix, SSO_FIX_GRANT_LATE);
}

static sso_verdict_t setting(sso_probe_kind_t kind, const char *value, apr_pool_t *p)
{
    return judged(sso_probe_value(list(p), kind, "x", "s", "SELECT"), SSO_MYSQL, APR_SUCCESS, value,
                  p)
        ->verdict;
}

T(settings_are_numbers_that_make_sense)
{
    assert_int_equal(setting(SSO_PROBE_TIMEOUT, "7200", p), SSO_CHECK_GOOD);
    assert_int_equal(setting(SSO_PROBE_SETTING, "1", p), SSO_CHECK_GOOD);
    assert_int_equal(setting(SSO_PROBE_TIMEOUT, "0", p), SSO_CHECK_BAD);
    assert_int_equal(setting(SSO_PROBE_TIMEOUT, "-5", p), SSO_CHECK_BAD);
    assert_int_equal(setting(SSO_PROBE_TIMEOUT, "316224001", p), SSO_CHECK_BAD);
    assert_int_equal(setting(SSO_PROBE_SETTING, "", p), SSO_CHECK_BAD);
    assert_int_equal(setting(SSO_PROBE_SETTING, NULL, p), SSO_CHECK_BAD);
    assert_int_equal(judged(sso_probe_value(list(p), SSO_PROBE_SETTING, "x", "s", "SELECT"),
                            SSO_MYSQL, SSO_IO_DENIED, NULL, p)
                         ->verdict,
                     SSO_CHECK_UNTESTED);
}

T(a_session_of_today_shows_that_the_handler_is_right)
{
    assert_int_equal(setting(SSO_PROBE_LATEST, "1799999990", p), SSO_CHECK_GOOD);
    assert_int_equal(setting(SSO_PROBE_LATEST, "1799900000", p), SSO_CHECK_UNTESTED);
    assert_int_equal(setting(SSO_PROBE_LATEST, NULL, p), SSO_CHECK_UNTESTED);
}

T(what_a_closed_schema_or_a_lost_connection_hides_is_not_tested)
{
    apr_array_header_t *probes = list(p);
    sso_check_t check;

    sso_probe_schema(probes, SSO_PGSQL, "mdl_");
    sso_probe_right(probes, SSO_PROBE_SELECT, "select.t", "t", "a");
    APR_ARRAY_IDX(probes, 0, sso_probe_t).is_asked = true;
    APR_ARRAY_IDX(probes, 1, sso_probe_t).is_asked = true;
    APR_ARRAY_IDX(probes, 1, sso_probe_t).status = SSO_IO_NO_TABLE;
    sso_check_init(&check, p);
    sso_check_about(&check, "source", "m");
    sso_probe_judge(&check, probes, SSO_PGSQL, &place, NOW, NULL);
    assert_string_equal(APR_ARRAY_IDX(check.lines, 0, sso_check_line_t).run,
                        "GRANT USAGE ON SCHEMA public TO \"sso@h\";");
    assert_int_equal(APR_ARRAY_IDX(check.lines, 1, sso_check_line_t).verdict, SSO_CHECK_UNTESTED);
    assert_string_equal(APR_ARRAY_IDX(check.lines, 1, sso_check_line_t).what, "source.m.schema");
}

T(a_place_is_a_connection_and_a_clock)
{
    sso_probe_place_t somewhere = {
        .account = "sso@h", .seconds = "1800000090", .asked = NOW, .status = APR_SUCCESS};
    sso_check_t check;

    sso_check_init(&check, p);
    sso_check_about(&check, "database", "d");
    assert_true(sso_probe_judge_place(&check, SSO_MYSQL, &somewhere));
    assert_int_equal(check.lines->nelts, 2);
    assert_int_equal(APR_ARRAY_IDX(check.lines, 1, sso_check_line_t).verdict, SSO_CHECK_BAD);
    assert_string_equal(APR_ARRAY_IDX(check.lines, 1, sso_check_line_t).what, "90");
    somewhere.status = SSO_IO_DENIED;
    assert_false(sso_probe_judge_place(&check, SSO_MYSQL, &somewhere));
    assert_int_equal(APR_ARRAY_IDX(check.lines, 2, sso_check_line_t).fix, SSO_FIX_DATABASE_DENIED);
    somewhere.status = SSO_IO_TIMEOUT;
    assert_false(sso_probe_judge_place(&check, SSO_PGSQL, &somewhere));
    assert_int_equal(APR_ARRAY_IDX(check.lines, 3, sso_check_line_t).fix, SSO_FIX_DATABASE_DOWN);
}
