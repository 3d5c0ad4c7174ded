/* SPDX-License-Identifier: Apache-2.0 */
/* That databases take these statements is shown in tests/httpd/test_66_check.py. */
#include "runner.h"

#include "sso/check_grant.h"

static const char *grant(sso_dialect_t dialect, const char *table, const char *account,
                         const char *database, apr_pool_t *p)
{
    apr_array_header_t *probes = apr_array_make(p, 1, sizeof(sso_probe_t));
    const sso_probe_place_t place = {.account = account, .database = database};

    return sso_grant(sso_probe_right(probes, SSO_PROBE_SELECT, "x", table, "a, b"), dialect, &place,
                     p);
}

T(an_account_of_mysql_is_quoted_as_a_text)
{
    assert_string_equal(grant(SSO_MYSQL, "mdl_user", "sso@127.0.0.1", "moodle", p),
                        "GRANT SELECT (a, b) ON moodle.mdl_user TO 'sso'@'127.0.0.1';");
    assert_string_equal(grant(SSO_MYSQL, "t", "o'x\\@y@%", "d", p),
                        "GRANT SELECT (a, b) ON d.t TO 'o''x\\\\@y'@'%';");
}

T(names_are_quoted_where_they_must_be)
{
    assert_string_equal(grant(SSO_MYSQL, "t", "a@b", "my-moodle`", p),
                        "GRANT SELECT (a, b) ON `my-moodle```.t TO 'a'@'b';");
    assert_string_equal(grant(SSO_PGSQL, "t", "sso", "public", p),
                        "GRANT SELECT (a, b) ON public.t TO sso;");
    assert_string_equal(grant(SSO_PGSQL, "t", "Moodle \"SSO\"", "1st", p),
                        "GRANT SELECT (a, b) ON \"1st\".t TO \"Moodle \"\"SSO\"\"\";");
}

T(a_prefix_with_a_schema_stays_and_an_unknown_place_is_left_out)
{
    assert_string_equal(grant(SSO_PGSQL, "moodle.mdl_user", "sso", "public", p),
                        "GRANT SELECT (a, b) ON moodle.mdl_user TO sso;");
    assert_string_equal(grant(SSO_PGSQL, "mdl_user", "sso", NULL, p),
                        "GRANT SELECT (a, b) ON mdl_user TO sso;");
}

static const char *right(sso_probe_kind_t kind, apr_pool_t *p)
{
    apr_array_header_t *probes = apr_array_make(p, 1, sizeof(sso_probe_t));
    const sso_probe_place_t place = {.account = "sso", .database = "public"};

    return sso_grant_right(sso_probe_right(probes, kind, "x", "t", "a"), SSO_PGSQL, &place, p);
}

T(each_kind_of_right_has_its_words)
{
    assert_string_equal(right(SSO_PROBE_SELECT, p), "SELECT (a) ON public.t");
    assert_string_equal(right(SSO_PROBE_DELETE, p), "DELETE ON public.t");
    assert_string_equal(right(SSO_PROBE_UPDATE, p), "UPDATE (a) ON public.t");
    assert_string_equal(right(SSO_PROBE_ALL, p), "SELECT, INSERT, UPDATE, DELETE ON public.t");
    assert_string_equal(right(SSO_PROBE_SCHEMA, p), "USAGE ON SCHEMA a");
}

T(the_store_makes_its_tables)
{
    const sso_probe_place_t mysql = {.account = "a@b", .database = "moodlesso"};
    const sso_probe_place_t pgsql = {.account = "sso", .database = NULL};

    assert_string_equal(sso_grant_tables(SSO_MYSQL, &mysql, p),
                        "GRANT ALL ON moodlesso.* TO 'a'@'b';");
    assert_string_equal(sso_grant_tables(SSO_PGSQL, &pgsql, p),
                        "GRANT USAGE, CREATE ON SCHEMA public TO sso;");
    assert_null(sso_grant_tables(SSO_SQLITE3, &mysql, p));
}
