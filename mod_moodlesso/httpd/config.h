/* SPDX-License-Identifier: Apache-2.0 */
/* config.h -- definitions (per server) and choices (per directory), and how they merge. */
#ifndef MOODLESSO_CONFIG_H
#define MOODLESSO_CONFIG_H

#include <httpd.h>
#include <http_config.h>

#include "base/uri.h"
#include "io/access.h"
#include "sso/frame.h"
#include "sso/frame_cookies.h"
#include "sso/frame_guard.h"
#include "sso/pages.h"
#include "sso/moodle_login.h"
#include "sso/session.h"
#include "sso/source.h"
#include "sso/template.h"

/* The one symbol that leaves the module. */
extern __attribute__((visibility("default"))) module AP_MODULE_DECLARE_DATA moodlesso_module;

/* One per server and virtual host. Read-only once the configuration is frozen. */
typedef struct moodlesso_server_t {
    const sso_uri_t *base_url; /* NULL: not given */
    apr_hash_t *databases;     /* name -> sso_database_t * */
    apr_hash_t *redises;       /* name -> sso_redis_t * */
    apr_hash_t *sources;       /* name -> sso_source_t * */
    apr_hash_t *services;      /* name -> sso_service_t * */
    const char *prefix;        /* MoodleSSOPrefix; NULL: not given */
    const char *teams_script;  /* MoodleSSOTeamsScript; NULL: not given */
    const char *teams_integrity;
    const sso_pages_t *pages;            /* MoodleSSOTemplates; NULL: those built in */
    apr_array_header_t *return_origins;  /* MoodleSSOReturnOrigins: sso_uri_t; NULL: not given */
    const sso_session_policy_t *session; /* MoodleSSOSession; NULL: not given */
    const sso_sessions_t *sessions;      /* our own; NULL: no source here starts any */
    const sso_source_t *moodle; /* the only source of kind moodle; NULL: none, or several */
} moodlesso_server_t;

typedef enum { MOODLESSO_UNSET, MOODLESSO_OFF, MOODLESSO_ON } moodlesso_switch_t;

/* MoodleSSOUnauthenticated */
typedef enum {
    MOODLESSO_UNAUTHENTICATED_UNSET,
    MOODLESSO_UNAUTHENTICATED_AUTO,
    MOODLESSO_UNAUTHENTICATED_LOGIN,
    MOODLESSO_UNAUTHENTICATED_401,
    MOODLESSO_UNAUTHENTICATED_403,
    MOODLESSO_UNAUTHENTICATED_PASS
} moodlesso_unauthenticated_t;

#define MOODLESSO_SESSION_IDLE     3600  /* seconds, when MoodleSSOSession says nothing */
#define MOODLESSO_SESSION_LIFETIME 43200 /* seconds */

#define MOODLESSO_MAX_USE 16 /* names in one MoodleSSOUse */

/* MoodleSSOUse */
typedef struct moodlesso_choice_t {
    const char *name;
    const sso_source_t *source; /* when the name means the same in every server that knows it */
} moodlesso_choice_t;

/* MoodleSSOMatch: the rules of one section. */
typedef struct moodlesso_match_t {
    apr_array_header_t *rules; /* sso_match_t * */
    int number;                /* of all such lists, from 1 */
    server_rec *server;        /* where the section stands */
} moodlesso_match_t;

/* MoodleSSOPublish */
typedef struct moodlesso_variable_t {
    const char *name;
    const sso_template_t *value;
} moodlesso_variable_t;

/* One per section; unset members are NULL or the enumeration's 0. Read-only once read. */
typedef struct moodlesso_directory_t {
    moodlesso_switch_t on;   /* MoodleSSO; unset is on */
    apr_array_header_t *use; /* MoodleSSOUse: moodlesso_choice_t */
    moodlesso_unauthenticated_t unauthenticated;
    apr_array_header_t *allow;   /* MoodleSSOAllow: const sso_allow_t *; all must hold */
    moodlesso_match_t *match;    /* MoodleSSOMatch */
    moodlesso_switch_t creates;  /* MoodleSSOCreateUsers */
    apr_array_header_t *publish; /* moodlesso_variable_t */
    const sso_frame_t *frame;    /* MoodleSSOFrameAncestors */
    const sso_frame_cookies_t *frame_cookies;
    const sso_frame_guard_t *frame_guard;
    moodlesso_switch_t storage_access;      /* MoodleSSOFrameStorageAccess; unset is off */
    moodlesso_switch_t password_login;      /* MoodleSSOPasswordLogin; unset is on */
    apr_array_header_t *password_addresses; /* apr_ipsubnet_t *: whence it is on all the same */
    const sso_moodle_login_t *moodle_login;
    apr_array_header_t *moodle_source; /* of moodle_login: one moodlesso_choice_t; NULL: the only */
    unsigned int logout;               /* MoodleSSOLogout: MOODLESSO_LOGOUT_...; 0: unset */
} moodlesso_directory_t;

/* A name that a section uses, to be looked up when everything is read. */
typedef struct moodlesso_reference_t {
    apr_array_header_t *use; /* the section's list ... */
    int place;               /* ... and the place of the name in it */
    server_rec *server;      /* where the section stands */
    const char *where;       /* "file:line" */
    const char *directive;   /* what named it; NULL: MoodleSSOUse */
} moodlesso_reference_t;

/* A Require moodlesso-source, whose names are looked for when everything is read. */
typedef struct moodlesso_required_t {
    const char *names; /* with blanks between */
    const char *where; /* "file:line" */
} moodlesso_required_t;

/* MoodleSSOMoodleLogin userkey, of one section. */
typedef struct moodlesso_userkey_t {
    const sso_userkey_t *userkey;
    const apr_array_header_t *source; /* source=: one moodlesso_choice_t; NULL: not given */
    server_rec *server;               /* where the section stands */
    const char *where;                /* "file:line" */
} moodlesso_userkey_t;

/* What the whole configuration adds up to; made anew each time it is read. */
typedef struct moodlesso_totals_t {
    sso_inventory_t inventory;
    apr_array_header_t *references;  /* moodlesso_reference_t */
    apr_array_header_t *required;    /* moodlesso_required_t */
    apr_array_header_t *services;    /* sso_service_t * */
    apr_hash_t *homes;               /* address of a definition -> its server_rec * */
    apr_array_header_t *userkeys;    /* moodlesso_userkey_t */
    apr_array_header_t *matches;     /* moodlesso_match_t * */
    apr_array_header_t *match_lists; /* the rules of each of them: const apr_array_header_t * */
    const sso_source_t *accounts;    /* NULL: no section has rules about accounts */
    bool needs_accounts;             /* a section has, and so needs the store */
    apr_array_header_t *published;   /* const char *: names of MoodleSSOPublish, upper case */
    apr_array_header_t *secrets;     /* const char *: files of MoodleSSOSecret, the newest first */
    const char *state_dir;           /* MoodleSSOStateDir; NULL: none is needed */
    bool signs_in_to_moodle;         /* some section has MoodleSSOMoodleLogin */
    bool ends_drupal;                /* some section has MoodleSSOLogout drupal */
    const sso_frame_cookies_t *of_moodle; /* those of a Moodle that is signed in to in frames */
    bool needs_state; /* a feature needs state_dir and the store, given or not */
} moodlesso_totals_t;

void *moodlesso_server_create(apr_pool_t *p, server_rec *server);
void *moodlesso_server_merge(apr_pool_t *p, void *base, void *over);
void *moodlesso_directory_create(apr_pool_t *p, char *path);
void *moodlesso_directory_merge(apr_pool_t *p, void *base, void *over);

static inline moodlesso_server_t *moodlesso_server(server_rec *server)
{
    return ap_get_module_config(server->module_config, &moodlesso_module);
}

static inline const moodlesso_directory_t *moodlesso_directory(const request_rec *r)
{
    return ap_get_module_config(r->per_dir_config, &moodlesso_module);
}

/* Is the module on here, so that what it was told applies? */
static inline bool moodlesso_is_on(const moodlesso_directory_t *directory)
{
    return directory->on != MOODLESSO_OFF;
}

/* The totals of the configuration being read, or in force. */
moodlesso_totals_t *moodlesso_totals(void);

/* "; there are: drupal, moodle", of every server; "" when there are none. */
const char *moodlesso_source_names(apr_pool_t *p);

/* MoodleSSOFrameCookies of a section, or what holds without it; NULL: Off. */
const sso_frame_cookies_t *moodlesso_listed_cookies(const moodlesso_directory_t *directory);

/* Names of MoodleSSOPublish anywhere (const char *), NULL when there are none. */
const apr_array_header_t *moodlesso_published(void);

/* Forget the last configuration; before a new one is read. */
void moodlesso_totals_begin(apr_pool_t *pconf);

extern const command_rec moodlesso_directives[];

#endif
