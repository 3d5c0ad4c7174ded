/* SPDX-License-Identifier: Apache-2.0 */
/* frame_cookies.h -- MoodleSSOFrameCookies: which cookies get a life of their own inside frames,
 * out in responses and back in requests. */
#ifndef SSO_FRAME_COOKIES_H
#define SSO_FRAME_COOKIES_H

#include <apr_tables.h>

#include "base/text.h"

/* Read-only once the configuration is read. */
typedef struct sso_frame_cookies_t {
    apr_array_header_t *patterns; /* NULL: Off */
    bool begins[256];             /* by byte: may a listed or renamed name begin with it? */
} sso_frame_cookies_t;

/* From the directive's words: names, or beginnings of names with '*' behind; or Off.
 * Answers a sentence when one is wrong. */
const char *sso_frame_cookies_make(const apr_array_header_t *words,
                                   const sso_frame_cookies_t **cookies, apr_pool_t *p);

/* No cookie of an application, our mark alone: for a session of ours in a frame. */
extern const sso_frame_cookies_t sso_frame_cookies_none;

/* Set-Cookie: the line for a frame; the same pointer when its name is not listed. */
const char *sso_frame_cookies_rename(const sso_frame_cookies_t *cookies, const char *set_cookie,
                                     apr_pool_t *p);

/* A cookie that is set in every frame beside the application's: where the browser does not say that
 * a request comes from a frame, this does. Partitioned, so the top level never has it. */
#define SSO_FRAME_MARK "__Host-moodlesso-frame"

/* What a Cookie header has. */
typedef struct sso_frame_cookies_view_t {
    bool has_renamed; /* listed, set inside a frame by us */
    bool has_plain;   /* listed, set at the top level, or before we were here */
    bool has_mark;    /* SSO_FRAME_MARK */
} sso_frame_cookies_view_t;

/* `header` may be NULL: there is none. */
void sso_frame_cookies_look(const sso_frame_cookies_t *cookies, const char *header,
                            sso_frame_cookies_view_t *view);

/* What becomes of listed cookies under their own name. */
typedef enum {
    SSO_TWINS_SHADOWED, /* they go where a renamed cookie of the same name came too */
    SSO_TWINS_DROPPED   /* they go: they belong to the top level, the request to a frame */
} sso_twins_t;

/* Cookie: the header with renamed cookies under their own name again, each in its place, and
 * without our mark; NULL when nothing is left. `view` is what it had. */
const char *sso_frame_cookies_map_back(const sso_frame_cookies_t *cookies, const char *header,
                                       sso_twins_t twins, sso_frame_cookies_view_t *view,
                                       apr_pool_t *p);

/* Cookie: the header without renamed cookies and our mark; over plain http they cannot be genuine.
 */
const char *sso_frame_cookies_strip(const sso_frame_cookies_t *cookies, const char *header,
                                    apr_pool_t *p);

#endif
