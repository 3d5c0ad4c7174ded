/* SPDX-License-Identifier: Apache-2.0 */
/* What a verifier must refuse, one line each (RFC 8725, draft-ietf-oauth-rfc8725bis, RFC 7515-7519,
 * RFC 9068), from the Authorization header to the reason code. The files of the parts try more. */
#include "runner.h"

#include "base/base64url.h"
#include "judge.h"
#include "signer.h"

#define ISSUER "https://id.example.edu"
#define CLAIMS "\"iss\":\"" ISSUER "\",\"sub\":\"alice\",\"aud\":\"us\""
#define GOOD   "{" CLAIMS "," TIMES "}"
#define ALL    "RS256,PS256,PS384,ES256,ES384,ES512,EdDSA"

static const sso_error_t *ask(const char *algs, const char *jwks, const char *text, apr_pool_t *p)
{
    sso_source_t *source = fake_source(
        "oidc", apr_pstrcat(p, "issuer=" ISSUER " audience=us algs=", algs, NULL), SSO_SQLITE3, p);
    sso_trust_t trust = {.issuer = ISSUER, .keys = sso_jwks_parse(sso_span(jwks), p)};
    fake_trust_t trusts[] = {{"src", &trust}};
    sso_identity_t *who;
    fake_io_t fake;

    fake_io_init(&fake, NULL, 0);
    fake.trusts = trusts;
    fake.trust_count = trust.keys ? 1 : 0;
    return fake_ask_bearer(source, &fake, apr_pstrcat(p, "Bearer ", text, NULL), &who, p);
}

static void expect(const char *rule, const sso_error_t *error, const char *code)
{
    const char *is = error ? error->name : "none";

    if (strcmp(is, code) != 0)
        fail_msg("%s: %s, not %s", rule, is, code);
}

static const char *all_keys(apr_pool_t *p)
{
    static const char *const algs[] = {"RS256", "ES256", "ES384", "ES512", "EdDSA"};

    return signer_jwks(algs, 5, p);
}

T(headers)
{
    const struct {
        const char *rule, *by, *header, *code;
    } table[] = {
        {"a token as it should be", "ES256", "{\"alg\":\"ES256\",\"kid\":\"p256\"}", "none"},
        {"alg none", "ES256", "{\"alg\":\"none\",\"kid\":\"p256\"}", "TOKEN_ALGORITHM"},
        {"alg none in capitals", "ES256", "{\"alg\":\"NONE\",\"kid\":\"p256\"}", "TOKEN_ALGORITHM"},
        {"HMAC with a public key", "RS256", "{\"alg\":\"HS256\",\"kid\":\"rsa\"}",
         "TOKEN_ALGORITHM"},
        {"alg not in the list", "RS384", "{\"alg\":\"RS384\",\"kid\":\"rsa\"}", "TOKEN_ALGORITHM"},
        {"alg that is not the key's kty", "ES256", "{\"alg\":\"RS256\",\"kid\":\"p256\"}",
         "TOKEN_SIGNATURE"},
        {"alg that is not the key's crv", "ES256", "{\"alg\":\"ES384\",\"kid\":\"p256\"}",
         "TOKEN_SIGNATURE"},
        {"PKCS #1 called PSS", "RS256", "{\"alg\":\"PS256\",\"kid\":\"rsa\"}", "TOKEN_SIGNATURE"},
        {"PSS called PKCS #1", "PS256", "{\"alg\":\"RS256\",\"kid\":\"rsa\"}", "TOKEN_SIGNATURE"},
        {"PSS with another hash", "PS256", "{\"alg\":\"PS384\",\"kid\":\"rsa\"}",
         "TOKEN_SIGNATURE"},
        {"key of another signer", "ES256", "{\"alg\":\"ES256\",\"kid\":\"rsa\"}",
         "TOKEN_SIGNATURE"},
        {"kid unknown", "ES256", "{\"alg\":\"ES256\",\"kid\":\"p257\"}", "TOKEN_KEY_UNKNOWN"},
        {"kid in capitals", "ES256", "{\"alg\":\"ES256\",\"kid\":\"P256\"}", "TOKEN_KEY_UNKNOWN"},
        {"kid as a path", "ES256", "{\"alg\":\"ES256\",\"kid\":\"../p256\"}", "TOKEN_KEY_UNKNOWN"},
        {"kid missing, many keys", "ES256", "{\"alg\":\"ES256\"}", "TOKEN_KEY_UNKNOWN"},
        {"kid a number", "ES256", "{\"alg\":\"ES256\",\"kid\":1}", "TOKEN_MALFORMED"},
        {"jwk, jku, x5u, x5c, x5t are not looked at", "ES256",
         "{\"alg\":\"ES256\",\"kid\":\"p256\",\"jwk\":{\"kty\":\"oct\",\"k\":\"AA\"},"
         "\"jku\":\"http://evil/\",\"x5u\":7,\"x5c\":\"x\",\"x5t\":[]}",
         "none"},
        {"crit", "ES256", "{\"alg\":\"ES256\",\"kid\":\"p256\",\"crit\":[\"x\"],\"x\":1}",
         "TOKEN_MALFORMED"},
        {"b64", "ES256", "{\"alg\":\"ES256\",\"kid\":\"p256\",\"b64\":true}", "TOKEN_MALFORMED"},
        {"a member twice", "ES256", "{\"alg\":\"none\",\"kid\":\"p256\",\"alg\":\"ES256\"}",
         "TOKEN_MALFORMED"},
        {"NUL in a text", "ES256", "{\"alg\":\"ES256\",\"kid\":\"p256\\u0000\"}",
         "TOKEN_MALFORMED"},
        {"bytes behind the object", "ES256", "{\"alg\":\"ES256\",\"kid\":\"p256\"}x",
         "TOKEN_MALFORMED"},
        {"typ logout+jwt", "ES256", "{\"alg\":\"ES256\",\"kid\":\"p256\",\"typ\":\"logout+jwt\"}",
         "TOKEN_TYPE"},
        {"typ dpop+jwt", "ES256", "{\"alg\":\"ES256\",\"kid\":\"p256\",\"typ\":\"dpop+jwt\"}",
         "TOKEN_TYPE"},
        {"typ secevent+jwt", "ES256",
         "{\"alg\":\"ES256\",\"kid\":\"p256\",\"typ\":\"secevent+jwt\"}", "TOKEN_TYPE"},
        {"typ at+jwt", "ES256", "{\"alg\":\"ES256\",\"kid\":\"p256\",\"typ\":\"at+jwt\"}", "none"}};

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        expect(table[i].rule,
               ask(ALL, all_keys(p), signer_sign(signer(table[i].by), table[i].header, GOOD, p), p),
               table[i].code);
}

T(claims)
{
    const struct {
        const char *rule, *claims, *code;
    } table[] = {
        {"exp is required", "{" CLAIMS "}", "TOKEN_CLAIMS"},
        {"exp is a number", "{" CLAIMS ",\"exp\":\"1795317200\"}", "TOKEN_CLAIMS"},
        {"exp has passed", "{" CLAIMS ",\"exp\":1795317000}", "TOKEN_EXPIRED"},
        {"nbf is to come", "{" CLAIMS ",\"exp\":1795317200,\"nbf\":1795317200}",
         "TOKEN_NOT_YET_VALID"},
        {"iat is to come", "{" CLAIMS ",\"exp\":1795317200,\"iat\":1795317200}",
         "TOKEN_NOT_YET_VALID"},
        {"iss of another", "{\"iss\":\"" ISSUER "/\",\"sub\":\"a\",\"aud\":\"us\"," TIMES "}",
         "TOKEN_ISSUER"},
        {"aud of another", "{\"iss\":\"" ISSUER "\",\"sub\":\"a\",\"aud\":\"them\"," TIMES "}",
         "TOKEN_AUDIENCE"},
        {"aud an object", "{\"iss\":\"" ISSUER "\",\"sub\":\"a\",\"aud\":{\"us\":1}," TIMES "}",
         "TOKEN_CLAIMS"},
        {"many aud without azp",
         "{\"iss\":\"" ISSUER "\",\"sub\":\"a\",\"aud\":[\"us\",\"them\"]," TIMES "}",
         "TOKEN_CLIENT"},
        {"no sub", "{\"iss\":\"" ISSUER "\",\"aud\":\"us\"," TIMES "}", "TOKEN_CLAIMS"},
        {"nonce: an ID token", "{" CLAIMS "," TIMES ",\"nonce\":\"n\"}", "TOKEN_IS_ID_TOKEN"},
        {"at_hash: an ID token", "{" CLAIMS "," TIMES ",\"at_hash\":\"n\"}", "TOKEN_IS_ID_TOKEN"},
        {"c_hash: an ID token", "{" CLAIMS "," TIMES ",\"c_hash\":\"n\"}", "TOKEN_IS_ID_TOKEN"},
        {"events: a logout token", "{" CLAIMS "," TIMES ",\"events\":{}}", "TOKEN_TYPE"},
        {"a claim twice", "{\"aud\":\"them\"," CLAIMS "," TIMES "}", "TOKEN_MALFORMED"},
        {"NUL in a claim", "{" CLAIMS "," TIMES ",\"a\":\"\\u0000\"}", "TOKEN_MALFORMED"},
        {"too deep",
         "{" CLAIMS "," TIMES
         ",\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}",
         "TOKEN_MALFORMED"},
        {"a list of claims", "[" GOOD "]", "TOKEN_MALFORMED"},
        {"no payload", "", "TOKEN_MALFORMED"}};

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        expect(table[i].rule,
               ask(ALL, all_keys(p), signer_token(signer("ES256"), table[i].claims, p), p),
               table[i].code);
}

T(keys)
{
    const char *good = signer_jwk(signer("ES256"), "", p), *weak = "AQAB";
    signer_t other = signer("ES384");
    const struct {
        const char *rule, *keys, *code;
    } table[] = {
        {"the key alone", good, "none"},
        {"use enc", signer_jwk(signer("ES256"), ",\"use\":\"enc\"", p), "TRUST_MISSING"},
        {"key_ops without verify", signer_jwk(signer("ES256"), ",\"key_ops\":[\"sign\"]", p),
         "TRUST_MISSING"},
        {"alg of the key is another", signer_jwk(signer("ES256"), ",\"alg\":\"ES384\"", p),
         "TRUST_MISSING"},
        {"a short RSA key beside it",
         apr_psprintf(p, "{\"kty\":\"RSA\",\"kid\":\"x\",\"n\":\"%s\",\"e\":\"AQAB\"},%s", weak,
                      good),
         "none"},
        {"an unknown kty beside it", apr_pstrcat(p, "{\"kty\":\"AKP\"},", good, NULL), "none"},
        {"one kid, two keys",
         apr_pstrcat(p, good, ",", (other.kid = "p256", signer_jwk(other, "", p)), NULL),
         "TRUST_MISSING"},
        {"a symmetric key beside it",
         apr_pstrcat(p, good, ",{\"kty\":\"oct\",\"k\":\"AAAA\"}", NULL), "TRUST_MISSING"},
        {"issuer of the key is another",
         signer_jwk(signer("ES256"), ",\"issuer\":\"https://other\"", p), "TOKEN_KEY_ISSUER"}};

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        expect(table[i].rule,
               ask("ES256", apr_pstrcat(p, "{\"keys\":[", table[i].keys, "]}", NULL),
                   signer_token(signer("ES256"), GOOD, p), p),
               table[i].code);
    expect("RS256 alone by default",
           ask("RS256", all_keys(p), signer_token(signer("RS256"), GOOD, p), p), "none");
}

T(texts)
{
    const char *good = signer_token(signer("ES256"), GOOD, p);
    const char *parts[3] = {good, strchr(good, '.') + 1, strrchr(good, '.') + 1};
    const char *header = apr_pstrmemdup(p, good, strcspn(good, "."));
    const char *payload = apr_pstrmemdup(p, parts[1], strcspn(parts[1], "."));
    const char *zeros = sso_base64url_encode(apr_pcalloc(p, 64), 64, p);
    const struct {
        const char *rule, *text, *code;
    } table[] = {
        {"two parts", apr_pstrcat(p, header, ".", payload, NULL), "TOKEN_MALFORMED"},
        {"no signature", apr_pstrcat(p, header, ".", payload, ".", NULL), "TOKEN_MALFORMED"},
        {"four parts", apr_pstrcat(p, good, ".AAAA", NULL), "TOKEN_MALFORMED"},
        {"five parts, as JWE", "e30.e30.e30.e30.e30", "TOKEN_MALFORMED"},
        {"JSON form", "{\"payload\":\"e30\",\"signatures\":[]}", "TOKEN_MALFORMED"},
        {"padding", apr_pstrcat(p, good, "==", NULL), "TOKEN_MALFORMED"},
        {"white space inside", apr_pstrcat(p, header, ". ", payload, ".", parts[2], NULL),
         "TOKEN_MALFORMED"},
        {"+ and /", apr_pstrcat(p, header, ".", payload, ".++//", NULL), "TOKEN_MALFORMED"},
        {"bits left over", apr_pstrcat(p, header, ".", payload, ".AB", NULL), "TOKEN_MALFORMED"},
        {"r and s are zero", apr_pstrcat(p, header, ".", payload, ".", zeros, NULL),
         "TOKEN_SIGNATURE"},
        {"r and s are too short", apr_pstrcat(p, header, ".", payload, ".AAAA", NULL),
         "TOKEN_SIGNATURE"},
        {"longer than 16 KiB", apr_psprintf(p, "%s.%016384d.AAAA", header, 0), "TOKEN_MALFORMED"}};

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        expect(table[i].rule, ask("ES256", all_keys(p), table[i].text, p), table[i].code);
}
