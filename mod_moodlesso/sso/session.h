/* SPDX-License-Identifier: Apache-2.0 */
/* session.h -- our own session: an identity in a sealed cookie, that any node with the secret
 * opens.
 *
 * There is nothing on the server to look up, or to lose. What ends a session early is an epoch
 * (io/epochs.h): sessions made before it do not count any more. */
#ifndef SSO_SESSION_H
#define SSO_SESSION_H

#include "base/seal.h"
#include "sso/identity.h"

#define SSO_SESSION_COOKIE        "__Host-moodlesso"
#define SSO_SESSION_COOKIE_FRAMED "__Host-moodlesso-framed"
#define SSO_SESSION_MAX_BYTES     1024 /* of the cookie's value */

typedef struct sso_session_t {
    apr_time_t created; /* when the person signed in */
    apr_time_t sealed;  /* when the cookie was written; the person was here then */
    const char *sid;    /* the provider's own id of its session, "" when it has none */
    const sso_identity_t *who;
    const char *cookie; /* the name it came under; not sealed */
} sso_session_t;

/* How long a session lives. Read-only once the configuration is read. */
typedef struct sso_session_policy_t {
    apr_interval_time_t idle;     /* without a request */
    apr_interval_time_t lifetime; /* since signing in, whatever happens */
} sso_session_policy_t;

/* What a sealed session belongs to: it is none anywhere else. */
typedef struct sso_session_bond_t {
    const char *cookie;   /* its name */
    const char *site;     /* origin, or name of the virtual host */
    const char *source;   /* name of the source that vouched */
    const char *audience; /* for whom the source vouches */
} sso_session_bond_t;

/* The cookie's value. Claims beyond the needed ones are left out, the largest first in kind
 * (profile fields, roles, names), until it has at most SSO_SESSION_MAX_BYTES. NULL when even then
 * it has more, or nothing can be sealed. */
const char *sso_session_seal(const sso_seal_t *seal, const sso_session_bond_t *bond,
                             const sso_session_t *session, apr_pool_t *p);

/* Open a cookie's value. Answers SESSION_FORGED or SESSION_TIMED_OUT. `who` has `expires` set to
 * when the session ends by itself. */
const sso_error_t *sso_session_open(const sso_seal_t *seal, const sso_session_bond_t *bond,
                                    sso_span_t value, const sso_session_policy_t *policy,
                                    apr_time_t now, sso_session_t *session, apr_pool_t *p);

/* The sessions of one site. Read-only once the configuration is frozen. */
typedef struct sso_sessions_t {
    sso_seal_t seal;
    sso_seal_t logins;   /* of the state of those who sign in: sso/login_state.h */
    sso_seal_t accounts; /* of the page of linked accounts: sso/account_form.h */
    sso_seal_t codes;    /* of one-time codes: sso/frame_code.h */
    sso_session_policy_t policy;
    const char *site; /* origin, or name of the virtual host */
} sso_sessions_t;

/* Find the session that a source started in a Cookie header; a frame's own before that of the top
 * level. Beside the errors of sso_session_open: NO_CREDENTIAL, DUPLICATE_COOKIE. */
const sso_error_t *sso_session_find(const sso_sessions_t *sessions, const char *cookies,
                                    const char *source, const char *audience, apr_time_t now,
                                    sso_session_t *session, apr_pool_t *p);

/* The Cookie header without our sessions, for applications: they are proofs, and nobody else's
 * business. The same pointer when it has none; NULL when nothing is left. */
const char *sso_session_hide(const char *cookies, apr_pool_t *p);

/* What ends sessions before their time: their person's, their provider's session's, and the site's
 * epoch, as kind and text for sso_io_t.is_over. */
#define SSO_SESSION_EPOCHS 3
typedef struct sso_session_epoch_t {
    const char *kind, *text;
} sso_session_epoch_t;

/* The text of an epoch: what belongs to an issuer. */
const char *sso_session_epoch_text(const char *issuer, const char *text, apr_pool_t *p);

/* The epochs of a session, in `epochs`; answers how many there are. */
int sso_session_epochs(const sso_session_t *session, sso_session_epoch_t *epochs, apr_pool_t *p);

/* Has half of the idle time gone, so that the cookie is to be written anew? */
bool sso_session_is_stale(const sso_session_t *session, const sso_session_policy_t *policy,
                          apr_time_t now);

#endif
