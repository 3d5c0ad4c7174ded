/* SPDX-License-Identifier: Apache-2.0 */
/* On real databases: tests/httpd/test_57_match.py. */
#include "runner.h"

#include "fake_io.h"
#include "sso/match.h"

static const char *make(const char *text, sso_match_t **rule, apr_pool_t *p)
{
    apr_array_header_t *words = apr_array_make(p, 4, sizeof(const char *));
    sso_span_t rest = sso_span(text), word;

    while (sso_span_word(&rest, &word))
        APR_ARRAY_PUSH(words, const char *) = apr_pstrmemdup(p, word.at, word.len);
    return sso_match_make(words, rule, p);
}

static sso_match_t *rule_of(const char *text, apr_pool_t *p)
{
    sso_match_t *rule;
    sso_source_t *moodle = fake_source("moodle", "database=db", SSO_MYSQL, p);

    assert_null(make(text, &rule, p));
    assert_true(sso_match_freeze(rule, moodle, p));
    return rule;
}

static const char *value(const char *rule, const char *claim, const char *text, apr_pool_t *p)
{
    sso_identity_t who = {0};
    const char *found;

    if (strcmp(claim, "email") == 0)
        who.claims[SSO_CLAIM_EMAIL] = text;
    else if (strcmp(claim, "username") == 0)
        who.claims[SSO_CLAIM_USERNAME] = text;
    else
        sso_identity_add(&who, claim, text, p);
    found = sso_match_value(rule_of(rule, p), &who, p);
    return found ? found : "none";
}

T(names_are_looked_for_in_small_letters)
{
    assert_string_equal(value("username username", "username", "Alice", p), "alice");
    assert_string_equal(value("oid idnumber", "oid", "AbC", p), "AbC");
    assert_string_equal(value("oid idnumber", "username", "x", p), "none");
}

T(an_address_counts_when_it_is_verified)
{
    sso_identity_t who = {.claims = {[SSO_CLAIM_EMAIL] = "Alice@Example.edu"}};
    sso_match_t *rule = rule_of("email email verified", p);

    assert_null(sso_match_value(rule, &who, p));
    sso_identity_add(&who, "email_verified", "true", p);
    assert_string_equal(sso_match_value(rule, &who, p), "alice@example.edu");
}

T(a_domain_is_left_out_where_it_is_listed)
{
    const char *cases[][2] = {{"Alice@example.edu", "alice"},
                              {"alice@EXAMPLE.edu.", "alice"},
                              {"alice@other.example.edu", "alice"},
                              {"alice@evil.org", "none"},
                              {"alice@x.example.edu", "none"},
                              {"alice@evil.org@example.edu", "none"},
                              {"alice", "none"},
                              {"al@example.edu", "none"},
                              {"admin@example.edu", "none"},
                              {"Root@example.edu", "none"},
                              {"guest@example.edu", "none"},
                              {"james_contoso.com#EXT#@example.edu", "none"},
                              {"james_contoso.com_EXT_@example.edu", "none"}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(value("username username skip-domain=example.edu,Other.example.EDU",
                                  "username", cases[i][0], p),
                            cases[i][1]);
}

#define COLUMNS 14
#define NAMES   "a@example.edu", "Alice", "Test", "E-1", "en"
#define ALICE   "3", "alice", "E-1", "manual", "0", "1", "1", "1", "9", NAMES

/* Ask for idnumber E-1 with these rows; the username found, or the reason code. */
static const char *found(const char *const *row, int rows, apr_pool_t *p)
{
    const fake_step_t steps[] = {
        {"WHERE u.idnumber=%s AND u.deleted=0", "E-1", APR_SUCCESS, row, .rows = rows}};
    sso_identity_t who = {0};
    const char *username;
    const sso_error_t *error;
    fake_io_t fake;

    sso_identity_add(&who, "oid", "E-1", p);
    fake_io_init(&fake, steps, 1);
    error = sso_match(rule_of("oid idnumber", p), &who, &fake.io, &username, p);
    fake_io_done(&fake);
    return error ? error->name : username ? username : "nobody";
}

T(exactly_one_wins)
{
    const char *one[] = {ALICE};
    const char *two[] = {ALICE, "4", "bob", "E-1", "manual", "0", "1", "1", "1", "9", NAMES};
    const char *spelled[] = {ALICE, "4", "bob", "e-1", "manual", "0", "1", "1", "1", "9", NAMES};

    assert_string_equal(found(NULL, 0, p), "nobody");
    assert_string_equal(found(one, 1, p), "alice");
    assert_string_equal(found(two, 2, p), "AMBIGUOUS_MATCH");
    assert_string_equal(found(spelled, 2, p), "alice");
    assert_string_equal(found(spelled + COLUMNS, 1, p), "nobody");
}

T(so_many_that_some_were_left_out_are_ambiguous)
{
    const char *rows[20 * COLUMNS],
        *row[] = {"4", "b", "e-1", "manual", "0", "1", "1", "1", "9", NAMES};

    for (int i = 0; i < 20 * COLUMNS; i++)
        rows[i] = row[i % COLUMNS];
    assert_string_equal(found(rows, 20, p), "AMBIGUOUS_MATCH");
    assert_string_equal(found(rows, 19, p), "nobody");
}

T(only_whoever_may_sign_in_is_a_match)
{
    const struct {
        int column;
        const char *text, *answer;
    } cases[] = {{4, "1", "USER_SUSPENDED"}, {3, "nologin", "USER_NOLOGIN"},
                 {5, "0", "nobody"},         {6, "2", "nobody"},
                 {7, NULL, "DB_QUERY"},      {8, "3", "nobody"},
                 {2, "E-1 ", "nobody"},      {2, NULL, "nobody"}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *row[] = {ALICE};
        row[cases[i].column] = cases[i].text;
        assert_string_equal(found(row, 1, p), cases[i].answer);
    }
}

T(a_suspended_namesake_does_not_stand_in_the_way)
{
    const char *rows[] = {"2", "old", "E-1", "manual", "1", "1", "1", "1", "9", NAMES, ALICE};

    assert_string_equal(found(rows, 2, p), "alice");
}

T(who_is_found_is_known_by_name_and_address)
{
    const char *row[] = {"2", "old", "E-1", "manual", "1", "1", "1", "1", "9", NAMES, ALICE};
    const fake_step_t steps[] = {
        {"u.email, u.firstname, u.lastname, u.idnumber, u.lang", "E-1", .row = row, .rows = 2},
        {"WHERE u.idnumber=%s", "E-2", APR_SUCCESS}};
    sso_match_t *rule = rule_of("oid idnumber", p);
    sso_match_user_t user;
    fake_io_t fake;

    fake_io_init(&fake, steps, 2);
    assert_no_error(sso_match_user(rule, "E-1", &fake.io, &user, p));
    assert_string_equal(user.id, "3");
    assert_string_equal(user.username, "alice");
    assert_string_equal(user.email, "a@example.edu");
    assert_string_equal(user.given_name, "Alice");
    assert_string_equal(user.family_name, "Test");
    assert_string_equal(user.idnumber, "E-1");
    assert_string_equal(user.language, "en");
    assert_no_error(sso_match_user(rule, "E-2", &fake.io, &user, p));
    assert_null(user.username);
    assert_int_equal(sso_match_timeout(rule), apr_time_from_sec(2));
}

T(a_database_that_is_away_is_no_unknown_user)
{
    const fake_step_t steps[] = {{"WHERE u.idnumber", NULL, SSO_IO_DOWN}};
    sso_identity_t who = {0};
    const char *username;
    fake_io_t fake;

    sso_identity_add(&who, "oid", "E-1", p);
    fake_io_init(&fake, steps, 1);
    assert_error(sso_match(rule_of("oid idnumber", p), &who, &fake.io, &username, p), DB_DOWN);
}

T(a_name_is_taken_by_whoever_has_it)
{
    const char *row[] = {"3", "alice", "alice", "nologin", "1", "0", "2", "1", "9", NAMES};
    const fake_step_t steps[] = {
        {"WHERE u.username=%s", "alice", APR_SUCCESS, row, .rows = 1},
        {"WHERE u.username=%s", "bob", APR_SUCCESS},
    };
    sso_match_t *rule = rule_of("email email verified", p);
    fake_io_t fake;
    bool is_taken;

    fake_io_init(&fake, steps, 2);
    assert_no_error(sso_match_is_taken(rule, "alice", &fake.io, &is_taken, p));
    assert_true(is_taken);
    assert_no_error(sso_match_is_taken(rule, "bob", &fake.io, &is_taken, p));
    assert_false(is_taken);
}

#define SHOWN(name)                                                                            \
    "{\"username\":\"" name "\",\"idnumber\":\"E-1\",\"auth\":\"manual\",\"suspended\":false," \
    "\"confirmed\":true}"

/* Ask a web service for idnumber E-1. */
static const char *found_by_service(const char *users, apr_pool_t *p)
{
    const sso_service_t service = {.url = "https://m/server.php", .token = "t"};
    const fake_step_t steps[] = {{"POST https://m/server.php", "field=username&values%5B0%5D=guest",
                                  .http_status = 200, .body = "[" SHOWN("guest") "]"},
                                 {"POST https://m/server.php", "field=idnumber&values%5B0%5D=E-1",
                                  .http_status = 200, .body = users}};
    sso_identity_t who = {0};
    const sso_error_t *error;
    const char *username;
    sso_match_t *rule;
    fake_io_t fake;

    assert_null(make("oid idnumber in=m", &rule, p));
    sso_match_ask(rule, &service);
    sso_identity_add(&who, "oid", "E-1", p);
    fake_io_init(&fake, steps, 2);
    error = sso_match(rule, &who, &fake.io, &username, p);
    fake_io_done(&fake);
    return error ? error->name : username ? username : "nobody";
}

T(a_web_service_may_be_asked_instead)
{
    assert_string_equal(found_by_service("[]", p), "nobody");
    assert_string_equal(found_by_service("[" SHOWN("alice") "]", p), "alice");
    assert_string_equal(found_by_service("[" SHOWN("alice") "," SHOWN("bob") "]", p),
                        "AMBIGUOUS_MATCH");
    assert_string_equal(found_by_service("no", p), "MOODLE_SERVICE_ANSWER");
}

T(names_that_accounts_may_be_made_of)
{
    assert_string_equal(sso_match_own_name("Alice@Example.edu", p), "alice@example.edu");
    assert_null(sso_match_own_name("admin", p));
    assert_null(sso_match_own_name("a b", p));
    assert_null(sso_match_own_name("ünï", p));
    assert_null(sso_match_own_name("", p));
}

T(mistakes_are_sentences)
{
    const char *wrong[][2] = {{"email", "write IDENTITYFIELD"},
                              {"email phone", "write IDENTITYFIELD"},
                              {"email email x", "write IDENTITYFIELD"},
                              {"email email in=", "write IDENTITYFIELD"},
                              {"email email", "when it is verified"},
                              {"username username verified", "verified is for email"},
                              {"username username skip-domain=", "lists the domains"},
                              {"username username skip-domain=*", "lists the domains"},
                              {"username username skip-domain=a,,b", "lists the domains"},
                              {"username email skip-domain=a", "skip-domain= is for"}};
    sso_match_t *rule;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_sentence(make(wrong[i][0], &rule, p), wrong[i][1]);
    assert_null(make("email email verified in=other", &rule, p));
    assert_string_equal(sso_match_in(rule), "other");
    assert_false(sso_match_freeze(
        rule, fake_source("drupal", "database=db version=8 cookie=SSESSx", SSO_MYSQL, p), p));
}
