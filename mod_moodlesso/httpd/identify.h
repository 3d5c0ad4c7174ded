/* SPDX-License-Identifier: Apache-2.0 */
/* identify.h -- the decision of a request: made once, published into its environment, obeyed. */
#ifndef MOODLESSO_IDENTIFY_H
#define MOODLESSO_IDENTIFY_H

#include "httpd/config.h"
#include "sso/pipeline.h"

/* The decision that holds for this request; NULL where the module is off or uses no source.
 * Sub-requests and internal redirects with the same sources share it. */
const sso_decision_t *moodlesso_decision(request_rec *r);

/* The sources that the section of this request uses, in their order; at most MOODLESSO_MAX_USE.
 * Answers how many. */
int moodlesso_used_sources(request_rec *r, const sso_source_t **sources);

/* The Cookie header as it came (mapped back, in a frame), also when cookies of ours were taken out
 * of it since; NULL when there is none. */
const char *moodlesso_cookies(const request_rec *r);

/* Remove what a client could pass off as ours; before anybody reads the headers. */
int moodlesso_scrub(request_rec *r);

/* access_checker: decide, publish, set r->user where this module authenticates. */
int moodlesso_identify(request_rec *r);

/* fixups, first: publish for redirects that skip access_checker. */
int moodlesso_publish_early(request_rec *r);

/* fixups, last: mend what others changed since. */
int moodlesso_publish_again(request_rec *r);

#endif
