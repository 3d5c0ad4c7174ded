/* SPDX-License-Identifier: Apache-2.0 */
/* With a store and a browser: tests/httpd/test_58_accounts.py. */
#include "runner.h"

#include "fake_io.h"
#include "sso/account.h"

static sso_identity_t alice(apr_pool_t *p)
{
    sso_identity_t who = {.claims = {[SSO_CLAIM_SOURCE] = "idp",
                                     [SSO_CLAIM_ISSUER] = "https://id.example",
                                     [SSO_CLAIM_SUBJECT] = "s1",
                                     [SSO_CLAIM_USERNAME] = "Alice.A",
                                     [SSO_CLAIM_ROLES] = "x|y",
                                     [SSO_CLAIM_EMAIL] = "alice@example.edu"},
                          .expires = FAKE_NOW + 1};

    sso_identity_add(&who, "email_verified", "true", p);
    return who;
}

typedef struct outcome_t {
    const char *text; /* username, or reason code */
    const sso_identity_t *who;
} outcome_t;

static outcome_t ask(const fake_step_t *steps, int count, bool matches, bool creates, apr_pool_t *p)
{
    apr_array_header_t *lists = apr_array_make(p, 1, sizeof(const apr_array_header_t *));
    apr_array_header_t *rules = apr_array_make(p, 1, sizeof(sso_match_t *));
    apr_array_header_t *words = apr_array_make(p, 3, sizeof(const char *));
    sso_account_rules_t all = {matches ? rules : NULL, creates, matches ? 1 : 0};
    sso_identity_t who = alice(p);
    outcome_t outcome = {NULL, NULL};
    const sso_error_t *error;
    sso_match_t *rule;
    fake_io_t fake;

    APR_ARRAY_PUSH(words, const char *) = "email";
    APR_ARRAY_PUSH(words, const char *) = "email";
    APR_ARRAY_PUSH(words, const char *) = "verified";
    assert_null(sso_match_make(words, &rule, p));
    assert_true(sso_match_freeze(rule, fake_source("moodle", "database=db", SSO_PGSQL, p), p));
    APR_ARRAY_PUSH(rules, sso_match_t *) = rule;
    APR_ARRAY_PUSH(lists, const apr_array_header_t *) = rules;
    fake_io_init(&fake, steps, count);
    error = sso_account(sso_account_source(lists, 0, 1, p), &all, &who, &fake.io, &outcome.who, p);
    fake_io_done(&fake);
    outcome.text = error ? error->name : outcome.who->claims[SSO_CLAIM_USERNAME];
    return outcome;
}

static const char *const row[] = {
    "3",  "ali", "Alice@example.edu", "manual", "0", "1", "1", "1", "9", NULL, NULL, NULL,
    NULL, NULL};
static const char *const linked[] = {"linked", "s9"};

#define NOT_FOUND                         \
    {                                     \
        "find s1", .status = APR_NOTFOUND \
    }
#define ASK(matches, creates, ...)                                                                 \
    ask((const fake_step_t[]){__VA_ARGS__},                                                        \
        (int)(sizeof((const fake_step_t[]){__VA_ARGS__}) / sizeof(fake_step_t)), matches, creates, \
        p)

T(a_link_comes_first)
{
    outcome_t outcome = ASK(true, true, {"find s1", .row = linked, .rows = 1});

    assert_string_equal(outcome.text, "linked");
    assert_string_equal(outcome.who->claims[SSO_CLAIM_ACTIVE_SUBJECT], "s9");
    assert_string_equal(outcome.who->claims[SSO_CLAIM_SUBJECT], "s1");
    assert_string_equal(outcome.who->claims[SSO_CLAIM_ROLES], "x|y");
    assert_true(outcome.who->expires == FAKE_NOW + 1);
}

T(its_use_is_noted_now_and_then)
{
    assert_string_equal(ASK(true, true, {"find s1", .row = linked}, {"touch s1"}).text, "linked");
    assert_string_equal(
        ASK(true, true, {"find s1", .row = linked}, {"touch s1", .status = SSO_IO_DOWN}).text,
        "linked");
}

T(rules_come_next_and_what_they_find_is_kept)
{
    assert_string_equal(ASK(true, false, NOT_FOUND, {"LOWER(u.email)", .row = row, .rows = 1},
                            {"add s1 ali found", .rows = 1})
                            .text,
                        "ali");
}

T(then_a_name_is_made_if_nobody_has_it)
{
    assert_string_equal(ASK(true, true, NOT_FOUND, {"LOWER(u.email)"}, {"of alice.a"},
                            {"u.username=%s", "alice.a"}, {"add s1 alice.a made", .rows = 1})
                            .text,
                        "alice.a");
    assert_string_equal(
        ASK(false, true, NOT_FOUND, {"of alice.a"}, {"add s1 alice.a made", .rows = 1}).text,
        "alice.a");
    assert_string_equal(ASK(true, true, NOT_FOUND, {"LOWER(u.email)"}, {"of alice.a"},
                            {"u.username=%s", "alice.a", .row = row, .rows = 1})
                            .text,
                        "USERNAME_TAKEN");
    assert_string_equal(
        ASK(true, true, NOT_FOUND, {"LOWER(u.email)"}, {"of alice.a", .rows = 1}).text,
        "USERNAME_TAKEN");
}

T(nobody_is_made_where_that_is_off)
{
    assert_string_equal(ASK(false, false, NOT_FOUND).text, "NOT_LINKED");
    assert_string_equal(ASK(true, false, NOT_FOUND, {"LOWER(u.email)"}).text, "NOT_LINKED");
}

T(whoever_links_meanwhile_counts)
{
    assert_string_equal(ASK(false, true, NOT_FOUND, {"of alice.a"}, {"add s1 alice.a made"},
                            {"find s1", .row = linked})
                            .text,
                        "linked");
    assert_string_equal(
        ASK(false, true, NOT_FOUND, {"of alice.a"}, {"add s1 alice.a made"}, NOT_FOUND).text,
        "USERNAME_TAKEN");
}

T(what_cannot_be_looked_for_is_not_unknown)
{
    assert_string_equal(ASK(true, true, {"find s1", .status = SSO_IO_DOWN}).text, "STORE_DOWN");
    assert_string_equal(ASK(true, true, {"find s1", .status = SSO_IO_ANSWER}).text, "STORE_DOWN");
    assert_string_equal(
        ASK(true, true, NOT_FOUND, {"LOWER(u.email)", .status = SSO_IO_TIMEOUT}).text,
        "DB_TIMEOUT");
    assert_string_equal(
        ASK(true, true, NOT_FOUND, {"LOWER(u.email)"}, {"of alice.a", .status = SSO_IO_DOWN}).text,
        "STORE_DOWN");
    assert_string_equal(ASK(false, true, NOT_FOUND, {"of alice.a"},
                            {"add s1 alice.a made", .status = SSO_IO_TIMEOUT})
                            .text,
                        "STORE_DOWN");
}

T(a_label_is_what_its_owner_knows_it_by)
{
    sso_identity_t who = alice(p);
    char text[300];

    assert_string_equal(sso_account_label(&who, p), "alice@example.edu");
    who.claims[SSO_CLAIM_EMAIL] = NULL;
    assert_string_equal(sso_account_label(&who, p), "Alice.A");
    memset(text, 'a', sizeof(text));
    memcpy(text + 254, "ü", 2);
    text[299] = '\0';
    who.claims[SSO_CLAIM_USERNAME] = text;
    assert_int_equal(strlen(sso_account_label(&who, p)), 254);
}
