/* SPDX-License-Identifier: Apache-2.0 */
/* check_sent.h -- what a page says of frames when it reaches a browser, whatever stands in front of
 * this server. */
#ifndef SSO_CHECK_SENT_H
#define SSO_CHECK_SENT_H

#include "sso/check.h"
#include "sso/frame.h"

/* One request to ourselves, as a browser sends it. */
typedef struct sso_check_sent_t {
    const char *url;           /* NULL: not known, as there is no MoodleSSOBaseURL */
    const char *why;           /* it could not be asked; NULL: it was */
    const apr_table_t *fields; /* of the answer's header */
} sso_check_sent_t;

/* The line frames.sent: good when `frame` would change nothing in the answer. */
void sso_check_sent(sso_check_t *check, const sso_frame_t *frame, const sso_check_sent_t *sent);

#endif
