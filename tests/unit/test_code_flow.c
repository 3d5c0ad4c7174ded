/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "base/digest.h"
#include "base/form.h"
#include "base/jws.h"
#include "fake_io.h"
#include "signer.h"
#include "sso/code_flow.h"

#define PROVIDER "https://id.example.edu"

static const sso_login_browser_t browser = {"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk", 0};
static const sso_issuer_t issuer = {.name = "src", .ca = "/etc/root.pem"};
static sso_login_t login;
static sso_trust_t trust;
static sso_client_t client;

static sso_code_flow_t flow_of(void)
{
    login = (sso_login_t){.id = "id", .source = "src", .site = "s", .back = "/", .max_age = -1};
    trust = (sso_trust_t){.issuer = PROVIDER,
                          .authorization_endpoint = PROVIDER "/authorize?p=q",
                          .token_endpoint = PROVIDER "/token"};
    client = (sso_client_t){.id = "us & them",
                            .secret = "a:b%",
                            .scope = "openid email",
                            .issuer = &issuer,
                            .breaker = 3};
    return (sso_code_flow_t){&client, &trust, "https://us/callback", &login, &browser};
}

static const char *field(const char *form, const char *name, apr_pool_t *p)
{
    const char *value;

    return form &&
                   sso_form_get(strchr(form, '?') ? strchr(form, '?') + 1 : form, name, &value,
                                p) &&
                   value
               ? value
               : "(none)";
}

static const char *url_of(const sso_code_flow_t *flow, sso_code_hints_t hints, apr_pool_t *p)
{
    return sso_code_flow_url(flow, "the state", &hints, p);
}

/* OpenID Connect Core 3.1.2.1, RFC 7636 4.3 */
T(the_url_says_what_is_wanted)
{
    sso_code_flow_t flow = flow_of();
    const char *url = url_of(&flow, (sso_code_hints_t){NULL, NULL}, p);

    assert_memory_equal(url, PROVIDER "/authorize?p=q&response_type=code&", 50);
    assert_string_equal(field(url, "client_id", p), "us & them");
    assert_string_equal(field(url, "redirect_uri", p), "https://us/callback");
    assert_string_equal(field(url, "scope", p), "openid email");
    assert_string_equal(field(url, "state", p), "the state");
    assert_string_equal(field(url, "nonce", p), sso_login_nonce(&login, &browser, p));
    assert_string_equal(field(url, "code_challenge", p),
                        sso_digest(sso_span(sso_login_verifier(&login, &browser, p)), p));
    assert_string_equal(field(url, "code_challenge_method", p), "S256");
    for (const char *const *name = (const char *[]){"response_mode", "prompt", "login_hint",
                                                    "max_age", "acr_values", NULL};
         *name; name++)
        assert_string_equal(field(url, *name, p), "(none)");
}

T(the_url_says_what_else_was_wished)
{
    sso_code_flow_t flow = flow_of();
    const char *url;

    client.by_form = true;
    login.acr = "mfa";
    login.max_age = 0;
    url = url_of(&flow, (sso_code_hints_t){"a@b", "login"}, p);
    assert_string_equal(field(url, "response_mode", p), "form_post");
    assert_string_equal(field(url, "prompt", p), "login");
    assert_string_equal(field(url, "login_hint", p), "a@b");
    assert_string_equal(field(url, "max_age", p), "0");
    assert_string_equal(field(url, "acr_values", p), "mfa");
    login.is_silent = true;
    assert_string_equal(field(url_of(&flow, (sso_code_hints_t){NULL, NULL}, p), "prompt", p),
                        "none");
    trust.authorization_endpoint = NULL;
    assert_null(url_of(&flow, (sso_code_hints_t){NULL, NULL}, p));
}

static const sso_error_t *check(const char *form, const sso_code_flow_t *flow, apr_pool_t *p)
{
    sso_callback_t callback;

    SSO_TRY(sso_callback_read(form, &callback, p));
    return sso_callback_check(&callback, flow);
}

T(a_callback_is_read)
{
    sso_callback_t callback;

    assert_no_error(sso_callback_read("state=s&code=c%2B&iss=" PROVIDER "&more=x", &callback, p));
    assert_string_equal(callback.state, "s");
    assert_string_equal(callback.code, "c+");
    assert_string_equal(callback.issuer, PROVIDER);
    assert_null(callback.error);
    assert_no_error(sso_callback_read(NULL, &callback, p));
    assert_error(sso_callback_read("code=a&code=b", &callback, p), LOGIN_UNKNOWN);
    assert_error(sso_callback_read("iss=a&iss=b", &callback, p), LOGIN_UNKNOWN);
}

/* RFC 9207 2.4 */
T(a_callback_is_from_who_was_asked)
{
    sso_code_flow_t flow = flow_of();

    assert_no_error(check("code=c", &flow, p));
    assert_no_error(check("code=c&iss=" PROVIDER, &flow, p));
    assert_error(check("code=c&iss=" PROVIDER "/", &flow, p), LOGIN_ISSUER);
    assert_error(check("error=access_denied&iss=https://evil", &flow, p), LOGIN_ISSUER);
    trust.names_itself = true;
    assert_error(check("code=c", &flow, p), LOGIN_ISSUER);
    assert_error(check("error=access_denied", &flow, p), LOGIN_ISSUER);
    assert_no_error(check("code=c&iss=" PROVIDER, &flow, p));
    trust.issuer = NULL;
    assert_error(check("code=c&iss=" PROVIDER, &flow, p), LOGIN_ISSUER);
}

T(an_issuer_of_many_tenants_names_one_of_them)
{
#define TENANT "72f988bf-86f1-41af-91ab-2d7cd011db47"
    sso_code_flow_t flow = flow_of();

    trust.issuer = "https://login/{tenantid}/v2.0";
    assert_no_error(check("code=c&iss=https://login/" TENANT "/v2.0", &flow, p));
    assert_error(check("code=c&iss=https://login/" TENANT "/v1.0", &flow, p), LOGIN_ISSUER);
    assert_error(check("code=c&iss=https://login/x/v2.0", &flow, p), LOGIN_ISSUER);
    assert_error(check("code=c&iss=https://evil/" TENANT "/v2.0", &flow, p), LOGIN_ISSUER);
}

T(what_the_provider_refuses_is_told_apart)
{
    sso_code_flow_t flow = flow_of();

    assert_error(check("error=access_denied", &flow, p), LOGIN_DENIED);
    assert_error(check("error=login_required", &flow, p), LOGIN_REFUSED);
    assert_error(check("error=x&code=c", &flow, p), LOGIN_REFUSED);
    assert_error(check("", &flow, p), LOGIN_REFUSED);
    login.is_silent = true;
    assert_error(check("error=login_required", &flow, p), LOGIN_SILENT);
    assert_error(check("error=interaction_required", &flow, p), LOGIN_SILENT);
    assert_error(check("error=server_error", &flow, p), LOGIN_REFUSED);
}

/* RFC 6749 4.1.3 and 2.3.1, RFC 7636 4.5 */
T(the_token_request_proves_code_and_client)
{
    sso_code_flow_t flow = flow_of();
    sso_exchange_t exchange;

    assert_no_error(sso_code_flow_request(&flow, "c&d", FAKE_NOW, &exchange, p));
    assert_string_equal(exchange.method, "POST");
    assert_string_equal(exchange.url, PROVIDER "/token");
    assert_string_equal(exchange.ca, "/etc/root.pem");
    assert_int_equal(exchange.breaker, 3);
    assert_string_equal(field(exchange.post, "grant_type", p), "authorization_code");
    assert_string_equal(field(exchange.post, "code", p), "c&d");
    assert_string_equal(field(exchange.post, "redirect_uri", p), "https://us/callback");
    assert_string_equal(field(exchange.post, "code_verifier", p),
                        sso_login_verifier(&login, &browser, p));
    assert_string_equal(field(exchange.post, "client_secret", p), "(none)");
    assert_string_equal(exchange.headers[1],
                        "Authorization: Basic dXMlMjAlMjYlMjB0aGVtOmElM0FiJTI1");
    assert_null(exchange.headers[2]);
}

T(the_secret_may_be_posted)
{
    sso_code_flow_t flow = flow_of();
    sso_exchange_t exchange;

    client.auth = SSO_CLIENT_POST;
    assert_no_error(sso_code_flow_request(&flow, "c", FAKE_NOW, &exchange, p));
    assert_string_equal(field(exchange.post, "client_id", p), "us & them");
    assert_string_equal(field(exchange.post, "client_secret", p), "a:b%");
    assert_null(exchange.headers[1]);
}

/* OpenID Connect Core 9 */
T(a_key_makes_an_assertion_each_time)
{
    const sso_signer_t key = {signer("ES256").key, SSO_ALG_ES256, NULL};
    sso_code_flow_t flow = flow_of();
    sso_exchange_t first, second;
    sso_jws_t jws;
    json_t *claims;

    client.auth = SSO_CLIENT_PRIVATE_KEY;
    client.signer = &key;
    assert_no_error(sso_code_flow_request(&flow, "c", FAKE_NOW, &first, p));
    assert_no_error(sso_code_flow_request(&flow, "c", FAKE_NOW, &second, p));
    assert_string_not_equal(first.post, second.post);
    assert_string_equal(field(first.post, "client_assertion_type", p),
                        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    assert_true(sso_jws_parse(sso_span(field(first.post, "client_assertion", p)), &jws, p));
    assert_true(sso_json_parse(jws.payload, 4096, &claims, p));
    assert_string_equal(sso_json_string_at(claims, "iss"), "us & them");
    assert_string_equal(sso_json_string_at(claims, "sub"), "us & them");
    assert_string_equal(sso_json_string_at(claims, "aud"), PROVIDER "/token");
    assert_int_equal(json_integer_value(json_object_get(claims, "exp")),
                     apr_time_sec(FAKE_NOW) + 60);
}

T(without_a_token_endpoint_nobody_is_asked)
{
    sso_code_flow_t flow = flow_of();
    sso_exchange_t exchange;

    trust.token_endpoint = NULL;
    assert_error(sso_code_flow_request(&flow, "c", FAKE_NOW, &exchange, p), PROVIDER_ANSWER);
}

#define ACCESS "\"access_token\":\"x\",\"token_type\":\"Bearer\""

/* Core 3.1.3.3 */
T(an_answer_has_an_id_token_beside_an_access_token_or_a_reason)
{
    static const struct {
        int status;
        const char *body, *code;
    } cases[] = {
        {200, "{\"id_token\":\"a.b.c\"," ACCESS "}", "none"},
        {200, "{\"id_token\":\"a.b.c\",\"access_token\":\"x\",\"token_type\":\"bearer\"}", "none"},
        {200, "{\"id_token\":\"a.b.c\"}", "PROVIDER_ANSWER"},
        {200, "{\"id_token\":\"a.b.c\",\"access_token\":\"x\"}", "PROVIDER_ANSWER"},
        {200, "{\"id_token\":\"a.b.c\",\"token_type\":\"Bearer\"}", "PROVIDER_ANSWER"},
        {200, "{\"id_token\":\"a.b.c\",\"access_token\":\"x\",\"token_type\":\"mac\"}",
         "PROVIDER_ANSWER"},
        {200, "{" ACCESS "}", "PROVIDER_ANSWER"},
        {200, "{\"id_token\":\"a\",\"id_token\":\"b\"," ACCESS "}", "PROVIDER_ANSWER"},
        {200, "<html>", "PROVIDER_ANSWER"},
        {201, "{\"id_token\":\"a.b.c\"," ACCESS "}", "PROVIDER_ANSWER"},
        {302, "", "PROVIDER_ANSWER"},
        {400, "{\"error\":\"invalid_grant\"}", "LOGIN_CODE"},
        {400, "{\"error\":\"invalid_client\"}", "PROVIDER_CLIENT"},
        {401, "", "PROVIDER_CLIENT"},
        {400, "{}", "PROVIDER_ANSWER"},
        {400, "{\"error\":\"temporarily_unavailable\"}", "PROVIDER_DOWN"},
        {500, "{\"error\":\"invalid_grant\"}", "PROVIDER_DOWN"},
        {503, "", "PROVIDER_DOWN"}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        sso_exchange_t exchange = {.status = cases[i].status, .body = sso_span(cases[i].body)};
        sso_code_tokens_t tokens;

        assert_code(sso_code_flow_answer(&exchange, &tokens, p), cases[i].code);
    }
}

T(what_the_world_answers_has_a_reason)
{
    assert_no_error(sso_provider_error(APR_SUCCESS));
    assert_error(sso_provider_error(SSO_IO_BUSY), LOGIN_BUSY);
    assert_error(sso_provider_error(SSO_IO_DOWN), PROVIDER_DOWN);
    assert_error(sso_provider_error(SSO_IO_TIMEOUT), PROVIDER_TIMEOUT);
    assert_error(sso_provider_error(SSO_IO_ANSWER), PROVIDER_ANSWER);
}

/* RP-Initiated Logout 1.0 2 */
T(signing_out_leads_back)
{
    sso_code_flow_t flow = flow_of();
    const char *url;

    assert_null(sso_code_flow_logout_url(flow.client, flow.trust, "https://us/", p));
    trust.end_session_endpoint = PROVIDER "/end";
    url = sso_code_flow_logout_url(flow.client, flow.trust, "https://us/", p);
    assert_string_equal(field(url, "client_id", p), "us & them");
    assert_string_equal(field(url, "post_logout_redirect_uri", p), "https://us/");
}
