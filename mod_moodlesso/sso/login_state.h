/* SPDX-License-Identifier: Apache-2.0 */
/* login_state.h -- what must be remembered while somebody signs in at a provider.
 *
 * The browser keeps one key in one cookie, whatever happens. Everything about one login travels in
 * its `state`, sealed; nonce and PKCE verifier follow from key and state. So nothing is kept per
 * login, and any number of tabs may sign in at once. */
#ifndef SSO_LOGIN_STATE_H
#define SSO_LOGIN_STATE_H

#include <apr_time.h>

#include "base/seal.h"
#include "sso/error.h"

#define SSO_LOGIN_COOKIE   "__Host-moodlesso-login"
#define SSO_LOGIN_LIFETIME apr_time_from_sec(1800) /* from start to callback */
#define SSO_LOGIN_BACK_MAX 512                     /* bytes of the URL to go to then */
#define SSO_LOGIN_ACR_MAX  128                     /* bytes */
#define SSO_LOGIN_AGAIN    apr_time_from_sec(60)   /* who comes back so soon goes in circles */

/* What somebody signs in for. */
typedef enum {
    SSO_LOGIN_SESSION = 's', /* a session here */
    SSO_LOGIN_LINK = 'l'     /* one more account of who is signed in */
} sso_login_purpose_t;

typedef struct sso_login_t {
    const char *id; /* single use */
    const char *source, *site;
    const char *back; /* where to go then */
    apr_time_t created;
    sso_login_purpose_t purpose;
    bool is_popup;     /* in a window of its own, which tells its opener */
    bool is_silent;    /* the provider was told not to ask anybody anything */
    bool is_restarted; /* a login that went wrong before led to this one */
    const char *frame; /* challenge of the frame that waits for a one-time code; NULL: none */
    const char *acr;   /* one of the ways to sign in that are asked for; NULL: any way */
    int max_age;       /* seconds ago that may have been; -1: any time */
} sso_login_t;

/* Of a browser: its cookie. */
typedef struct sso_login_browser_t {
    const char *key; /* secret; NULL: it has none */
    apr_time_t done; /* when a login of its ended well, if that is all that happened; 0: never */
} sso_login_browser_t;

/* The browser that sends this Cookie header; NULL when there is none. */
sso_login_browser_t sso_login_browser(const char *cookies, apr_pool_t *p);

/* The value of its cookie. */
const char *sso_login_browser_cookie(const sso_login_browser_t *browser, apr_pool_t *p);

/* A URL that is short enough to be remembered: itself, else its path, else "/". */
const char *sso_login_back(const char *url, apr_pool_t *p);

/* Is it what a frame makes of its verifier: base64url of a SHA-256? */
bool sso_login_is_challenge(const char *text);

/* Can it be asked for: acr values of visible ASCII with blanks between, at most SSO_LOGIN_ACR_MAX
 * bytes, without quotes, which would not stand in a challenge, and ';', which no claim holds? */
bool sso_login_is_acr(const char *text);

/* The state of a login. NULL when nothing can be sealed. */
const char *sso_login_seal(const sso_seal_t *seal, const sso_login_t *login,
                           const sso_login_browser_t *browser, apr_pool_t *p);

/* Read a state that came back. Answers LOGIN_UNKNOWN, LOGIN_OTHER_SITE, LOGIN_EXPIRED,
 * LOGIN_NO_COOKIE or LOGIN_OTHER_BROWSER; but for the first, `login` is filled in then, too. That
 * it comes for the first time is not asked here. */
const sso_error_t *sso_login_open(const sso_seal_t *seal, const char *state, const char *site,
                                  const sso_login_browser_t *browser, apr_time_t now,
                                  sso_login_t *login, apr_pool_t *p);

/* Nonce and PKCE verifier (RFC 7636 4.1) of a login; NULL when the library fails. */
const char *sso_login_nonce(const sso_login_t *login, const sso_login_browser_t *browser,
                            apr_pool_t *p);
const char *sso_login_verifier(const sso_login_t *login, const sso_login_browser_t *browser,
                               apr_pool_t *p);

#endif
