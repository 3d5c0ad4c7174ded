/* SPDX-License-Identifier: Apache-2.0 */
/* account_change.c -- POST account: an account is linked, removed or chosen.
 *
 *   form ──> off to the provider, bound to who asked ──> back with a proof ──> the same person:
 * linked
 */
#include <httpd.h>

#include <apr_strings.h>
#include <http_log.h>

#include "base/form.h"
#include "httpd/account.h"
#include "httpd/endpoints.h"
#include "httpd/form_body.h"
#include "httpd/freeze.h"
#include "httpd/login_flow.h"
#include "io/links.h"
#include "sso/account.h"
#include "sso/account_form.h"

APLOG_USE_MODULE(moodlesso);

#define MAX_FORM 4096 /* bytes */
#define MAX_AGE  300  /* seconds */

/* These know no max_age, or do not say in the token when somebody signed in. */
static bool says_when(const char *issuer)
{
    return strstr(issuer, "accounts.google.com") == NULL &&
           strstr(issuer, "login.microsoftonline.") == NULL &&
           strstr(issuer, "login.partner.microsoftonline.") == NULL;
}

/* Google knows no "login". */
const char *moodlesso_account_prompt(const sso_source_t *source)
{
    const char *issuer = sso_source_client(source)->issuer->issuer;

    return strstr(issuer, "accounts.google.com") != NULL ? "select_account" : "login";
}

/* The person signs in there now, not just by a session that somebody may have left open. */
static int add(request_rec *r, const moodlesso_holder_t *holder, const char *name)
{
    const sso_source_t *source = name ? moodlesso_login_source(r, name) : NULL;
    sso_login_t login = {.purpose = SSO_LOGIN_LINK, .max_age = -1};
    sso_code_hints_t hints = {NULL, NULL};

    if (source == NULL || moodlesso_is_source_off(source))
        return HTTP_BAD_REQUEST;
    hints.prompt = moodlesso_account_prompt(source);
    if (says_when(sso_source_client(source)->issuer->issuer))
        login.max_age = MAX_AGE;
    login.back =
        apr_pstrcat(r->pool, moodlesso_endpoint_url(r, "account"), "?holder=", holder->text, NULL);
    return moodlesso_login_begin(r, source, &login, &hints);
}

int moodlesso_account_land(request_rec *r, const sso_source_t *source,
                           const sso_identity_t *account, const char *back)
{
    const sso_sessions_t *sessions = moodlesso_server(r->server)->sessions;
    const char *query = strchr(back, '?'), *page = moodlesso_endpoint_url(r, "account");
    const char *holder = query ? moodlesso_parameter(r, query + 1, "holder") : NULL;
    const char *proof =
        holder ? sso_account_proof(sessions, source, account, holder, r->request_time, r->pool)
               : NULL;

    if (proof == NULL)
        return moodlesso_login_refuse(r, sso_error(SSO_SESSION_NOT_SEALED), page);
    return moodlesso_see_other(
        r, sso_form_url(page, sso_form_add("", "proof", proof, r->pool), r->pool));
}

const sso_error_t *moodlesso_account_link(request_rec *r, const moodlesso_holder_t *holder,
                                          const char *proof)
{
    const sso_sessions_t *sessions = moodlesso_server(r->server)->sessions;
    const sso_source_t *sources[MOODLESSO_MAX_USE];
    int count = moodlesso_token_sources(r, sources);
    const sso_identity_t *account;
    sso_linked_t linked;
    sso_link_t link = {0};
    const char *why = NULL;
    bool added;

    SSO_TRY(sso_account_proof_open(sessions, sources, count, proof, holder->text, r->request_time,
                                   &account, r->pool));
    link.username = holder->who->claims[SSO_CLAIM_USERNAME];
    link.source = account->claims[SSO_CLAIM_SOURCE];
    link.issuer = account->claims[SSO_CLAIM_ISSUER];
    link.subject = account->claims[SSO_CLAIM_SUBJECT];
    link.label = sso_account_label(account, r->pool);
    link.created = link.used = r->request_time;
    if (sso_links_add(moodlesso_world()->store, &link, &added, &why, r->pool) != APR_SUCCESS ||
        sso_links_find(moodlesso_world()->store, link.issuer, link.subject, &linked, &why,
                       r->pool) != APR_SUCCESS)
        return sso_error(SSO_STORE_DOWN);
    if (strcmp(linked.username, link.username) != 0)
        return sso_error(SSO_LINKED_ELSEWHERE);
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "moodlesso: an account of source %s was linked",
                  link.source);
    return NULL;
}

static const sso_link_t *link_of(request_rec *r, const moodlesso_holder_t *holder, const char *id)
{
    for (int i = 0; id != NULL && i < holder->links->nelts; i++) {
        const sso_link_t *link = &APR_ARRAY_IDX(holder->links, i, sso_link_t);
        const char *own = moodlesso_account_id(link, r->pool);

        if (own != NULL && strcmp(own, id) == 0)
            return link;
    }
    return NULL;
}

static const sso_error_t *remove_link(request_rec *r, const moodlesso_holder_t *holder,
                                      const sso_link_t *link)
{
    const char *why = NULL;
    bool removed;

    if (moodlesso_is_current(holder, link))
        return sso_error(SSO_LAST_ACCOUNT);
    if (sso_links_remove(moodlesso_world()->store, link, &removed, &why, r->pool) != APR_SUCCESS)
        return sso_error(SSO_STORE_DOWN);
    return removed ? NULL : sso_error(SSO_LAST_ACCOUNT);
}

static const sso_error_t *choose(request_rec *r, const moodlesso_holder_t *holder,
                                 const sso_link_t *link)
{
    const char *why = NULL;
    bool chosen;

    return sso_links_choose(moodlesso_world()->store, link, r->request_time, &chosen, &why,
                            r->pool) == APR_SUCCESS
               ? NULL
               : sso_error(SSO_STORE_DOWN);
}

static const struct {
    const char *name, *done;
    const sso_error_t *(*change)(request_rec *r, const moodlesso_holder_t *holder,
                                 const sso_link_t *link);
} changes[] = {{"remove", "?done=removed", remove_link}, {"choose", "?done=chosen", choose}};

static int change(request_rec *r, const moodlesso_holder_t *holder, const char *wanted,
                  const char *id)
{
    const sso_link_t *link = link_of(r, holder, id);
    const char *page = moodlesso_endpoint_url(r, "account");

    for (apr_size_t i = 0; link != NULL && i < sizeof(changes) / sizeof(changes[0]); i++) {
        const sso_error_t *error;

        if (strcmp(changes[i].name, wanted) != 0)
            continue;
        error = changes[i].change(r, holder, link);
        return error ? moodlesso_login_refuse(r, error, page)
                     : moodlesso_see_other(r, apr_pstrcat(r->pool, page, changes[i].done, NULL));
    }
    return HTTP_BAD_REQUEST;
}

int moodlesso_account_change(request_rec *r)
{
    const moodlesso_directory_t *directory = moodlesso_directory(r);
    const char *form = moodlesso_read_form(r, MAX_FORM),
               *page = moodlesso_endpoint_url(r, "account");
    const char *token = form ? moodlesso_parameter(r, form, "token") : NULL;
    const char *wanted = form ? moodlesso_parameter(r, form, "do") : NULL;
    moodlesso_holder_t holder;
    const sso_error_t *error;

    if (directory->match == NULL && !directory->creates)
        return HTTP_NOT_FOUND;
    if (!moodlesso_is_same_origin(r))
        return moodlesso_login_refuse(r, sso_error(SSO_CROSS_SITE), page);
    if ((error = moodlesso_holder(r, &holder)) != NULL)
        return moodlesso_login_refuse(r, error, page);
    if (token == NULL || !sso_account_token_holds(moodlesso_server(r->server)->sessions,
                                                  holder.text, token, r->request_time, r->pool))
        return moodlesso_login_refuse(r, sso_error(SSO_FORM_EXPIRED), page);
    if (wanted != NULL && strcmp(wanted, "add") == 0)
        return add(r, &holder, moodlesso_parameter(r, form, "provider"));
    return change(r, &holder, wanted ? wanted : "", moodlesso_parameter(r, form, "id"));
}
