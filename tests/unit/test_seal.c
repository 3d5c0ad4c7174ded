/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include <apr_hash.h>

#include "base/base64url.h"
#include "base/seal.h"

#define OLD "0123456789abcdef0123456789abcdef"
#define NEW "fedcba9876543210fedcba9876543210"

static sso_seal_t seal_of(const char *first, const char *second, const char *purpose)
{
    sso_seal_t seal = {0};

    assert_true(sso_seal_add(&seal, sso_span(first), purpose));
    if (second != NULL)
        assert_true(sso_seal_add(&seal, sso_span(second), purpose));
    return seal;
}

T(what_was_sealed_is_opened)
{
    sso_seal_t seal = seal_of(NEW, NULL, "session");
    const char *sealed = sso_seal(&seal, sso_span("host"), sso_span("text"), p);
    sso_span_t text;

    assert_true(sso_seal_open(&seal, sso_span("host"), sso_span(sealed), &text, p));
    assert_span(text, "text");
    assert_true(sso_seal_open(&seal, sso_span(""),
                              sso_span(sso_seal(&seal, sso_span(""), sso_span(""), p)), &text, p));
    assert_int_equal(text.len, 0);
}

T(no_two_seals_have_the_same_nonce)
{
    sso_seal_t seal = seal_of(NEW, NULL, "session");
    apr_hash_t *nonces = apr_hash_make(p);

    for (int i = 0; i < 20000; i++) {
        sso_span_t sealed;

        assert_true(sso_base64url_decode(sso_span(sso_seal(&seal, sso_span("h"), sso_span("t"), p)),
                                         &sealed, p));
        apr_hash_set(nonces, sealed.at + 4, 12, sealed.at);
    }
    assert_int_equal(apr_hash_count(nonces), 20000);
}

T(another_host_purpose_or_secret_does_not_open_it)
{
    sso_seal_t seal = seal_of(NEW, NULL, "session"), other = seal_of(NEW, NULL, "state"),
               old = seal_of(OLD, NULL, "session");
    sso_span_t sealed = sso_span(sso_seal(&seal, sso_span("host"), sso_span("text"), p)), text;

    assert_false(sso_seal_open(&seal, sso_span("hos"), sealed, &text, p));
    assert_false(sso_seal_open(&seal, sso_span("hostx"), sealed, &text, p));
    assert_false(sso_seal_open(&other, sso_span("host"), sealed, &text, p));
    assert_false(sso_seal_open(&old, sso_span("host"), sealed, &text, p));
}

T(after_a_rotation_the_old_ones_still_open)
{
    sso_seal_t old = seal_of(OLD, NULL, "session"), both = seal_of(NEW, OLD, "session"),
               seal = seal_of(NEW, NULL, "session");
    sso_span_t sealed = sso_span(sso_seal(&old, sso_span("h"), sso_span("t"), p)), text;

    assert_true(sso_seal_open(&both, sso_span("h"), sealed, &text, p));
    sealed = sso_span(sso_seal(&both, sso_span("h"), sso_span("t"), p));
    assert_true(sso_seal_open(&seal, sso_span("h"), sealed, &text, p));
    assert_false(sso_seal_open(&old, sso_span("h"), sealed, &text, p));
}

T(no_changed_byte_is_opened)
{
    sso_seal_t seal = seal_of(NEW, OLD, "session");
    const char *sealed = sso_seal(&seal, sso_span("host"), sso_span("some text"), p);
    sso_span_t bytes, text;

    assert_true(sso_base64url_decode(sso_span(sealed), &bytes, p));
    for (apr_size_t i = 0; i < bytes.len * 8; i++) {
        char *changed = apr_pmemdup(p, bytes.at, bytes.len);
        changed[i / 8] = (char)(changed[i / 8] ^ (1 << i % 8));
        assert_false(sso_seal_open(&seal, sso_span("host"),
                                   sso_span(sso_base64url_encode(changed, bytes.len, p)), &text,
                                   p));
    }
    for (apr_size_t length = 0; length < strlen(sealed); length++)
        assert_false(
            sso_seal_open(&seal, sso_span("host"), (sso_span_t){sealed, length}, &text, p));
}

T(a_short_secret_is_none)
{
    sso_seal_t seal = {0};

    assert_false(sso_seal_add(&seal, sso_span("short"), "session"));
    assert_null(sso_seal(&seal, sso_span("h"), sso_span("t"), p));
    seal = seal_of(NEW, OLD, "session");
    assert_false(sso_seal_add(&seal, sso_span(OLD), "session"));
}
