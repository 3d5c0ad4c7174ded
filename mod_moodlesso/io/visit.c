/* SPDX-License-Identifier: Apache-2.0 */
/* visit.c -- everything that moodlesso-check asks of one database or Redis. */
#include "io/visit.h"

#include "io/native.h"

typedef struct visit_t {
    const apr_array_header_t *lists;
    sso_probe_place_t *place;
    sso_dialect_t dialect;
    apr_pool_t *p;
} visit_t;

/* After these nothing more can be asked on the connection. */
static bool is_lost(apr_status_t status)
{
    return status == SSO_IO_DOWN || status == SSO_IO_TIMEOUT || status == SSO_NATIVE_STALE;
}

/* NULL for SQL's NULL, which PostgreSQL's driver writes as "". */
static apr_status_t ask(sso_line_t *line, const char *sql, const char **value)
{
    apr_status_t status = sso_line_run(line, sql, value);

    if (status == APR_SUCCESS && *value != NULL && **value == '\0')
        *value = NULL;
    return status;
}

static apr_status_t ask_place(sso_line_t *line, visit_t *visit)
{
    const char *const *sql = sso_probe_place_sql(visit->dialect);
    const char **answers[SSO_PROBE_PLACE] = {&visit->place->account, &visit->place->database,
                                             &visit->place->seconds};
    apr_status_t status = APR_SUCCESS;

    for (int i = 0; sql != NULL && i < SSO_PROBE_PLACE && status == APR_SUCCESS; i++)
        status = ask(line, sql[i], answers[i]);
    visit->place->asked = apr_time_now();
    return status;
}

static apr_status_t ask_probe(sso_line_t *line, visit_t *visit, sso_probe_t *probe)
{
    apr_size_t most = sizeof(probe->sql) / sizeof(probe->sql[0]);

    probe->is_asked = true;
    probe->status = APR_SUCCESS;
    for (apr_size_t i = 0; i < most && probe->sql[i] && probe->status == APR_SUCCESS; i++)
        probe->status = ask(line, probe->sql[i], &probe->value);
    if (probe->status == APR_SUCCESS)
        return APR_SUCCESS;
    probe->why = sso_line_words(line, visit->p);
    if (probe->status == SSO_NATIVE_UNDONE)
        probe->status = SSO_IO_TIMEOUT;
    if (probe->status == SSO_IO_DENIED && visit->dialect == SSO_PGSQL && probe->table != NULL)
        return ask(line, sso_probe_schema_of(probe->table, visit->p), &probe->place);
    return probe->status;
}

static apr_status_t script(sso_line_t *line, void *of_visit)
{
    visit_t *visit = of_visit;
    apr_status_t status = ask_place(line, visit);

    for (int i = 0; i < visit->lists->nelts && status == APR_SUCCESS; i++) {
        const apr_array_header_t *probes =
            APR_ARRAY_IDX(visit->lists, i, const apr_array_header_t *);

        for (int k = 0; k < probes->nelts && !is_lost(status); k++)
            status = ask_probe(line, visit, &APR_ARRAY_IDX(probes, k, sso_probe_t));
        /* A refusal is an answer. */
        status = is_lost(status) ? status : APR_SUCCESS;
    }
    return status;
}

static bool is_reached(const apr_array_header_t *lists)
{
    for (int i = 0; i < lists->nelts; i++) {
        const apr_array_header_t *probes = APR_ARRAY_IDX(lists, i, const apr_array_header_t *);

        if (probes->nelts > 0 && APR_ARRAY_IDX(probes, 0, sso_probe_t).is_asked)
            return true;
    }
    return false;
}

void sso_visit_database(sso_pool_t *pool, const apr_array_header_t *lists, sso_probe_place_t *place,
                        apr_time_t deadline, apr_pool_t *p)
{
    visit_t visit = {lists, place, pool->database->dialect, p};

    *place = (sso_probe_place_t){0};
    place->status = sso_pool_script(pool, script, &visit, deadline, &place->why, p);
    /* Lost later: the probe that met it tells. */
    if (is_reached(lists))
        place->status = APR_SUCCESS;
}

void sso_visit_redis(sso_redis_pool_t *pool, const sso_redis_t *redis,
                     const apr_array_header_t *probes, apr_time_t deadline, apr_pool_t *p)
{
    apr_status_t status = APR_SUCCESS;

    for (int i = 0; i < probes->nelts && status != SSO_IO_DOWN && status != SSO_IO_TIMEOUT; i++) {
        sso_redis_probe_t *probe = &APR_ARRAY_IDX(probes, i, sso_redis_probe_t);
        apr_time_t now = apr_time_now();
        apr_time_t end = now + redis->timeout < deadline ? now + redis->timeout : deadline;

        if (now >= deadline)
            break;
        probe->is_asked = true;
        status = probe->status =
            sso_redis_command(pool, probe->words, probe->count, end, &probe->why, p);
    }
}
