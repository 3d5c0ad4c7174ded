/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "sso/identity.h"

static sso_identity_t *alice(apr_pool_t *p)
{
    sso_identity_t *who = apr_pcalloc(p, sizeof(*who));

    sso_identity_set(who, SSO_CLAIM_SUBJECT, "2", p);
    sso_identity_set(who, SSO_CLAIM_USERNAME, "alice", p);
    sso_identity_set_list(who, SSO_CLAIM_ROLES,
                          "teacher\x1f"
                          "content, editor\x1f"
                          "a|b",
                          '\x1f', p);
    sso_identity_add(who, "city", "Graz", p);
    sso_identity_add(who, "phone", "1", p);
    who->expires = 5;
    who->vouched_at = 3;
    return who;
}

T(claims_are_found_by_name)
{
    sso_identity_t *who = alice(p);

    assert_string_equal(sso_identity_claim(who, "subject"), "2");
    assert_string_equal(sso_identity_claim(who, "city"), "Graz");
    assert_null(sso_identity_claim(who, "email"));
    assert_null(sso_identity_claim(who, "none"));
    assert_string_equal(sso_claim_variable(SSO_CLAIM_ROLES), "MOODLESSO_ROLES");
}

T(a_value_that_holds_the_separator_does_not_become_two)
{
    sso_identity_t *who = alice(p);

    assert_true(sso_identity_has(who, "roles", "teacher"));
    assert_true(sso_identity_has(who, "roles", "content, editor"));
    assert_true(sso_identity_has(who, "roles", "a b"));
    assert_false(sso_identity_has(who, "roles", "a"));
    assert_false(sso_identity_has(who, "roles", "b"));
    assert_false(sso_identity_has(who, "email", ""));
    sso_identity_set(who, SSO_CLAIM_NAME, "x|admin", p);
    sso_identity_add(who, "title", "x|admin", p);
    assert_false(sso_identity_has(who, "name", "admin"));
    assert_false(sso_identity_has(who, "title", "admin"));
    assert_true(sso_identity_has(who, "name", "x|admin"));
    assert_true(sso_identity_has(who, "title", "x|admin"));
}

T(an_email_is_verified_where_the_issuer_says_so)
{
    sso_identity_t *who = alice(p);

    assert_null(sso_identity_verified_email(who));
    sso_identity_add(who, "email_verified", "true", p);
    assert_null(sso_identity_verified_email(who));
    sso_identity_set(who, SSO_CLAIM_EMAIL, "alice@example.test", p);
    assert_string_equal(sso_identity_verified_email(who), "alice@example.test");
    for (int i = 0; i < 3; i++) {
        const char *const others[] = {"false", "1", "TRUE"};

        who = alice(p);
        sso_identity_set(who, SSO_CLAIM_EMAIL, "alice@example.test", p);
        assert_null(sso_identity_verified_email(who));
        sso_identity_add(who, "email_verified", others[i], p);
        assert_null(sso_identity_verified_email(who));
    }
}

T(values_are_clean_and_carry_no_semicolon)
{
    sso_identity_t *who = alice(p);

    sso_identity_set(who, SSO_CLAIM_NAME, "A;b\nc\xff", p);
    assert_string_equal(who->claims[SSO_CLAIM_NAME], "A,b c\xef\xbf\xbd");
    sso_identity_set(who, SSO_CLAIM_NAME, "", p);
    assert_null(who->claims[SSO_CLAIM_NAME]);
    sso_identity_set(who, SSO_CLAIM_NAME, NULL, p);
    sso_identity_add(who, "empty", "", p);
    assert_int_equal(who->extra_count, 2);
}

T(what_is_packed_is_unpacked)
{
    sso_identity_t *who = alice(p), *again;
    const sso_error_t *error;
    char bytes[1000];
    apr_size_t used, needed;

    assert_false(sso_identity_pack(who, NULL, NULL, 0, &needed));
    assert_true(sso_identity_pack(who, NULL, bytes, sizeof(bytes), &used));
    assert_int_equal(used, needed);
    assert_true(sso_identity_unpack(bytes, used, &again, &error, p));
    assert_null(error);
    assert_int_equal(again->expires, 5);
    assert_int_equal(again->vouched_at, 3);
    assert_string_equal(sso_identity_claim(again, "username"), "alice");
    assert_string_equal(sso_identity_claim(again, "city"), "Graz");
    assert_string_equal(sso_identity_claim(again, "phone"), "1");
    assert_null(sso_identity_claim(again, "email"));
}

T(an_error_is_packed_in_place_of_an_identity)
{
    sso_identity_t *who;
    const sso_error_t *error;
    char bytes[1000];
    apr_size_t used;

    assert_true(
        sso_identity_pack(NULL, sso_error(SSO_USER_SUSPENDED), bytes, sizeof(bytes), &used));
    assert_true(sso_identity_unpack(bytes, used, &who, &error, p));
    assert_null(who);
    assert_error(error, USER_SUSPENDED);
}

T(too_small_is_said_and_nothing_is_written_beyond)
{
    char bytes[1000];
    apr_size_t used, needed;

    sso_identity_pack(alice(p), NULL, NULL, 0, &needed);
    for (apr_size_t size = 0; size < needed; size++) {
        memset(bytes, 'x', sizeof(bytes));
        assert_false(sso_identity_pack(alice(p), NULL, bytes, size, &used));
        assert_int_equal(bytes[size], 'x');
    }
}

T(broken_bytes_are_refused_and_never_read_beyond)
{
    sso_identity_t *who;
    const sso_error_t *error;
    char bytes[1000];
    apr_size_t used;

    sso_identity_pack(alice(p), NULL, bytes, sizeof(bytes), &used);
    for (apr_size_t size = 0; size < used; size++)
        assert_false(sso_identity_unpack(apr_pmemdup(p, bytes, size), size, &who, &error, p));
    for (int round = 0; round < 20000; round++) {
        char *broken = apr_pmemdup(p, bytes, used);
        broken[runner_random((unsigned)used)] = (char)runner_random(256);
        if (sso_identity_unpack(broken, used, &who, &error, p) && who != NULL) {
            for (int i = 0; i < SSO_CLAIM_COUNT; i++)
                assert_true(who->claims[i] == NULL || strlen(who->claims[i]) < used);
        }
        if (round % 100 == 0) {
            apr_pool_clear(p);
        }
    }
}
