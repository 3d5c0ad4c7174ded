/* SPDX-License-Identifier: Apache-2.0 */
/* account_page.c -- GET account, GET account.json: the accounts by which a person is known here. */
#include "httpd/account.h"

#include <apr_strings.h>
#include <http_protocol.h>

#include "base/form.h"
#include "httpd/authorise.h"
#include "httpd/endpoints.h"
#include "httpd/handlers.h"
#include "httpd/login_flow.h"
#include "httpd/page.h"
#include "httpd/providers.h"
#include "sso/account_form.h"
#include "sso/provider_look.h"

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

/* Where the form leads that adds an account. */
static json_t *forms_of(request_rec *r)
{
    moodlesso_provider_t providers[MOODLESSO_MAX_USE];

    return moodlesso_provider_forms(r, providers, moodlesso_providers(r, providers));
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
    json_object_set_new(values, "forms", forms_of(r));
    if (done != NULL &&
        (strcmp(done, "added") == 0 || strcmp(done, "removed") == 0 || strcmp(done, "chosen") == 0))
        json_object_set_new(values, "done", json_pack("{s:b}", done, 1));
    return moodlesso_page(r, HTTP_OK, "account", values);
}
