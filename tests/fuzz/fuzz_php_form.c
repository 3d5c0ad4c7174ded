/* SPDX-License-Identifier: Apache-2.0 */
/* Target functions: sso_php_form_read, sso_php_form_read_multipart. The first line of the input is
 * the Content-Type. */
#include "fuzz.h"

#include "base/php_form.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    apr_pool_t *p = fuzz_pool();
    const uint8_t *end = memchr(bytes, '\n', length);
    size_t first = end ? (size_t)(end - bytes) : length;
    const char *type = apr_pstrmemdup(p, (const char *)bytes, first);
    sso_span_t body = fuzz_span(bytes + first, length - first);
    json_t *form = sso_php_form(p), *again = sso_php_form(p);

    if (sso_php_form_read(body, form, p)) {
        must(json_object_size(form) <= SSO_PHP_FORM_FIELDS);
        must(sso_php_form_read(body, again, p));
        must(json_equal(form, again));
    }
    sso_php_form_read_multipart(body, type, sso_php_form(p), p);
    return 0;
}
