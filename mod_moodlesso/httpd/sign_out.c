/* SPDX-License-Identifier: Apache-2.0 */
/* sign_out.c -- a person signs out here, and at the provider. */
#include "httpd/sign_out.h"

#include <apr_strings.h>
#include <http_log.h>
#include <http_protocol.h>

#include "base/form.h"
#include "httpd/context.h"
#include "httpd/endpoints.h"
#include "httpd/form_body.h"
#include "httpd/freeze.h"
#include "httpd/login_flow.h"
#include "httpd/page.h"
#include "httpd/session_cookie.h"
#include "sso/source_loginkey.h"

APLOG_USE_MODULE(moodlesso);

#define MAX_FORM 4096 /* bytes */

/* Where to go then, absolute: providers compare it with what is registered there. In the form that
 * was posted, else in the query. */
static const char *back_of(request_rec *r)
{
    const char *form = r->method_number == M_POST ? moodlesso_read_form(r, MAX_FORM) : NULL;
    const char *wanted = form ? moodlesso_parameter(r, form, "return") : NULL;
    const char *url = wanted ? moodlesso_return_url_of(r, wanted) : moodlesso_return_url(r);
    sso_uri_t own;

    if (url[0] != '/' || !moodlesso_own_origin(r, &own))
        return url;
    return apr_pstrcat(r->pool, sso_uri_origin(&own, r->pool), url, NULL);
}

/* The session of this browser, and copies of it: by its sid. One that has none ends with all of its
 * person's. */
static void end_everywhere(request_rec *r, const sso_session_t *session)
{
    const char *issuer = session->who->claims[SSO_CLAIM_ISSUER];
    bool has_sid = session->sid[0] != '\0';
    const char *text = has_sid ? session->sid : session->who->claims[SSO_CLAIM_SUBJECT];
    sso_epochs_t *epochs = moodlesso_world()->epochs;
    const char *why = NULL;

    if (epochs == NULL || sso_epochs_revoke(epochs, has_sid ? "sid" : "subject",
                                            sso_session_epoch_text(issuer, text, r->pool),
                                            r->request_time, &why, r->pool) != APR_SUCCESS)
        /* The browser forgets its session all the same. */
        ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r,
                      "moodlesso: STORE_DOWN: somebody signed out; copies of the session, if there "
                      "are any, go on until it ends by itself");
}

/* Where the browser signs out at the provider of its session, or says good-bye to the application
 * whose login key began it; NULL: nowhere. */
static const char *provider_url(request_rec *r, const sso_decision_t *decision, const char *back)
{
    const sso_client_t *client = decision->session ? sso_source_client(decision->source) : NULL;
    const sso_loginkey_t *loginkey =
        decision->session ? sso_source_loginkey(decision->source) : NULL;
    const sso_trust_t *trust;
    sso_access_t access;

    if (client == NULL)
        return loginkey ? loginkey->logout_redirect : NULL;
    sso_access_init(&access, moodlesso_world(), r->request_time);
    trust = access.io.trust(&access.io, client->issuer);
    return trust ? sso_code_flow_logout_url(client, trust, back, r->pool) : NULL;
}

static void find_session(request_rec *r, sso_decision_t *decision)
{
    const sso_source_t *sources[MOODLESSO_MAX_USE];

    moodlesso_session_find(r, sources, moodlesso_session_sources(r, sources), decision);
}

int moodlesso_sign_out_page(request_rec *r)
{
    const char *back = moodlesso_return_url(r), *url;
    sso_decision_t decision;
    sso_uri_t provider;
    json_t *values;

    find_session(r, &decision);
    values = json_pack("{s:s, s:[{s:s, s:s}], s:s}", "action", moodlesso_endpoint_url(r, "logout"),
                       "fields", "name", "return", "value", back, "cancel", back);
    url = provider_url(r, &decision, back);
    if (url != NULL && sso_uri_parse(url, &provider, r->pool))
        json_object_set_new(values, "forms", json_pack("[s]", sso_uri_origin(&provider, r->pool)));
    return moodlesso_page(r, HTTP_OK, "logout", values);
}

/* A login after this one is no going in circles. */
static void forget_login(request_rec *r)
{
    sso_login_browser_t browser = moodlesso_login_browser(r);

    browser.done = 0;
    if (browser.key != NULL)
        moodlesso_login_set_browser(r, &browser);
}

const char *moodlesso_sign_out_here(request_rec *r, const char *back)
{
    sso_decision_t decision;

    find_session(r, &decision);
    if (decision.session != NULL)
        end_everywhere(r, decision.session);
    moodlesso_session_end(r);
    forget_login(r);
    return provider_url(r, &decision, back);
}

int moodlesso_sign_out(request_rec *r)
{
    const char *back, *url;

    if (!moodlesso_is_same_origin(r))
        return moodlesso_login_refuse(r, sso_error(SSO_CROSS_SITE),
                                      moodlesso_endpoint_url(r, "logout"));
    back = back_of(r);
    url = moodlesso_sign_out_here(r, back);
    return moodlesso_see_other(r, url ? url : back);
}
