/* SPDX-License-Identifier: Apache-2.0 */
/* Target functions: sso_uri_parse, sso_uri_origin, sso_uri_same_origin. */
#include "fuzz.h"

#include "base/uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    apr_pool_t *p = fuzz_pool();
    sso_uri_t uri, again;

    if (!sso_uri_parse(apr_pstrmemdup(p, (const char *)bytes, length), &uri, p))
        return 0;
    must(uri.port >= 1 && uri.port <= 65535);
    must(strcmp(uri.scheme, "http") == 0 || strcmp(uri.scheme, "https") == 0);
    must(uri.host[0] != '\0' && strpbrk(uri.host, "@/\\ ?#") == NULL);
    must(uri.path[0] == '\0' || uri.path[0] == '/');
    /* What we write is read as what it was. */
    must(sso_uri_parse(apr_pstrcat(p, sso_uri_origin(&uri, p), uri.path, NULL), &again, p));
    must(sso_uri_same_origin(&uri, &again));
    must(strcmp(uri.path, again.path) == 0);
    return 0;
}
