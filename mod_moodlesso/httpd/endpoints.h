/* SPDX-License-Identifier: Apache-2.0 */
/* endpoints.h -- the module's own addresses under MoodleSSOPrefix: told apart from the site's,
 * reachable by those who are not signed in, answered by method. */
#ifndef MOODLESSO_ENDPOINTS_H
#define MOODLESSO_ENDPOINTS_H

#include <jansson.h>

#include "httpd/config.h"
#include "sso/error.h"

#define MOODLESSO_PREFIX "/moodlesso"

/* translate_name: is it one of ours? Only where a source starts sessions. */
int moodlesso_find_endpoint(request_rec *r);

/* log_transaction: what was for one of ours and never came there, as httpd could not read it (a
 * line or header too long, a host that is none), keeps its secrets, too. */
int moodlesso_hide_unread(request_rec *r);

/* map_to_storage: then there is no file to look for. */
int moodlesso_endpoint_has_no_file(request_rec *r);

/* fixups, first: mod_dir's FallbackResource takes what has neither a file nor a handler. */
int moodlesso_endpoint_has_a_handler(request_rec *r);

/* The handler hook, before mod_proxy's, which takes what a SetHandler of a section gives it: nobody
 * was asked here who they are. */
int moodlesso_handle_endpoint(request_rec *r);

bool moodlesso_is_endpoint(const request_rec *r);

/* What stands behind the name of an endpoint that ends in '/'. */
const char *moodlesso_endpoint_rest(const request_rec *r);

/* The query that an endpoint was asked with; NULL when there is none. */
const char *moodlesso_endpoint_query(const request_rec *r);

/* The URL of an endpoint: "/moodlesso/teams". */
const char *moodlesso_endpoint_url(request_rec *r, const char *name);

/* The absolute URL for `wanted`, or for `return=` of the query, when people may be sent there; else
 * "/". */
const char *moodlesso_return_url_of(request_rec *r, const char *wanted);
const char *moodlesso_return_url(request_rec *r);

/* Answer with a problem document (RFC 9457): {"title", "status", "reason", "detail"}. Answers OK.
 */
int moodlesso_problem(request_rec *r, int status, const sso_error_t *error);

/* POST backchannel-logout, GET frontchannel-logout: the provider ended a session (logout.c). */
int moodlesso_backchannel_logout(request_rec *r);
int moodlesso_frontchannel_logout(request_rec *r);

/* The sources of this server that take tokens, and those that start sessions, in the order of their
 * definition; at most MOODLESSO_MAX_USE. Answers how many. */
int moodlesso_token_sources(request_rec *r, const sso_source_t **sources);
int moodlesso_session_sources(request_rec *r, const sso_source_t **sources);

/* A parameter of a query or a form, decoded; NULL when it is not there, or holds a NUL. */
const char *moodlesso_parameter(request_rec *r, const char *text, const char *name);

/* GET teams: the page in a frame of Teams that fetches a token and exchanges it (teams.c). */
int moodlesso_teams_page(request_rec *r);

/* POST teams: a session for the token in Authorization (teams.c). */
int moodlesso_teams_exchange(request_rec *r);

#endif
