/* SPDX-License-Identifier: Apache-2.0 */
/* Project Wycheproof's cases for JWS and JWK (github.com/C2SP/wycheproof, testvectors_v1), read
 * from the folder that WYCHEPROOF names, else from ../shared/vectors/wycheproof: every case as its
 * file says, but for
 *   - symmetric keys (HS256 and so on): refused by rule, whatever the file says, since a public set
 *     is no place for them. That their texts are read rightly is checked with an HMAC made here;
 *   - the cases of `stricter`. */
#include "runner.h"

#include <stdio.h>
#include <stdlib.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/base64url.h"
#include "base/jwks.h"
#include "base/jws.h"

static const struct {
    const char *file;
    int id; /* tcId: "valid" there, refused here */
    const char *why;
} stricter[] = {
    {"json_web_signature_test.json", 346, "the header says PS384, the key is for PS256"},
    {"json_web_signature_test.json", 350, "the header says PS384, the key is for PS256"},
    {"json_web_signature_test.json", 347, "the key is for \"ES521\", which is no algorithm"},
    {"json_web_signature_test.json", 351, "the key is for \"ES521\", which is no algorithm"},
    {"json_web_signature_test.json", 372, "a letter that is not base64url inside the header"},
    {"json_web_signature_test.json", 373, "a letter that is not base64url inside the payload"},
};

typedef struct count_t {
    int cases, accepted, symmetric, stricter;
} count_t;

static json_t *load(const char *file, apr_pool_t *p)
{
    const char *folder = getenv("WYCHEPROOF");
    const char *path =
        apr_pstrcat(p, folder ? folder : "../shared/vectors/wycheproof", "/", file, NULL);
    json_error_t error;
    json_t *value = json_load_file(path, JSON_REJECT_DUPLICATES, &error);

    if (value == NULL)
        printf("# skipped: %s cannot be read; WYCHEPROOF= names the folder\n", path);
    return value;
}

static bool is_stricter(const char *file, json_int_t id)
{
    for (size_t i = 0; i < sizeof(stricter) / sizeof(stricter[0]); i++) {
        if (stricter[i].id == id && strcmp(stricter[i].file, file) == 0)
            return true;
    }
    return false;
}

/* Cases 367 and 370 are about padding, but their texts have none: they are that of 357, which is
 * valid. */
static bool is_lost(const char *file, json_int_t id)
{
    return strcmp(file, "json_web_signature_test.json") == 0 && (id == 367 || id == 370);
}

static const char *text_of(const json_t *value, apr_pool_t *p)
{
    char *text;
    const char *copy;

    if (json_is_string(value))
        return json_string_value(value);
    text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    copy = apr_pstrdup(p, text);
    free(text);
    return copy;
}

static bool accepts(const json_t *key, const char *text, apr_pool_t *p)
{
    const char *set_text = text_of(key, p);
    const sso_jwks_t *set;
    const sso_jwk_t *found;
    sso_jws_t jws;

    if (json_object_get(key, "keys") == NULL)
        set_text = apr_pstrcat(p, "{\"keys\":[", set_text, "]}", NULL);
    set = sso_jwks_parse(sso_span(set_text), p);
    if (set == NULL || !sso_jws_parse(sso_span(text), &jws, p))
        return false;
    found = sso_jwks_find(set, jws.kid);
    return found != NULL && sso_jws_verify(&jws, found);
}

static bool hmac_holds(const json_t *key, const char *text, apr_pool_t *p)
{
    unsigned char made[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    sso_span_t secret;
    sso_jws_t jws;

    if (!sso_jws_parse(sso_span(text), &jws, p))
        return false;
    assert_true(
        sso_base64url_decode(sso_span(json_string_value(json_object_get(key, "k"))), &secret, p));
    HMAC(EVP_sha256(), secret.at, (int)secret.len, (const unsigned char *)jws.message.at,
         jws.message.len, made, &length);
    return jws.signature.len == length && memcmp(made, jws.signature.at, length) == 0;
}

static void try_case(const char *file, const json_t *key, const json_t *test, count_t *count,
                     apr_pool_t *p)
{
    const json_t *kty = json_object_get(key, "kty"), *jws = json_object_get(test, "jws");
    json_int_t id = json_integer_value(json_object_get(test, "tcId"));
    bool is_valid = strcmp(json_string_value(json_object_get(test, "result")), "valid") == 0;
    bool is_set = json_object_get(key, "keys") != NULL;
    const json_t *one = is_set ? json_array_get(json_object_get(key, "keys"), 0) : key;
    const char *text = text_of(jws, p);

    count->cases++;
    if (is_stricter(file, id)) {
        count->stricter++;
        is_valid = false;
    }
    if (strcmp(json_string_value(json_object_get(one, "kty")), "oct") == 0) {
        count->symmetric++;
        if (kty != NULL && strcmp(file, "json_web_key_test.json") != 0 && !is_lost(file, id) &&
            hmac_holds(key, text, p) != is_valid)
            fail_msg("%s tcId %d: read wrongly", file, (int)id);
        is_valid = false;
    }
    if (accepts(key, text, p) != is_valid)
        fail_msg("%s tcId %d should be %s", file, (int)id, is_valid ? "accepted" : "refused");
    count->accepted += is_valid;
}

static void try_file(const char *file, count_t expected, apr_pool_t *p)
{
    json_t *all = load(file, p), *groups;
    count_t count = {0};

    if (all == NULL)
        return;
    groups = json_object_get(all, "testGroups");
    for (size_t i = 0; i < json_array_size(groups); i++) {
        const json_t *group = json_array_get(groups, i), *key = json_object_get(group, "public");
        const json_t *tests = json_object_get(group, "tests");

        if (key == NULL)
            key = json_object_get(group, "private");
        for (size_t j = 0; j < json_array_size(tests); j++) {
            if (json_object_get(json_array_get(tests, j), "jws") != NULL)
                try_case(file, key, json_array_get(tests, j), &count, p);
        }
    }
    json_decref(all);
    assert_int_equal(count.cases, expected.cases);
    assert_int_equal(count.accepted, expected.accepted);
    assert_int_equal(count.symmetric, expected.symmetric);
    assert_int_equal(count.stricter, expected.stricter);
}

T(json_web_signature)
{
    try_file("json_web_signature_test.json", (count_t){401, 32, 40, 6}, p);
}

T(json_web_key)
{
    try_file("json_web_key_test.json", (count_t){26, 1, 15, 0}, p);
}

/* Of this file the signatures; encryption is not spoken here. */
T(json_web_crypto)
{
    try_file("json_web_crypto_test.json", (count_t){49, 2, 20, 0}, p);
}
