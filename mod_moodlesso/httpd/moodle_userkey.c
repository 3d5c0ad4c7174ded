/* SPDX-License-Identifier: Apache-2.0 */
/* moodle_userkey.c -- people signed in to Moodle here, by a key that no browser sees.
 *
 * The plugin deletes a person's key when it makes the next one: tabs and nodes take turns
 * (io/turn.h), and the tabs of one browser share the session that the first of them began. */
#include "httpd/moodle_userkey.h"

#include <apr_strings.h>
#include <http_log.h>

#include "base/cookie.h"
#include "base/form.h"
#include "base/percent.h"
#include "httpd/context.h"
#include "httpd/frame_request.h"
#include "httpd/freeze.h"
#include "httpd/identify.h"
#include "io/turn.h"
#include "sso/imprint.h"
#include "sso/moodle_admin.h"
#include "sso/source_moodle.h"

APLOG_USE_MODULE(moodlesso);

#define SHARED apr_time_from_sec(10) /* how long other tabs get the session that one began */
#define ROUNDS 14                    /* who finds no place comes back so often; browsers take 20 */
#define AGAIN  "again"               /* with this field, which counts */

#define BEGAN      "__Host-moodlesso-began"
#define BEGAN_HTTP "moodlesso-began"

/* One sign-in. */
typedef struct bridge_t {
    request_rec *r;
    const moodlesso_visit_t *at;
    sso_access_t access;
    sso_userkey_person_t person;
    const char *value;         /* by which the plugin finds the person */
    const sso_identity_t *who; /* of the session, in Moodle's words; NULL: not to be seen yet */
    const char *refused;       /* the line of another tab that was looked at already; NULL: none */
    const sso_error_t *error;  /* why it could not be begun */
} bridge_t;

static const char *began_name(request_rec *r)
{
    return moodlesso_is_https(r) ? BEGAN : BEGAN_HTTP;
}

static const char *imprint_of(sso_span_t sid, apr_pool_t *p)
{
    return sso_imprint_hex("moodle", apr_pstrmemdup(p, sid.at, sid.len), p);
}

bool moodlesso_userkey_began(request_rec *r, const moodlesso_visit_t *at)
{
    const char *auth = at->session ? sso_identity_claim(at->session, "auth") : NULL, *imprint;
    sso_span_t value;

    if (auth == NULL || at->credential == NULL)
        return false;
    if (strcmp(auth, "userkey") == 0)
        return true;
    imprint = imprint_of(at->credential->secret, r->pool);
    return imprint != NULL &&
           sso_cookie_find(apr_table_get(r->headers_in, "Cookie"), began_name(r), &value,
                           r->pool) == SSO_COOKIE_FOUND &&
           sso_span_equal(value, imprint);
}

static sso_userkey_person_t person_of(request_rec *r, const moodlesso_visit_t *at)
{
    return (sso_userkey_person_t){.who = at->decision->who,
                                  .username = moodlesso_moodle_username(r, at),
                                  .address = r->useragent_ip};
}

bool moodlesso_userkey_is_own(request_rec *r, const moodlesso_visit_t *at)
{
    const sso_userkey_person_t person = person_of(r, at);

    return sso_userkey_is_of(at->login->userkey,
                             sso_userkey_value(at->login->userkey, &person, r->pool), at->session);
}

static sso_credential_t credential_of(const bridge_t *bridge, const char *line)
{
    return (sso_credential_t){.name = sso_moodle_cookie(bridge->at->moodle),
                              .secret = sso_userkey_session(line, bridge->r->pool)};
}

/* Does the session that a line begins live, and is it the person's? An account that may not sign in
 * gets one from the plugin all the same. Moodle itself is asked, not what was seen lately: a
 * session that ended since would send the browser round. */
static const sso_error_t *check(bridge_t *bridge, const char *line)
{
    const sso_source_t *moodle = bridge->at->moodle;
    const sso_credential_t credential = credential_of(bridge, line);
    sso_io_t *io = &bridge->access.io;
    sso_identity_t *who = NULL;
    const sso_error_t *error;
    bool is_pending;

    bridge->who = NULL;
    io->deadline = apr_time_now() + moodle->timeout;
    error = sso_moodle_holder(moodle, &credential, io, &who, &is_pending, bridge->r->pool);
    if (error != NULL)
        return error->class == SSO_FORBIDDEN || error->class == SSO_UNAVAILABLE
                   ? error
                   : sso_error(SSO_MOODLE_USERKEY_OTHER);
    if (!sso_userkey_is_of(bridge->at->login->userkey, bridge->value, who))
        return sso_error(SSO_MOODLE_USERKEY_OTHER);
    /* Moodle asks for the second factor next, whatever page is wanted. */
    bridge->who = is_pending ? NULL : who;
    return NULL;
}

/* Another tab's session, which this one is not coming back from. */
static bool is_good(void *of_bridge, const char *line)
{
    bridge_t *bridge = of_bridge;
    const sso_credential_t *brought = bridge->at->credential;
    const sso_credential_t kept = credential_of(bridge, line);

    if (bridge->refused != NULL && strcmp(line, bridge->refused) == 0)
        return false;
    if ((brought == NULL || !sso_span_equal_constant_time(kept.secret, brought->secret)) &&
        check(bridge, line) == NULL)
        return true;
    bridge->refused = line;
    return false;
}

static void give_up(bridge_t *bridge, const char *line)
{
    const sso_credential_t credential = credential_of(bridge, line);
    const char *unknown;

    if (bridge->error->class != SSO_UNAVAILABLE)
        moodlesso_session_kill(bridge->r, bridge->at->moodle, &credential, NULL, &unknown);
}

/* The plugin signs in whoever has the name, and writes the account anew where updateuser is on. */
static const sso_error_t *check_name(bridge_t *bridge)
{
    const sso_userkey_t *userkey = bridge->at->login->userkey;
    const sso_source_t *moodle = bridge->at->moodle;
    const sso_moodle_t *settings = moodle->settings;
    sso_io_t *io = &bridge->access.io;
    bool is_admin = false;

    if (userkey->field != SSO_USERKEY_USERNAME || userkey->admits_admins || bridge->value == NULL)
        return NULL;
    io->deadline = apr_time_now() + moodle->timeout;
    SSO_TRY(sso_moodle_is_admin(&settings->admins, bridge->value, io, &is_admin, bridge->r->pool));
    return is_admin ? sso_error(SSO_MOODLE_USERKEY_ADMIN) : NULL;
}

static const char *make(void *of_bridge)
{
    bridge_t *bridge = of_bridge;
    const sso_userkey_t *userkey = bridge->at->login->userkey;
    sso_io_t *io = &bridge->access.io;
    const char *line = NULL;

    if ((bridge->error = check_name(bridge)) != NULL)
        return NULL;
    io->deadline = apr_time_now() + userkey->service.timeout;
    bridge->error =
        sso_userkey_sign_in(userkey, &bridge->person, sso_moodle_cookie(bridge->at->moodle), io,
                            &line, bridge->r->pool);
    if (bridge->error != NULL)
        return NULL;
    bridge->error = check(bridge, line);
    if (bridge->error == NULL)
        return line;
    give_up(bridge, line);
    return NULL;
}

/* What tells this browser from the person's others: the proof that it shows. */
static const char *browser_of(request_rec *r, const moodlesso_visit_t *at)
{
    const sso_decision_t *decision = at->decision;
    const sso_request_t request = {.cookies = moodlesso_cookies(r),
                                   .https = moodlesso_is_https(r),
                                   .now = r->request_time,
                                   .authorization = apr_table_get(r->headers_in, "Authorization")};
    sso_credential_t credential = {0};

    if (decision->session != NULL)
        return apr_psprintf(r->pool, "%s %" APR_TIME_T_FMT " %s", decision->session->cookie,
                            decision->session->created, decision->session->sid);
    if (decision->source->kind->find(decision->source, &request, &credential, r->pool) != NULL)
        return NULL;
    return apr_pstrmemdup(r->pool, credential.secret.at, credential.secret.len);
}

static sso_turn_t turn_of(bridge_t *bridge)
{
    request_rec *r = bridge->r;
    const char *browser = browser_of(r, bridge->at);
    const char *whose = apr_pstrcat(r->pool, bridge->at->login->userkey->service.site, "\n",
                                    bridge->value ? bridge->value : "", NULL);

    return (sso_turn_t){.whose = whose,
                        .what = apr_pstrcat(r->pool, "userkey\n", whose, "\n",
                                            moodlesso_is_embedded(r) ? "frame\n" : "top\n",
                                            browser ? browser : "", NULL),
                        .keep = browser ? SHARED : 0,
                        .is_good = is_good,
                        .make = make,
                        .context = bridge};
}

/* Without a target the page that Moodle's session remembers: its login page goes on to that when it
 * has seen that the browser keeps its cookie (moodle/login/index.php, testsession). */
static const char *next_of(const bridge_t *bridge, const char *target)
{
    const moodlesso_visit_t *at = bridge->at;
    apr_pool_t *p = bridge->r->pool;

    if (target != NULL)
        return target;
    if (bridge->who == NULL)
        return apr_pstrcat(p, at->login->root, "/", NULL);
    return apr_pstrcat(p, at->login->path, "?testsession=",
                       sso_percent_encode(sso_span(bridge->who->claims[SSO_CLAIM_SUBJECT]), p),
                       NULL);
}

/* How often the request came again already. */
static int rounds_of(request_rec *r)
{
    const char *value = NULL;
    apr_int64_t rounds = 0;

    if (r->args == NULL || !sso_form_get(r->args, AGAIN, &value, r->pool) || value == NULL ||
        !sso_span_integer(sso_span(value), &rounds) || rounds < 0 || rounds > ROUNDS)
        return value ? ROUNDS : 0;
    return (int)rounds;
}

/* By way of the browser, so that nobody waits here on a thread that Moodle may need. */
static int come_again(request_rec *r, const moodlesso_visit_t *at)
{
    const char *round = sso_form_add("", AGAIN, apr_itoa(r->pool, rounds_of(r) + 1), r->pool);

    return moodlesso_moodle_go_to(
        r, sso_form_url(moodlesso_moodle_way(r, at, at->login->path), round, r->pool));
}

/* Moodle's line as it came; ours beside it. */
static void hand_over(request_rec *r, const moodlesso_visit_t *at, const char *line)
{
    sso_span_t sid = sso_userkey_session(line, r->pool);
    const char *imprint = imprint_of(sid, r->pool);

    apr_table_addn(r->err_headers_out, "Set-Cookie", line);
    if (imprint != NULL)
        moodlesso_set_mark(r, began_name(r), imprint, "");
    moodlesso_mark_return(r, at, sid, at->mark.rounds + 1);
}

int moodlesso_userkey_sign_in(request_rec *r, const moodlesso_visit_t *at,
                              const sso_error_t **error, const char **why)
{
    bridge_t bridge = {.r = r, .at = at, .person = person_of(r, at)};
    const char *target = moodlesso_moodle_target(r, at), *line = NULL;
    sso_turn_t turn;
    apr_status_t status;

    *why = NULL;
    bridge.value = sso_userkey_value(at->login->userkey, &bridge.person, r->pool);
    sso_access_init(&bridge.access, moodlesso_world(), r->request_time);
    if (target == NULL && at->credential != NULL)
        bridge.person.cookie =
            apr_pstrcat(r->pool, sso_moodle_cookie(at->moodle), "=",
                        sso_percent_encode(at->credential->secret, r->pool), NULL);
    turn = turn_of(&bridge);
    status = sso_turn_take(&bridge.access, &turn, &line, r->pool);
    if (status == SSO_IO_BUSY && rounds_of(r) < ROUNDS)
        return come_again(r, at);
    *error = status != APR_SUCCESS ? sso_error(SSO_LOGIN_BUSY) : bridge.error;
    if (line == NULL) {
        *why = bridge.access.why;
        return DECLINED;
    }
    hand_over(r, at, line);
    return moodlesso_moodle_go_to(r, next_of(&bridge, target));
}

/* A section of the main server counts for virtual hosts too. */
static bool sees_sessions(const moodlesso_userkey_t *use, server_rec *first)
{
    if (use->source != NULL) {
        const moodlesso_choice_t *choice = &APR_ARRAY_IDX(use->source, 0, moodlesso_choice_t);

        /* NULL: another one in each of several hosts */
        return choice->source == NULL || choice->source->kind == &sso_kind_moodle;
    }
    for (server_rec *server = use->server; server != NULL;
         server = use->server == first ? server->next : NULL) {
        if (moodlesso_server(server)->moodle != NULL)
            return true;
    }
    return false;
}

const char *moodlesso_userkeys_freeze(server_rec *first, apr_pool_t *p)
{
    const apr_array_header_t *all = moodlesso_totals()->userkeys;

    for (int i = 0; i < all->nelts; i++) {
        const moodlesso_userkey_t *use = &APR_ARRAY_IDX(all, i, moodlesso_userkey_t);

        if (!sees_sessions(use, first))
            return apr_psprintf(p,
                                "MoodleSSOMoodleLogin userkey (%s) needs to see Moodle's sessions: "
                                "write a MoodleSSOSource of kind moodle; of several name one with "
                                "source=",
                                use->where);
    }
    return NULL;
}
