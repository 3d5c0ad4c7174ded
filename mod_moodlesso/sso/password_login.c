/* SPDX-License-Identifier: Apache-2.0 */
/* password_login.c -- the places where Moodle itself takes a password. */
#include "sso/password_login.h"

#include <strings.h>

static bool is(sso_span_t part, const char *name)
{
    return sso_span_equal_nocase(part, sso_span(name));
}

/* Cut the next part of the path off; false when nothing is left. A slash that httpd leaves encoded
 * (AllowEncodedSlashes NoDecode) is one to the server behind it. */
static bool next_part(const char **rest, sso_span_t *part)
{
    const char *at = *rest;

    if (at == NULL)
        return false;
    while (*at != '\0' && *at != '/' && strncasecmp(at, "%2f", 3) != 0)
        at++;
    *part = (sso_span_t){*rest, (apr_size_t)(at - *rest)};
    *rest = *at == '\0' ? NULL : at + (*at == '/' ? 1 : 3);
    return true;
}

sso_password_place_t sso_password_place(const char *path)
{
    sso_span_t part;
    bool in_login = false, is_folder = false;

    while (next_part(&path, &part)) {
        is_folder = part.len == 0;
        if (is_folder)
            continue;
        if (in_login && is(part, "index.php"))
            return SSO_PASSWORD_FORM;
        if (in_login && is(part, "token.php"))
            return SSO_PASSWORD_TOKEN;
        in_login = is(part, "login");
    }
    /* Its index, where another server looks for it. */
    return in_login && is_folder ? SSO_PASSWORD_FORM : SSO_NO_PASSWORD;
}
