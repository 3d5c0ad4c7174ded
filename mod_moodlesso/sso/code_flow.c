/* SPDX-License-Identifier: Apache-2.0 */
/* code_flow.c -- the authorization code flow. */
#include "sso/code_flow.h"

#include <string.h>

#include <apr_base64.h>
#include <apr_strings.h>

#include "base/digest.h"
#include "base/form.h"
#include "base/percent.h"
#include "base/random.h"

#define ASSERTION_TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
#define ASSERTION_LIFE 60  /* seconds */
#define ISSUER_MAX     512 /* bytes */

static const char *challenge_of(const sso_code_flow_t *flow, apr_pool_t *p)
{
    const char *verifier = sso_login_verifier(flow->login, flow->browser, p);

    return verifier ? sso_digest(sso_span(verifier), p) : NULL;
}

static const char *optional_parameters(const char *form, const sso_code_flow_t *flow,
                                       const sso_code_hints_t *hints, apr_pool_t *p)
{
    const sso_login_t *login = flow->login;

    if (flow->client->by_form)
        form = sso_form_add(form, "response_mode", "form_post", p);
    if (login->max_age >= 0)
        form = sso_form_add(form, "max_age", apr_itoa(p, login->max_age), p);
    form = sso_form_add(form, "acr_values", login->acr, p);
    form = sso_form_add(form, "prompt", login->is_silent ? "none" : hints->prompt, p);
    return sso_form_add(form, "login_hint", hints->login_hint, p);
}

const char *sso_code_flow_url(const sso_code_flow_t *flow, const char *state,
                              const sso_code_hints_t *hints, apr_pool_t *p)
{
    const char *nonce = sso_login_nonce(flow->login, flow->browser, p);
    const char *challenge = challenge_of(flow, p), *form = "";
    const char *const fields[][2] = {{"response_type", "code"},
                                     {"client_id", flow->client->id},
                                     {"redirect_uri", flow->redirect},
                                     {"scope", flow->client->scope},
                                     {"state", state},
                                     {"nonce", nonce},
                                     {"code_challenge", challenge},
                                     {"code_challenge_method", "S256"}};

    if (flow->trust->authorization_endpoint == NULL || nonce == NULL || challenge == NULL)
        return NULL;
    for (apr_size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        form = sso_form_add(form, fields[i][0], fields[i][1], p);
    return sso_form_url(flow->trust->authorization_endpoint,
                        optional_parameters(form, flow, hints, p), p);
}

const sso_error_t *sso_callback_read(const char *form, sso_callback_t *callback, apr_pool_t *p)
{
    memset(callback, 0, sizeof(*callback));
    if (sso_form_get(form, "state", &callback->state, p) &&
        sso_form_get(form, "code", &callback->code, p) &&
        sso_form_get(form, "error", &callback->error, p) &&
        sso_form_get(form, "iss", &callback->issuer, p))
        return NULL;
    return sso_error(SSO_LOGIN_UNKNOWN);
}

/* The same, but for a tenant in place of the braces: which one it is, the ID token says. */
static bool is_issuer(const char *text, const char *issuer)
{
    const char *brace = sso_issuer_is_open(issuer) ? strchr(issuer, '{') : NULL;
    apr_size_t before = brace ? (apr_size_t)(brace - issuer) : 0;
    const char *behind = brace ? strchr(brace, '}') : NULL;

    if (behind == NULL)
        return strcmp(text, issuer) == 0;
    return strlen(text) == before + 36 + strlen(behind + 1) && strncmp(text, issuer, before) == 0 &&
           sso_span_is_guid((sso_span_t){text + before, 36}) &&
           strcmp(text + before + 36, behind + 1) == 0;
}

/* RFC 9207 2.4: who says that it names itself always does. */
static bool is_from(const sso_callback_t *callback, const sso_trust_t *trust)
{
    if (callback->issuer == NULL)
        return !trust->names_itself;
    return trust->issuer != NULL && strlen(callback->issuer) <= ISSUER_MAX &&
           is_issuer(callback->issuer, trust->issuer);
}

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (strcmp(text, *words) == 0)
            return true;
    }
    return false;
}

const sso_error_t *sso_callback_check(const sso_callback_t *callback, const sso_code_flow_t *flow)
{
    /* OpenID Connect Core 3.1.2.6 */
    static const char *const must_ask[] = {"login_required", "interaction_required",
                                           "consent_required", "account_selection_required", NULL};

    if (!is_from(callback, flow->trust))
        return sso_error(SSO_LOGIN_ISSUER);
    if (callback->error == NULL)
        return callback->code ? NULL : sso_error(SSO_LOGIN_REFUSED);
    if (flow->login->is_silent && is_one_of(callback->error, must_ask))
        return sso_error(SSO_LOGIN_SILENT);
    return sso_error(strcmp(callback->error, "access_denied") == 0 ? SSO_LOGIN_DENIED
                                                                   : SSO_LOGIN_REFUSED);
}

/* RFC 6749 2.3.1: both parts encoded as in a form, which Basic (RFC 7617) then encodes again. */
static const char *basic_of(const sso_client_t *client, apr_pool_t *p)
{
    const char *pair = apr_pstrcat(p, sso_percent_encode(sso_span(client->id), p), ":",
                                   sso_percent_encode(sso_span(client->secret), p), NULL);
    char *encoded = apr_palloc(p, (apr_size_t)apr_base64_encode_len((int)strlen(pair)));

    apr_base64_encode(encoded, pair, (int)strlen(pair));
    return apr_pstrcat(p, "Authorization: Basic ", encoded, NULL);
}

/* OpenID Connect Core 9, private_key_jwt (RFC 7523 2.2 and 3). */
static const char *assertion_of(const sso_code_flow_t *flow, apr_time_t now, apr_pool_t *p)
{
    const char *id = flow->client->id, *jti = sso_random(p);
    json_int_t seconds = apr_time_sec(now);
    const char *payload =
        jti ? sso_json_text(json_pack("{s:s, s:s, s:s, s:s, s:I, s:I}", "iss", id, "sub", id, "aud",
                                      flow->trust->token_endpoint, "jti", jti, "iat", seconds,
                                      "exp", seconds + ASSERTION_LIFE),
                            p)
            : NULL;

    return payload ? sso_jws_sign(flow->client->signer, payload, p) : NULL;
}

/* Add how we prove who we are; NULL when the library fails. */
static const char *prove(const sso_code_flow_t *flow, const char *form, apr_time_t now,
                         const char **headers, apr_pool_t *p)
{
    const sso_client_t *client = flow->client;
    const char *assertion;

    if (client->auth == SSO_CLIENT_BASIC) {
        headers[1] = basic_of(client, p);
        return form;
    }
    form = sso_form_add(form, "client_id", client->id, p);
    if (client->auth == SSO_CLIENT_POST)
        return sso_form_add(form, "client_secret", client->secret, p);
    assertion = assertion_of(flow, now, p);
    form = sso_form_add(form, "client_assertion_type", ASSERTION_TYPE, p);
    return assertion ? sso_form_add(form, "client_assertion", assertion, p) : NULL;
}

const sso_error_t *sso_code_flow_request(const sso_code_flow_t *flow, const char *code,
                                         apr_time_t now, sso_exchange_t *exchange, apr_pool_t *p)
{
    const char *verifier = sso_login_verifier(flow->login, flow->browser, p);
    const char **headers = apr_pcalloc(p, 3 * sizeof(*headers));
    const char *form = "grant_type=authorization_code";

    if (flow->trust->token_endpoint == NULL)
        return sso_error(SSO_PROVIDER_ANSWER);
    headers[0] = "Accept: application/json";
    form = sso_form_add(form, "code", code, p);
    form = sso_form_add(form, "redirect_uri", flow->redirect, p);
    form = sso_form_add(form, "code_verifier", verifier, p);
    form = prove(flow, form, now, headers, p);
    if (verifier == NULL || form == NULL)
        return sso_error(SSO_SESSION_NOT_SEALED);
    *exchange = (sso_exchange_t){.method = "POST",
                                 .url = flow->trust->token_endpoint,
                                 .headers = headers,
                                 .post = form,
                                 .ca = flow->client->issuer->ca,
                                 .max_body = SSO_CODE_FLOW_MAX_ANSWER,
                                 .breaker = flow->client->breaker};
    return NULL;
}

/* RFC 6749 5.2 */
static const sso_error_t *refusal(const sso_exchange_t *exchange, apr_pool_t *p)
{
    const char *error;
    json_t *answer;

    if (exchange->status >= 500)
        return sso_error(SSO_PROVIDER_DOWN);
    if (!sso_json_parse(exchange->body, SSO_CODE_FLOW_MAX_ANSWER, &answer, p) ||
        (error = sso_json_string_at(answer, "error")) == NULL)
        return sso_error(exchange->status == 401 ? SSO_PROVIDER_CLIENT : SSO_PROVIDER_ANSWER);
    if (strcmp(error, "invalid_grant") == 0)
        return sso_error(SSO_LOGIN_CODE);
    if (strcmp(error, "temporarily_unavailable") == 0)
        return sso_error(SSO_PROVIDER_DOWN);
    return sso_error(SSO_PROVIDER_CLIENT);
}

/* Core 3.1.3.3: the type of the access token is Bearer, in any case. */
static bool is_bearer(const json_t *answer)
{
    const char *type = sso_json_string_at(answer, "token_type");

    return type != NULL && sso_span_equal_nocase(sso_span(type), sso_span("Bearer"));
}

const sso_error_t *sso_code_flow_answer(const sso_exchange_t *exchange, sso_code_tokens_t *tokens,
                                        apr_pool_t *p)
{
    json_t *answer;

    if (exchange->status != 200)
        return refusal(exchange, p);
    if (!sso_json_parse(exchange->body, SSO_CODE_FLOW_MAX_ANSWER, &answer, p))
        return sso_error(SSO_PROVIDER_ANSWER);
    tokens->id_token = sso_json_string_at(answer, "id_token");
    tokens->access_token = sso_json_string_at(answer, "access_token");
    return tokens->id_token && tokens->access_token && is_bearer(answer)
               ? NULL
               : sso_error(SSO_PROVIDER_ANSWER);
}

const char *sso_code_flow_logout_url(const sso_client_t *client, const sso_trust_t *trust,
                                     const char *back, apr_pool_t *p)
{
    const char *form = "";

    if (trust->end_session_endpoint == NULL)
        return NULL;
    form = sso_form_add(form, "client_id", client->id, p);
    form = sso_form_add(form, "post_logout_redirect_uri", back, p);
    return sso_form_url(trust->end_session_endpoint, form, p);
}

const sso_error_t *sso_provider_error(apr_status_t status)
{
    if (status == APR_SUCCESS)
        return NULL;
    if (status == SSO_IO_BUSY)
        return sso_error(SSO_LOGIN_BUSY);
    if (status == SSO_IO_TIMEOUT)
        return sso_error(SSO_PROVIDER_TIMEOUT);
    return sso_error(status == SSO_IO_ANSWER ? SSO_PROVIDER_ANSWER : SSO_PROVIDER_DOWN);
}
