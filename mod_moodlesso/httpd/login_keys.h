/* SPDX-License-Identifier: Apache-2.0 */
/* login_keys.h -- one-time login keys: issued to applications (key_issue.c), redeemed by people
 * (key_redeem.c). */
#ifndef MOODLESSO_LOGIN_KEYS_H
#define MOODLESSO_LOGIN_KEYS_H

#include <stdbool.h>

#include <httpd.h>

/* POST userkey: a login URL for whom a client names; and the wire form of Moodle's web service, by
 * GET, too. */
int moodlesso_key_issue(request_rec *r);

/* POST userkey/logout: all that began with keys for whom a client names is over. */
int moodlesso_key_logout(request_rec *r);

/* GET key/KEY?wantsurl=: a page that redeems the key. Asking for it spends nothing. */
int moodlesso_key_page(request_rec *r);

/* POST key: the key is spent, and its person signed in. */
int moodlesso_key_redeem(request_rec *r);

/* Has this address been wrong too often? If not, and it is wrong now, it is to be counted. */
bool moodlesso_key_is_throttled(request_rec *r);
void moodlesso_key_count_mistake(request_rec *r);

#endif
