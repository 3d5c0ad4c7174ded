/* SPDX-License-Identifier: Apache-2.0 */
/* check_sources.c -- moodlesso-check asks everything that is configured here, one after another.
 *
 * The one thread that asks is the administrator's own request: every visit is bounded, and all of
 * them together. */
#include <httpd.h>

#include <apr_strings.h>
#include <http_main.h>

#include "httpd/check.h"
#include "httpd/handlers.h"
#include "io/visit.h"
#include "sso/check_grant.h"
#include "sso/check_service.h"
#include "sso/check_source.h"
#include "sso/match.h"
#include "sso/source_loginkey.h"

#define VISIT apr_time_from_sec(3) /* at most, to one database, Redis or site */

/* One test under way. */
typedef struct round_t {
    sso_world_t *world;
    sso_check_t *check;
    apr_time_t deadline;
    apr_pool_t *p;
} round_t;

static apr_time_t visit_end(const round_t *round, apr_interval_time_t timeout)
{
    apr_time_t end = apr_time_now() + (timeout < VISIT ? timeout : VISIT);

    return end < round->deadline ? end : round->deadline;
}

static bool is_over(const round_t *round)
{
    return apr_time_now() >= round->deadline;
}

/* Login keys sign in its users: all rules of such a source look at one place. */
static bool has_key_holders(const sso_source_t *source)
{
    const apr_array_header_t *sources = moodlesso_totals()->inventory.sources;

    for (int i = 0; i < sources->nelts; i++) {
        const sso_loginkey_t *loginkey =
            sso_source_loginkey(APR_ARRAY_IDX(sources, i, const sso_source_t *));

        if (loginkey != NULL && sso_match_source(loginkey->rules[0]) == source)
            return true;
    }
    return false;
}

/* Users are looked for in its tables. */
static bool is_matched(const sso_source_t *source)
{
    const apr_array_header_t *lists = moodlesso_totals()->match_lists;

    for (int i = 0; i < lists->nelts; i++) {
        const apr_array_header_t *rules = APR_ARRAY_IDX(lists, i, const apr_array_header_t *);

        for (int k = 0; k < rules->nelts; k++) {
            if (sso_match_source(APR_ARRAY_IDX(rules, k, const sso_match_t *)) == source)
                return true;
        }
    }
    return has_key_holders(source);
}

/* MoodleSSOMoodleLogin names it, or means it because there is no other. */
static bool is_signed_in_to(const sso_source_t *source)
{
    const apr_array_header_t *references = moodlesso_totals()->references;

    if (!moodlesso_totals()->signs_in_to_moodle)
        return false;
    for (int i = 0; i < references->nelts; i++) {
        const moodlesso_reference_t *reference =
            &APR_ARRAY_IDX(references, i, moodlesso_reference_t);

        if (reference->directive != NULL &&
            strcmp(APR_ARRAY_IDX(reference->use, reference->place, moodlesso_choice_t).name,
                   source->name) == 0)
            return true;
    }
    for (server_rec *server = ap_server_conf; server != NULL; server = server->next) {
        if (moodlesso_server(server)->moodle == source)
            return true;
    }
    return false;
}

static sso_probe_wants_t wants_of(const sso_source_t *source)
{
    const moodlesso_totals_t *totals = moodlesso_totals();
    sso_probe_wants_t wants = {.matches = is_matched(source)};

    wants.ends = source->kind == &sso_kind_moodle
                     ? is_signed_in_to(source)
                     : totals->ends_drupal && totals->signs_in_to_moodle;
    return wants;
}

static void check_redis(const round_t *round, const sso_source_t *source)
{
    apr_array_header_t *probes = apr_array_make(round->p, 4, sizeof(sso_redis_probe_t));
    const sso_probe_wants_t wants = wants_of(source);
    const sso_redis_t *redis = sso_moodle_redis_probes(source, &wants, probes, round->p);

    if (redis == NULL)
        return;
    sso_visit_redis(sso_world_redis(round->world, redis), redis, probes, visit_end(round, VISIT),
                    round->p);
    sso_redis_judge(round->check, redis, probes);
}

static void judge_source(const round_t *round, const sso_source_t *source,
                         const apr_array_header_t *probes, const sso_probe_place_t *place,
                         const char *because)
{
    sso_check_about(round->check, "source", source->name);
    sso_check_settings(round->check, source);
    sso_probe_judge(round->check, probes, sso_check_database(source)->dialect, place,
                    apr_time_now(), because);
    check_redis(round, source);
}

/* Ask all of `lists` of a database; answers the line that keeps them from being judged, NULL when
 * none does. Without time left nothing is asked, and each says so. */
static const char *visit(const round_t *round, sso_pool_t *pool, const apr_array_header_t *lists,
                         sso_probe_place_t *place)
{
    const sso_database_t *database = pool->database;

    if (is_over(round)) {
        *place = (sso_probe_place_t){0};
        sso_check_add(round->check, "connect", SSO_CHECK_UNTESTED, SSO_FOUND_NO_TIME, NULL);
        return NULL;
    }
    sso_visit_database(pool, lists, place, visit_end(round, database->timeout), round->p);
    if (sso_probe_judge_place(round->check, database->dialect, place))
        return NULL;
    return apr_pstrcat(round->p, round->check->kind, round->check->thing ? "." : "",
                       round->check->thing ? round->check->thing : "", ".connect", NULL);
}

static bool asks(const sso_source_t *source, const sso_database_t *database)
{
    return source != moodlesso_totals()->accounts && sso_check_database(source) == database;
}

static void check_database(const round_t *round, const sso_database_t *database)
{
    const apr_array_header_t *sources = round->world->inventory->sources;
    apr_array_header_t *lists = apr_array_make(round->p, 4, sizeof(apr_array_header_t *));
    sso_probe_place_t place;
    const char *because;
    int next = 0;

    for (int i = 0; i < sources->nelts; i++) {
        const sso_source_t *source = APR_ARRAY_IDX(sources, i, const sso_source_t *);
        const sso_probe_wants_t wants = wants_of(source);
        apr_array_header_t *probes;

        if (!asks(source, database))
            continue;
        probes = apr_array_make(round->p, 16, sizeof(sso_probe_t));
        sso_check_probes(source, &wants, probes, round->p);
        APR_ARRAY_PUSH(lists, apr_array_header_t *) = probes;
    }
    sso_check_about(round->check, "database", database->name);
    because = visit(round, sso_world_pool(round->world, database), lists, &place);
    for (int i = 0; i < sources->nelts; i++) {
        const sso_source_t *source = APR_ARRAY_IDX(sources, i, const sso_source_t *);

        if (asks(source, database))
            judge_source(round, source, APR_ARRAY_IDX(lists, next++, const apr_array_header_t *),
                         &place, because);
    }
}

static void check_issuers(const round_t *round, const sso_source_t *source)
{
    const apr_array_header_t *issuers = sso_source_issuers(source);

    /* Another process may just have been told. */
    if (issuers != NULL)
        sso_trusts_follow(round->world->trusts);
    for (int i = 0; issuers != NULL && i < issuers->nelts; i++) {
        const sso_issuer_t *issuer = APR_ARRAY_IDX(issuers, i, const sso_issuer_t *);
        const sso_trust_state_t state = sso_trusts_state(round->world->trusts, issuer);

        sso_check_about(round->check, "issuer", issuer->name);
        sso_check_issuer(round->check, source, &state, apr_time_now());
    }
}

static void check_others(const round_t *round)
{
    const apr_array_header_t *sources = round->world->inventory->sources;
    sso_access_t access;

    sso_access_init(&access, round->world, apr_time_now());
    for (int i = 0; i < sources->nelts; i++) {
        const sso_source_t *source = APR_ARRAY_IDX(sources, i, const sso_source_t *);

        if (source == moodlesso_totals()->accounts || sso_check_database(source) != NULL)
            continue;
        sso_check_about(round->check, "source", source->name);
        sso_check_settings(round->check, source);
        access.io.deadline = is_over(round) ? 0 : visit_end(round, source->timeout);
        access.why = NULL;
        sso_check_site(round->check, source, &access.io, &access.why);
        check_issuers(round, source);
    }
}

static json_t *describe(const sso_service_report_t *report, const sso_error_t *error)
{
    json_t *fields = json_object();

    for (int i = 0; i < SSO_MATCH_SERVICE_FIELDS && error == NULL; i++)
        json_object_set_new(fields, report->fields[i],
                            json_string(report->errors[i] ? report->errors[i]->name : "ok"));
    return json_pack("{s:s?, s:s?, s:s?, s:s?, s:o}", "user", report->username, "release",
                     report->release, "reason", error ? error->name : NULL, "sentence",
                     error ? error->sentence : NULL, "fields", fields);
}

static json_t *check_services(const round_t *round)
{
    const apr_array_header_t *services = moodlesso_totals()->services;
    json_t *object = json_object();
    sso_access_t access;

    sso_access_init(&access, round->world, apr_time_now());
    for (int i = 0; i < services->nelts; i++) {
        const sso_service_t *service = APR_ARRAY_IDX(services, i, const sso_service_t *);
        sso_service_report_t report;
        const sso_error_t *error;

        sso_check_about(round->check, "service", service->name);
        if (is_over(round)) {
            sso_check_add(round->check, "site", SSO_CHECK_UNTESTED, SSO_FOUND_NO_TIME, NULL);
            continue;
        }
        access.io.deadline = visit_end(round, 2 * service->timeout);
        access.why = NULL;
        error = sso_match_service_test(service, &access.io, &report, round->p);
        sso_check_service(round->check, &report, error, access.why);
        moodlesso_put(object, service->name, service, describe(&report, error), round->p);
    }
    return object;
}

static void check_tables(const round_t *round, const sso_probe_place_t *place)
{
    int version = sso_store_version(round->world->store);
    sso_check_line_t *line =
        sso_check_add(round->check, "tables", version > 0 ? SSO_CHECK_GOOD : SSO_CHECK_BAD,
                      SSO_FOUND_TABLES, apr_itoa(round->p, version));

    if (version > 0)
        return;
    line->run = sso_grant_tables(round->world->store->database->dialect, place, round->p);
    line->fix = line->run ? SSO_FIX_STORE_TABLES : SSO_FIX_FILE;
}

static void check_store(const round_t *round)
{
    const sso_store_t *store = round->world->store;
    apr_array_header_t *probes = apr_array_make(round->p, 8, sizeof(sso_probe_t));
    apr_array_header_t *lists = apr_array_make(round->p, 1, sizeof(apr_array_header_t *));
    sso_probe_place_t place;
    const char *because;

    for (const sso_sql_table_t *table = sso_sql_tables; table->name != NULL; table++)
        sso_probe_right(probes, SSO_PROBE_ALL, table->name, table->name, table->key);
    APR_ARRAY_PUSH(lists, apr_array_header_t *) = probes;
    sso_check_about(round->check, "store", NULL);
    because = visit(round, store->pool, lists, &place);
    if (because == NULL) {
        check_tables(round, &place);
        because = sso_store_version(store) > 0 ? NULL : "store.tables";
    }
    sso_probe_judge(round->check, probes, store->database->dialect, &place, apr_time_now(),
                    because);
}

void moodlesso_check_sources(request_rec *r, sso_world_t *world, moodlesso_checked_t *checked,
                             apr_time_t deadline)
{
    const round_t round = {world, &checked->check, deadline, r->pool};

    if (world == NULL)
        return;
    for (int i = 0; i < world->inventory->databases->nelts; i++)
        check_database(&round,
                       APR_ARRAY_IDX(world->inventory->databases, i, const sso_database_t *));
    check_others(&round);
    if (moodlesso_totals()->services->nelts > 0)
        checked->services = check_services(&round);
    if (world->store != NULL)
        check_store(&round);
}
