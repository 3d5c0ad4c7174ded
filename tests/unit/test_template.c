/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "sso/template.h"

T(claims_are_filled_in)
{
    const sso_template_t *t;
    sso_identity_t who = {0};

    who.claims[SSO_CLAIM_GIVEN_NAME] = "A";
    who.claims[SSO_CLAIM_FAMILY_NAME] = "B";
    sso_identity_add(&who, "city", "C", p);
    assert_null(sso_template_parse("%{given_name} %{family_name}, 100%% %{city}", &t, p));
    assert_string_equal(sso_template_fill(t, &who, p), "A B, 100% C");
    assert_null(sso_template_parse("fixed", &t, p));
    assert_string_equal(sso_template_fill(t, &who, p), "fixed");
    assert_null(sso_template_parse("%{given_name}%{email}", &t, p));
    assert_null(sso_template_fill(t, &who, p));
}

T(mistakes_are_sentences)
{
    const char *wrong[] = {"%", "%x", "%{", "%{}", "%{a", "100%"};
    const sso_template_t *t;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_sentence(sso_template_parse(wrong[i], &t, p), "%{claim}");
    assert_sentence(sso_template_parse("", &t, p), "empty");
}
