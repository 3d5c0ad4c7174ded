/* SPDX-License-Identifier: Apache-2.0 */
/* Target functions: sso_form_get, sso_callback_read, sso_callback_check, sso_login_browser,
 * sso_login_open, sso_login_back, sso_code_flow_answer. */
#include "fuzz.h"

#include "base/form.h"
#include "sso/code_flow.h"

static const sso_login_browser_t browser = {"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk", 0};

/* What a field is put together from is read as what it was. */
static void try_form(const char *text, apr_pool_t *p)
{
    const char *value;

    must(sso_form_get(sso_form_add("a=1", "x", text, p), "x", &value, p));
    must(*text == '\0' ? value == NULL : strcmp(value, text) == 0);
    if (sso_form_get(text, "code", &value, p))
        must(value == NULL || *value != '\0');
}

static void try_callback(const char *text, apr_pool_t *p)
{
    const sso_trust_t trust = {.issuer = "https://login/{tenantid}/v2.0", .names_itself = true};
    const sso_login_t login = {.is_silent = true};
    const sso_code_flow_t flow = {NULL, &trust, "", &login, &browser};
    sso_callback_t callback;

    if (sso_callback_read(text, &callback, p) == NULL &&
        sso_callback_check(&callback, &flow) == NULL)
        must(callback.code != NULL && strncmp(callback.issuer, "https://login/", 14) == 0);
}

/* As if the secret had leaked: nothing but what was written is read. */
static void try_state(sso_span_t text, apr_pool_t *p)
{
    static sso_seal_t seal;
    const char *state;
    sso_login_t login;

    if (seal.count == 0)
        must(sso_seal_add(&seal, sso_span("01234567890123456789012345678901"), "login"));
    state = sso_seal(&seal, sso_span("state"), text, p);
    if (sso_login_open(&seal, state, "s", &browser, 0, &login, p) != NULL)
        return;
    must(strchr("slu", (char)login.purpose) != NULL && strcmp(login.site, "s") == 0);
    must(sso_login_open(&seal, sso_login_seal(&seal, &login, &browser, p), "s", &browser, 0, &login,
                        p) == NULL);
}

static void try_cookie(const char *text, apr_pool_t *p)
{
    sso_login_browser_t found =
        sso_login_browser(apr_pstrcat(p, SSO_LOGIN_COOKIE "=", text, NULL), p);

    must(found.key == NULL || strlen(found.key) == strlen(browser.key));
    must(found.done >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    apr_pool_t *p = fuzz_pool();
    const char *text = apr_pstrmemdup(p, (const char *)bytes, length);
    sso_exchange_t exchange = {.status = 200, .body = fuzz_span(bytes, length)};
    sso_code_tokens_t tokens;

    try_form(text, p);
    try_callback(text, p);
    try_state(fuzz_span(bytes, length), p);
    try_cookie(text, p);
    must(strlen(sso_login_back(text, p)) <= SSO_LOGIN_BACK_MAX);
    if (sso_code_flow_answer(&exchange, &tokens, p) == NULL)
        must(tokens.id_token != NULL && tokens.access_token != NULL);
    exchange.status = 400;
    must(sso_code_flow_answer(&exchange, &tokens, p) != NULL);
    return 0;
}
