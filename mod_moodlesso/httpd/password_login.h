/* SPDX-License-Identifier: Apache-2.0 */
/* password_login.h -- MoodleSSOPasswordLogin: Moodle's own password form, open or closed. */
#ifndef MOODLESSO_PASSWORD_LOGIN_H
#define MOODLESSO_PASSWORD_LOGIN_H

#include "httpd/config.h"

/* The directive: On, or Off [except ADDRESS[/BITS] ...]. NULL, or a sentence. */
const char *moodlesso_set_password_login(cmd_parms *cmd, void *directory, int argc,
                                         char *const argv[]);

/* The first of all handlers, so that it sees a request as it is answered, after every redirect
 * inside of httpd: 403 for a password sent to Moodle from elsewhere than the listed addresses, else
 * DECLINED. */
int moodlesso_refuse_password(request_rec *r);

#endif
