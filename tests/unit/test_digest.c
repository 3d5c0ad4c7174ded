/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "base/digest.h"

/* RFC 7636 appendix B */
T(a_challenge_is_the_hash_of_its_verifier)
{
    assert_string_equal(sso_digest(sso_span("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"), p),
                        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    assert_string_equal(sso_digest(sso_span(""), p), "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
}

/* OpenID Connect Core A.3 */
T(half_a_hash_names_an_access_token)
{
    assert_string_equal(
        sso_digest_half("SHA256", sso_span("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"), p),
        "77QmUPtjPfzWtF2AnpK9RQ");
    assert_int_equal(strlen(sso_digest_half("SHA512", sso_span("x"), p)), 43);
    assert_null(sso_digest_half("SHA-no", sso_span("x"), p));
}

/* RFC 4231 4.3 */
T(a_keyed_hash_is_of_its_key)
{
    assert_string_equal(
        sso_digest_keyed(sso_span("Jefe"), sso_span("what do ya want for nothing?"), p),
        "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM");
    assert_string_not_equal(sso_digest_keyed(sso_span("a"), sso_span("x"), p),
                            sso_digest_keyed(sso_span("b"), sso_span("x"), p));
}
