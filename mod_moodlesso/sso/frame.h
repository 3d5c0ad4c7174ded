/* SPDX-License-Identifier: Apache-2.0 */
/* frame.h -- who may show our pages in a frame: MoodleSSOFrameAncestors, and what it does to the
 * headers of a response. */
#ifndef SSO_FRAME_H
#define SSO_FRAME_H

#include <apr_tables.h>

#include "base/uri.h"

typedef enum {
    SSO_FRAME_OFF,
    SSO_FRAME_MERGE,   /* the application's ancestors and ours */
    SSO_FRAME_REPLACE, /* ours alone */
    SSO_FRAME_ABSENT   /* ours where the application says nothing about frames */
} sso_frame_mode_t;

/* Read-only once the configuration is read. */
typedef struct sso_frame_t {
    sso_frame_mode_t mode;
    bool respect_none;           /* 'none' and X-Frame-Options: DENY of the application stand */
    bool unsafe_any;             /* "*", "http:", "https:" were allowed */
    apr_array_header_t *sources; /* const char *, 'self' first */
    const char *directive;       /* "frame-ancestors ..." of the sources */
} sso_frame_t;

/* Make a frame policy from the directive's words: an optional mode, then sources, presets and the
 * words respect-none and unsafe-any. Answers a sentence when one is wrong. */
const char *sso_frame_make(const apr_array_header_t *words, const sso_frame_t **frame,
                           apr_pool_t *p);

/* May this https origin (as the Origin header has it) frame our pages, the origin `own`? What the
 * application's own policy adds is not known here. */
bool sso_frame_allows(const sso_frame_t *frame, const char *origin, const sso_uri_t *own,
                      apr_pool_t *p);

/* The headers of a response that speak of frames. */
typedef struct sso_frame_headers_t {
    apr_array_header_t *policies; /* const char **: places of Content-Security-Policy values, in
                                     the order they go out; edited in place */
    const char *x_frame_options;  /* NULL when there is none */
    const char *added;            /* answer: one more Content-Security-Policy to send, or NULL */
    bool drop_x_frame_options;    /* answer: an enforced policy with frame-ancestors goes out */
    bool too_large;               /* answer: left alone, as it could not be judged */
} sso_frame_headers_t;

/* Apply the policy (CSP3 6.4.2; HTML "check X-Frame-Options": ignored once an enforced policy has
 * frame-ancestors). Doing it twice changes nothing more. On any doubt never loosens. */
void sso_frame_apply(const sso_frame_t *frame, sso_frame_headers_t *headers, apr_pool_t *p);

#endif
