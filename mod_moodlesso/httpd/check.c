/* SPDX-License-Identifier: Apache-2.0 */
/* check.c -- SetHandler moodlesso-check: what rules find, and the switches of sources. For whoever
 * sets up the server; guarded like server-status. */
#include "httpd/handlers.h"

#include <http_log.h>
#include <http_protocol.h>

#include "httpd/authorise.h"
#include "httpd/endpoints.h"
#include "httpd/form_body.h"
#include "httpd/freeze.h"
#include "io/shared.h"
#include "io/switches.h"
#include "sso/match.h"
#include "sso/match_service.h"

APLOG_USE_MODULE(moodlesso);

#define MAX_FORM 1024 /* bytes */

/* Without the source that knows accounts. */
static json_t *describe_sources(const sso_world_t *world)
{
    const apr_array_header_t *sources = world->inventory->sources;
    json_t *object = json_object();

    for (int i = 0; i < sources->nelts; i++) {
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
    const sso_error_t *error;

    io->deadline = apr_time_now() + apr_time_from_sec(10);
    error = sso_match_look(rule, value, io, &username, &count, p);
    return json_pack("{s:s, s:i, s:s?, s:s?}", "rule", sso_match_text(rule, p), "found", count,
                     "username", error ? NULL : username, "reason", error ? error->name : NULL);
}

/* What each rule finds for this value, after what it does to it. */
static json_t *describe_matches(request_rec *r, sso_world_t *world, const char *value)
{
    const apr_array_header_t *matches = moodlesso_totals()->matches;
    json_t *array = json_array();
    sso_access_t access;

    sso_access_init(&access, world, r->request_time);
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

static json_t *describe_service(const sso_service_t *service, sso_io_t *io, apr_pool_t *p)
{
    sso_service_report_t report;
    const sso_error_t *error;
    json_t *fields = json_object();

    io->deadline = apr_time_now() + 2 * service->timeout;
    error = sso_match_service_test(service, io, &report, p);
    for (int i = 0; i < SSO_MATCH_SERVICE_FIELDS && error == NULL; i++)
        json_object_set_new(fields, report.fields[i],
                            json_string(report.errors[i] ? report.errors[i]->name : "ok"));
    return json_pack("{s:s?, s:s?, s:s?, s:s?, s:o}", "user", report.username, "release",
                     report.release, "reason", error ? error->name : NULL, "sentence",
                     error ? error->sentence : NULL, "fields", fields);
}

/* What each web service answers now. */
static json_t *describe_services(request_rec *r, sso_world_t *world)
{
    const apr_array_header_t *services = moodlesso_totals()->services;
    json_t *object = json_object();
    sso_access_t access;

    sso_access_init(&access, world, r->request_time);
    for (int i = 0; i < services->nelts; i++) {
        const sso_service_t *service = APR_ARRAY_IDX(services, i, const sso_service_t *);

        moodlesso_put(object, service->name, service,
                      describe_service(service, &access.io, r->pool), r->pool);
    }
    return object;
}

static int answer(request_rec *r, sso_world_t *world)
{
    const char *value = moodlesso_parameter(r, r->args, "match");
    json_t *object = json_pack("{s:o}", "sources", describe_sources(world));

    if (moodlesso_totals()->services->nelts > 0)
        json_object_set_new(object, "services", describe_services(r, world));
    if (value != NULL)
        json_object_set_new(object, "match", describe_matches(r, world, value));
    return moodlesso_answer_json(r, MOODLESSO_JSON, object);
}

static bool is_source(const sso_world_t *world, const char *name)
{
    const apr_array_header_t *sources = world->inventory->sources;

    for (int i = 0; i < sources->nelts; i++) {
        const sso_source_t *source = APR_ARRAY_IDX(sources, i, const sso_source_t *);

        if (strcmp(source->name, name) == 0)
            return source != moodlesso_totals()->accounts;
    }
    return false;
}

static int turn(request_rec *r, sso_world_t *world)
{
    const char *form = moodlesso_read_form(r, MAX_FORM), *why = NULL;
    const char *name = form ? moodlesso_parameter(r, form, "switch") : NULL;
    const char *value = form ? moodlesso_parameter(r, form, "value") : NULL;
    bool is_on = value != NULL && strcmp(value, "on") == 0;

    if (!moodlesso_is_same_origin(r))
        return moodlesso_problem(r, HTTP_FORBIDDEN, sso_error(SSO_CROSS_SITE_POST));
    if (name == NULL || value == NULL || !is_source(world, name) ||
        (!is_on && strcmp(value, "off") != 0))
        return HTTP_BAD_REQUEST;
    if (world->store == NULL ||
        sso_switches_set(world->store, name, is_on, &why, r->pool) != APR_SUCCESS ||
        sso_switches_pull(world->store, world->inventory->sources, world->off, &why, r->pool) !=
            APR_SUCCESS)
        return moodlesso_problem(r, HTTP_SERVICE_UNAVAILABLE, sso_error(SSO_STORE_DOWN));
    ap_log_rerror(APLOG_MARK, APLOG_NOTICE, 0, r, "moodlesso: source %s was switched %s", name,
                  is_on ? "on" : "off");
    return answer(r, world);
}

int moodlesso_check(request_rec *r)
{
    sso_world_t *world = moodlesso_world();

    if (world == NULL)
        return moodlesso_answer_json(r, MOODLESSO_JSON, json_object());
    return r->method_number == M_POST ? turn(r, world) : answer(r, world);
}
