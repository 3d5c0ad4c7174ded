/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "base/random.h"

T(each_is_another_and_has_the_form_of_one)
{
    const char *one = sso_random(p), *other = sso_random(p);

    assert_string_not_equal(one, other);
    assert_true(sso_random_is_text(sso_span(one)));
    assert_true(sso_random_is_text(sso_span(other)));
}

T(what_is_shorter_longer_or_has_other_letters_is_none)
{
    const char *text = apr_pstrcat(p, sso_random(p), "A", NULL);

    assert_false(sso_random_is_text(sso_span(text)));
    assert_false(sso_random_is_text((sso_span_t){text, SSO_RANDOM_LENGTH - 1}));
    assert_false(sso_random_is_text(sso_span("")));
    assert_false(sso_random_is_text(sso_span("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.")));
}

T(keys_have_256_bits)
{
    const char *one = sso_random_key(p), *other = sso_random_key(p);

    assert_string_not_equal(one, other);
    assert_int_equal(strlen(one), SSO_RANDOM_KEY_LENGTH);
    assert_true(sso_random_is_key(sso_span(one)));
    assert_false(sso_random_is_key(sso_span(one + 1)));
    assert_false(sso_random_is_key(sso_span(apr_pstrcat(p, one, "A", NULL))));
    assert_false(sso_random_is_key(sso_span("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=")));
}
