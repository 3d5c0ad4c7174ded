/* SPDX-License-Identifier: Apache-2.0 */
/* password_login.c -- the places where Moodle itself takes a password. */
#include "sso/password_login.h"

static bool is(sso_span_t part, const char *name)
{
    return sso_span_equal_nocase(part, sso_span(name));
}

sso_password_place_t sso_password_place(const char *path)
{
    sso_span_t rest = sso_span(path), part;
    bool in_login = false;

    while (rest.at != NULL && sso_span_next(&rest, '/', &part)) {
        if (part.len == 0)
            continue;
        if (in_login && is(part, "index.php"))
            return SSO_PASSWORD_FORM;
        if (in_login && is(part, "token.php"))
            return SSO_PASSWORD_TOKEN;
        in_login = is(part, "login");
    }
    return SSO_NO_PASSWORD;
}
