/* SPDX-License-Identifier: Apache-2.0 */
/* endpoints.c -- the module's own addresses under MoodleSSOPrefix. */
#include "httpd/endpoints.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <scoreboard.h>

#include "base/percent.h"
#include "base/seldom.h"
#include "httpd/account.h"
#include "httpd/authorise.h"
#include "httpd/context.h"
#include "httpd/handlers.h"
#include "httpd/login_flow.h"
#include "httpd/login_keys.h"
#include "httpd/providers.h"
#include "httpd/sign_out.h"
#include "sso/return_url.h"

static const struct {
    const char *name; /* behind the prefix and '/'; "start/" stands for all below it */
    int (*answer)(request_rec *r);
    const char *methods; /* as Allow lists them */
    bool is_secret;      /* what stands behind the name, and the query: no log is to have it */
} endpoints[] = {
    {"teams", moodlesso_teams_page, "GET, HEAD", false},
    {"teams", moodlesso_teams_exchange, "POST", false},
    {"login", moodlesso_login_page, "GET, HEAD", false},
    {"login.json", moodlesso_login_json, "GET, HEAD", false},
    {"start/", moodlesso_login_start, "GET, HEAD", false},
    /* A code is not spent on those who only look. */
    {"callback", moodlesso_login_callback, "GET", false},
    {"callback", moodlesso_login_callback, "POST", false},
    {"account", moodlesso_account_page, "GET, HEAD", false},
    {"account", moodlesso_account_change, "POST", false},
    {"account.json", moodlesso_account_json, "GET, HEAD", false},
    {"logout", moodlesso_sign_out_page, "GET, HEAD", false},
    {"logout", moodlesso_sign_out, "POST", false},
    {"backchannel-logout", moodlesso_backchannel_logout, "POST", false},
    {"frontchannel-logout", moodlesso_frontchannel_logout, "GET, HEAD", false},
    {"userkey", moodlesso_key_issue, "POST", true},
    {"userkey", moodlesso_key_issue, "GET, HEAD", true},
    {"userkey/webservice/rest/server.php", moodlesso_key_issue, "POST", true},
    {"userkey/webservice/rest/server.php", moodlesso_key_issue, "GET, HEAD", true},
    {"userkey/logout", moodlesso_key_logout, "POST", false},
    {"key/", moodlesso_key_page, "GET, HEAD", true},
    {"key", moodlesso_key_page, "GET, HEAD", true},
    {"key", moodlesso_key_redeem, "POST", true},
};

#define ENDPOINTS (sizeof(endpoints) / sizeof(endpoints[0]))
#define HANDLER   "moodlesso-endpoint"

static const char *prefix_of(const request_rec *r)
{
    const char *prefix = moodlesso_server(r->server)->prefix;

    return prefix ? prefix : MOODLESSO_PREFIX;
}

/* What stands behind "prefix/", NULL when the path is not below it. */
static const char *name_of(const request_rec *r)
{
    const char *prefix = prefix_of(r);
    apr_size_t length = strlen(prefix);

    if (r->uri == NULL || strncmp(r->uri, prefix, length) != 0 || r->uri[length] != '/')
        return NULL;
    return r->uri + length + 1;
}

static bool is_named(const char *endpoint, const char *name)
{
    apr_size_t length = strlen(endpoint);

    return endpoint[length - 1] == '/' ? strncmp(endpoint, name, length) == 0
                                       : strcmp(endpoint, name) == 0;
}

const char *moodlesso_endpoint_rest(const request_rec *r)
{
    return moodlesso_context_of(r)->rest;
}

const char *moodlesso_endpoint_query(const request_rec *r)
{
    return moodlesso_context_of(r)->query;
}

/* No access log, no server-status, no CGI variable has more from here on than the endpoint's name.
 */
static void hide(request_rec *r, const char *endpoint, int server_status)
{
    r->args = NULL;
    r->uri = apr_pstrcat(r->pool, prefix_of(r), "/", endpoint, NULL);
    r->unparsed_uri = r->parsed_uri.path = r->uri;
    r->parsed_uri.query = NULL;
    r->the_request = apr_pstrcat(r->pool, r->method, " ", r->uri, " ", r->protocol, NULL);
    ap_update_child_status(r->connection->sbh, server_status, r);
}

bool moodlesso_is_endpoint(const request_rec *r)
{
    const moodlesso_context_t *context = moodlesso_context_of(r);

    return context != NULL && context->endpoint != NULL;
}

int moodlesso_find_endpoint(request_rec *r)
{
    const char *name = moodlesso_server(r->server)->sessions ? name_of(r) : NULL;
    moodlesso_context_t *context;

    for (apr_size_t i = 0; name != NULL && i < ENDPOINTS; i++) {
        if (!is_named(endpoints[i].name, name))
            continue;
        context = moodlesso_context(r);
        context->endpoint = endpoints[i].name;
        context->rest = apr_pstrdup(r->pool, name + strlen(endpoints[i].name));
        context->query = r->args;
        if (endpoints[i].is_secret)
            hide(r, endpoints[i].name, SERVER_BUSY_WRITE);
        r->filename = apr_pstrdup(r->pool, r->uri);
        return OK;
    }
    return DECLINED;
}

/* The path in a request line; proxies may write whole URLs there (RFC 9112 3.2.2). */
static const char *path_in(const char *line)
{
    const char *target = strchr(line, ' '), *authority;

    if (target == NULL || *++target == '/')
        return target;
    authority = strstr(target, "://");
    return authority ? strchr(authority + 3, '/') : NULL;
}

SSO_SELDOM static void hide_unread(request_rec *r, const char *path)
{
    const char *prefix = prefix_of(r), *name;
    apr_size_t length = strlen(prefix);

    if (path == NULL || moodlesso_is_endpoint(r) || strncmp(path, prefix, length) != 0 ||
        path[length] != '/')
        return;
    name = path + length + 1;
    name = apr_pstrmemdup(r->pool, name, strcspn(name, " ?"));
    for (apr_size_t i = 0; i < ENDPOINTS; i++) {
        if (!endpoints[i].is_secret || !is_named(endpoints[i].name, name))
            continue;
        hide(r, endpoints[i].name, SERVER_BUSY_LOG);
        return;
    }
}

int moodlesso_hide_unread(request_rec *r)
{
    /* What httpd cannot read is an error. */
    if (r->status >= HTTP_BAD_REQUEST && r->the_request != NULL)
        hide_unread(r, path_in(r->the_request));
    return DECLINED;
}

int moodlesso_endpoint_has_no_file(request_rec *r)
{
    return moodlesso_is_endpoint(r) ? OK : DECLINED;
}

int moodlesso_endpoint_has_a_handler(request_rec *r)
{
    if (moodlesso_is_endpoint(r))
        r->handler = HANDLER;
    return DECLINED;
}

/* Those that this endpoint takes, but for `refused` (NULL: for none). */
static const char *methods_of(request_rec *r, const char *name, const char *refused)
{
    const char *methods = NULL;

    for (apr_size_t i = 0; i < ENDPOINTS; i++) {
        if (strcmp(endpoints[i].name, name) != 0 ||
            (refused != NULL && strcmp(endpoints[i].methods, refused) == 0))
            continue;
        methods = methods ? apr_pstrcat(r->pool, methods, ", ", endpoints[i].methods, NULL)
                          : endpoints[i].methods;
    }
    return methods ? methods : "";
}

int moodlesso_handle_endpoint(request_rec *r)
{
    const char *name = moodlesso_is_endpoint(r) ? moodlesso_context_of(r)->endpoint : NULL;
    const char *refused = NULL;

    if (name == NULL)
        return DECLINED;
    for (apr_size_t i = 0; i < ENDPOINTS && refused == NULL; i++) {
        int status;

        if (strcmp(endpoints[i].name, name) != 0 || !moodlesso_takes(r, endpoints[i].methods))
            continue;
        status = endpoints[i].answer(r);
        /* What one method is for may hang upon what is asked, too. */
        if (status != HTTP_METHOD_NOT_ALLOWED)
            return status;
        refused = endpoints[i].methods;
    }
    return moodlesso_refuse_method(r, methods_of(r, name, refused));
}

const char *moodlesso_endpoint_url(request_rec *r, const char *name)
{
    return apr_pstrcat(r->pool, prefix_of(r), "/", name, NULL);
}

const char *moodlesso_parameter(request_rec *r, const char *text, const char *name)
{
    sso_span_t rest = sso_span(text), item;
    apr_size_t length = strlen(name);

    while (sso_span_next(&rest, '&', &item)) {
        if (item.len <= length || memcmp(item.at, name, length) != 0 || item.at[length] != '=')
            continue;
        item.at += length + 1;
        item.len -= length + 1;
        item = sso_percent_decode(item, r->pool);
        return item.len > 0 && memchr(item.at, '\0', item.len) == NULL
                   ? apr_pstrmemdup(r->pool, item.at, item.len)
                   : NULL;
    }
    return NULL;
}

static bool takes_tokens(const sso_source_t *source)
{
    return sso_source_issuers(source) != NULL;
}

static bool starts_sessions(const sso_source_t *source)
{
    return source->audience != NULL;
}

static int sources_of(request_rec *r, bool (*is_one)(const sso_source_t *source),
                      const sso_source_t **sources)
{
    const apr_array_header_t *all = moodlesso_totals()->inventory.sources;
    apr_hash_t *ours = moodlesso_server(r->server)->sources;
    int count = 0;

    for (int i = 0; i < all->nelts && count < MOODLESSO_MAX_USE; i++) {
        const sso_source_t *source = APR_ARRAY_IDX(all, i, const sso_source_t *);

        if (is_one(source) && apr_hash_get(ours, source->name, APR_HASH_KEY_STRING) == source)
            sources[count++] = source;
    }
    return count;
}

int moodlesso_token_sources(request_rec *r, const sso_source_t **sources)
{
    return sources_of(r, takes_tokens, sources);
}

int moodlesso_session_sources(request_rec *r, const sso_source_t **sources)
{
    return sources_of(r, starts_sessions, sources);
}

const char *moodlesso_return_url(request_rec *r)
{
    return moodlesso_return_url_of(r, moodlesso_parameter(r, r->args, "return"));
}

const char *moodlesso_return_url_of(request_rec *r, const char *wanted)
{
    const char *url = NULL;
    sso_uri_t own;

    if (wanted != NULL && moodlesso_own_origin(r, &own))
        url = sso_return_url(wanted, &own, moodlesso_server(r->server)->return_origins, r->pool);
    return url ? url : "/";
}

int moodlesso_problem(request_rec *r, int status, const sso_error_t *error)
{
    const char *line = ap_get_status_line(status);
    const char *text;

    /* Texts of our own, without quotes: put together, not composed, as many are asked for. */
    text = apr_pstrcat(r->pool, "{\"title\": \"", line + 4,
                       "\", \"status\": ", apr_pstrmemdup(r->pool, line, 3), ", \"reason\": \"",
                       error->name, "\", \"detail\": \"", error->sentence, "\"}\n", NULL);
    moodlesso_say_when(r, status);
    r->status = status;
    ap_set_content_type(r, "application/problem+json");
    moodlesso_store_nowhere(r);
    ap_rputs(text, r);
    return OK;
}
