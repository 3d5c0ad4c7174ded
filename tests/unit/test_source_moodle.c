/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "fake_io.h"
#include "sso/source_moodle.h"

#define SID    "183ahfus9mnrgmi70cjhu3g9js"
#define COOKIE "MoodleSession=" SID
#define ROW(userid, auth, suspended, deleted, confirmed, timeout, sid, timemodified, sessdata) \
    {                                                                                          \
        userid, "alice", "a@example.test", "E-1001", "Alice", "Anders", "en", auth, suspended, \
            deleted, confirmed, "1", timeout, sid, timemodified, sessdata                      \
    }

static const char *const good[] =
    ROW("3", "manual", "0", "0", "1", "28800", SID, "1795317090", NULL);

/* Ask with one row; the code, or NULL and *who. */
static const sso_error_t *ask(const char *options, const char *const *row, sso_identity_t **who,
                              apr_pool_t *p)
{
    fake_step_t step = {"FROM mdl_sessions s", SID, row ? APR_SUCCESS : APR_NOTFOUND, .row = row};
    sso_source_t *source =
        fake_source("moodle", apr_pstrcat(p, "database=db ", options, NULL), SSO_MYSQL, p);
    const sso_error_t *error;
    fake_io_t fake;

    fake_io_init(&fake, &step, 1);
    error = fake_ask(source, &fake, COOKIE, true, who, p);
    fake_io_done(&fake);
    return error;
}

T(a_session_row_becomes_an_identity)
{
    sso_identity_t *who;

    assert_no_error(ask("", good, &who, p));
    assert_string_equal(who->claims[SSO_CLAIM_ISSUER], "moodle:src");
    assert_string_equal(who->claims[SSO_CLAIM_SUBJECT], "3");
    assert_string_equal(who->claims[SSO_CLAIM_USERNAME], "alice");
    assert_string_equal(who->claims[SSO_CLAIM_EMAIL], "a@example.test");
    assert_string_equal(who->claims[SSO_CLAIM_IDNUMBER], "E-1001");
    assert_string_equal(who->claims[SSO_CLAIM_NAME], "Alice Anders");
    assert_string_equal(who->claims[SSO_CLAIM_LANGUAGE], "en");
    assert_true(who->expires == apr_time_from_sec(1795317090 + 28800));
}

T(the_query_names_prefix_and_never_the_session_blob)
{
    fake_source("moodle", "database=db prefix=x.m_", SSO_MYSQL, p);
    assert_non_null(strstr(fake_sql(0), "FROM x.m_sessions s LEFT JOIN x.m_user u"));
    assert_non_null(strstr(fake_sql(0), "FROM x.m_config c"));
    assert_null(strstr(fake_sql(0), "sessdata"));
    fake_source("moodle", "database=db mfa=required", SSO_MYSQL, p);
    assert_non_null(strstr(fake_sql(0), "s.sessdata"));
}

T(every_acceptance_rule_has_its_reason)
{
    sso_identity_t *who = NULL;
    const struct {
        const char *row[16];
        const char *code;
    } cases[] = {
        {ROW("0", NULL, NULL, NULL, NULL, "28800", SID, "1795317090", NULL), "SESSION_ANONYMOUS"},
        {ROW("1", "manual", "0", "0", "1", "28800", SID, "1795317090", NULL), "SESSION_GUEST"},
        {ROW("3", "manual", "0", "1", "1", "28800", SID, "1795317090", NULL), "USER_DELETED"},
        {ROW("3", "manual", "1", "0", "1", "28800", SID, "1795317090", NULL), "USER_SUSPENDED"},
        {ROW("3", "manual", "0", "0", "0", "28800", SID, "1795317090", NULL), "USER_UNCONFIRMED"},
        {ROW("3", "nologin", "0", "0", "1", "28800", SID, "1795317090", NULL), "USER_NOLOGIN"},
        {ROW("3", "manual", "0", "0", "1", "9", SID, "1795317090", NULL), "SESSION_TIMED_OUT"},
        {ROW("3", "manual", "0", "0", "1", "10", SID, "1795317090", NULL), "none"},
        {ROW("3", "manual", "0", "0", "1", NULL, SID, "1795317090", NULL), "DB_QUERY"},
        {ROW("3", "manual", "0", "0", "1", "0", SID, "1795317090", NULL), "DB_QUERY"},
        {ROW("3", "manual", "0", "0", "1", "8h", SID, "1795317090", NULL), "DB_QUERY"},
        {ROW("3", "manual", "0", "0", "1", "28800", SID, "soon", NULL), "DB_QUERY"},
        {ROW("3", "manual", "0", "0", "1", "28800", "183AHFUS9MNRGMI70CJHU3G9JS", "1795317090",
             NULL),
         "SESSION_UNKNOWN"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const sso_error_t *error = ask("", cases[i].row, &who, p);
        assert_code(error, cases[i].code);
    }
    assert_error(ask("", NULL, &who, p), SESSION_UNKNOWN);
}

/* The user of a LEFT JOIN without partner: every column of u is NULL. */
T(a_session_of_a_user_who_is_not_there_is_refused)
{
    const char *row[] = {"3",  NULL, NULL, NULL, NULL,    NULL, NULL,         NULL,
                         NULL, NULL, NULL, "1",  "28800", SID,  "1795317090", NULL};
    sso_identity_t *who;

    assert_error(ask("", row, &who, p), USER_DELETED);
}

T(options_change_the_rules)
{
    const char *guest[] = ROW("1", "manual", "0", "0", "1", "28800", SID, "1795317090", NULL);
    sso_identity_t *who;

    assert_no_error(ask("guest=yes", guest, &who, p));
    assert_error(ask("timeout=9s", good, &who, p), SESSION_TIMED_OUT);
    assert_no_error(ask("timeout=10s", good, &who, p));
}

T(mfa_required_reads_the_one_flag)
{
    /* base64 of: SESSION|O:8:"stdClass":1:{s:22:"tool_mfa_authenticated";b:1;} and ...b:0;} */
    const char *passed =
        "U0VTU0lPTnxPOjg6InN0ZENsYXNzIjoxOntzOjIyOiJ0b29sX21mYV9hdXRoZW50aWNhdGVkIjtiOjE7fQ==";
    const char *pending =
        "U0VTU0lPTnxPOjg6InN0ZENsYXNzIjoxOntzOjIyOiJ0b29sX21mYV9hdXRoZW50aWNhdGVkIjtiOjA7fQ==";
    const char *row[16];
    sso_identity_t *who;

    memcpy(row, good, sizeof(good));
    row[15] = passed;
    assert_no_error(ask("mfa=required", row, &who, p));
    row[15] = pending;
    assert_error(ask("mfa=required", row, &who, p), MFA_PENDING);
    row[15] = "not base64 at all";
    assert_error(ask("mfa=required", row, &who, p), MFA_PENDING);
    row[15] = NULL;
    assert_error(ask("mfa=required", row, &who, p), MFA_PENDING);
    assert_no_error(ask("mfa=ignore", row, &who, p));
}

static const sso_error_t *ask_holder(const char *options, const char *const *row,
                                     sso_identity_t **who, bool *is_pending, apr_pool_t *p)
{
    const fake_step_t step = {"FROM mdl_sessions s", SID, APR_SUCCESS, .row = row};
    const sso_source_t *source =
        fake_source("moodle", apr_pstrcat(p, "database=db ", options, NULL), SSO_MYSQL, p);
    const sso_credential_t credential = {.secret = sso_span(SID)};
    const sso_error_t *error;
    fake_io_t fake;

    *who = NULL;
    fake_io_init(&fake, &step, 1);
    error = sso_moodle_holder(source, &credential, &fake.io, who, is_pending, p);
    fake_io_done(&fake);
    return error;
}

T(whose_a_session_is_can_be_asked_before_the_second_factor)
{
    const char *suspended[] = ROW("3", "manual", "1", "0", "1", "28800", SID, "1795317090", NULL);
    sso_identity_t *who;
    bool is_pending;

    assert_no_error(ask_holder("mfa=required", good, &who, &is_pending, p));
    assert_true(is_pending);
    assert_string_equal(who->claims[SSO_CLAIM_USERNAME], "alice");
    assert_string_equal(who->claims[SSO_CLAIM_IDNUMBER], "E-1001");
    assert_no_error(ask_holder("mfa=ignore", good, &who, &is_pending, p));
    assert_false(is_pending);
    assert_string_equal(who->claims[SSO_CLAIM_USERNAME], "alice");
    assert_error(ask_holder("mfa=required", suspended, &who, &is_pending, p), USER_SUSPENDED);
    assert_null(who);
}

T(a_database_fault_is_no_session)
{
    fake_step_t steps[] = {{"mdl_sessions", NULL, SSO_IO_DOWN},
                           {"mdl_sessions", NULL, SSO_IO_TIMEOUT},
                           {"mdl_sessions", NULL, SSO_IO_NO_TABLE}};
    sso_source_t *source = fake_source("moodle", "database=db", SSO_PGSQL, p);
    sso_identity_t *who = NULL;
    fake_io_t fake;

    fake_io_init(&fake, steps, 3);
    assert_error(fake_ask(source, &fake, COOKIE, true, &who, p), DB_DOWN);
    assert_error(fake_ask(source, &fake, COOKIE, true, &who, p), DB_TIMEOUT);
    assert_error(fake_ask(source, &fake, COOKIE, true, &who, p), DB_QUERY);
    assert_null(who);
}

T(cookies_that_no_php_makes_ask_nobody)
{
    sso_source_t *source =
        fake_source("moodle", "database=db cookie=MoodleSessionprod", SSO_MYSQL, p);
    const char *prefix = "MoodleSessionprod=";
    sso_identity_t *who;
    fake_io_t fake;

    fake_io_init(&fake, NULL, 0);
    assert_error(fake_ask(source, &fake, COOKIE, true, &who, p), NO_CREDENTIAL);
    assert_error(fake_ask(source, &fake, apr_pstrcat(p, prefix, "a b", NULL), 1, &who, p),
                 COOKIE_MALFORMED);
    assert_error(fake_ask(source, &fake, apr_pstrcat(p, prefix, "a'--", NULL), 1, &who, p),
                 COOKIE_MALFORMED);
    assert_error(fake_ask(source, &fake, apr_pstrcat(p, prefix, "a%00b", NULL), 1, &who, p),
                 COOKIE_MALFORMED);
    assert_error(fake_ask(source, &fake, apr_pstrcat(p, prefix, "a_b", NULL), 1, &who, p),
                 COOKIE_MALFORMED);
    assert_error(fake_ask(source, &fake, apr_pstrcat(p, prefix, apr_psprintf(p, "%0129d", 0), NULL),
                          1, &who, p),
                 COOKIE_MALFORMED);
}

/* ---- Redis, Moodle 4.5 ---- */

static const char *const user_row[] = {"3",      "alice", "a@example.test", "E-1001", "Alice",
                                       "Anders", "en",    "manual",         "0",      "0",
                                       "1",      "1",     "28800"};

static const sso_error_t *ask_redis(const char *options, const sso_span_t *values,
                                    const char *const *row, apr_status_t user_status,
                                    sso_identity_t **who, apr_pool_t *p)
{
    fake_step_t steps[] = {{"m45.session_" SID, NULL, APR_SUCCESS, .values = values},
                           {"FROM mdl_user u WHERE u.id=%lld", "3", user_status, .row = row}};
    sso_source_t *source =
        fake_source("moodle",
                    apr_pstrcat(p, "database=db handler=redis4.5 redis=sessions redis_prefix=m45. ",
                                options, NULL),
                    SSO_MYSQL, p);
    fake_io_t fake;

    fake_io_init(&fake, steps, 2);
    return fake_ask(source, &fake, COOKIE, true, who, p);
}

T(a_redis_hash_and_a_user_row_become_an_identity)
{
    const char *forms[] = {"php", "igbinary"};
    sso_identity_t *who;

    for (int i = 0; i < 2; i++) {
        sso_span_t values[] = {
            runner_vector(apr_pstrcat(p, "redis/", forms[i], "/userid", NULL), p),
            runner_vector(apr_pstrcat(p, "redis/", forms[i], "/timemodified", NULL), p),
            runner_vector(apr_pstrcat(p, "redis/", forms[i], "/sessdata", NULL), p)};
        assert_no_error(ask_redis("timeout=30d", values, user_row, APR_SUCCESS, &who, p));
        assert_string_equal(who->claims[SSO_CLAIM_SUBJECT], "3");
        assert_no_error(
            ask_redis("timeout=30d mfa=required", values, user_row, APR_SUCCESS, &who, p));
        values[2] = (sso_span_t){NULL, 0};
        assert_error(ask_redis("timeout=30d mfa=required", values, user_row, APR_SUCCESS, &who, p),
                     MFA_PENDING);
    }
}

T(a_hash_without_its_fields_is_no_session)
{
    sso_span_t none[] = {{NULL, 0}, {NULL, 0}, {NULL, 0}};
    sso_span_t only_time[] = {{NULL, 0}, sso_span("i:1795317090;"), {NULL, 0}};
    sso_span_t anonymous[] = {sso_span("i:0;"), sso_span("i:1795317090;"), {NULL, 0}};
    sso_span_t strings[] = {sso_span("s:1:\"3\";"), sso_span("s:10:\"1795317090\";"), {NULL, 0}};
    sso_span_t wrong[] = {sso_span("a:0:{}"), sso_span("i:1795317090;"), {NULL, 0}};
    sso_identity_t *who = NULL;

    assert_error(ask_redis("", none, NULL, 0, &who, p), SESSION_UNKNOWN);
    assert_error(ask_redis("", only_time, NULL, 0, &who, p), SESSION_UNKNOWN);
    assert_error(ask_redis("", anonymous, NULL, 0, &who, p), SESSION_ANONYMOUS);
    assert_error(ask_redis("", wrong, NULL, 0, &who, p), REDIS_ANSWER);
    assert_error(ask_redis("timeout=9s", strings, user_row, APR_SUCCESS, &who, p),
                 SESSION_TIMED_OUT);
    assert_error(ask_redis("", strings, NULL, APR_NOTFOUND, &who, p), USER_DELETED);
    assert_error(ask_redis("", strings, NULL, SSO_IO_DOWN, &who, p), DB_DOWN);
    assert_null(who && who->claims[SSO_CLAIM_SUBJECT] ? "somebody" : NULL);
    assert_no_error(ask_redis("", strings, user_row, APR_SUCCESS, &who, p));
}

T(mistakes_in_the_options_are_sentences)
{
    assert_sentence(fake_source_sentence("moodle", "", p), "database= is missing");
    assert_sentence(fake_source_sentence("moodle", "database=x", p), "no MoodleSSODatabase x");
    assert_sentence(fake_source_sentence("moodle", "database=db prefix=a'b", p), "prefix=");
    assert_sentence(fake_source_sentence("moodle", "database=db cookie=a=b", p), "cookie=");
    assert_sentence(fake_source_sentence("moodle", "database=db handler=redis4.5", p),
                    "belong together");
    assert_sentence(fake_source_sentence("moodle", "database=db redis=sessions", p),
                    "belong together");
    assert_sentence(fake_source_sentence("moodle", "database=db handler=redis4.5 redis=x", p),
                    "no MoodleSSORedis x");
    assert_sentence(fake_source_sentence("moodle", "database=db mfa=yes", p), "ignore|required");
    assert_sentence(fake_source_sentence("moodle", "database=db timout=9s", p),
                    "timout= is not known");
}

/* End the session of COOKIE; `who` may be nobody. */
static const sso_error_t *end(const char *options, const fake_step_t *steps, int count,
                              const sso_identity_t *who, apr_pool_t *p)
{
    sso_source_t *source =
        fake_source("moodle", apr_pstrcat(p, "database=db ", options, NULL), SSO_MYSQL, p);
    const sso_credential_t credential = {"MoodleSession", sso_span(SID), true};
    const char *line = "unset";
    const sso_error_t *error;
    fake_io_t fake;

    fake_io_init(&fake, steps, count);
    error = source->kind->end(source, &credential, who, &fake.io, &line, p);
    assert_null(line);
    fake_io_done(&fake);
    return error;
}

T(a_session_ends_where_its_row_or_its_hash_goes)
{
    const fake_step_t row[] = {{"DELETE FROM x_sessions WHERE sid=%s", SID, APR_SUCCESS}};
    const fake_step_t denied[] = {{"DELETE", SID, SSO_IO_DENIED}};
    const fake_step_t hash[] = {{"UNLINK m_session_" SID, NULL, APR_SUCCESS},
                                {"HDEL m_user_3 " SID, NULL, APR_SUCCESS}};
    const char *redis = "handler=redis4.5 redis=sessions redis_prefix=m_";
    sso_identity_t who = {0};

    who.claims[SSO_CLAIM_SUBJECT] = "3";
    assert_no_error(end("prefix=x_", row, 1, &who, p));
    assert_error(end("", denied, 1, &who, p), DB_DENIED);
    assert_no_error(end(redis, hash, 2, &who, p));
    assert_no_error(end(redis, hash, 1, NULL, p));
}

T(the_way_to_sign_in_is_told_where_it_is_asked_for)
{
    const fake_step_t steps[] = {{"FROM mdl_sessions s", SID, APR_SUCCESS, .row = good},
                                 {"FROM mdl_sessions s", SID, APR_SUCCESS, .row = good}};
    sso_source_t *source = fake_source("moodle", "database=db cookie=MoodleSession", SSO_MYSQL, p);
    sso_identity_t *who = NULL;
    fake_io_t fake;

    fake_io_init(&fake, steps, 2);
    assert_string_equal(sso_moodle_cookie(source), "MoodleSession");
    assert_no_error(fake_ask(source, &fake, COOKIE, true, &who, p));
    assert_null(sso_identity_claim(who, "auth"));
    sso_moodle_tell_auth(source);
    assert_no_error(fake_ask(source, &fake, COOKIE, true, &who, p));
    assert_string_equal(sso_identity_claim(who, "auth"), "manual");
}
