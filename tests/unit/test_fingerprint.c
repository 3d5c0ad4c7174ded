/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "io/fingerprint.h"

T(source_scheme_and_secret_all_count)
{
    unsigned char key[SSO_FINGERPRINT_KEY] = "0123456789abcdef0123456789ABCDEF";
    sso_source_t one = {.number = 1}, two = {.number = 2};
    sso_credential_t c = {"n", sso_span("secret"), false}, s = c, d = c;
    sso_fingerprint_t f = sso_fingerprint(key, &one, &c, p), g;

    s.https = true;
    d.secret = sso_span("secres");
    g = sso_fingerprint(key, &one, &c, p);
    assert_true(f.low == g.low && f.high == g.high && f.low != f.high);
    g = sso_fingerprint(key, &two, &c, p);
    assert_true(f.low != g.low && f.high != g.high);
    g = sso_fingerprint(key, &one, &s, p);
    assert_true(f.low != g.low && f.high != g.high);
    g = sso_fingerprint(key, &one, &d, p);
    assert_true(f.low != g.low && f.high != g.high);
    key[31] = 'x';
    g = sso_fingerprint(key, &one, &c, p);
    assert_true(f.low == g.low && f.high != g.high);
}
