/* SPDX-License-Identifier: Apache-2.0 */
/* moodle_login.h -- people we know, signed in to Moodle; and nobody else's session left to them.
 *
 *   request   whose session is it? ─> another's: ended before PHP sees it ─> skip the login page
 *   response  Moodle's redirect to the login page exchanged · a logout carried on
 */
#ifndef MOODLESSO_MOODLE_LOGIN_H
#define MOODLESSO_MOODLE_LOGIN_H

#include "httpd/config.h"
#include "sso/moodle_mark.h"
#include "sso/pipeline.h"

/* MoodleSSOLogout: what ends with what */
#define MOODLESSO_LOGOUT_OFF    1u
#define MOODLESSO_LOGOUT_DRUPAL 2u /* Drupal's session, with Moodle's */
#define MOODLESSO_LOGOUT_OIDC   4u /* our own, with Moodle's */
#define MOODLESSO_LOGOUT_MOODLE 8u /* Moodle's, with the proof it was made from */

/* What is known of a request below Moodle's root. */
typedef struct moodlesso_visit_t {
    sso_moodle_visit_t visit;
    sso_moodle_mark_t mark; /* of the person */
    const char *asked;      /* path and query as they came, whatever httpd makes of them */
    const sso_moodle_login_t *login;
    const sso_source_t *moodle;         /* NULL: none is defined */
    const sso_decision_t *decision;     /* who it is */
    const sso_identity_t *session;      /* of Moodle, in Moodle's own words; NULL: nobody's */
    const sso_credential_t *credential; /* the session's; NULL: none came */
} moodlesso_visit_t;

/* access_checker, behind identify: the guard, then the login page. */
int moodlesso_moodle_request(request_rec *r);

/* Another person's session of Moodle in this browser ends, however it began, where `directory` has
 * people signed in to Moodle. */
void moodlesso_moodle_replace(request_rec *r, const moodlesso_directory_t *directory,
                              const sso_identity_t *who);

/* Somebody has just signed in here by other means than Moodle's, and goes on to `url`: another
 * person's session of Moodle ends. Answers the way: where auth_shibboleth signs people in to Moodle
 * it leads through that; else it is `url` itself. What is configured for the page counts, of a page
 * without MoodleSSOMoodleLogin what is for this request (moodle_response.c). */
const char *moodlesso_moodle_enter(request_rec *r, const sso_identity_t *who, const char *url);

/* End somebody's session where it is kept, and have this machine forget it. Answers the browser's
 * line in *set_cookie, NULL where it is not known. False when it may live on. */
bool moodlesso_session_kill(request_rec *r, const sso_source_t *source,
                            const sso_credential_t *credential, const sso_identity_t *who,
                            const char **set_cookie);

/* The wanted page's URL, when the request names one of this Moodle; else NULL. */
const char *moodlesso_moodle_target(request_rec *r, const moodlesso_visit_t *at);

/* This path, told the wanted page where the request names one. */
const char *moodlesso_moodle_way(request_rec *r, const moodlesso_visit_t *at, const char *path);

/* Send the browser there. */
int moodlesso_moodle_go_to(request_rec *r, const char *url);

/* insert_filter (moodle_response.c). */
void moodlesso_insert_moodle_filter(request_rec *r);
void moodlesso_register_moodle_filter(void);

/* What the browser remembers of this person's having been signed in, some seconds ago. */
sso_moodle_mark_t moodlesso_mark(request_rec *r, const moodlesso_visit_t *at);

/* Have the browser remember it, with the session that was begun (empty: whatever it is); no rounds:
 * have it forget. */
void moodlesso_mark_return(request_rec *r, const moodlesso_visit_t *at, sso_span_t sid, int rounds);

/* Have the browser keep a cookie of ours, in the frame or at the top level; `lifetime` is "" or
 * "; Max-Age=...". */
void moodlesso_set_mark(request_rec *r, const char *name, const char *value, const char *lifetime);

/* The name that Moodle knows the person by; NULL when there is none. */
const char *moodlesso_moodle_username(request_rec *r, const moodlesso_visit_t *at);

/* The setters (moodle_directives.c). */
const char *moodlesso_set_moodle_login(cmd_parms *cmd, void *config, int argc, char *const argv[]);
const char *moodlesso_set_logout(cmd_parms *cmd, void *config, int argc, char *const argv[]);

#endif
