/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "sso/imprint.h"

T(a_kind_is_a_short_word)
{
    assert_true(sso_imprint_is_kind("sid"));
    assert_true(sso_imprint_is_kind("a_kind_of_16_let"));
    assert_false(sso_imprint_is_kind("a_kind_of_17_lett"));
    assert_false(sso_imprint_is_kind(""));
    assert_false(sso_imprint_is_kind("Sid"));
    assert_false(sso_imprint_is_kind("s'd"));
}

/* As `printf 'sid\nabc' | sha256sum` has it. */
T(the_digest_is_sha256_of_kind_and_text)
{
    assert_string_equal(sso_imprint_hex("sid", "abc", p),
                        "6be4e77c7aaa4205a84f23f30a3f4e67151a8d93957e5110cef5e85968848365");
    assert_string_not_equal(sso_imprint_hex("sid", "abc", p), sso_imprint_hex("subject", "abc", p));
    assert_string_not_equal(sso_imprint_hex("sid", "abc", p), sso_imprint_hex("sid", "abd", p));
    assert_int_equal(strlen(sso_imprint_hex("sid", "", p)), 64);
}

/* The tags stand in databases: every version of the module must make the same ones. */
T(tags_never_change)
{
    assert_int_equal(sso_imprint_tag("sid", "abc"), 0xbe422588fd0119c4);
    assert_int_equal(sso_imprint_tag("subject", "https://issuer.example\nalice"),
                     0xcc4946f23b4f70bd);
}

T(tags_differ_by_kind_and_by_text)
{
    assert_true(sso_imprint_tag("sid", "abc") != sso_imprint_tag("subject", "abc"));
    assert_true(sso_imprint_tag("sid", "abc") != sso_imprint_tag("sid", "abd"));
    assert_true(sso_imprint_tag("sid", "") != 0);
}
