/* SPDX-License-Identifier: Apache-2.0 */
/* check_frame.h -- what a page in a frame of Teams would get, as the merged configuration of its
 * path says. */
#ifndef SSO_CHECK_FRAME_H
#define SSO_CHECK_FRAME_H

#include "sso/check.h"
#include "sso/frame.h"
#include "sso/frame_cookies.h"

/* One path of the site. */
typedef struct sso_check_frame_t {
    const char *path;                    /* "/" */
    const char *origin;                  /* ours, as people's browsers know it */
    bool is_https;                       /* as far as httpd knows */
    bool is_given;                       /* by MoodleSSOBaseURL, not by the connection */
    const sso_frame_t *frame;            /* NULL: Off */
    const sso_frame_cookies_t *cookies;  /* NULL: Off */
    const apr_array_header_t *of_moodle; /* const char *: names of Moodle's session cookies */
    const apr_array_header_t *of_others; /* likewise of Drupal */
} sso_check_frame_t;

/* The lines frames.https, frames.ancestors and frames.cookie.NAME; a single one where nothing of
 * frames is configured. */
void sso_check_frame(sso_check_t *check, const sso_check_frame_t *at);

#endif
