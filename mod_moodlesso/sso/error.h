/* SPDX-License-Identifier: Apache-2.0 */
/* error.h -- why there is no identity: every reason code, its class and its sentence. */
#ifndef SSO_ERROR_H
#define SSO_ERROR_H

#include <apr_pools.h>

/* The class decides the answer; a later one is graver (design: the gravest is reported). */
typedef enum {
    SSO_ABSENT = 1,  /* no proof: 401, or the request passes unknown */
    SSO_REJECTED,    /* a proof that does not hold: 401 */
    SSO_FORBIDDEN,   /* a proof that holds, of somebody who may not pass: 403 */
    SSO_UNAVAILABLE, /* could not be found out now: 503 */
    SSO_BROKEN       /* set up wrongly: 500 */
} sso_class_t;

/* X(code, class, sentence for the log: what happened, what to do). conf.d/REFERENCE.md lists the
 * same codes; tests/check_documented.sh compares. */
#define SSO_CODES(X)                                                                               \
    X(NO_CREDENTIAL, SSO_ABSENT, "the request carries nothing that a source could check")          \
    X(SESSION_ANONYMOUS, SSO_ABSENT, "the session exists, but nobody has signed in to it")         \
    X(SESSION_GUEST, SSO_ABSENT, "Moodle's guest account is not a person; guest=yes lets it pass") \
    X(DUPLICATE_COOKIE, SSO_REJECTED,                                                              \
      "two different values of one session cookie; look for a second application on a parent "     \
      "domain that sets a cookie of this name")                                                    \
    X(COOKIE_MALFORMED, SSO_REJECTED, "the session cookie has a length or characters no id has")   \
    X(SESSION_UNKNOWN, SSO_REJECTED, "no such session: ended, never made, or of another site")     \
    X(SESSION_TIMED_OUT, SSO_REJECTED, "the session was not used for longer than its timeout")     \
    X(SESSION_FORGED, SSO_REJECTED,                                                                \
      "the session was not sealed by this site for this host and source; was the secret changed "  \
      "twice, or is it another on another node?")                                                  \
    X(SESSION_REVOKED, SSO_REJECTED, "the session was ended: signed out here or at the provider")  \
    X(SOURCE_OFF, SSO_REJECTED,                                                                    \
      "the source was switched off; moodlesso-check, or its row in the store, switches it on")     \
    X(MFA_PENDING, SSO_REJECTED,                                                                   \
      "the second factor is not passed yet; or its flag cannot be read, which mfa=required needs") \
    X(TOKEN_MALFORMED, SSO_REJECTED,                                                               \
      "the bearer token is no signed JWT: three parts in base64url, strict JSON, at most 16 KiB")  \
    X(TOKEN_TYPE, SSO_REJECTED, "the token says of itself that it is no access token (typ)")       \
    X(TOKEN_ALGORITHM, SSO_REJECTED,                                                               \
      "the token is not signed with one of algs=; none and HS* never are")                         \
    X(TOKEN_CLAIMS, SSO_REJECTED,                                                                  \
      "the token lacks a claim that must be there (iss, aud, exp, sub; for Entra tid and oid), "   \
      "or one is of the wrong kind")                                                               \
    X(TOKEN_FOR_GRAPH, SSO_REJECTED,                                                               \
      "the token is for Microsoft Graph, not for this site; the page must ask for one with this "  \
      "site's own App ID URI as its resource")                                                     \
    X(TOKEN_ISSUER, SSO_REJECTED,                                                                  \
      "the token is of another issuer; compare its iss with issuer= or tenants=")                  \
    X(TOKEN_KEY_UNKNOWN, SSO_REJECTED,                                                             \
      "the issuer publishes no key of this kid that can be used; if it has just changed its "      \
      "keys, "                                                                                     \
      "they will be known in a moment")                                                            \
    X(TOKEN_KEY_ISSUER, SSO_REJECTED, "the key is not for signing tokens of this issuer")          \
    X(TOKEN_SIGNATURE, SSO_REJECTED, "the signature does not hold: changed, or signed by another") \
    X(TOKEN_EXPIRED, SSO_REJECTED, "the token has expired, even with skew=")                       \
    X(TOKEN_NOT_YET_VALID, SSO_REJECTED,                                                           \
      "the token is from the future; compare this machine's clock")                                \
    X(TOKEN_AUDIENCE, SSO_REJECTED,                                                                \
      "the token is for somebody else; compare its aud with audience=, to the letter")             \
    X(TOKEN_IS_ID_TOKEN, SSO_REJECTED,                                                             \
      "an ID token is for the application that asked for it; send an access token")                \
    X(TOKEN_NO_LOGOUT, SSO_REJECTED,                                                               \
      "a logout token has iat, jti, the logout event, sub or sid, and no nonce")                   \
    X(TOKEN_SEEN, SSO_REJECTED, "the logout token came before; each counts once")                  \
    X(TOKEN_TENANT, SSO_FORBIDDEN, "the token is of a tenant that tenants= does not list")         \
    X(TOKEN_CLIENT, SSO_FORBIDDEN,                                                                 \
      "the token was issued to an application that clients= does not list")                        \
    X(TOKEN_APP_ONLY, SSO_FORBIDDEN, "the token is of an application, not of a person")            \
    X(TOKEN_SCOPE, SSO_FORBIDDEN, "the token lacks a scope that scope= asks for")                  \
    X(TOKEN_NONCE, SSO_REJECTED, "the ID token answers another login than this one (nonce)")       \
    X(TOKEN_HASH, SSO_REJECTED, "the ID token belongs to another access token (at_hash)")          \
    X(TOKEN_ACR, SSO_FORBIDDEN,                                                                    \
      "the person signed in less strongly, or longer ago, than was asked for (acr, auth_time)")    \
    X(ACR_INSUFFICIENT, SSO_REJECTED,                                                              \
      "the person is known, but signed in less strongly than Require moodlesso-claim acr: asks")   \
    X(LOGIN_UNKNOWN, SSO_REJECTED,                                                                 \
      "the callback belongs to no login of this site: no state, a changed one, or of other "       \
      "secrets")                                                                                   \
    X(LOGIN_NO_COOKIE, SSO_REJECTED,                                                               \
      "the browser did not bring back the cookie of its login: it blocks cookies, or forgot it")   \
    X(LOGIN_OTHER_BROWSER, SSO_REJECTED,                                                           \
      "the login was begun in another browser, or its cookie was replaced since")                  \
    X(LOGIN_OTHER_SITE, SSO_REJECTED,                                                              \
      "the login was begun at another host of this server; compare MoodleSSOBaseURL")              \
    X(LOGIN_EXPIRED, SSO_REJECTED, "the login was begun more than half an hour ago")               \
    X(LOGIN_REPLAYED, SSO_REJECTED, "the callback of this login came before; each counts once")    \
    X(LOGIN_ISSUER, SSO_REJECTED,                                                                  \
      "the answer is from another provider than the one that was asked (iss), or does not say "    \
      "from whom, as this one always does")                                                        \
    X(LOGIN_SILENT, SSO_REJECTED, "the provider cannot sign in this person without asking")        \
    X(LOGIN_DENIED, SSO_FORBIDDEN,                                                                 \
      "the provider did not let this person in, or the person "                                    \
      "changed their mind")                                                                        \
    X(LOGIN_REFUSED, SSO_REJECTED,                                                                 \
      "the provider refused the login; its own log says why (redirect URI, scope, response mode)") \
    X(LOGIN_CODE, SSO_REJECTED,                                                                    \
      "the provider refused the code: used before, expired, or made for another login")            \
    X(LOGIN_LOOP, SSO_REJECTED,                                                                    \
      "the person has just signed in, and yet no session came with the next request; does the "    \
      "browser keep cookies of this site?")                                                        \
    X(FRAME_CODE, SSO_REJECTED,                                                                    \
      "the one-time code was used before, is older than a minute, or was made for another frame")  \
    X(LOGINKEY_CLIENT, SSO_REJECTED,                                                               \
      "no application of tokens= has this token and may ask from this address")                    \
    X(LOGINKEY_REQUEST, SSO_REJECTED,                                                              \
      "the request for a login URL is no JSON object, or has members other than user, ip and "     \
      "wantsurl")                                                                                  \
    X(LOGINKEY_FUNCTION, SSO_REJECTED,                                                             \
      "in the wire form of the plugin auth_userkey there is one function, "                        \
      "auth_userkey_request_login_url")                                                            \
    X(LOGINKEY_FIELDS, SSO_REJECTED,                                                               \
      "user names nobody by a field of mapping=, or has another field, or a value it cannot have") \
    X(LOGINKEY_IP, SSO_REJECTED,                                                                   \
      "ip is missing, which ip=on asks for, or is no address (or network) of the person's "        \
      "browser")                                                                                   \
    X(LOGINKEY_WANTSURL, SSO_REJECTED,                                                             \
      "wantsurl is no path of this site and of no origin that wantsurl= lists")                    \
    X(LOGINKEY_NO_USER, SSO_REJECTED,                                                              \
      "Moodle has no such user; with create=on username, email, firstname and lastname make one")  \
    X(LOGINKEY_USER, SSO_FORBIDDEN,                                                                \
      "the application may not sign in this user; see users= in its line")                         \
    X(LOGINKEY_USED, SSO_REJECTED,                                                                 \
      "the login URL was opened before, was taken back, or was never made by this site")           \
    X(LOGINKEY_EXPIRED, SSO_REJECTED, "the login URL was not opened in time; see lifetime=")       \
    X(LOGINKEY_ADDRESS, SSO_REJECTED,                                                              \
      "the login URL was opened from another address than it was made for; behind a proxy "        \
      "mod_remoteip says whose address counts")                                                    \
    X(LOGINKEY_TOO_MANY, SSO_UNAVAILABLE,                                                          \
      "too many login keys or tokens of applications that do not hold came from this address "     \
      "within a "                                                                                  \
      "minute")                                                                                    \
    X(CROSS_SITE, SSO_FORBIDDEN, "only pages of this site itself may ask for this")                \
    X(USER_DELETED, SSO_FORBIDDEN, "the account behind the session was deleted")                   \
    X(USER_SUSPENDED, SSO_FORBIDDEN, "the account behind the session is suspended or blocked")     \
    X(USER_UNCONFIRMED, SSO_FORBIDDEN, "the account behind the session was never confirmed")       \
    X(USER_NOLOGIN, SSO_FORBIDDEN, "the account behind the session has the auth method nologin")   \
    X(TENANT_NOT_ALLOWED, SSO_FORBIDDEN, "MoodleSSOAllow tenant does not list the tenant here")    \
    X(DOMAIN_NOT_ALLOWED, SSO_FORBIDDEN,                                                           \
      "MoodleSSOAllow domain lists no domain of a verified e-mail address of the person here")     \
    X(USERNAME_NOT_ALLOWED, SSO_FORBIDDEN, "MoodleSSOAllow username does not match the name here") \
    X(CLAIM_NOT_ALLOWED, SSO_FORBIDDEN, "MoodleSSOAllow claim does not hold here")                 \
    X(AMBIGUOUS_MATCH, SSO_FORBIDDEN,                                                              \
      "a rule of MoodleSSOMatch finds more than one of Moodle's users; nobody is chosen for them") \
    X(USERNAME_TAKEN, SSO_FORBIDDEN,                                                               \
      "the username is that of somebody else already, and no rule of MoodleSSOMatch says that it " \
      "is the same person; add a rule, or have the person link the account after signing in")      \
    X(LINKED_ELSEWHERE, SSO_FORBIDDEN,                                                             \
      "the account is linked to another user here already; it is never moved")                     \
    X(LAST_ACCOUNT, SSO_FORBIDDEN,                                                                 \
      "the account is the last one linked, or the one in use now; it cannot be removed")           \
    X(FORM_EXPIRED, SSO_FORBIDDEN,                                                                 \
      "the page of linked accounts was open for too long, or by somebody else")                    \
    X(NOT_LINKED, SSO_FORBIDDEN,                                                                   \
      "the account is linked to no user here, and none is made for it (MoodleSSOCreateUsers); "    \
      "the person can sign in as before and link it on the page of linked accounts")               \
    X(CROSS_SITE_POST, SSO_FORBIDDEN,                                                              \
      "a change begun by another site inside a frame is refused; if it is meant, list its path "   \
      "with MoodleSSOFrameGuard")                                                                  \
    X(PASSWORD_LOGIN_OFF, SSO_FORBIDDEN,                                                           \
      "passwords are not taken here (MoodleSSOPasswordLogin Off); sign in with a provider, or "    \
      "from an address behind except")                                                             \
    X(MOODLE_USERNAME, SSO_FORBIDDEN,                                                              \
      "Moodle takes no such username: small letters, digits and . _ @ - (more with "               \
      "extendedusernamechars); publish another one with MoodleSSOPublish and user=")               \
    X(MOODLE_PROFILE, SSO_FORBIDDEN,                                                               \
      "the source tells no given name, family name or e-mail: Moodle asks new people for them; "   \
      "for Drupal see fields=")                                                                    \
    X(MOODLE_LOGIN_LOOP, SSO_BROKEN,                                                               \
      "Moodle signed the person in and did not know them at once after: does the browser keep "    \
      "Moodle's cookie (https, path, frame), and is user= what Moodle's user_attribute says?")     \
    X(MOODLE_USERKEY_USER, SSO_FORBIDDEN,                                                          \
      "auth_userkey knows nobody by the value of mapping=, the source tells none (no e-mail that " \
      "was verified), or the fields are not those it takes: compare mapping=, create= and ip= "    \
      "with its mappingfield, createuser and iprestriction")                                       \
    X(MOODLE_USERKEY_ADMIN, SSO_FORBIDDEN,                                                         \
      "the name is that of an administrator of Moodle, and who chose it is not known: write "      \
      "mapping=idnumber, or admins=on where nobody can choose a name")                             \
    X(MOODLE_USERKEY_REFUSED, SSO_UNAVAILABLE,                                                     \
      "auth_userkey refused the key that it had just made: is the person suspended, is the "       \
      "plugin on, does its iprestriction see the browser's address, does another client sign in "  \
      "the same person?")                                                                          \
    X(MOODLE_USERKEY_OTHER, SSO_BROKEN,                                                            \
      "the session that auth_userkey began is not to be found, or is another account's: compare "  \
      "source= with Moodle's database and session handler, and mapping= with mappingfield")        \
    X(SESSION_NOT_SEALED, SSO_BROKEN,                                                              \
      "no session can be begun: the browser does not speak https, or so it seems behind a proxy "  \
      "that ends TLS; write MoodleSSOBaseURL https://...")                                         \
    X(STORE_DOWN, SSO_UNAVAILABLE,                                                                 \
      "the store cannot be asked or told now; see MoodleSSOStore and its words in the log")        \
    X(LOGOUT_BUSY, SSO_UNAVAILABLE,                                                                \
      "so many sessions were ended early that a front-channel logout without its session ends no " \
      "more")                                                                                      \
    X(NOT_READY, SSO_UNAVAILABLE,                                                                  \
      "this server process could not set itself up; see its first log lines")                      \
    X(TRUST_MISSING, SSO_UNAVAILABLE,                                                              \
      "no keys of the issuer are known yet; can its metadata be reached from this machine?")       \
    X(LOGIN_BUSY, SSO_UNAVAILABLE,                                                                 \
      "too many logins wait for the provider's answer already; is it slow or hanging?")            \
    X(PROVIDER_DOWN, SSO_UNAVAILABLE,                                                              \
      "the provider's token endpoint cannot be reached, its TLS is invalid, or it has a fault")    \
    X(PROVIDER_TIMEOUT, SSO_UNAVAILABLE, "the provider's token endpoint did not answer in time")   \
    X(LOOKUP_BUSY, SSO_UNAVAILABLE,                                                                \
      "too many requests wait for this source already; is its database slow or hanging?")          \
    X(DB_DOWN, SSO_UNAVAILABLE, "the database cannot be reached; is it running, is it full?")      \
    X(DB_TIMEOUT, SSO_UNAVAILABLE, "the database did not answer within its timeout")               \
    X(DB_DENIED, SSO_UNAVAILABLE, "the database refuses the user; check password and GRANTs")      \
    X(REDIS_DOWN, SSO_UNAVAILABLE, "Redis cannot be reached")                                      \
    X(REDIS_TIMEOUT, SSO_UNAVAILABLE, "Redis did not answer within its timeout")                   \
    X(REDIS_DENIED, SSO_UNAVAILABLE, "Redis refuses us; check user=, password= and its ACLs")      \
    X(MOODLE_SERVICE_DOWN, SSO_UNAVAILABLE,                                                        \
      "Moodle's web service cannot be reached, its TLS is invalid, or it is under maintenance")    \
    X(MOODLE_SERVICE_TIMEOUT, SSO_UNAVAILABLE,                                                     \
      "Moodle's web service did not answer within timeout=")                                       \
    X(MOODLE_SERVICE_DENIED, SSO_UNAVAILABLE,                                                      \
      "Moodle's web service refuses us: the token (expired, of another address, of a suspended "   \
      "user?), a function that is not in its service, webservice/rest:use, or REST is off")        \
    X(MOODLE_SERVICE_ANSWER, SSO_UNAVAILABLE,                                                      \
      "Moodle's web service answers, but not as Moodle would; compare url=")                       \
    X(MOODLE_SERVICE_DETAILS, SSO_UNAVAILABLE,                                                     \
      "Moodle's web service shows no users: the token's user lacks moodle/user:viewdetails or "    \
      "moodle/user:viewalldetails in the system context")                                          \
    X(MOODLE_SERVICE_IDENTITY, SSO_UNAVAILABLE,                                                    \
      "Moodle's web service shows no e-mail addresses: the token's user lacks "                    \
      "moodle/site:viewuseridentity, or showuseridentity lacks email")                             \
    X(MOODLE_SERVICE_HIDDEN, SSO_UNAVAILABLE,                                                      \
      "Moodle's web service does not show who is suspended: the token's user lacks "               \
      "moodle/user:viewhiddendetails, and hiddenuserfields has suspended")                         \
    X(HTTP_DOWN, SSO_UNAVAILABLE, "the site behind url= cannot be reached, or its TLS is invalid") \
    X(HTTP_TIMEOUT, SSO_UNAVAILABLE, "the site behind url= did not answer within its timeout")     \
    X(HTTP_ANSWER, SSO_BROKEN, "the site behind url= answers, but not as its method= would")       \
    X(PROVIDER_CLIENT, SSO_BROKEN,                                                                 \
      "the provider's token endpoint refuses us; check client_id=, client_secret= or "             \
      "client_key=, "                                                                              \
      "client_auth= and the redirect URI registered there")                                        \
    X(PROVIDER_ANSWER, SSO_BROKEN,                                                                 \
      "the provider's token endpoint, or its metadata, say something unusable: no strict JSON, "   \
      "no "                                                                                        \
      "ID token, or longer than 64 KiB")                                                           \
    X(DB_QUERY, SSO_BROKEN,                                                                        \
      "the database cannot run our query; check prefix=, version= and GRANTs")                     \
    X(REDIS_ANSWER, SSO_BROKEN, "the Redis key holds something else than a Moodle session")        \
    X(IDENTITY_MALFORMED, SSO_BROKEN, "the user's id or name is empty or no clean UTF-8")

typedef enum {
#define SSO_CODE(code, class, sentence) SSO_##code,
    SSO_CODES(SSO_CODE)
#undef SSO_CODE
        SSO_CODE_COUNT
} sso_code_t;

typedef struct sso_error_t {
    sso_code_t code;
    sso_class_t class;
    const char *name;     /* "SESSION_TIMED_OUT" */
    const char *sentence; /* for the log; never holds anything from the request */
} sso_error_t;

/* The error of a code; static, the same pointer every time. */
const sso_error_t *sso_error(sso_code_t code);

/* Leave with the error that `expression` answers, if any. */
#define SSO_TRY(expression)                              \
    do {                                                 \
        const sso_error_t *sso_try_error = (expression); \
        if (sso_try_error != NULL)                       \
            return sso_try_error;                        \
    } while (0)

#endif
