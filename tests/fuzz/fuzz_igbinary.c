/* SPDX-License-Identifier: Apache-2.0 */
/* Target functions: sso_igbinary_is, sso_igbinary_scalar. */
#include "fuzz.h"

#include "base/igbinary.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    sso_span_t text = fuzz_span(bytes, length);
    sso_php_value_t value;

    if (!sso_igbinary_scalar(text, &value))
        return 0;
    must(sso_igbinary_is(text));
    if (value.type == SSO_PHP_STRING && value.string.len > 0)
        must(value.string.at > text.at && value.string.at + value.string.len == text.at + text.len);
    return 0;
}
