/* SPDX-License-Identifier: Apache-2.0 */
/* sign_out.h -- a person signs out here, and at the provider. */
#ifndef MOODLESSO_SIGN_OUT_H
#define MOODLESSO_SIGN_OUT_H

#include <httpd.h>

/* GET logout?return=: a page that asks whether. */
int moodlesso_sign_out_page(request_rec *r);

/* POST logout?return=: the session ends here, on every node and in frames that share it, and the
 * browser goes on to the provider's own logout, if that has one. */
int moodlesso_sign_out(request_rec *r);

/* The session ends likewise. Answers where the provider goes on with it, and then to `back`, an
 * absolute URL; NULL: nowhere. */
const char *moodlesso_sign_out_here(request_rec *r, const char *back);

#endif
