/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include <unistd.h>

#include "judge.h"
#include "signer.h"
#include "sso/provider_look.h"
#include "sso/source_oidc.h"

#define ISSUER "https://id.example.edu"

/* A file that holds this text; it stays for the other options to read. */
static const char *file_of(const char *text, apr_pool_t *p)
{
    char *path = apr_pstrdup(p, "/tmp/moodlesso-client-XXXXXX");
    int file = mkstemp(path);

    assert_true(file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text));
    close(file);
    return path;
}

static const char *with(const char *options, apr_pool_t *p)
{
    return apr_pstrcat(p, "issuer=" ISSUER " algs=ES256 client_id=us ", options, NULL);
}

static const char *sentence(const char *options, apr_pool_t *p)
{
    return fake_source_sentence("oidc", with(options, p), p);
}

static sso_source_t *source(const char *options, apr_pool_t *p)
{
    const char *path = file_of("secret\n", p);
    sso_source_t *made =
        fake_source("oidc", with(apr_psprintf(p, "client_secret=file:%s %s", path, options), p),
                    SSO_SQLITE3, p);

    unlink(path);
    return made;
}

T(a_client_has_what_it_needs)
{
    sso_source_t *of = source("title=Campus icon=/x.svg color=#1A2b3c priority=7 client_auth=post "
                              "response_mode=form_post try_silent=on login_scope=openid,email "
                              "timeout=5s logins=16",
                              p);
    const sso_client_t *client = sso_source_client(of);

    assert_string_equal(client->id, "us");
    assert_string_equal(client->secret, "secret");
    assert_int_equal(client->auth, SSO_CLIENT_POST);
    assert_true(client->by_form && client->try_silent);
    assert_string_equal(client->scope, "openid email");
    assert_string_equal(client->title, "Campus");
    assert_string_equal(client->icon, "/x.svg");
    assert_string_equal(client->color, "#1A2b3c");
    assert_int_equal(client->priority, 7);
    assert_true(client->timeout == apr_time_from_sec(5));
    assert_int_equal(client->logins, 16);
    assert_string_equal(of->audience, "us");
}

T(most_of_it_has_a_default)
{
    const sso_client_t *client = sso_source_client(source("", p));

    assert_int_equal(client->auth, SSO_CLIENT_BASIC);
    assert_false(client->by_form || client->try_silent);
    assert_string_equal(client->scope, "openid profile email");
    assert_string_equal(client->title, "src");
    assert_null(client->icon);
    assert_string_equal(client->color, SSO_PROVIDER_COLOR);
    assert_int_equal(client->priority, 0);
    assert_true(client->timeout == apr_time_from_sec(3));
    assert_int_equal(client->logins, 8);
}

T(an_audience_of_its_own_stays)
{
    assert_string_equal(source("audience=api", p)->audience, "api");
}

T(how_many_wait_how_long_is_bounded)
{
    const char *path = file_of("s\n", p);
    const char *const good[] = {"timeout=100ms", "timeout=10s", "logins=1", "logins=1000"};
    const char *const times[] = {"timeout=99ms", "timeout=10001ms", "timeout=1h"};
    const char *const numbers[] = {"logins=0", "logins=1001", "logins=-1", "logins=many",
                                   "logins="};

    for (apr_size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        source(good[i], p);
    for (apr_size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
        assert_sentence(sentence(apr_psprintf(p, "client_secret=file:%s %s", path, times[i]), p),
                        "wait for the provider's token endpoint: 100ms to 10s");
    for (apr_size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        assert_sentence(sentence(apr_psprintf(p, "client_secret=file:%s %s", path, numbers[i]), p),
                        "is no number from 1 to 1000");
    unlink(path);
}

T(a_source_without_client_id_signs_nobody_in)
{
    assert_null(
        sso_source_client(fake_source("oidc", "issuer=" ISSUER " audience=us", SSO_SQLITE3, p)));
}

T(mistakes_are_sentences)
{
    const char *files[] = {file_of("s\n", p), file_of("no key\n", p)};
    const char *secret = apr_psprintf(p, "client_secret=file:%s ", files[0]);
    const char *key = apr_psprintf(p, "client_key=file:%s ", files[1]);

    assert_sentence(sentence("", p), "needs one of client_secret");
    assert_sentence(sentence("client_secret=s", p), "from files only");
    assert_sentence(sentence("client_key=file:/nowhere/at/all", p), "cannot be read");
    assert_sentence(sentence(key, p), "holds no private key");
    assert_sentence(sentence(apr_pstrcat(p, secret, "client_kid=x", NULL), p), "client_kid=");
    assert_sentence(sentence(apr_pstrcat(p, secret, "client_auth=private_key_jwt", NULL), p),
                    "goes with client_key=");
    assert_sentence(sentence(apr_pstrcat(p, secret, "login_scope=email", NULL), p), "lacks openid");
    assert_sentence(sentence(apr_pstrcat(p, secret, "color=red", NULL), p), "color=");
    assert_sentence(sentence(apr_pstrcat(p, secret, "icon=//x/y", NULL), p), "icon=");
    assert_sentence(sentence(apr_pstrcat(p, secret, "icon=javascript:x", NULL), p), "icon=");
    assert_sentence(sentence(apr_pstrcat(p, secret, "priority=x", NULL), p), "priority=");
    assert_sentence(sentence(apr_pstrcat(p, secret, "response_mode=fragment", NULL), p),
                    "response_mode=");
    assert_sentence(sentence(apr_pstrcat(p, secret, "jwks=" ISSUER "/keys", NULL), p),
                    "needs the provider's metadata");
    assert_sentence(sentence(apr_pstrcat(p, secret, "timeout=soon", NULL), p), "no length of time");
    assert_sentence(fake_source_sentence("oidc", "issuer=" ISSUER " audience=us title=x", p),
                    "title= is not known");
    assert_sentence(fake_source_sentence("oidc", "issuer=" ISSUER " audience=us logins=4", p),
                    "logins= is not known");
    unlink(files[0]);
    unlink(files[1]);
}

static const sso_error_t *sign_in(const char *claims, sso_identity_t **who, apr_pool_t *p)
{
    const sso_id_token_wish_t wish = {.nonce = "n", .max_age = -1};
    sso_trust_t trust = trust_of(ISSUER, NULL, p);
    fake_trust_t trusts[] = {{"src", &trust}};
    fake_io_t fake;

    fake_io_init(&fake, NULL, 0);
    fake.trusts = trusts;
    fake.trust_count = 1;
    *who = NULL;
    return sso_oidc_sign_in(
        source("", p),
        sso_span(signer_token(signer("ES256"), apr_pstrcat(p, "{", claims, "}", NULL), p)), &wish,
        &fake.io, who, p);
}

#define CLAIMS "\"iss\":\"" ISSUER "\",\"sub\":\"alice\",\"aud\":\"us\"," TIMES

T(an_id_token_becomes_an_identity)
{
    sso_identity_t *who;

    assert_no_error(
        sign_in(CLAIMS ",\"nonce\":\"n\",\"given_name\":\"A\",\"family_name\":\"B\"", &who, p));
    assert_string_equal(who->claims[SSO_CLAIM_SOURCE], "src");
    assert_string_equal(who->claims[SSO_CLAIM_ISSUER], ISSUER);
    assert_string_equal(who->claims[SSO_CLAIM_USERNAME], "alice");
    assert_string_equal(who->claims[SSO_CLAIM_NAME], "A B");
    assert_true(who->vouched_at == FAKE_NOW);
}

T(what_is_refused_makes_nobody)
{
    sso_identity_t *who;

    assert_error(sign_in(CLAIMS, &who, p), TOKEN_NONCE);
    assert_null(who);
    assert_error(sign_in("\"iss\":\"https://evil\",\"sub\":\"a\",\"aud\":\"us\"," TIMES, &who, p),
                 TOKEN_ISSUER);
    assert_error(sign_in("\"iss\":\"" ISSUER "\",\"aud\":\"us\",\"nonce\":\"n\"," TIMES, &who, p),
                 TOKEN_CLAIMS);
}
