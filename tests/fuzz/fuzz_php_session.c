/* SPDX-License-Identifier: Apache-2.0 */
/* Target functions: sso_php_session_find, sso_php_scalar, sso_php_integer. */
#include "fuzz.h"

#include "base/php_session.h"

static void inside(sso_span_t whole, const sso_php_value_t *value)
{
    if (value->type == SSO_PHP_STRING && value->string.len > 0)
        must(value->string.at >= whole.at &&
             value->string.at + value->string.len <= whole.at + whole.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    sso_span_t text = fuzz_span(bytes, length);
    sso_php_value_t value;
    apr_int64_t number;

    if (sso_php_session_find(text, "SESSION", "tool_mfa_authenticated", &value))
        inside(text, &value);
    if (sso_php_session_find(text, "_sf2_attributes", "uid", &value))
        inside(text, &value);
    if (sso_php_session_find(text, "a", NULL, &value))
        inside(text, &value);
    if (sso_php_scalar(text, &value)) {
        inside(text, &value);
        sso_php_integer(&value, &number);
    }
    return 0;
}
