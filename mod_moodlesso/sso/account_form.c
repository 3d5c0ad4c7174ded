/* SPDX-License-Identifier: Apache-2.0 */
/* account_form.c -- what binds the page of linked accounts to the person who has it open. */
#include "sso/account_form.h"

#include <apr_strings.h>

#include "base/digest.h"

const char *sso_account_holder(const sso_identity_t *who, const sso_session_t *session,
                               apr_pool_t *p)
{
    /* Newlines stand in none of them. */
    return sso_digest(
        sso_span(apr_psprintf(p, "%s\n%s\n%s\n%" APR_TIME_T_FMT, who->claims[SSO_CLAIM_USERNAME],
                              who->claims[SSO_CLAIM_ISSUER], who->claims[SSO_CLAIM_SUBJECT],
                              session ? session->created : 0)),
        p);
}

static sso_span_t bound_of(const sso_sessions_t *sessions, const char *holder, apr_pool_t *p)
{
    return sso_span(apr_pstrcat(p, "form\n", sessions->site, "\n", holder, NULL));
}

const char *sso_account_token(const sso_sessions_t *sessions, const char *holder, apr_time_t now,
                              apr_pool_t *p)
{
    return sso_seal(&sessions->accounts, bound_of(sessions, holder, p),
                    sso_span(apr_psprintf(p, "%" APR_TIME_T_FMT, now)), p);
}

bool sso_account_token_holds(const sso_sessions_t *sessions, const char *holder, const char *token,
                             apr_time_t now, apr_pool_t *p)
{
    apr_int64_t made;
    sso_span_t text;

    return sso_seal_open(&sessions->accounts, bound_of(sessions, holder, p), sso_span(token), &text,
                         p) &&
           sso_span_integer(text, &made) && made <= now && now - made < SSO_ACCOUNT_FORM_LIFETIME;
}

static sso_session_bond_t bond_of(const sso_sessions_t *sessions, const sso_source_t *source,
                                  const char *holder, apr_pool_t *p)
{
    return (sso_session_bond_t){apr_pstrcat(p, "account ", holder, NULL), sessions->site,
                                source->name, source->audience};
}

const char *sso_account_proof(const sso_sessions_t *sessions, const sso_source_t *source,
                              const sso_identity_t *account, const char *holder, apr_time_t now,
                              apr_pool_t *p)
{
    const sso_session_bond_t bond = bond_of(sessions, source, holder, p);
    const sso_session_t session = {now, now, "", account, NULL};

    return sso_session_seal(&sessions->accounts, &bond, &session, p);
}

const sso_error_t *sso_account_proof_open(const sso_sessions_t *sessions,
                                          const sso_source_t *const *sources, int count,
                                          const char *proof, const char *holder, apr_time_t now,
                                          const sso_identity_t **account, apr_pool_t *p)
{
    const sso_session_policy_t policy = {SSO_ACCOUNT_PROOF_LIFETIME, SSO_ACCOUNT_PROOF_LIFETIME};
    sso_session_t session;

    for (int i = 0; i < count; i++) {
        const sso_session_bond_t bond = bond_of(sessions, sources[i], holder, p);

        if (sso_session_open(&sessions->accounts, &bond, sso_span(proof), &policy, now, &session,
                             p) != NULL)
            continue;
        *account = session.who;
        return NULL;
    }
    return sso_error(SSO_FORM_EXPIRED);
}
