/* SPDX-License-Identifier: Apache-2.0 */
/* Target functions: sso_cookie_find, sso_cookie_sign, sso_cookie_first, sso_cookie_without,
 * sso_percent_decode. */
#include "fuzz.h"

#include "base/cookie.h"
#include "base/percent.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    apr_pool_t *p = fuzz_pool();
    const char *header = apr_pstrmemdup(p, (const char *)bytes, length);
    static const char *const names[] = {"MoodleSession", "a", "my_session"};
    sso_span_t decoded = sso_percent_decode(fuzz_span(bytes, length), p);

    must(decoded.len <= length);
    for (int i = 0; i < 3; i++) {
        sso_span_t value = {NULL, 0};
        sso_cookie_state_t state = sso_cookie_find(header, names[i], &value, p);

        must(state == SSO_COOKIE_ABSENT || strstr(header, sso_cookie_sign(names[i], p)) != NULL);
        must(state != SSO_COOKIE_FOUND || (value.at != NULL && value.len <= length));
        must(state != SSO_COOKIE_FOUND || sso_cookie_first(header, names[i], &value, p));
        must(!sso_cookie_first(sso_cookie_without(header, names[i], p), names[i], &value, p));
        /* A cookie put first is the one PHP takes: nothing behind it may give another value. */
        header = apr_pstrcat(p, names[i], "=first; ", header, NULL);
        state = sso_cookie_find(header, names[i], &value, p);
        must(state != SSO_COOKIE_ABSENT);
        must(state != SSO_COOKIE_FOUND || sso_span_equal(value, "first"));
    }
    return 0;
}
