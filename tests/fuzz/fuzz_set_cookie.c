/* SPDX-License-Identifier: Apache-2.0 */
/* Target functions: sso_frame_cookies_rename, _look, _map_back, _strip. */
#include "fuzz.h"

#include "base/set_cookie.h"
#include "sso/frame_cookies.h"

static const sso_frame_cookies_t *cookies_of(apr_pool_t *p)
{
    apr_array_header_t *words = apr_array_make(p, 2, sizeof(const char *));
    const sso_frame_cookies_t *cookies;

    APR_ARRAY_PUSH(words, const char *) = "S*";
    APR_ARRAY_PUSH(words, const char *) = "M";
    must(sso_frame_cookies_make(words, &cookies, p) == NULL);
    return cookies;
}

static void set(const sso_frame_cookies_t *cookies, const char *line, apr_pool_t *p)
{
    const char *renamed = sso_frame_cookies_rename(cookies, line, p);
    sso_span_t was = sso_set_cookie_name(line), is = sso_set_cookie_name(renamed);
    const char *original;

    if (renamed == line)
        return;
    original = sso_set_cookie_original(is.at);
    must(original + was.len == is.at + is.len && original > is.at);
    must(memcmp(original, was.at, was.len) == 0);
    must(sso_frame_cookies_rename(cookies, renamed, p) == renamed);
    must(strstr(renamed, "; Secure; SameSite=None; Partitioned") != NULL);
}

static void map(const sso_frame_cookies_t *cookies, const char *header, sso_twins_t twins,
                apr_pool_t *p)
{
    sso_frame_cookies_view_t view, before;
    const char *mapped = sso_frame_cookies_map_back(cookies, header, twins, &before, p);
    const char *stripped = sso_frame_cookies_strip(cookies, header, p);

    sso_frame_cookies_look(cookies, stripped, &view);
    must(!view.has_renamed);
    sso_frame_cookies_look(cookies, mapped, &view);
    if (twins == SSO_TWINS_DROPPED && !before.has_renamed)
        must(!view.has_plain);
    must(view.has_plain || !before.has_renamed);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    apr_pool_t *p = fuzz_pool();
    const char *text = apr_pstrmemdup(p, (const char *)bytes, length);
    const sso_frame_cookies_t *cookies = cookies_of(p);

    set(cookies, text, p);
    map(cookies, text, SSO_TWINS_SHADOWED, p);
    map(cookies, text, SSO_TWINS_DROPPED, p);
    return 0;
}
