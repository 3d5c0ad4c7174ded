/* SPDX-License-Identifier: Apache-2.0 */
/* moodle_login.h -- MoodleSSOMoodleLogin: who is signed in to Moodle, and when: by a page of its
 * auth_shibboleth, or here, by a key of its plugin auth_userkey. */
#ifndef SSO_MOODLE_LOGIN_H
#define SSO_MOODLE_LOGIN_H

#include <apr_network_io.h>

#include "base/uri.h"
#include "sso/userkey.h"

/* Read-only once the configuration is read. */
typedef struct sso_moodle_login_t {
    bool on;
    const char *root;           /* path of wwwroot: "" or "/moodle" */
    const char *path;           /* of auth_shibboleth, from the host on; with userkey that of the
                                   login page: both are told the wanted page by target= */
    sso_userkey_t *userkey;     /* NULL: by auth_shibboleth */
    const char *source;         /* name of the source of kind moodle; NULL: the only one */
    const char *variable;       /* the one that Moodle's setting user_attribute names */
    int is_extended;            /* Moodle's setting extendedusernamechars */
    apr_array_header_t *bypass; /* apr_ipsubnet_t *: left alone */
} sso_moodle_login_t;

/* From the directive's first word and its options. Answers a sentence when something is wrong. */
const char *sso_moodle_login_make(const char *word, sso_options_t *options,
                                  const sso_moodle_login_t **login);

typedef enum {
    SSO_MOODLE_ELSEWHERE,   /* not below the root */
    SSO_MOODLE_SESSIONLESS, /* a script that starts no session (NO_MOODLE_COOKIES) */
    SSO_MOODLE_LOGIN_PAGE,  /* /login/index.php */
    SSO_MOODLE_LOGOUT_PAGE, /* /login/logout.php */
    SSO_MOODLE_SHIBBOLETH,  /* where auth_shibboleth signs people in */
    SSO_MOODLE_SIGNING,     /* others below /login/ and /auth/ */
    SSO_MOODLE_PAGE         /* everything else */
} sso_moodle_place_t;

/* What is at a path, as httpd has decoded and cleaned it? PATH_INFO behind a script counts as it.
 */
sso_moodle_place_t sso_moodle_login_place(const sso_moodle_login_t *login, const char *path);

/* Is it an address that is left alone? */
bool sso_moodle_login_is_bypassed(const sso_moodle_login_t *login, apr_sockaddr_t *address);

/* A request that may have to do with signing in. */
typedef struct sso_moodle_visit_t {
    sso_moodle_place_t place;
    const char *query; /* NULL: none */
    bool navigates;    /* a GET by which a person wants a page */
    bool is_known;     /* there is an identity */
    bool is_in;        /* it has a session of Moodle that somebody signed in to */
    bool came_back;    /* the person was signed in moments ago */
} sso_moodle_visit_t;

typedef enum {
    SSO_MOODLE_PASS,    /* Moodle's own business */
    SSO_MOODLE_SIGN_IN, /* to auth_shibboleth, or here; then on to the wanted page */
    SSO_MOODLE_GO_ON,   /* is in by now, to the wanted page */
    SSO_MOODLE_EXPLAIN  /* the person was there: once more would be a loop */
} sso_moodle_step_t;

/* The login page is skipped for navigations of people we know who are not in yet; never with
 * loginredirect=0 (Moodle's own way to the password form) or testsession (its test of cookies). Who
 * was sent there with target= and is in by now, since another tab was quicker, goes on to that. */
sso_moodle_step_t sso_moodle_login_decide(const sso_moodle_visit_t *visit);

/* Does somebody we do not know want to sign in, by navigation, and not with a password? */
bool sso_moodle_login_wants_proof(const sso_moodle_visit_t *visit);

/* Does the answer lead a person who may be somebody from a page to the login page? `path` is its
 * Location's, with the query. */
bool sso_moodle_login_sends(const sso_moodle_login_t *login, const sso_moodle_visit_t *visit,
                            const char *path);

/* The login page's path, from the host on. */
const char *sso_moodle_login_page(const sso_moodle_login_t *login, apr_pool_t *p);

/* Is it that, without a query? */
bool sso_moodle_login_is_page(const sso_moodle_login_t *login, const char *path);

/* Does the query name the page to go on to? */
bool sso_moodle_login_has_target(const char *query);

/* That page's URL, when it is one of this Moodle, at the origin `own`; else NULL. */
const char *sso_moodle_login_target(const sso_moodle_login_t *login, const char *query,
                                    const sso_uri_t *own, apr_pool_t *p);

/* Will Moodle take this username (moodle/lib/classes/user.php, clean_username)? A-Z are made small.
 * With userkey it may not matter. Answers MOODLE_USERNAME. */
const sso_error_t *sso_moodle_login_check_username(const sso_moodle_login_t *login,
                                                   const char *username);

/* Has it what a new account needs? Without, Moodle keeps the person on the page of their profile.
 * Answers MOODLE_PROFILE. */
const sso_error_t *sso_moodle_login_check_profile(const sso_identity_t *who);

/* Is it the same account? Moodle's usernames are small letters. NULL is nobody's. */
bool sso_moodle_login_is_same(const char *username, const char *of_moodle);

#endif
