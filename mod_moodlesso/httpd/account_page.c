/* SPDX-License-Identifier: Apache-2.0 */
/* account_page.c -- GET account, GET account.json: the accounts by which a person is known here. */
#include "httpd/account.h"

#include <apr_strings.h>
#include <http_protocol.h>

#include "base/form.h"
#include "httpd/authorise.h"
#include "httpd/endpoints.h"
#include "httpd/freeze.h"
#include "httpd/handlers.h"
#include "httpd/identify.h"
#include "httpd/judge.h"
#include "httpd/login_flow.h"
#include "httpd/page.h"
#include "httpd/providers.h"
#include "io/links.h"
#include "sso/account_form.h"
#include "sso/imprint.h"
#include "sso/provider_look.h"

const char *moodlesso_account_id(const sso_link_t *link, apr_pool_t *p)
{
    return sso_imprint_hex("link", apr_pstrcat(p, link->issuer, "\n", link->subject, NULL), p);
}

const sso_error_t *moodlesso_holder(request_rec *r, moodlesso_holder_t *holder)
{
    const sso_decision_t *decision = moodlesso_decision(r);
    sso_world_t *world = moodlesso_world();
    const char *why = NULL;

    if (decision == NULL || decision->who == NULL)
        return decision ? decision->why : sso_error(SSO_NO_CREDENTIAL);
    holder->who = decision->who;
    holder->text = sso_account_holder(decision->who, decision->session, r->pool);
    if (holder->text == NULL)
        return sso_error(SSO_SESSION_NOT_SEALED);
    if (world == NULL || world->store == NULL ||
        sso_links_of(world->store, decision->who->claims[SSO_CLAIM_USERNAME], &holder->links, &why,
                     r->pool) != APR_SUCCESS)
        return sso_error(SSO_STORE_DOWN);
    return NULL;
}

bool moodlesso_is_current(const moodlesso_holder_t *holder, const sso_link_t *link)
{
    return strcmp(link->issuer, holder->who->claims[SSO_CLAIM_ISSUER]) == 0 &&
           strcmp(link->subject, holder->who->claims[SSO_CLAIM_SUBJECT]) == 0;
}

/* The one chosen last; where none was chosen, the current one. */
static const sso_link_t *active_of(const moodlesso_holder_t *holder)
{
    const sso_link_t *active = NULL;

    for (int i = 0; i < holder->links->nelts; i++) {
        const sso_link_t *link = &APR_ARRAY_IDX(holder->links, i, sso_link_t);

        if (link->chosen > 0 ? active == NULL || link->chosen > active->chosen
                             : active == NULL && moodlesso_is_current(holder, link))
            active = link;
    }
    return active;
}

static json_t *describe(request_rec *r, const moodlesso_holder_t *holder, const sso_link_t *link,
                        const sso_link_t *active)
{
    const sso_source_t *source = moodlesso_login_source(r, link->source);
    const sso_client_t *client = source ? sso_source_client(source) : NULL;
    bool current = moodlesso_is_current(holder, link);

    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s?, s:s, s:b, s:b, s:b, s:I, s:I}", "id",
                     moodlesso_account_id(link, r->pool), "source", link->source, "issuer",
                     link->issuer, "subject", link->subject, "name", link->label, "title",
                     client ? client->title : link->source, "icon", client ? client->icon : NULL,
                     "color", client ? client->color : SSO_PROVIDER_COLOR, "active", link == active,
                     "current", current, "removable", holder->links->nelts > 1 && !current,
                     "created", (json_int_t)apr_time_sec(link->created), "used",
                     (json_int_t)apr_time_sec(link->used));
}

static json_t *list(request_rec *r, const moodlesso_holder_t *holder)
{
    const sso_link_t *active = active_of(holder);
    json_t *array = json_array();

    for (int i = 0; i < holder->links->nelts; i++)
        json_array_append_new(
            array, describe(r, holder, &APR_ARRAY_IDX(holder->links, i, sso_link_t), active));
    return array;
}

static json_t *list_providers(request_rec *r)
{
    moodlesso_provider_t providers[MOODLESSO_MAX_USE];
    int count = moodlesso_providers(r, providers);
    json_t *array = json_array();

    for (int i = 0; i < count; i++)
        json_array_append_new(
            array, json_pack("{s:s, s:s, s:s?, s:s}", "provider", providers[i].name, "title",
                             providers[i].client->title, "icon", providers[i].client->icon, "color",
                             providers[i].client->color));
    return array;
}

/* Browsers hold a form to the page's policy wherever it leads: to the providers. */
static json_t *list_forms(request_rec *r)
{
    moodlesso_provider_t providers[MOODLESSO_MAX_USE];
    int count = moodlesso_providers(r, providers);
    json_t *array = json_array();
    sso_access_t access;

    sso_access_init(&access, moodlesso_world(), r->request_time);
    for (int i = 0; i < count; i++) {
        const sso_trust_t *trust = access.io.trust(&access.io, providers[i].client->issuer);
        sso_uri_t provider;

        if (trust != NULL && trust->authorization_endpoint != NULL &&
            sso_uri_parse(trust->authorization_endpoint, &provider, r->pool))
            json_array_append_new(array, json_string(sso_uri_origin(&provider, r->pool)));
    }
    return array;
}

static json_t *values_of(request_rec *r, const moodlesso_holder_t *holder)
{
    const sso_sessions_t *sessions = moodlesso_server(r->server)->sessions;
    json_t *providers = list_providers(r);

    return json_pack(
        "{s:s, s:s, s:s?, s:o, s:b, s:o}", "username", holder->who->claims[SSO_CLAIM_USERNAME],
        "action", moodlesso_endpoint_url(r, "account"), "token",
        sso_account_token(sessions, holder->text, r->request_time, r->pool), "accounts",
        list(r, holder), "can_add", json_array_size(providers) > 0, "providers", providers);
}

/* Who is not signed in does that first, and comes back. */
static int refuse(request_rec *r, const sso_error_t *error)
{
    const char *here = moodlesso_endpoint_url(r, "account");
    const char *login = sso_form_url(moodlesso_endpoint_url(r, "login"),
                                     sso_form_add("", "return", here, r->pool), r->pool);

    return error->class <= SSO_REJECTED ? moodlesso_see_other(r, login)
                                        : moodlesso_login_refuse(r, error, login);
}

static bool has_accounts(request_rec *r)
{
    const moodlesso_directory_t *directory = moodlesso_directory(r);

    return directory->match != NULL || directory->creates;
}

int moodlesso_account_json(request_rec *r)
{
    moodlesso_holder_t holder;
    const sso_error_t *error;

    if (!has_accounts(r))
        return HTTP_NOT_FOUND;
    error = moodlesso_holder(r, &holder);
    return error ? moodlesso_problem(r, moodlesso_status_of(error), error)
                 : moodlesso_answer_json(r, MOODLESSO_JSON, values_of(r, &holder));
}

int moodlesso_account_page(request_rec *r)
{
    const char *proof = moodlesso_parameter(r, r->args, "proof");
    const char *done = moodlesso_parameter(r, r->args, "done");
    moodlesso_holder_t holder;
    const sso_error_t *error;
    json_t *values;

    if (!has_accounts(r))
        return HTTP_NOT_FOUND;
    if ((error = moodlesso_holder(r, &holder)) != NULL)
        return refuse(r, error);
    if (proof != NULL) {
        error = moodlesso_account_link(r, &holder, proof);
        return error ? moodlesso_login_refuse(r, error, moodlesso_endpoint_url(r, "account"))
                     : moodlesso_see_other(r, apr_pstrcat(r->pool,
                                                          moodlesso_endpoint_url(r, "account"),
                                                          "?done=added", NULL));
    }
    values = values_of(r, &holder);
    json_object_set_new(values, "forms", list_forms(r));
    if (done != NULL &&
        (strcmp(done, "added") == 0 || strcmp(done, "removed") == 0 || strcmp(done, "chosen") == 0))
        json_object_set_new(values, "done", json_pack("{s:b}", done, 1));
    return moodlesso_page(r, HTTP_OK, "account", values);
}
