/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "fake_io.h"
#include "sso/check_source.h"

#define NOW  apr_time_from_sec(1800000000)
#define OIDC "issuer=https://id.example.test audience=x skew=90s"

T(who_asks_a_database_says_which)
{
    const char *drupal = "database=db version=8 cookie=x";

    assert_string_equal(
        sso_check_database(fake_source("moodle", "database=db", SSO_MYSQL, p))->name, "db");
    assert_string_equal(sso_check_database(fake_source("drupal", drupal, SSO_MYSQL, p))->name,
                        "db");
    assert_null(sso_check_database(
        fake_source("drupal", "url=https://d.example.test method=user cookie=x", SSO_MYSQL, p)));
    assert_null(sso_check_database(fake_source("oidc", OIDC, SSO_MYSQL, p)));
}

/* "good bad untested": metadata, keys, clock. */
static const char *issuer(const sso_trust_state_t *state, const sso_check_line_t **lines,
                          apr_pool_t *p)
{
    static const char *const names[] = {"good", "bad", "untested"};
    sso_check_t check;
    const char *verdicts = "";

    sso_check_init(&check, p);
    sso_check_about(&check, "issuer", "i");
    sso_check_issuer(&check, fake_source("oidc", OIDC, SSO_MYSQL, p), state, NOW);
    assert_int_equal(check.lines->nelts, 3);
    *lines = &APR_ARRAY_IDX(check.lines, 0, sso_check_line_t);
    for (int i = 0; i < 3; i++)
        verdicts = apr_pstrcat(p, verdicts, i ? " " : "", names[(*lines)[i].verdict], NULL);
    return verdicts;
}

T(an_issuer_is_good_when_it_answered_the_last_time)
{
    sso_trust_state_t state = {.fetched = NOW - apr_time_from_sec(120),
                               .keys = 2,
                               .measured = NOW,
                               .ahead = apr_time_from_sec(-90)};
    const sso_check_line_t *lines;

    assert_string_equal(issuer(&state, &lines, p), "good good good");
    assert_string_equal(lines[0].what, "120");
    assert_string_equal(lines[1].what, "2");
    assert_string_equal(lines[2].why, "90");
    state.ahead = apr_time_from_sec(91);
    assert_string_equal(issuer(&state, &lines, p), "good good bad");
    assert_int_equal(lines[2].fix, SSO_FIX_ISSUER_CLOCK);
    state.failures = 1;
    apr_cpystrn(state.error, "it does not answer", sizeof(state.error));
    assert_string_equal(issuer(&state, &lines, p), "bad good bad");
    assert_string_equal(lines[0].why, "it does not answer");
    assert_int_equal(lines[0].fix, SSO_FIX_ISSUER);
}

T(an_issuer_that_never_answered_has_no_clock)
{
    const sso_trust_state_t state = {.failures = 3};
    const sso_check_line_t *lines;

    assert_string_equal(issuer(&state, &lines, p), "bad bad untested");
    assert_int_equal(lines[0].found, SSO_FOUND_NO_METADATA);
}
