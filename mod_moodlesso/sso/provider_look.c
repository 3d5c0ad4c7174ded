/* SPDX-License-Identifier: Apache-2.0 */
/* provider_look.c -- how a provider looks where people choose one: what may be written for it. */
#include "sso/provider_look.h"

#include "base/text.h"

#define MAX_ICON (64 * 1024) /* bytes, within a page */

/* Of URIs, without what ends an attribute, and without backslashes, which browsers take for '/'. */
#define PATH_BYTES \
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/?=&%+,:;@!$*()"

const char *sso_provider_icon_check(const char *icon)
{
    static const char *const kinds[] = {"data:image/png", "data:image/jpeg", "data:image/gif",
                                        "data:image/webp", "data:image/svg+xml"};
    sso_span_t whole = sso_span(icon);

    if (!sso_span_consists_of(whole, PATH_BYTES, MAX_ICON))
        return "icon= has at most 64 KiB, without blanks, quotes, # and the like; in data: write "
               "them as %XX, or use ;base64,";
    if (icon[0] == '/' && icon[1] != '/')
        return NULL;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        apr_size_t length = strlen(kinds[i]);

        if (strncmp(icon, kinds[i], length) == 0 && (icon[length] == ';' || icon[length] == ','))
            return NULL;
    }
    return "icon= is a path of this site, like /icons/entra.svg, or data:image/svg+xml,...; other "
           "sites' icons would tell them who signs in";
}

const char *sso_provider_color_check(const char *color)
{
    if (color[0] == '#' && strlen(color) == 7 &&
        sso_span_consists_of(sso_span(color + 1), "0123456789abcdefABCDEF", 6))
        return NULL;
    return "color= is written #rrggbb, like #0b57a4";
}
