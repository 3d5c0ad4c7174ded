/* SPDX-License-Identifier: Apache-2.0 */
/* frame_code.c -- a sealed one-time code for a frame. */
#include "sso/frame_code.h"

#include <apr_strings.h>

#include "base/digest.h"

static sso_session_bond_t bond_of(const sso_sessions_t *sessions, const sso_source_t *source,
                                  const char *challenge, apr_pool_t *p)
{
    return (sso_session_bond_t){apr_pstrcat(p, "frame ", challenge, NULL), sessions->site,
                                source->name, source->audience};
}

const char *sso_frame_code_make(const sso_sessions_t *sessions, const sso_source_t *source,
                                const sso_session_t *session, const char *challenge, apr_pool_t *p)
{
    const sso_session_bond_t bond = bond_of(sessions, source, challenge, p);

    return sso_session_seal(&sessions->codes, &bond, session, p);
}

const sso_error_t *sso_frame_code_open(const sso_sessions_t *sessions,
                                       const sso_source_t *const *sources, int count,
                                       const char *code, const char *verifier, apr_time_t now,
                                       const sso_source_t **source, sso_session_t *session,
                                       apr_pool_t *p)
{
    const sso_session_policy_t policy = {SSO_FRAME_CODE_LIFETIME, SSO_FRAME_CODE_LIFETIME};
    const char *challenge = code && verifier ? sso_digest(sso_span(verifier), p) : NULL;

    for (int i = 0; challenge != NULL && i < count; i++) {
        const sso_session_bond_t bond = bond_of(sessions, sources[i], challenge, p);

        if (sso_session_open(&sessions->codes, &bond, sso_span(code), &policy, now, session, p) !=
            NULL)
            continue;
        *source = sources[i];
        return NULL;
    }
    return sso_error(SSO_FRAME_CODE);
}
