/* SPDX-License-Identifier: Apache-2.0 */
/* That these are all columns that the queries name, and no more, is shown with the rights of a real
 * account in tests/httpd/test_66_check.py and test_71_wrong_user.py. */
#include "runner.h"

#include "fake_io.h"
#include "sso/check_redis.h"
#include "sso/check_source.h"

/* Names of the probes, with blanks between. */
static const char *probes_of(const char *options, sso_dialect_t dialect, bool ends, bool matches,
                             apr_pool_t *p)
{
    const sso_source_t *source = fake_source("moodle", options, dialect, p);
    const sso_probe_wants_t wants = {ends, matches};
    apr_array_header_t *probes = apr_array_make(p, 8, sizeof(sso_probe_t));
    const char *names = "";

    sso_moodle_probes(source, &wants, probes, p);
    for (int i = 0; i < probes->nelts; i++)
        names = apr_pstrcat(p, names, APR_ARRAY_IDX(probes, i, sso_probe_t).name, " ", NULL);
    return names;
}

T(rights_are_wanted_for_what_is_configured)
{
    assert_string_equal(probes_of("database=db", SSO_MYSQL, false, false, p),
                        "select.sessions select.user select.config timeout guest handler ");
    assert_string_equal(
        probes_of("database=db mfa=required timeout=2h", SSO_PGSQL, true, true, p),
        "schema select.sessions select.sessions.sessdata delete.sessions select.user "
        "select.user.mnethostid select.config guest localhost handler ");
    assert_string_equal(
        probes_of("database=db handler=redis4.5 redis=sessions", SSO_MYSQL, true, false, p),
        "select.user select.config timeout guest ");
}

static const char *redis_of(const char *options, bool ends, apr_pool_t *p)
{
    const sso_source_t *source = fake_source("moodle", options, SSO_MYSQL, p);
    const sso_probe_wants_t wants = {ends, false};
    apr_array_header_t *probes = apr_array_make(p, 8, sizeof(sso_redis_probe_t));
    const char *words = "";

    if (sso_moodle_redis_probes(source, &wants, probes, p) == NULL)
        return NULL;
    for (int i = 0; i < probes->nelts; i++) {
        const sso_redis_probe_t *probe = &APR_ARRAY_IDX(probes, i, sso_redis_probe_t);

        for (int k = 0; k < probe->count; k++)
            words = apr_pstrcat(p, words, probe->words[k], " ", NULL);
        words = apr_pstrcat(p, words, probe->keys, "\n", NULL);
    }
    return words;
}

T(commands_name_keys_that_no_session_has)
{
    assert_null(redis_of("database=db", true, p));
    assert_string_equal(redis_of("database=db handler=redis4.5 redis=sessions", false, p),
                        "HMGET session_moodlesso.check userid ~session_*\n");
    assert_string_equal(
        redis_of("database=db handler=redis4.5 redis=sessions redis_prefix=m_", true, p),
        "HMGET m_session_moodlesso.check userid ~m_session_*\n"
        "UNLINK m_session_moodlesso.check ~m_session_*\n"
        "HDEL m_user_moodlesso.check none ~m_user_*\n");
}

T(a_timeout_that_is_given_needs_no_asking)
{
    sso_check_t check;

    sso_check_init(&check, p);
    sso_check_about(&check, "source", "m");
    sso_check_settings(&check, fake_source("moodle", "database=db timeout=2h", SSO_MYSQL, p));
    assert_string_equal(APR_ARRAY_IDX(check.lines, 0, sso_check_line_t).what, "timeout=7200s");
    sso_check_settings(&check, fake_source("moodle", "database=db", SSO_MYSQL, p));
    assert_int_equal(check.lines->nelts, 1);
}
