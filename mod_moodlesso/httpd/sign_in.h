/* SPDX-License-Identifier: Apache-2.0 */
/* sign_in.h -- what a request gets that Require keeps out for want of a proof. */
#ifndef MOODLESSO_SIGN_IN_H
#define MOODLESSO_SIGN_IN_H

#include "httpd/config.h"
#include "sso/pipeline.h"

/* Does a person wait for a page? What browsers leave open, MoodleSSOUnauthenticated login takes for
 * a person. */
bool moodlesso_is_navigation(request_rec *r);

/* MoodleSSOUnauthenticated auto and login. Where a source here starts sessions: a document in a
 * frame goes to the Teams page, one at the top level to the provider (of several: to the page on
 * which people choose), scripts get a problem document. Else, and for everybody else, 401. */
int moodlesso_ask_to_sign_in(request_rec *r);

/* The same for a page that also lets in who is not known: a frame goes to the Teams page, the top
 * level to the provider with MoodleSSOUnauthenticated login. DECLINED where nobody can sign in. */
int moodlesso_lead_to_sign_in(request_rec *r);

/* Does this URL fit into a request line (LimitRequestLine)? A page's within another's is longer. */
bool moodlesso_can_be_asked(const request_rec *r, const char *url);

/* Where that leads to who wants `here`, a path and query; NULL: nowhere. */
const char *moodlesso_sign_in_url(request_rec *r, const char *here);

/* Somebody is known, but signed in less strongly than Require asks: `acr`, values with blanks
 * between, one of which would do. A person at the top level goes to the provider by whom they are
 * known, and signs in to it again; in a frame a page says so. Scripts and whoever shows a token get
 * the challenge of RFC 9470 3. */
int moodlesso_ask_to_step_up(request_rec *r, const sso_decision_t *decision, const char *acr);

/* The challenge of RFC 6750 3, where a source of this section takes tokens. */
void moodlesso_challenge_bearer(request_rec *r, const sso_decision_t *decision);

#endif
