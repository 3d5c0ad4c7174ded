/* SPDX-License-Identifier: Apache-2.0 */
/* login_flow.h -- signing in at a provider: off to it (login_start.c), back from it
 * (login_callback.c). */
#ifndef MOODLESSO_LOGIN_FLOW_H
#define MOODLESSO_LOGIN_FLOW_H

#include "httpd/config.h"
#include "sso/code_flow.h"

/* GET start/NAME?return=&login_hint=&prompt=&acr=&max_age=&display=popup&frame= */
int moodlesso_login_start(request_rec *r);

/* GET and POST callback: what the browser brings from the provider. */
int moodlesso_login_callback(request_rec *r);

/* Send the browser to the provider; of `login` are set purpose, back and whatever else is wished.
 * Answers what a handler answers: a redirect, or a page that says why not. */
int moodlesso_login_begin(request_rec *r, const sso_source_t *source, sso_login_t *login,
                          const sso_code_hints_t *hints);

/* The URL at which the same login is begun anew. */
const char *moodlesso_login_retry_url(request_rec *r, const sso_source_t *source,
                                      const sso_login_t *login);

/* The source of this name with which people sign in at this server; NULL: none. */
const sso_source_t *moodlesso_login_source(request_rec *r, const char *name);

/* The endpoint at which people sign in with one of these sources: "start/NAME" of the only provider
 * among them, else "login", where they choose; NULL: there is none. */
const char *moodlesso_login_endpoint(request_rec *r, const sso_source_t *const *sources, int count);

/* The absolute URL of an endpoint; NULL where MoodleSSOBaseURL is missing. */
const char *moodlesso_absolute_url(request_rec *r, const char *endpoint);

/* The cookie by which this browser is known while it signs in: as it came, and to be set. */
sso_login_browser_t moodlesso_login_browser(request_rec *r);
void moodlesso_login_set_browser(request_rec *r, const sso_login_browser_t *browser);

/* Answer with a page that says why somebody was not signed in. */
int moodlesso_login_refuse(request_rec *r, const sso_error_t *error, const char *retry_url);

/* See other: `url` by GET, without telling it where from. Answers what a handler answers. */
int moodlesso_see_other(request_rec *r, const char *url);

#endif
