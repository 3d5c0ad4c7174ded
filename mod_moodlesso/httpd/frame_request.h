/* SPDX-License-Identifier: Apache-2.0 */
/* frame_request.h -- requests from inside frames: told apart, their cookies mapped back, the guard,
 * and storage access. */
#ifndef MOODLESSO_FRAME_REQUEST_H
#define MOODLESSO_FRAME_REQUEST_H

#include "httpd/context.h"

/* header_parser: before anybody reads the cookies of a request. */
int moodlesso_frame_request(request_rec *r);

/* Whose cookies are parted in frames here: those of MoodleSSOFrameCookies; without, our own alone
 * where sessions of ours are begun; NULL: nobody's. */
const sso_frame_cookies_t *moodlesso_frame_cookies(request_rec *r);

/* What is known of the frame that this request comes from; NULL when nothing was asked. */
moodlesso_framed_t *moodlesso_framed(const request_rec *r);

/* Does the request come from inside a frame of another site? */
bool moodlesso_is_embedded(request_rec *r);

#endif
