/* SPDX-License-Identifier: Apache-2.0 */
/* source_oidc_client.c -- signing in with a provider: client_id= and what goes with it, and who an
 * ID token stands for. */
#include <string.h>

#include <apr_strings.h>

#include "sso/provider_look.h"
#include "sso/source_oidc.h"

#define SCOPE         "openid profile email"
#define LOGINS        8
#define LOGINS_MOST   1000
#define TIMEOUT       apr_time_from_sec(3)
#define TIMEOUT_LEAST (100 * 1000) /* microseconds */
#define TIMEOUT_MOST  apr_time_from_sec(10)

enum { AUTH_UNSET = -1 };

static const char *configure_page(sso_client_t *client, const char *name, sso_options_t *options)
{
    const char *sentence;

    client->title = sso_options_take(options, "title", name);
    client->icon = sso_options_take(options, "icon", NULL);
    client->color = sso_options_take(options, "color", SSO_PROVIDER_COLOR);
    if ((client->icon != NULL && (sentence = sso_provider_icon_check(client->icon))) ||
        (sentence = sso_provider_color_check(client->color)))
        return sentence;
    return sso_options_take_integer(options, "priority", 0, 1000, &client->priority);
}

static const char *configure_key(sso_client_t *client, const char *pem, sso_options_t *options)
{
    const char *kid = sso_options_take(options, "client_kid", NULL);

    if (pem == NULL)
        return kid ? "client_kid= names the key of client_key=, which is missing" : NULL;
    client->signer = sso_signer_make(sso_span(pem), kid, options->p);
    return client->signer ? NULL
                          : "client_key= holds no private key in PEM without a passphrase: RSA of "
                            "2048 bits or more, or P-256";
}

/* By which of both does it prove itself, and how? */
static const char *configure_proof(sso_client_t *client, sso_options_t *options)
{
    const char *pem = NULL, *sentence;
    int auth = AUTH_UNSET;

    if ((sentence = sso_options_take_secret(options, "client_secret", &client->secret)) ||
        (sentence = sso_options_take_file(options, "client_key", &pem)) ||
        (sentence = configure_key(client, pem, options)) ||
        (sentence =
             sso_options_take_choice(options, "client_auth", "basic|post|private_key_jwt", &auth)))
        return sentence;
    if ((client->secret == NULL) == (client->signer == NULL))
        return "client_id= needs one of client_secret=file:/path and client_key=file:/path";
    if (auth == AUTH_UNSET)
        auth = client->signer ? SSO_CLIENT_PRIVATE_KEY : SSO_CLIENT_BASIC;
    if ((auth == SSO_CLIENT_PRIVATE_KEY) != (client->signer != NULL))
        return "client_auth=private_key_jwt goes with client_key=, basic and post with "
               "client_secret=";
    client->auth = (sso_client_auth_t)auth;
    return NULL;
}

/* Blanks in a value need quotes, which nobody expects: commas do as well. */
static const char *configure_scope(sso_client_t *client, sso_options_t *options)
{
    char *scope = apr_pstrdup(options->p, sso_options_take(options, "login_scope", SCOPE));
    sso_span_t rest = sso_span(scope), word;

    for (char *c = scope; *c; c++) {
        if (*c == ',')
            *c = ' ';
    }
    client->scope = scope;
    while (sso_span_word(&rest, &word)) {
        if (sso_span_equal(word, "openid"))
            return NULL;
    }
    return "login_scope= lacks openid, without which nobody is signed in";
}

/* How long its token endpoint may keep how many waiting. */
static const char *configure_waiting(sso_client_t *client, sso_options_t *options)
{
    const char *sentence;

    client->timeout = TIMEOUT;
    client->logins = LOGINS;
    if ((sentence = sso_options_take_duration(options, "timeout", &client->timeout)))
        return sentence;
    if (client->timeout < TIMEOUT_LEAST || client->timeout > TIMEOUT_MOST)
        return "timeout= is how long a login may wait for the provider's token endpoint: 100ms to "
               "10s";
    return sso_options_take_integer(options, "logins", 1, LOGINS_MOST, &client->logins);
}

const char *sso_oidc_client(const sso_source_t *source, sso_oidc_t *oidc, sso_options_t *options)
{
    sso_client_t *client = apr_pcalloc(options->p, sizeof(*client));
    int by_form = 0, try_silent = 0;
    const char *sentence;

    client->id = sso_options_take(options, "client_id", NULL);
    if (client->id == NULL)
        return NULL;
    client->issuer = APR_ARRAY_IDX(oidc->issuers, 0, sso_issuer_t *);
    if (client->issuer->metadata_url == NULL)
        return "client_id= needs the provider's metadata, which say where people sign in; use "
               "metadata= in place of jwks=";
    if ((sentence = configure_proof(client, options)) ||
        (sentence = configure_scope(client, options)) ||
        (sentence =
             sso_options_take_choice(options, "response_mode", "query|form_post", &by_form)) ||
        (sentence = sso_options_take_choice(options, "try_silent", "off|on", &try_silent)) ||
        (sentence = configure_waiting(client, options)) ||
        (sentence = configure_page(client, source->name, options)))
        return sentence;
    client->by_form = by_form == 1;
    client->try_silent = try_silent == 1;
    oidc->client = client;
    return NULL;
}

const sso_client_t *sso_source_client(const sso_source_t *source)
{
    const sso_oidc_t *oidc = source->settings;

    return source->kind == &sso_kind_oidc ? oidc->client : NULL;
}

const sso_error_t *sso_oidc_sign_in(const sso_source_t *source, sso_span_t text,
                                    const sso_id_token_wish_t *wish, sso_io_t *io,
                                    sso_identity_t **who, apr_pool_t *p)
{
    const sso_oidc_t *oidc = source->settings;
    const char *client_id = oidc->client->id;
    const sso_token_rules_t rules = sso_id_token_rules(&oidc->rules, client_id, p);
    sso_identity_t *found = apr_pcalloc(p, sizeof(*found));
    sso_token_t token;

    SSO_TRY(sso_token_read(text, &rules, &token, p));
    SSO_TRY(sso_oidc_verify(oidc, &token, io, p));
    SSO_TRY(sso_token_check(&token, &rules, io->now));
    SSO_TRY(sso_id_token_check(&token, client_id, wish, rules.skew, io->now, p));
    SSO_TRY(sso_oidc_claims(oidc, &token, found, p));
    SSO_TRY(sso_source_vouch(source, io->now, found, p));
    *who = found;
    return NULL;
}
