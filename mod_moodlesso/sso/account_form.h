/* SPDX-License-Identifier: Apache-2.0 */
/* account_form.h -- what binds the page of linked accounts to the person who has it open. */
#ifndef SSO_ACCOUNT_FORM_H
#define SSO_ACCOUNT_FORM_H

#include "sso/session.h"
#include "sso/source.h"

#define SSO_ACCOUNT_FORM_LIFETIME  apr_time_from_sec(3600)
#define SSO_ACCOUNT_PROOF_LIFETIME apr_time_from_sec(300)

/* Who has the page open, as a short text: the identity (whose username is the one here), and the
 * session by which it is known, NULL when there is none. NULL when the library fails. */
const char *sso_account_holder(const sso_identity_t *who, const sso_session_t *session,
                               apr_pool_t *p);

/* The token of a form on that page. NULL when nothing can be sealed. */
const char *sso_account_token(const sso_sessions_t *sessions, const char *holder, apr_time_t now,
                              apr_pool_t *p);

/* Is it one, of this holder, and not older than an hour? */
bool sso_account_token_holds(const sso_sessions_t *sessions, const char *holder, const char *token,
                             apr_time_t now, apr_pool_t *p);

/* The proof that this holder has just signed in with one more account: it is worth something to him
 * alone, and for five minutes. NULL when nothing can be sealed. */
const char *sso_account_proof(const sso_sessions_t *sessions, const sso_source_t *source,
                              const sso_identity_t *account, const char *holder, apr_time_t now,
                              apr_pool_t *p);

/* The account of a proof, by one of these sources. Answers FORM_EXPIRED when it is none, or that of
 * another holder. */
const sso_error_t *sso_account_proof_open(const sso_sessions_t *sessions,
                                          const sso_source_t *const *sources, int count,
                                          const char *proof, const char *holder, apr_time_t now,
                                          const sso_identity_t **account, apr_pool_t *p);

#endif
