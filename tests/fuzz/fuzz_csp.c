/* SPDX-License-Identifier: Apache-2.0 */
/* Target functions: sso_csp_look, sso_csp_edit, sso_csp_append, sso_csp_source_is_valid. */
#include "fuzz.h"

#include "base/csp.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    apr_pool_t *p = fuzz_pool();
    const char *value = apr_pstrmemdup(p, (const char *)bytes, length), *edited, *appended;
    apr_array_header_t *sources = apr_array_make(p, 2, sizeof(const char *));
    sso_csp_view_t before, after;

    APR_ARRAY_PUSH(sources, const char *) = "'self'";
    APR_ARRAY_PUSH(sources, const char *) = "https://t.example";
    sso_csp_source_is_valid(value, false);
    if (!sso_csp_look(value, &before))
        return 0;
    edited = sso_csp_edit(value, sources, false, p);
    must(strcmp(sso_csp_edit(edited, sources, false, p), edited) == 0);
    /* Our sources may make it longer than what is judged; else it says the same of itself. */
    if (sso_csp_look(edited, &after)) {
        must(after.policies >= before.policies);
        must(after.has_ancestors == before.names_ancestors);
        must(!after.forbids_ancestors);
    }
    if (!before.names_ancestors) {
        must(strcmp(edited, value) == 0);
        appended = sso_csp_append(value, sources, p);
        if (sso_csp_look(appended, &after))
            must(after.has_ancestors && !after.forbids_ancestors);
    }
    edited = sso_csp_edit(value, sources, true, p);
    must(strcmp(sso_csp_edit(edited, sources, true, p), edited) == 0);
    return 0;
}
