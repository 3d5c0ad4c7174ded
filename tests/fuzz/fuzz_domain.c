/* SPDX-License-Identifier: Apache-2.0 */
/* Target functions: sso_domain_normal, sso_domain_of_email, sso_domain_is. */
#include "fuzz.h"

#include "base/domain.h"

static void check(const char *normal, apr_pool_t *p)
{
    const char *again = sso_domain_normal(sso_span(normal), p);

    must(strlen(normal) >= 1 && strlen(normal) <= 253);
    must(strspn(normal, "abcdefghijklmnopqrstuvwxyz0123456789-.") == strlen(normal));
    must(normal[0] != '.' && normal[strlen(normal) - 1] != '.' && strstr(normal, "..") == NULL);
    /* What is in that form stays as it is, and is below what stands behind its first dot. */
    must(again != NULL && strcmp(again, normal) == 0);
    must(sso_domain_is(normal, normal));
    if (strchr(normal, '.') != NULL) {
        const char *above = strchr(normal, '.');
        must(sso_domain_is(normal, apr_pstrcat(p, "*", above, NULL)));
        must(!sso_domain_is(above + 1, apr_pstrcat(p, "*", above, NULL)));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    apr_pool_t *p = fuzz_pool();
    const char *text = apr_pstrmemdup(p, (const char *)bytes, length), *domain;
    const char *normal = sso_domain_normal(fuzz_span(bytes, length), p);
    sso_span_t local;

    if (normal != NULL)
        check(normal, p);
    domain = sso_domain_of_email(text, &local, p);
    if (domain == NULL)
        return 0;
    check(domain, p);
    must(local.len > 0 && local.at == text && text[local.len] == '@');
    must(strchr(text + local.len + 1, '@') == NULL);
    return 0;
}
