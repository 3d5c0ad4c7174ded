/* SPDX-License-Identifier: Apache-2.0 */
/* session.c -- our own session: an identity in a sealed cookie.
 *
 * Inside the seal: form (1 byte), number of claims (1), created (8), sealed (8), length of sid (1),
 * sid, packed identity. Nodes of another form or with other claims let people sign in anew. */
#include "sso/session.h"

#include <string.h>

#include <apr_strings.h>

#include "base/cookie.h"
#include "sso/login_state.h"

#define FORM      1
#define HEAD      (1 + 1 + 8 + 8 + 1)
#define MAX_SID   128
#define LAST_TIME (APR_INT64_MAX / 4) /* so that a lifetime can be added */
/* base64url of key id, nonce and tag is about the text's third more, and 43 letters. */
#define MAX_TEXT (SSO_SESSION_MAX_BYTES / 4 * 3 - 32)

static sso_span_t bound_of(const sso_session_bond_t *bond, apr_pool_t *p)
{
    /* Newlines stand in none of them. */
    return sso_span(apr_pstrcat(p, bond->cookie, "\n", bond->site, "\n", bond->source, "\n",
                                bond->audience, NULL));
}

static void put_time(char *to, apr_time_t time)
{
    for (int i = 7; i >= 0; i--, time >>= 8)
        to[i] = (char)(time & 0xFF);
}

static apr_time_t get_time(const char *from)
{
    apr_uint64_t time = 0;

    for (int i = 0; i < 8; i++)
        time = time << 8 | (unsigned char)from[i];
    return (apr_time_t)time;
}

static bool write_text(const sso_session_t *session, const sso_identity_t *who, char *text,
                       apr_size_t *length)
{
    apr_size_t sid = strlen(session->sid), used;

    text[0] = FORM;
    text[1] = SSO_CLAIM_COUNT;
    put_time(text + 2, session->created);
    put_time(text + 10, session->sealed);
    text[18] = (char)sid;
    memcpy(text + HEAD, session->sid, sid);
    if (!sso_identity_pack(who, NULL, text + HEAD + sid, MAX_TEXT - HEAD - sid, &used))
        return false;
    *length = HEAD + sid + used;
    return true;
}

/* Only what decides who may pass (sso/allow.h; of Require, acr, which would be asked for again and
 * again): small, and without it the person may not. */
static void leave_out_extra(sso_identity_t *who, apr_pool_t *p)
{
    static const char *const kept[] = {"tid", "hd", "email_verified", "acr"};
    const sso_identity_t all = *who;

    who->extra_count = 0;
    who->extra = NULL;
    for (apr_size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        for (int k = 0; k < all.extra_count; k++) {
            if (strcmp(all.extra[2 * k], kept[i]) == 0)
                sso_identity_add(who, kept[i], all.extra[2 * k + 1], p);
        }
    }
}

/* What is left out of a session that is too large, in this order; the last step has done all. */
static bool leave_out(sso_identity_t *who, int step, apr_pool_t *p)
{
    static const sso_claim_t dispensable[] = {SSO_CLAIM_ROLES,       SSO_CLAIM_NAME,
                                              SSO_CLAIM_LANGUAGE,    SSO_CLAIM_IDNUMBER,
                                              SSO_CLAIM_FAMILY_NAME, SSO_CLAIM_GIVEN_NAME};

    const int last = (int)(sizeof(dispensable) / sizeof(dispensable[0])) + 1;

    if (step == 0)
        leave_out_extra(who, p);
    else if (step < last)
        who->claims[dispensable[step - 1]] = NULL;
    else if (step == last)
        who->extra_count = 0;
    else
        return false;
    return true;
}

const char *sso_session_seal(const sso_seal_t *seal, const sso_session_bond_t *bond,
                             const sso_session_t *session, apr_pool_t *p)
{
    sso_identity_t who = *session->who;
    char text[MAX_TEXT];
    apr_size_t length;

    if (strlen(session->sid) > MAX_SID)
        return NULL;
    /* It says when the session ends at its opening. */
    who.claims[SSO_CLAIM_EXPIRES] = NULL;
    for (int step = 0; !write_text(session, &who, text, &length); step++) {
        if (!leave_out(&who, step, p))
            return NULL;
    }
    return sso_seal(seal, bound_of(bond, p), (sso_span_t){text, length}, p);
}

static bool read_text(sso_span_t text, sso_session_t *session, sso_identity_t **who, apr_pool_t *p)
{
    const sso_error_t *error;
    apr_size_t sid;

    if (text.len < HEAD || text.at[0] != FORM || text.at[1] != SSO_CLAIM_COUNT)
        return false;
    sid = (unsigned char)text.at[18];
    if (text.len - HEAD < sid)
        return false;
    session->created = get_time(text.at + 2);
    session->sealed = get_time(text.at + 10);
    session->sid = apr_pstrmemdup(p, text.at + HEAD, sid);
    if (session->created < 0 || session->sealed < session->created || session->sealed > LAST_TIME)
        return false;
    return sso_identity_unpack(text.at + HEAD + sid, text.len - HEAD - sid, who, &error, p) &&
           *who != NULL && (*who)->claims[SSO_CLAIM_SUBJECT] != NULL;
}

static apr_time_t end_of(const sso_session_t *session, const sso_session_policy_t *policy)
{
    apr_time_t idle = session->sealed + policy->idle, end = session->created + policy->lifetime;

    return idle < end ? idle : end;
}

const sso_error_t *sso_session_open(const sso_seal_t *seal, const sso_session_bond_t *bond,
                                    sso_span_t value, const sso_session_policy_t *policy,
                                    apr_time_t now, sso_session_t *session, apr_pool_t *p)
{
    sso_identity_t *who;
    sso_span_t text;

    if (value.len > SSO_SESSION_MAX_BYTES ||
        !sso_seal_open(seal, bound_of(bond, p), value, &text, p) ||
        !read_text(text, session, &who, p))
        return sso_error(SSO_SESSION_FORGED);
    who->expires = end_of(session, policy);
    who->vouched_at = session->created;
    who->claims[SSO_CLAIM_EXPIRES] =
        apr_psprintf(p, "%" APR_TIME_T_FMT, apr_time_sec(who->expires));
    session->who = who;
    return now < who->expires ? NULL : sso_error(SSO_SESSION_TIMED_OUT);
}

bool sso_session_is_stale(const sso_session_t *session, const sso_session_policy_t *policy,
                          apr_time_t now)
{
    return now - session->sealed > policy->idle / 2;
}

const sso_error_t *sso_session_find(const sso_sessions_t *sessions, const char *cookies,
                                    const char *source, const char *audience, apr_time_t now,
                                    sso_session_t *session, apr_pool_t *p)
{
    static const char *const names[] = {SSO_SESSION_COOKIE_FRAMED, SSO_SESSION_COOKIE};

    for (int i = 0; i < 2; i++) {
        const sso_session_bond_t bond = {names[i], sessions->site, source, audience};
        sso_span_t value;
        sso_cookie_state_t state = sso_cookie_find(cookies, names[i], &value, p);

        if (state == SSO_COOKIE_AMBIGUOUS)
            return sso_error(SSO_DUPLICATE_COOKIE);
        session->cookie = names[i];
        if (state == SSO_COOKIE_FOUND)
            return sso_session_open(&sessions->seal, &bond, value, &sessions->policy, now, session,
                                    p);
    }
    return sso_error(SSO_NO_CREDENTIAL);
}

const char *sso_session_epoch_text(const char *issuer, const char *text, apr_pool_t *p)
{
    return apr_pstrcat(p, issuer, "\n", text, NULL);
}

int sso_session_epochs(const sso_session_t *session, sso_session_epoch_t *epochs, apr_pool_t *p)
{
    const char *const *claims = session->who->claims;
    const char *issuer = claims[SSO_CLAIM_ISSUER];
    int count = 0;

    epochs[count++] = (sso_session_epoch_t){"site", ""};
    epochs[count++] = (sso_session_epoch_t){
        "subject", sso_session_epoch_text(issuer, claims[SSO_CLAIM_SUBJECT], p)};
    if (session->sid[0] != '\0')
        epochs[count++] =
            (sso_session_epoch_t){"sid", sso_session_epoch_text(issuer, session->sid, p)};
    return count;
}

/* All names begin with the shortest one. */
static bool is_ours(sso_span_t item)
{
    const char *equals;

    item = sso_span_trim(item);
    equals = item.len > 0 ? memchr(item.at, '=', item.len) : NULL;
    if (equals != NULL)
        item.len = (apr_size_t)(equals - item.at);
    item = sso_span_trim(item);
    return sso_span_equal(item, SSO_SESSION_COOKIE) ||
           sso_span_equal(item, SSO_SESSION_COOKIE_FRAMED) ||
           sso_span_equal(item, SSO_LOGIN_COOKIE);
}

const char *sso_session_hide(const char *cookies, apr_pool_t *p)
{
    sso_span_t rest = sso_span(cookies), item;
    char *kept, *to;
    bool has_any = false;

    if (cookies == NULL || strstr(cookies, SSO_SESSION_COOKIE) == NULL)
        return cookies;
    kept = to = apr_palloc(p, rest.len + 1);
    while (sso_span_next(&rest, ';', &item)) {
        if (is_ours(item)) {
            has_any = true;
            continue;
        }
        if (to != kept)
            *to++ = ';';
        else
            item = sso_span_trim(item);
        if (item.len > 0)
            memcpy(to, item.at, item.len);
        to += item.len;
    }
    *to = '\0';
    if (!has_any)
        return cookies;
    return to == kept ? NULL : kept;
}
