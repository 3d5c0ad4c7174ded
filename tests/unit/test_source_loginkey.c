/* SPDX-License-Identifier: Apache-2.0 */
/* Against servers: tests/httpd/test_80_login_keys.py. */
#include "runner.h"

#include <apr_file_io.h>

#include "fake_io.h"
#include "sso/source_loginkey.h"

/* Of "token". */
#define CLIENT \
    "portal 3c469e9d6c5875d37a43f353d4f88e61fcf812c66eee3457465a40b0da4153e0 from=any users=.*e\n"

/* A source with these options; @TOKENS@ is the file of its clients. */
static const char *make(const char *options, const char *clients, sso_source_t **source,
                        apr_pool_t *p)
{
    char *path = apr_pstrdup(p, "/tmp/moodlesso-clients-XXXXXX");
    sso_options_t taken = {apr_table_make(p, 8), p};
    sso_span_t rest = sso_span(options), word;
    const char *sentence = NULL;
    apr_file_t *file;

    assert_int_equal(apr_file_mktemp(&file, path, APR_FOPEN_CREATE | APR_FOPEN_WRITE, p), 0);
    apr_file_puts(clients, file);
    apr_file_close(file);
    while (sso_span_word(&rest, &word) && sentence == NULL) {
        const char *option = apr_pstrmemdup(p, word.at, word.len);
        sentence = sso_options_add(&taken, strcmp(option, "@TOKENS@") == 0
                                               ? apr_pstrcat(p, "tokens=file:", path, NULL)
                                               : option);
    }
    if (sentence == NULL)
        sentence = sso_source_make("keys", "loginkey", &taken, source);
    apr_file_remove(path, p);
    return sentence;
}

/* One that knows the users of a Moodle in MySQL. */
static sso_source_t *source_of(const char *options, apr_pool_t *p)
{
    sso_source_t *source, *moodle = fake_source("moodle", "database=db", SSO_MYSQL, p);
    const char *sentence = make(options, CLIENT, &source, p);

    if (sentence != NULL)
        fail_msg("%s", sentence);
    for (int i = 0; i < SSO_KEY_FIELDS; i++)
        assert_true(sso_match_freeze(sso_source_loginkey(source)->rules[i], moodle, p));
    return source;
}

T(its_settings_have_defaults)
{
    sso_source_t *source = source_of("mapping=email @TOKENS@", p);
    const sso_loginkey_t *loginkey = sso_source_loginkey(source);

    assert_string_equal(source->issuer, "loginkey:keys");
    assert_non_null(source->audience);
    assert_string_equal(source->sign, "Host-moodlesso");
    assert_true(loginkey->lifetime == apr_time_from_sec(60));
    assert_false(loginkey->asks_ip || loginkey->creates || loginkey->updates);
    assert_null(loginkey->logout_redirect);
    assert_int_equal(loginkey->clients->nelts, 1);
    assert_null(sso_source_loginkey(fake_source("moodle", "database=db", SSO_MYSQL, p)));
}

T(mistakes_are_sentences)
{
    static const char *const wrong[][2] = {
        {"@TOKENS@", "mapping= is missing"},
        {"mapping=email", "tokens= is missing"},
        {"mapping=mail @TOKENS@", "username, email or idnumber"},
        {"mapping=email tokens=/x", "file:/path"},
        {"mapping=email @TOKENS@ lifetime=2s", "from 5s to 24h"},
        {"mapping=email @TOKENS@ lifetime=25h", "from 5s to 24h"},
        {"mapping=email @TOKENS@ ip=yes", "ip="},
        {"mapping=email @TOKENS@ logout_redirect=/bye", "whole URL"},
        {"mapping=email @TOKENS@ keys=1", "mapping, tokens, in"},
    };
    sso_source_t *source;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_sentence(make(wrong[i][0], CLIENT, &source, p), wrong[i][1]);
    assert_sentence(make("mapping=email @TOKENS@", "portal secret", &source, p), "tokens=: line 1");
}

T(no_request_carries_its_credential)
{
    const sso_request_t request = {.cookies = "a=b", .authorization = "Bearer token"};
    sso_source_t *source = source_of("mapping=email @TOKENS@", p);
    sso_credential_t credential = {0};

    assert_error(source->kind->find(source, &request, &credential, p), NO_CREDENTIAL);
}

/* As found by this value. */
#define ROW(id, name, value, suspended)                                                     \
    id, name, value, "manual", suspended, "1", "1", "1", "9", name "@example.edu", "Given", \
        "Family", "E-1", "de"

static const char *const alice[] = {ROW("3", "alice", "alice@example.edu", "0")};
static const char *const alice_by_name[] = {ROW("3", "alice", "alice", "0")};
static const char *const sue[] = {ROW("5", "sue", "sue@example.edu", "1")};

#define BY_EMAIL(name, ...)                                                \
    {                                                                      \
        "LOWER(u.email)=%s", name "@example.edu", APR_SUCCESS, __VA_ARGS__ \
    }
#define BY_NAME(name, ...)                                    \
    {                                                         \
        "WHERE u.username=%s", name, APR_SUCCESS, __VA_ARGS__ \
    }
#define NOBODY NULL, .rows = 0

static const sso_error_t *issue(const sso_source_t *source, const sso_key_request_t *request,
                                const fake_step_t *steps, int count, sso_login_key_t *key,
                                apr_pool_t *p)
{
    const sso_loginkey_t *loginkey = sso_source_loginkey(source);
    const sso_key_client_t *client = sso_key_client_named(loginkey->clients, "portal");
    const sso_error_t *error;
    fake_io_t fake;

    fake_io_init(&fake, steps, count);
    error = sso_loginkey_issue(source, client, request, &fake.io, key, p);
    fake_io_done(&fake);
    return error;
}

T(a_key_is_for_whom_moodle_knows)
{
    const sso_key_request_t request = {.field = SSO_KEY_EMAIL,
                                       .value = "Alice@Example.edu",
                                       .email = "Alice@Example.edu",
                                       .ip = "192.0.2.1"};
    const fake_step_t steps[] = {BY_EMAIL("alice", alice, .rows = 1)};
    sso_login_key_t key;

    assert_no_error(
        issue(source_of("mapping=email @TOKENS@ lifetime=30s", p), &request, steps, 1, &key, p));
    assert_string_equal(key.source, "keys");
    assert_string_equal(key.client, "portal");
    assert_string_equal(key.username, "alice");
    assert_string_equal(key.ip, "192.0.2.1");
    assert_null(key.email);
    assert_false(key.is_new);
    assert_true(key.expires == FAKE_NOW + apr_time_from_sec(30));
}

T(who_may_not_sign_in_gets_no_key)
{
    const sso_key_request_t for_sue = {.field = SSO_KEY_EMAIL, .value = "sue@example.edu"};
    const sso_key_request_t for_bob = {.field = SSO_KEY_USERNAME, .value = "bob"};
    static const char *const bob[] = {ROW("4", "bob", "bob", "0")};
    const fake_step_t suspended[] = {BY_EMAIL("sue", sue, .rows = 1)};
    const fake_step_t unknown[] = {BY_EMAIL("sue", NOBODY)};
    const fake_step_t other[] = {BY_NAME("bob", bob, .rows = 1)};
    sso_source_t *source = source_of("mapping=email,username @TOKENS@", p);
    sso_login_key_t key;

    assert_error(issue(source, &for_sue, suspended, 1, &key, p), USER_SUSPENDED);
    assert_error(issue(source, &for_sue, unknown, 1, &key, p), LOGINKEY_NO_USER);
    assert_error(issue(source, &for_bob, other, 1, &key, p), LOGINKEY_USER);
}

static const sso_key_request_t new_one = {.field = SSO_KEY_EMAIL,
                                          .value = "zoe@example.edu",
                                          .email = "zoe@example.edu",
                                          .username = "zoe",
                                          .given_name = "Zoe",
                                          .family_name = "New"};

T(somebody_new_is_made_where_that_is_wanted)
{
    const fake_step_t steps[] = {BY_EMAIL("zoe", NOBODY), BY_NAME("zoe", NOBODY)};
    const fake_step_t taken[] = {BY_EMAIL("zoe", NOBODY), BY_NAME("zoe", alice, .rows = 1)};
    sso_source_t *source = source_of("mapping=email create=on @TOKENS@", p);
    sso_key_request_t less = new_one;
    sso_login_key_t key;

    assert_no_error(issue(source, &new_one, steps, 2, &key, p));
    assert_true(key.is_new);
    assert_string_equal(key.username, "zoe");
    assert_string_equal(key.email, "zoe@example.edu");
    assert_string_equal(key.given_name, "Zoe");
    assert_error(issue(source, &new_one, taken, 2, &key, p), USERNAME_TAKEN);
    less.family_name = NULL;
    assert_error(issue(source, &less, steps, 1, &key, p), LOGINKEY_NO_USER);
    less = new_one;
    less.username = "postmaster.e";
    assert_error(issue(source_of("mapping=email @TOKENS@", p), &less, steps, 1, &key, p),
                 LOGINKEY_NO_USER);
}

static const sso_error_t *sign_in(const sso_source_t *source, const sso_login_key_t *key,
                                  const fake_step_t *steps, int count, sso_identity_t **who,
                                  apr_pool_t *p)
{
    const sso_error_t *error;
    fake_io_t fake;

    fake_io_init(&fake, steps, count);
    error = sso_loginkey_sign_in(source, key, &fake.io, who, p);
    fake_io_done(&fake);
    return error;
}

T(who_redeems_is_who_moodle_says_now)
{
    const sso_login_key_t key = {.client = "portal", .username = "alice"};
    const fake_step_t steps[] = {BY_NAME("alice", alice_by_name, .rows = 1)};
    const fake_step_t gone[] = {BY_NAME("alice", NOBODY)};
    sso_source_t *source = source_of("mapping=email @TOKENS@", p);
    sso_identity_t *who;

    assert_no_error(sign_in(source, &key, steps, 1, &who, p));
    assert_string_equal(who->claims[SSO_CLAIM_SOURCE], "keys");
    assert_string_equal(who->claims[SSO_CLAIM_SUBJECT], "3");
    assert_string_equal(who->claims[SSO_CLAIM_USERNAME], "alice");
    assert_string_equal(who->claims[SSO_CLAIM_EMAIL], "alice@example.edu");
    assert_string_equal(who->claims[SSO_CLAIM_NAME], "Given Family");
    assert_string_equal(who->claims[SSO_CLAIM_LANGUAGE], "de");
    assert_error(sign_in(source, &key, gone, 1, &who, p), LOGINKEY_NO_USER);
}

T(what_the_client_says_counts_where_it_may_say_it)
{
    const sso_login_key_t key = {.client = "portal",
                                 .username = "alice",
                                 .email = "new@example.edu",
                                 .given_name = "Alicia"};
    const sso_login_key_t of_new = {.client = "portal",
                                    .username = "zoe",
                                    .email = "zoe@example.edu",
                                    .given_name = "Zoe",
                                    .family_name = "New",
                                    .is_new = true};
    const fake_step_t steps[] = {BY_NAME("alice", alice_by_name, .rows = 1)};
    const fake_step_t unknown[] = {BY_NAME("zoe", NOBODY)};
    static const char *const other[] = {"8", "zoe", "zoe", "manual", "0",
                                        "1", "1",   "1",   "9",      "another@example.edu",
                                        "Z", "Z",   NULL,  "en"};
    const fake_step_t others[] = {BY_NAME("zoe", other, .rows = 1)};
    sso_source_t *source = source_of("mapping=email update=on @TOKENS@", p);
    sso_identity_t *who;

    assert_no_error(sign_in(source, &key, steps, 1, &who, p));
    assert_string_equal(who->claims[SSO_CLAIM_EMAIL], "new@example.edu");
    assert_string_equal(who->claims[SSO_CLAIM_NAME], "Alicia Family");
    assert_error(sign_in(source, &of_new, others, 1, &who, p), USERNAME_TAKEN);
    assert_no_error(sign_in(source, &of_new, unknown, 1, &who, p));
    assert_string_equal(who->claims[SSO_CLAIM_SUBJECT], "new:zoe");
    assert_string_equal(who->claims[SSO_CLAIM_NAME], "Zoe New");
}

T(a_client_that_is_gone_takes_its_keys_along)
{
    const sso_login_key_t gone = {.client = "gone", .username = "alice"};
    const sso_login_key_t narrowed = {.client = "portal", .username = "bob"};
    sso_source_t *source = source_of("mapping=email @TOKENS@", p);
    sso_identity_t *who;

    assert_error(sign_in(source, &gone, NULL, 0, &who, p), LOGINKEY_CLIENT);
    assert_error(sign_in(source, &narrowed, NULL, 0, &who, p), LOGINKEY_USER);
}

T(whoever_is_to_be_signed_out_is_known_even_when_suspended)
{
    const sso_key_request_t request = {.field = SSO_KEY_EMAIL, .value = "sue@example.edu"};
    const fake_step_t steps[] = {BY_EMAIL("sue", sue, .rows = 1),
                                 BY_EMAIL("sue", NOBODY),
                                 {"LOWER(u.email)=%s", NULL, SSO_IO_DOWN}};
    sso_source_t *source = source_of("mapping=email @TOKENS@", p);
    const sso_key_client_t *client =
        sso_key_client_named(sso_source_loginkey(source)->clients, "portal");
    sso_match_user_t user;
    fake_io_t fake;

    fake_io_init(&fake, steps, 3);
    assert_no_error(sso_loginkey_known(source, client, &request, &fake.io, &user, p));
    assert_string_equal(user.username, "sue");
    assert_string_equal(user.id, "5");
    assert_error(sso_loginkey_known(source, client, &request, &fake.io, &user, p),
                 LOGINKEY_NO_USER);
    assert_error(sso_loginkey_known(source, client, &request, &fake.io, &user, p), DB_DOWN);
}

T(its_clients_may_ask_what_it_says)
{
    sso_source_t *source = source_of("mapping=email,idnumber ip=on update=on @TOKENS@", p);
    const sso_loginkey_t *loginkey = sso_source_loginkey(source);
    sso_key_shape_t shape =
        sso_loginkey_shape(source, sso_key_client_named(loginkey->clients, "portal"), true);

    assert_int_equal(shape.fields->nelts, 2);
    assert_true(shape.has_profile && shape.needs_ip && shape.is_wire);
}
