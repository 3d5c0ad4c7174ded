/* SPDX-License-Identifier: Apache-2.0 */
/* Target functions: sso_json_parse, sso_json_at, sso_json_string_at, sso_json_integer_at. */
#include "fuzz.h"

#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    apr_pool_t *p = fuzz_pool();
    apr_int64_t number;
    json_t *value;

    if (!sso_json_parse(fuzz_span(bytes, length), 65536, &value, p))
        return 0;
    must(length > 0 && length <= 65536);
    sso_json_string_at(value, "user.name");
    sso_json_integer_at(value, "user.uid", &number);
    sso_json_at(value, "meta.links.me.meta.id");
    return 0;
}
