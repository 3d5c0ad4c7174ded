/* SPDX-License-Identifier: Apache-2.0 */
/* password_login.h -- the places where Moodle itself takes a password. */
#ifndef SSO_PASSWORD_LOGIN_H
#define SSO_PASSWORD_LOGIN_H

#include "base/text.h"

typedef enum {
    SSO_NO_PASSWORD,
    SSO_PASSWORD_FORM, /* login/index.php: shows the form, and takes it by POST */
    SSO_PASSWORD_TOKEN /* login/token.php: takes username and password by any method */
} sso_password_place_t;

/* What a path leads to: a URL's or a file's, of a Moodle anywhere, with anything behind the script.
 * Upper and lower case are not told apart, as some file systems do not, nor are "/", "//" and
 * "%2F". */
sso_password_place_t sso_password_place(const char *path);

#endif
