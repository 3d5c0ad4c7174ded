/* SPDX-License-Identifier: Apache-2.0 */
/* Target functions: sso_mustache_compile, sso_mustache_check, sso_mustache_fill, sso_html_escape.
 */
#include "fuzz.h"

#include "base/mustache.h"

#define MARKUP "<i>'\"&"

static const sso_mustache_t *part_of(const void *context, sso_span_t name)
{
    return sso_span_equal(name, "part") ? context : NULL;
}

/* Values of each kind; those that are texts have markup in them. */
static json_t *values(void)
{
    return json_pack("{s:s, s:s, s:{s:s}, s:[s, s], s:[{s:s}, {s:s}], s:b, s:b, s:i, s:n, s:[]}",
                     "name", MARKUP, "empty", "", "a", "b", MARKUP, "list", MARKUP, "x", "items",
                     "name", "n", "title", MARKUP, "yes", 1, "no", 0, "number", 42, "null", "none");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    apr_pool_t *p = fuzz_pool();
    const sso_mustache_t *compiled;
    sso_span_t filled;
    json_t *object;

    if (sso_mustache_compile(fuzz_span(bytes, length), &compiled, p) != NULL)
        return 0;
    sso_mustache_check(compiled, part_of, compiled, p);
    object = values();
    must(object != NULL);
    if (sso_mustache_fill(compiled, object, part_of, compiled, &filled, p)) {
        must(filled.len <= SSO_MUSTACHE_MAX_OUTPUT && filled.at[filled.len] == '\0');
        /* What the text does not have, no value brings in. */
        for (const char *byte = "<>'\""; *byte != '\0'; byte++)
            must(length == 0 || memchr(bytes, *byte, length) != NULL ||
                 memchr(filled.at, *byte, filled.len) == NULL);
    }
    json_decref(object);
    return 0;
}
