/* SPDX-License-Identifier: Apache-2.0 */
/* Target functions: sso_oidc_logout, sso_session_epoch_text, on compact logout tokens and (input
 * that begins with '{') on claims, signed here with a key that the provider publishes: so what
 * comes behind the signature is searched too. */
#include "fuzz.h"

#include <openssl/evp.h>

#include "base/base64url.h"
#include "sso/session.h"
#include "sso/source_oidc.h"

#define NOW    apr_time_from_sec(1795317100)
#define ISSUER "https://idp.example"

static sso_trust_t trust;
static int wanted;

static const sso_trust_t *get_trust(sso_io_t *io, const sso_issuer_t *issuer)
{
    return &trust;
}

static void want_trust(sso_io_t *io, const sso_issuer_t *issuer)
{
    wanted++;
}

/* The key that signs here. */
static EVP_PKEY *signing_key(void)
{
    static const unsigned char secret[32] = "a key of this fuzzer, no secret";
    static EVP_PKEY *key;

    if (key == NULL)
        key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, secret, sizeof(secret));
    must(key != NULL);
    return key;
}

static const char *sign(const uint8_t *claims, size_t length, apr_pool_t *p)
{
    const char *message = apr_pstrcat(p, "eyJhbGciOiJFZERTQSIsImtpZCI6ImhlcmUifQ.",
                                      sso_base64url_encode(claims, length, p), NULL);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    unsigned char signature[64];
    size_t size = sizeof(signature);

    must(EVP_DigestSignInit(context, NULL, NULL, NULL, signing_key()) == 1);
    must(EVP_DigestSign(context, signature, &size, (const unsigned char *)message,
                        strlen(message)) == 1);
    EVP_MD_CTX_free(context);
    return apr_pstrcat(p, message, ".", sso_base64url_encode(signature, size, p), NULL);
}

static void make_trust(apr_pool_t *p)
{
    unsigned char public[32];
    size_t size = sizeof(public);
    const char *set;

    must(EVP_PKEY_get_raw_public_key(signing_key(), public, &size) == 1);
    set =
        apr_pstrcat(p, "{\"keys\":[{\"kty\":\"OKP\",\"kid\":\"here\",\"crv\":\"Ed25519\",\"x\":\"",
                    sso_base64url_encode(public, size, p), "\"}]}", NULL);
    trust.issuer = ISSUER;
    trust.keys = sso_jwks_parse(sso_span(set), p);
    must(trust.keys != NULL && trust.keys->count == 1);
}

static sso_source_t *make_source(void)
{
    sso_options_t options;
    sso_source_t *source;
    apr_pool_t *p;

    apr_pool_create(&p, NULL);
    make_trust(p);
    options = (sso_options_t){apr_table_make(p, 3), p};
    must(sso_options_add(&options, "issuer=" ISSUER) == NULL);
    must(sso_options_add(&options, "audience=us") == NULL);
    must(sso_options_add(&options, "algs=EdDSA") == NULL);
    must(sso_source_make("idp", "oidc", &options, &source) == NULL);
    return source;
}

static bool is_text(const char *text)
{
    return text == NULL || *text != '\0';
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static sso_source_t *source;
    apr_pool_t *p = fuzz_pool();
    sso_io_t io = {.now = NOW, .trust = get_trust, .want_trust = want_trust};
    sso_span_t text = fuzz_span(bytes, length);
    sso_logout_t logout = {0};
    const sso_error_t *error;

    if (source == NULL)
        source = make_source();
    if (length > 0 && bytes[0] == '{')
        text = sso_span(sign(bytes, length, p));
    wanted = 0;
    error = sso_oidc_logout(source, text, &io, &logout, p);
    must(wanted == (error != NULL && error->code == SSO_TOKEN_KEY_UNKNOWN));
    if (error != NULL) {
        must(error->class == SSO_REJECTED);
        return 0;
    }
    must(strcmp(logout.issuer, ISSUER) == 0);
    must((logout.subject != NULL || logout.sid != NULL) && is_text(logout.subject) &&
         is_text(logout.sid));
    must(logout.jti != NULL && is_text(logout.jti));
    must(logout.at >= 0 && logout.at <= NOW && logout.expires + apr_time_from_sec(60) > NOW);
    must(sso_session_epoch_text(logout.issuer, logout.sid ? logout.sid : logout.subject, p) !=
         NULL);
    return 0;
}
