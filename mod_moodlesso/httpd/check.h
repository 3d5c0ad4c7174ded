/* SPDX-License-Identifier: Apache-2.0 */
/* check.h -- moodlesso-check: everything that is configured here tested line by line, what rules
 * find, and the switches of sources. */
#ifndef MOODLESSO_CHECK_H
#define MOODLESSO_CHECK_H

#include <jansson.h>

#include "httpd/config.h"
#include "sso/check.h"

/* For the whole test; what is not reached in time is said to be untested. */
#define MOODLESSO_CHECK_TIME apr_time_from_sec(9)

/* What one test found. */
typedef struct moodlesso_checked_t {
    sso_check_t check;
    json_t *sources;  /* {NAME: {"kind", "on"}} */
    json_t *services; /* {NAME: {...}}, NULL: there are none */
    json_t *matches;  /* of ?match=, NULL: not asked for */
} moodlesso_checked_t;

/* Test databases, Redises, sites, issuers and the store: lines of `check`, and `services`
 * (check_sources.c). `world` may be NULL. */
void moodlesso_check_sources(request_rec *r, sso_world_t *world, moodlesso_checked_t *checked,
                             apr_time_t deadline);

/* What a frame would get at this path, and what a browser is sent there: lines of `check`
 * (check_frames.c). */
void moodlesso_check_frames(request_rec *r, const char *path, sso_check_t *check,
                            apr_time_t deadline);

/* Answer with it, as JSON or as a page (check_page.c), and release it. */
int moodlesso_check_json(request_rec *r, moodlesso_checked_t *checked);
int moodlesso_check_page(request_rec *r, const sso_world_t *world, moodlesso_checked_t *checked,
                         const char *path, const char *value);

#endif
