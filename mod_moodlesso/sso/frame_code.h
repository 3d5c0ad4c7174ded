/* SPDX-License-Identifier: Apache-2.0 */
/* frame_code.h -- from a window at the top level into a frame: a sealed one-time code, that is of
 * use to the frame alone that asked for it.
 *
 * The frame keeps a random verifier and shows its SHA-256, the challenge, like PKCE (RFC 7636). The
 * code is a session sealed for that challenge, good for a minute. */
#ifndef SSO_FRAME_CODE_H
#define SSO_FRAME_CODE_H

#include "sso/session.h"
#include "sso/source.h"

#define SSO_FRAME_CODE_LIFETIME apr_time_from_sec(60)

/* The code for whoever has the verifier of this challenge; NULL when nothing can be sealed. */
const char *sso_frame_code_make(const sso_sessions_t *sessions, const sso_source_t *source,
                                const sso_session_t *session, const char *challenge, apr_pool_t *p);

/* What a code stands for that one of these sources vouched for. Answers FRAME_CODE. That it comes
 * for the first time is not asked here. */
const sso_error_t *sso_frame_code_open(const sso_sessions_t *sessions,
                                       const sso_source_t *const *sources, int count,
                                       const char *code, const char *verifier, apr_time_t now,
                                       const sso_source_t **source, sso_session_t *session,
                                       apr_pool_t *p);

#endif
