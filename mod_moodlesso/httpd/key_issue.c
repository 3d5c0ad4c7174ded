/* SPDX-License-Identifier: Apache-2.0 */
/* key_issue.c -- POST userkey: a login URL for whom a client names, or the end of what began so.
 *
 *   token ──> client, source ──> request ──> Moodle's user ──> key in the store ──> URL
 *
 * Two forms: JSON with a bearer token and statuses that say something, and what clients of Moodle's
 * plugin auth_userkey send, whose errors have status 200 (sso/key_wire.h). */
#include <httpd.h>

#include <apr_strings.h>
#include <http_log.h>
#include <http_protocol.h>

#include "base/random.h"
#include "httpd/authorise.h"
#include "httpd/context.h"
#include "httpd/endpoints.h"
#include "httpd/form_body.h"
#include "httpd/freeze.h"
#include "httpd/handlers.h"
#include "httpd/login_flow.h"
#include "httpd/login_keys.h"
#include "io/login_keys.h"
#include "sso/key_wire.h"
#include "sso/return_url.h"
#include "sso/source_loginkey.h"

APLOG_USE_MODULE(moodlesso);

#define MAX_BODY (64 * 1024) /* bytes */
#define WIRE     "userkey/webservice/rest/server.php"

/* Who asks, of which source. */
typedef struct asking_t {
    const sso_source_t *source;
    const sso_key_client_t *client;
    sso_access_t access;
} asking_t;

bool moodlesso_key_is_throttled(request_rec *r)
{
    const sso_world_t *world = moodlesso_world();

    return world != NULL &&
           !sso_throttle_admits(world->throttle, r->useragent_addr, r->request_time);
}

void moodlesso_key_count_mistake(request_rec *r)
{
    if (moodlesso_world() != NULL)
        sso_throttle_count(moodlesso_world()->throttle, r->useragent_addr, r->request_time);
}

/* Does this server make login keys? */
static bool is_here(request_rec *r)
{
    const sso_source_t *sources[MOODLESSO_MAX_USE];
    int count = moodlesso_session_sources(r, sources);

    for (int i = 0; i < count; i++) {
        if (sso_source_loginkey(sources[i]) != NULL)
            return true;
    }
    return false;
}

static const sso_error_t *find_client(request_rec *r, const char *token, asking_t *asking)
{
    const sso_source_t *sources[MOODLESSO_MAX_USE];
    const sso_key_client_t *elsewhere = NULL;
    int count = moodlesso_session_sources(r, sources);

    if (moodlesso_world() == NULL)
        return sso_error(SSO_NOT_READY);
    if (moodlesso_key_is_throttled(r))
        return sso_error(SSO_LOGINKEY_TOO_MANY);
    for (int i = 0; i < count; i++) {
        const sso_loginkey_t *loginkey = sso_source_loginkey(sources[i]);

        asking->source = sources[i];
        asking->client = loginkey ? sso_key_client_find(loginkey->clients, token, r->useragent_addr,
                                                        &elsewhere, r->pool)
                                  : NULL;
        if (asking->client == NULL)
            continue;
        sso_access_init(&asking->access, moodlesso_world(), r->request_time);
        /* Not everything that is asked goes through the cache, which has times of its own. */
        asking->access.io.deadline = apr_time_now() + sources[i]->timeout;
        return moodlesso_is_source_off(sources[i]) ? sso_error(SSO_SOURCE_OFF) : NULL;
    }
    moodlesso_key_count_mistake(r);
    if (elsewhere != NULL)
        asking->access.why = apr_psprintf(r->pool,
                                          "application %s asked from %s, which its from= "
                                          "does not list",
                                          elsewhere->name, r->useragent_ip);
    return sso_error(SSO_LOGINKEY_CLIENT);
}

/* Where the person is to be sent, when the client said so. */
static const sso_error_t *judge_wantsurl(request_rec *r, const asking_t *asking, const char *wanted,
                                         sso_login_key_t *key)
{
    sso_uri_t own;

    if (wanted == NULL || *wanted == '\0')
        return NULL;
    key->wantsurl = moodlesso_own_origin(r, &own)
                        ? sso_return_url(wanted, &own, asking->client->origins, r->pool)
                        : NULL;
    return key->wantsurl ? NULL : sso_error(SSO_LOGINKEY_WANTSURL);
}

/* Keep the key, and make its URL: what is appended as "&wantsurl=" counts, as in PHP. */
static const sso_error_t *keep(request_rec *r, const sso_login_key_t *key, const char **url)
{
    const char *text = sso_random_key(r->pool), *why = NULL;
    const char *site = moodlesso_server(r->server)->sessions->site;
    const char *hash = text ? sso_login_key_hash(site, text, r->pool) : NULL;
    const char *holder = sso_login_key_holder(key->source, key->username, r->pool);
    const char *payload = sso_login_key_pack(key, r->pool);
    sso_store_t *store = moodlesso_world()->store;

    if (hash == NULL || holder == NULL)
        return sso_error(SSO_SESSION_NOT_SEALED);
    if (payload == NULL)
        return sso_error(SSO_LOGINKEY_FIELDS);
    if (store == NULL || sso_login_keys_add(store, hash, holder, payload, key->expires, &why,
                                            r->pool) != APR_SUCCESS)
        return sso_error(SSO_STORE_DOWN);
    *url = apr_pstrcat(r->pool, moodlesso_absolute_url(r, "key/"), text, "?wantsurl=", NULL);
    return NULL;
}

static const sso_error_t *issue(request_rec *r, asking_t *asking, const json_t *asked, bool is_wire,
                                sso_login_key_t *key, const char **url)
{
    const sso_key_shape_t shape = sso_loginkey_shape(asking->source, asking->client, is_wire);
    sso_key_request_t request;

    SSO_TRY(sso_key_request_read(asked, &shape, &request, r->pool));
    SSO_TRY(sso_loginkey_issue(asking->source, asking->client, &request, &asking->access.io, key,
                               r->pool));
    SSO_TRY(judge_wantsurl(r, asking, request.wantsurl, key));
    SSO_TRY(keep(r, key, url));
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                  "moodlesso: source %s: application %s asked for a login URL",
                  asking->source->name, asking->client->name);
    return NULL;
}

/* -- JSON ------------------------------------------------------------------------------------- */

static const char *bearer_of(request_rec *r)
{
    sso_span_t rest = sso_span(apr_table_get(r->headers_in, "Authorization")), scheme;

    if (!sso_span_word(&rest, &scheme) || !sso_span_equal_nocase(scheme, sso_span("Bearer")))
        return NULL;
    rest = sso_span_trim(rest);
    return apr_pstrmemdup(r->pool, rest.at, rest.len);
}

static int status_of(const sso_error_t *error)
{
    static const sso_code_t requests[] = {SSO_LOGINKEY_REQUEST, SSO_LOGINKEY_FIELDS,
                                          SSO_LOGINKEY_IP, SSO_LOGINKEY_WANTSURL};

    for (apr_size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        if (error->code == requests[i])
            return HTTP_BAD_REQUEST;
    }
    if (error->code == SSO_LOGINKEY_NO_USER)
        return HTTP_NOT_FOUND;
    return error->code == SSO_LOGINKEY_TOO_MANY ? HTTP_TOO_MANY_REQUESTS
                                                : moodlesso_status_of(error);
}

static void log_refusal(request_rec *r, const asking_t *asking, const sso_error_t *error)
{
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, "moodlesso: %s: application %s: %s%s%s",
                  error->name, asking->client ? asking->client->name : "-", error->sentence,
                  asking->access.why ? ": " : "", asking->access.why ? asking->access.why : "");
}

static int refuse(request_rec *r, const asking_t *asking, const sso_error_t *error)
{
    log_refusal(r, asking, error);
    if (error->code == SSO_LOGINKEY_CLIENT)
        apr_table_setn(r->err_headers_out, "WWW-Authenticate", "Bearer realm=\"login URLs\"");
    if (error->code == SSO_LOGINKEY_TOO_MANY)
        apr_table_setn(r->err_headers_out, "Retry-After", "60");
    return moodlesso_problem(r, status_of(error), error);
}

static int issue_json(request_rec *r, const char *body)
{
    asking_t asking = {.source = NULL};
    sso_login_key_t key;
    const char *url = NULL;
    json_t *asked;
    const sso_error_t *error = find_client(r, bearer_of(r), &asking);

    if (error == NULL && !sso_json_parse(sso_span(body), MAX_BODY, &asked, r->pool))
        error = sso_error(SSO_LOGINKEY_REQUEST);
    if (error == NULL)
        error = issue(r, &asking, asked, false, &key, &url);
    if (error != NULL)
        return refuse(r, &asking, error);
    return moodlesso_answer_json(
        r, MOODLESSO_JSON,
        json_pack("{s:s, s:I}", "loginurl", url, "expires", (json_int_t)apr_time_sec(key.expires)));
}

/* -- the wire form of Moodle's web service ---------------------------------------------------- */

/* False when the form cannot be read, or is none that PHP would read. */
static bool read_fields(request_rec *r, const char *body, json_t *fields)
{
    const char *type = apr_table_get(r->headers_in, "Content-Type");
    json_t *form = sso_php_form(r->pool);
    bool is_read = sso_php_form_read(sso_span(moodlesso_endpoint_query(r)), fields, r->pool);

    if (body != NULL && type != NULL &&
        strncasecmp(type, "application/x-www-form-urlencoded", 33) == 0)
        is_read &= sso_php_form_read(sso_span(body), form, r->pool);
    else if (body != NULL && type != NULL && strncasecmp(type, "multipart/form-data", 19) == 0)
        is_read &= sso_php_form_read_multipart(sso_span(body), type, form, r->pool);
    sso_php_form_merge(fields, form);
    return is_read;
}

static int answer_wire(request_rec *r, const sso_key_wire_t *wire, const char *text)
{
    ap_set_content_type(r, sso_key_wire_type(wire));
    if (!wire->is_json)
        apr_table_setn(r->headers_out, "Content-Disposition", "inline; filename=\"response.xml\"");
    moodlesso_store_nowhere(r);
    apr_table_setn(r->headers_out, "X-Content-Type-Options", "nosniff");
    /* The plugin's clients in browsers; a token is bound to addresses (from=). */
    apr_table_setn(r->headers_out, "Access-Control-Allow-Origin", "*");
    ap_rputs(text, r);
    return OK;
}

static int issue_wire(request_rec *r, json_t *fields, bool is_read)
{
    asking_t asking = {.source = NULL};
    sso_login_key_t key;
    sso_key_wire_t wire;
    const char *url = NULL;
    const sso_error_t *error;

    sso_key_wire_read(fields, &wire, r->pool);
    error = find_client(r, wire.token, &asking);
    if (error == NULL)
        error = sso_key_wire_check(&wire);
    if (error == NULL && !is_read)
        error = sso_error(SSO_LOGINKEY_REQUEST);
    if (error == NULL)
        error = issue(r, &asking, wire.parameters, true, &key, &url);
    if (error == NULL)
        return answer_wire(r, &wire, sso_key_wire_answer(&wire, url, r->pool));
    /* What is away now is no fault of the request: that much every client understands. */
    if (error->class == SSO_UNAVAILABLE && error->code != SSO_LOGINKEY_TOO_MANY)
        return refuse(r, &asking, error);
    log_refusal(r, &asking, error);
    return answer_wire(r, &wire, sso_key_wire_fault(&wire, error, r->pool));
}

int moodlesso_key_issue(request_rec *r)
{
    const char *body = r->method_number == M_POST ? moodlesso_read_form(r, MAX_BODY) : NULL;
    json_t *fields = sso_php_form(r->pool);
    bool is_wire = strcmp(moodlesso_context_of(r)->endpoint, WIRE) == 0, is_read;

    if (!is_here(r))
        return HTTP_NOT_FOUND;
    is_read = read_fields(r, body, fields);
    if (is_wire || sso_key_wire_is_meant(fields))
        return issue_wire(r, fields, is_read);
    return r->method_number == M_POST ? issue_json(r, body) : HTTP_METHOD_NOT_ALLOWED;
}

/* -- the end of it ---------------------------------------------------------------------------- */

static const sso_error_t *end_sessions(request_rec *r, const asking_t *asking, const char *subject)
{
    sso_epochs_t *epochs = moodlesso_world()->epochs;
    const char *why = NULL;

    if (epochs == NULL ||
        sso_epochs_revoke(epochs, "subject",
                          sso_session_epoch_text(asking->source->issuer, subject, r->pool),
                          apr_time_now(), &why, r->pool) != APR_SUCCESS)
        return sso_error(SSO_STORE_DOWN);
    return NULL;
}

static const sso_error_t *end_all(request_rec *r, const asking_t *asking,
                                  const sso_match_user_t *user)
{
    const char *holder = sso_login_key_holder(asking->source->name, user->username, r->pool);
    const char *why = NULL;

    if (holder == NULL || moodlesso_world()->store == NULL ||
        sso_login_keys_burn(moodlesso_world()->store, holder, &why, r->pool) != APR_SUCCESS)
        return sso_error(SSO_STORE_DOWN);
    /* From here on no key begins another session; those of keys that were taken before began by
     * now, also while this request waited. Whoever came before Moodle knew them has no id of
     * Moodle's. */
    SSO_TRY(end_sessions(r, asking, sso_loginkey_new_subject(user->username, r->pool)));
    return user->id ? end_sessions(r, asking, user->id) : NULL;
}

static const sso_error_t *log_out(request_rec *r, asking_t *asking)
{
    const char *body = moodlesso_read_form(r, MAX_BODY);
    sso_key_shape_t shape = {NULL, false, false, false};
    sso_key_request_t request;
    sso_match_user_t user;
    json_t *asked;

    SSO_TRY(find_client(r, bearer_of(r), asking));
    if (asking->client == NULL || !sso_json_parse(sso_span(body), MAX_BODY, &asked, r->pool))
        return sso_error(SSO_LOGINKEY_REQUEST);
    shape.fields = asking->client->fields;
    shape.has_profile = sso_source_loginkey(asking->source)->creates;
    SSO_TRY(sso_key_request_read(asked, &shape, &request, r->pool));
    SSO_TRY(sso_loginkey_known(asking->source, asking->client, &request, &asking->access.io, &user,
                               r->pool));
    SSO_TRY(end_all(r, asking, &user));
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                  "moodlesso: source %s: application %s signed somebody out", asking->source->name,
                  asking->client->name);
    return NULL;
}

int moodlesso_key_logout(request_rec *r)
{
    asking_t asking = {.source = NULL};
    const sso_error_t *error;

    if (!is_here(r))
        return HTTP_NOT_FOUND;
    error = log_out(r, &asking);
    if (error != NULL)
        return refuse(r, &asking, error);
    return moodlesso_answer_json(r, MOODLESSO_JSON, json_pack("{s:b}", "ended", true));
}
