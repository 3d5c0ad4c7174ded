/* SPDX-License-Identifier: Apache-2.0 */
/* key_redeem.c -- a login key is redeemed: by a page that posts it, so that nobody who only looks
 * at the URL (previews, scanners, HEAD, prefetch) spends it.
 *
 *   key ──> taken out of the store ──> from here, in time? ──> who ──> may pass? ──> session ──>
 * page
 *
 * The key is gone before anything is checked. What is refused leaves the browser's sessions alone.
 */
#include <httpd.h>

#include <apr_strings.h>
#include <http_log.h>

#include "base/json.h"
#include "base/php_form.h"
#include "base/random.h"
#include "httpd/authorise.h"
#include "httpd/context.h"
#include "httpd/endpoints.h"
#include "httpd/form_body.h"
#include "httpd/freeze.h"
#include "httpd/judge.h"
#include "httpd/login_flow.h"
#include "httpd/login_keys.h"
#include "httpd/moodle_login.h"
#include "httpd/page.h"
#include "httpd/session_cookie.h"
#include "io/login_keys.h"
#include "sso/return_url.h"
#include "sso/source_loginkey.h"

APLOG_USE_MODULE(moodlesso);

/* bytes: a wantsurl of the longest request line, each of its bytes encoded by the browser */
#define MAX_FORM (32 * 1024)

/* A key that is being redeemed. */
typedef struct redemption_t {
    const char *text;   /* the key, as it came; NULL: none did */
    const char *wanted; /* wantsurl, likewise */
    sso_login_key_t key;
    const sso_source_t *source;
    sso_access_t access;
    sso_identity_t *who;
    const sso_identity_t *judged;
} redemption_t;

/* The last one of its name, as PHP takes it: clients append theirs. */
static const char *last_parameter(request_rec *r, const char *form, const char *name)
{
    json_t *fields = sso_php_form(r->pool);
    const char *text = sso_php_form_read(sso_span(form), fields, r->pool)
                           ? sso_json_string_at(fields, name)
                           : NULL;

    return text ? apr_pstrdup(r->pool, text) : NULL;
}

static int status_of(const sso_error_t *error)
{
    switch ((int)error->code) {
    case SSO_LOGINKEY_USED:
    case SSO_LOGINKEY_EXPIRED:
    case SSO_LOGINKEY_ADDRESS:
    case SSO_LOGINKEY_CLIENT: /* whoever asked for the URL is there no more */
        return HTTP_NOT_FOUND;
    case SSO_LOGINKEY_TOO_MANY:
        return HTTP_TOO_MANY_REQUESTS;
    default:
        return moodlesso_status_of(error);
    }
}

static int refuse(request_rec *r, const sso_error_t *error)
{
    if (error->code == SSO_LOGINKEY_TOO_MANY)
        apr_table_setn(r->err_headers_out, "Retry-After", "60");
    return moodlesso_error_page(r, status_of(error), error, NULL);
}

int moodlesso_key_page(request_rec *r)
{
    const char *key = moodlesso_endpoint_rest(r);

    if (!sso_random_is_key(sso_span(key)))
        return refuse(r, sso_error(SSO_LOGINKEY_USED));
    /* Chromium holds form-action against the redirects that follow, too: to origins of wantsurl=,
     * and wherever Moodle leads on from there. */
    return moodlesso_page(r, HTTP_OK, "key",
                          json_pack("{s:s, s:s, s:s?, s:[s]}", "action",
                                    moodlesso_endpoint_url(r, "key"), "key", key, "wantsurl",
                                    last_parameter(r, moodlesso_endpoint_query(r), "wantsurl"),
                                    "forms", "https:"));
}

static const sso_error_t *take(request_rec *r, redemption_t *redemption)
{
    const char *site = moodlesso_server(r->server)->sessions->site, *payload = NULL;
    const char *hash = sso_login_key_hash(site, redemption->text, r->pool);
    sso_store_t *store = moodlesso_world()->store;
    apr_status_t status = SSO_IO_DOWN;

    if (store != NULL && hash != NULL)
        status = sso_login_keys_take(store, hash, &payload, &redemption->access.why, r->pool);
    if (status == APR_NOTFOUND ||
        (status == APR_SUCCESS && !sso_login_key_unpack(payload, &redemption->key, r->pool)))
        return sso_error(SSO_LOGINKEY_USED);
    return status == APR_SUCCESS ? NULL : sso_error(SSO_STORE_DOWN);
}

/* A browser that posts a page of somebody else. Without the header nobody knows: Origin is null, as
 * our page has it sent no referrer. */
static bool is_of_another_site(const request_rec *r)
{
    const char *site = apr_table_get(r->headers_in, "Sec-Fetch-Site");

    return site != NULL && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0;
}

static const sso_error_t *redeem(request_rec *r, redemption_t *redemption)
{
    apr_hash_t *sources = moodlesso_server(r->server)->sources;
    const sso_source_t *source;

    if (moodlesso_world() == NULL)
        return sso_error(SSO_NOT_READY);
    if (is_of_another_site(r))
        return sso_error(SSO_CROSS_SITE);
    if (moodlesso_key_is_throttled(r))
        return sso_error(SSO_LOGINKEY_TOO_MANY);
    if (redemption->text == NULL || !sso_random_is_key(sso_span(redemption->text)))
        return sso_error(SSO_LOGINKEY_USED);
    sso_access_init(&redemption->access, moodlesso_world(), r->request_time);
    SSO_TRY(take(r, redemption));
    source = apr_hash_get(sources, redemption->key.source, APR_HASH_KEY_STRING);
    if (source == NULL || sso_source_loginkey(source) == NULL)
        return sso_error(SSO_LOGINKEY_USED);
    redemption->source = source;
    if (moodlesso_is_source_off(source))
        return sso_error(SSO_SOURCE_OFF);
    SSO_TRY(sso_login_key_check(&redemption->key, r->useragent_addr, r->request_time, r->pool));
    SSO_TRY(sso_loginkey_sign_in(source, &redemption->key, &redemption->access.io, &redemption->who,
                                 r->pool));
    return moodlesso_judge(r, source, redemption->who, &redemption->judged);
}

/* Where to, absolute: as the client said when it asked, else as the URL says, if people may be sent
 * there; else to Moodle's front page. */
static const char *target_of(request_rec *r, const redemption_t *redemption)
{
    const sso_loginkey_t *loginkey = sso_source_loginkey(redemption->source);
    const sso_key_client_t *client =
        sso_key_client_named(loginkey->clients, redemption->key.client);
    const sso_moodle_login_t *login = moodlesso_directory(r)->moodle_login;
    const char *target = redemption->key.wantsurl;
    sso_uri_t own;

    if (target == NULL && redemption->wanted != NULL && moodlesso_own_origin(r, &own))
        target = sso_return_url(redemption->wanted, &own, client->origins, r->pool);
    if (target != NULL)
        return target;
    return moodlesso_return_url_of(
        r, apr_pstrcat(r->pool, login && login->on ? login->root : "", "/", NULL));
}

static int land(request_rec *r, redemption_t *redemption)
{
    const char *sid = sso_random(r->pool);

    /* So that signing out ends this session and no other of the person. */
    if (sid == NULL || !moodlesso_session_begin(r, redemption->source, redemption->who, sid))
        return refuse(r, sso_error(SSO_SESSION_NOT_SEALED));
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                  "moodlesso: source %s: a login key of application %s was redeemed",
                  redemption->key.source, redemption->key.client);
    return moodlesso_see_other(
        r, moodlesso_moodle_enter(r, redemption->judged, target_of(r, redemption)));
}

int moodlesso_key_redeem(request_rec *r)
{
    const char *form = moodlesso_read_form(r, MAX_FORM);
    redemption_t redemption = {.text = form ? last_parameter(r, form, "key") : NULL,
                               .wanted = form ? last_parameter(r, form, "wantsurl") : NULL};
    const sso_error_t *error = redeem(r, &redemption);

    if (error == NULL)
        return land(r, &redemption);
    if (error->code == SSO_LOGINKEY_USED)
        moodlesso_key_count_mistake(r);
    if (redemption.access.why != NULL)
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "moodlesso: %s: %s", error->name,
                      redemption.access.why);
    return refuse(r, error);
}
