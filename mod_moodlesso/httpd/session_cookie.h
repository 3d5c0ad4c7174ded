/* SPDX-License-Identifier: Apache-2.0 */
/* session_cookie.h -- our own session in the browser: begun, kept alive, ended. */
#ifndef MOODLESSO_SESSION_COOKIE_H
#define MOODLESSO_SESSION_COOKIE_H

#include "httpd/config.h"
#include "sso/pipeline.h"

/* Begin a session of whom this source vouches for, in the frame or at the top level, wherever the
 * request comes from. `sid` is the provider's own id of its session, "" when it has none. False
 * when nothing can be sealed, or the browser does not speak https. */
bool moodlesso_session_begin(request_rec *r, const sso_source_t *source, const sso_identity_t *who,
                             const char *sid);

/* Is somebody known by a session that one of these sources started? */
void moodlesso_session_find(request_rec *r, const sso_source_t *const *sources, int count,
                            sso_decision_t *decision);

/* Write the cookie of the decision's session anew, when half of its idle time has gone. */
void moodlesso_session_renew(request_rec *r, const sso_decision_t *decision);

/* Have the browser forget its session, here (in the frame, or at the top level). */
void moodlesso_session_end(request_rec *r);

#endif
