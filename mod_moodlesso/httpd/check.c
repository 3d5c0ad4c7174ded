/* SPDX-License-Identifier: Apache-2.0 */
/* check.c -- SetHandler moodlesso-check: everything tested, what rules find, and the switches of
 * sources. For whoever sets up the server; guarded like server-status. */
#include "httpd/handlers.h"

#include <apr_strings.h>
#include <http_log.h>
#include <http_protocol.h>

#include "httpd/authorise.h"
#include "httpd/check.h"
#include "httpd/endpoints.h"
#include "httpd/form_body.h"
#include "httpd/freeze.h"
#include "httpd/login_flow.h"
#include "httpd/page.h"
#include "io/shared.h"
#include "io/switches.h"
#include "sso/match.h"

APLOG_USE_MODULE(moodlesso);

#define MAX_FORM 1024 /* bytes */

/* Without the source that knows accounts. */
static json_t *describe_sources(const sso_world_t *world)
{
    const apr_array_header_t *sources = world ? world->inventory->sources : NULL;
    json_t *object = json_object();

    for (int i = 0; sources != NULL && i < sources->nelts; i++) {
        const sso_source_t *source = APR_ARRAY_IDX(sources, i, const sso_source_t *);
        bool is_off = sso_load_relaxed(&world->off[source->number]) != 0;

        if (source != moodlesso_totals()->accounts)
            json_object_set_new(object, source->name,
                                json_pack("{s:s, s:b}", "kind", source->kind->name, "on", !is_off));
    }
    return object;
}

static json_t *look(const sso_match_t *rule, const char *value, sso_io_t *io, apr_pool_t *p)
{
    const char *username = NULL;
    int count = 0;
    const sso_error_t *error = sso_match_look(rule, value, io, &username, &count, p);

    return json_pack("{s:s, s:i, s:s?, s:s?}", "rule", sso_match_text(rule, p), "found", count,
                     "username", error ? NULL : username, "reason", error ? error->name : NULL);
}

/* What each rule finds for this value, after what it does to it. */
static json_t *describe_matches(request_rec *r, sso_world_t *world, const char *value,
                                apr_time_t deadline)
{
    const apr_array_header_t *matches = moodlesso_totals()->matches;
    json_t *array = json_array();
    sso_access_t access;

    sso_access_init(&access, world, r->request_time);
    access.io.deadline = deadline;
    for (int i = 0; i < matches->nelts; i++) {
        const moodlesso_match_t *match = APR_ARRAY_IDX(matches, i, const moodlesso_match_t *);

        for (int k = 0; k < match->rules->nelts; k++) {
            const sso_match_t *rule = APR_ARRAY_IDX(match->rules, k, const sso_match_t *);
            const char *wanted = sso_match_prepare(rule, value, r->pool);

            json_array_append_new(array,
                                  wanted ? look(rule, wanted, &access.io, r->pool)
                                         : json_pack("{s:s, s:i}", "rule",
                                                     sso_match_text(rule, r->pool), "found", 0));
        }
    }
    return array;
}

/* A page for browsers, JSON for everybody else; format= decides. */
static bool wants_page(request_rec *r)
{
    const char *format = moodlesso_parameter(r, r->args, "format");
    const char *accept = apr_table_get(r->headers_in, "Accept");

    if (format != NULL)
        return strcmp(format, "html") == 0;
    return accept != NULL && ap_strcasestr(accept, "text/html") != NULL;
}

/* As it stands in a request: what is not ASCII is percent-encoded. */
static const char *path_of(request_rec *r)
{
    const char *path = moodlesso_parameter(r, r->args, "path");

    if (path == NULL || *path != '/')
        return "/";
    for (const char *at = path; *at != '\0'; at++) {
        if (*at <= ' ' || *at > '~')
            return "/";
    }
    return path;
}

static int answer(request_rec *r, sso_world_t *world)
{
    const char *value = moodlesso_parameter(r, r->args, "match"), *path = path_of(r);
    apr_time_t deadline = apr_time_now() + MOODLESSO_CHECK_TIME;
    moodlesso_checked_t checked = {.sources = describe_sources(world)};

    sso_check_init(&checked.check, r->pool);
    moodlesso_check_sources(r, world, &checked, deadline);
    moodlesso_check_frames(r, path, &checked.check, deadline);
    if (value != NULL && world != NULL)
        checked.matches = describe_matches(r, world, value, deadline);
    return wants_page(r) ? moodlesso_check_page(r, world, &checked, path, value)
                         : moodlesso_check_json(r, &checked);
}

static bool is_source(const sso_world_t *world, const char *name)
{
    const apr_array_header_t *sources = world ? world->inventory->sources : NULL;

    for (int i = 0; sources != NULL && i < sources->nelts; i++) {
        const sso_source_t *source = APR_ARRAY_IDX(sources, i, const sso_source_t *);

        if (strcmp(source->name, name) == 0)
            return source != moodlesso_totals()->accounts;
    }
    return false;
}

static int refuse(request_rec *r, int status, const sso_error_t *error)
{
    return wants_page(r) ? moodlesso_error_page(r, status, error, NULL)
                         : moodlesso_problem(r, status, error);
}

static int turn(request_rec *r, sso_world_t *world)
{
    const char *form = moodlesso_read_form(r, MAX_FORM), *why = NULL;
    const char *name = form ? moodlesso_parameter(r, form, "switch") : NULL;
    const char *value = form ? moodlesso_parameter(r, form, "value") : NULL;
    bool is_on = value != NULL && strcmp(value, "on") == 0;

    if (!moodlesso_is_same_origin(r))
        return refuse(r, HTTP_FORBIDDEN, sso_error(SSO_CROSS_SITE));
    if (name == NULL || value == NULL || (!is_on && strcmp(value, "off") != 0))
        return moodlesso_refuse(r, HTTP_BAD_REQUEST,
                                "write switch=NAME&value=on, or value=off, as a form");
    if (!is_source(world, name))
        return moodlesso_refuse(r, HTTP_BAD_REQUEST,
                                apr_pstrcat(r->pool, "there is no source ", name, NULL));
    if (world->store == NULL)
        return moodlesso_refuse(
            r, HTTP_CONFLICT,
            "switching sources takes a store: write MoodleSSOStateDir or MoodleSSOStore");
    if (sso_switches_set(world->store, name, is_on, &why, r->pool) != APR_SUCCESS ||
        sso_switches_pull(world->store, world->inventory->sources, world->off, &why, r->pool) !=
            APR_SUCCESS)
        return refuse(r, HTTP_SERVICE_UNAVAILABLE, sso_error(SSO_STORE_DOWN));
    ap_log_rerror(APLOG_MARK, APLOG_NOTICE, 0, r, "moodlesso: source %s was switched %s", name,
                  is_on ? "on" : "off");
    return wants_page(r) ? moodlesso_see_other(r, r->uri) : answer(r, world);
}

int moodlesso_check(request_rec *r)
{
    sso_world_t *world = moodlesso_world();

    return r->method_number == M_POST ? turn(r, world) : answer(r, world);
}
