/* SPDX-License-Identifier: Apache-2.0 */
/* check_probe.c -- what is asked of a database about an account's rights, and what that tells. */
#include "sso/check_probe.h"

#include <string.h>

#include <apr_strings.h>

#include "sso/check_grant.h"

#define CLOCKS_DIFFER apr_time_from_sec(60)
#define LONG_AGO      86400 /* seconds without a session in use: perhaps they are kept elsewhere */
#define LONGEST       ((apr_int64_t)10 * 366 * 86400) /* of Moodle's timeouts; source_moodle.c */
#define NOTHING       " WHERE 1=0"

const char *const *sso_probe_place_sql(sso_dialect_t dialect)
{
    static const char *const mysql[SSO_PROBE_PLACE] = {"SELECT CURRENT_USER()", "SELECT DATABASE()",
                                                       "SELECT UNIX_TIMESTAMP()"};
    static const char *const pgsql[SSO_PROBE_PLACE] = {
        "SELECT current_user", "SELECT current_schema()",
        "SELECT CAST(floor(extract(epoch FROM clock_timestamp())) AS bigint)"};

    return dialect == SSO_MYSQL ? mysql : dialect == SSO_PGSQL ? pgsql : NULL;
}

const char *sso_probe_schema_of(const char *table, apr_pool_t *p)
{
    return apr_psprintf(p,
                        "SELECT n.nspname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace "
                        "n ON n.oid=c.relnamespace WHERE c.oid=to_regclass('%s')",
                        table);
}

static sso_probe_t *push(apr_array_header_t *probes, sso_probe_kind_t kind, const char *name,
                         const char *table, const char *columns)
{
    sso_probe_t *probe = apr_array_push(probes);

    *probe = (sso_probe_t){.name = name, .kind = kind, .table = table, .columns = columns};
    return probe;
}

sso_probe_t *sso_probe_right(apr_array_header_t *probes, sso_probe_kind_t kind, const char *name,
                             const char *table, const char *columns)
{
    sso_probe_t *probe = push(probes, kind, name, table, columns);
    apr_pool_t *p = probes->pool;
    const char *read = apr_psprintf(p, "SELECT %s FROM %s" NOTHING, columns, table);
    const char *erase = apr_psprintf(p, "DELETE FROM %s" NOTHING, table);

    if (kind == SSO_PROBE_UPDATE)
        probe->sql[0] = apr_psprintf(p, "UPDATE %s SET %s=0" NOTHING, table, columns);
    else
        probe->sql[0] = kind == SSO_PROBE_DELETE ? erase : read;
    if (kind == SSO_PROBE_ALL) {
        probe->sql[1] = apr_psprintf(p, "INSERT INTO %s SELECT * FROM %s" NOTHING, table, table);
        probe->sql[2] = apr_psprintf(p, "UPDATE %s SET %s=%s" NOTHING, table, columns, columns);
        probe->sql[3] = erase;
    }
    return probe;
}

sso_probe_t *sso_probe_value(apr_array_header_t *probes, sso_probe_kind_t kind, const char *name,
                             const char *columns, const char *sql)
{
    sso_probe_t *probe = push(probes, kind, name, NULL, columns);

    probe->sql[0] = sql;
    return probe;
}

void sso_probe_schema(apr_array_header_t *probes, sso_dialect_t dialect, const char *prefix)
{
    const char *dot = strchr(prefix, '.');
    apr_pool_t *p = probes->pool;

    if (dialect != SSO_PGSQL)
        return;
    sso_probe_value(
        probes, SSO_PROBE_SCHEMA, "schema",
        dot ? apr_pstrmemdup(p, prefix, (apr_size_t)(dot - prefix)) : "public",
        dot ? apr_psprintf(p, "SELECT 1 WHERE has_schema_privilege(lower('%.*s'), 'USAGE')",
                           (int)(dot - prefix), prefix)
            : "SELECT current_schema()");
}

/* PostgreSQL's words go on with the place in its own sources. */
static const char *first_line(const char *why, apr_pool_t *p)
{
    apr_size_t length = why ? strcspn(why, "\r\n") : 0;

    return length > 0 ? apr_pstrmemdup(p, why, length) : NULL;
}

static sso_check_line_t *add_error(sso_check_t *check, const char *name, apr_status_t status,
                                   const char *why, sso_fix_t fix)
{
    sso_check_line_t *line = sso_check_add(check, name, SSO_CHECK_BAD, SSO_FOUND_ERROR,
                                           sso_database_error(status)->name);

    line->why = first_line(why, check->p);
    line->fix = fix;
    return line;
}

static sso_fix_t fix_of_connecting(sso_dialect_t dialect, apr_status_t status)
{
    if (dialect == SSO_SQLITE3)
        return SSO_FIX_FILE;
    return status == SSO_IO_DENIED ? SSO_FIX_DATABASE_DENIED : SSO_FIX_DATABASE_DOWN;
}

bool sso_probe_judge_place(sso_check_t *check, sso_dialect_t dialect,
                           const sso_probe_place_t *place)
{
    apr_int64_t seconds;

    if (place->status != APR_SUCCESS) {
        add_error(check, "connect", place->status, place->why,
                  fix_of_connecting(dialect, place->status));
        return false;
    }
    sso_check_add(check, "connect", SSO_CHECK_GOOD, SSO_FOUND_CONNECTED,
                  place->account ? place->account : "SQLite");
    if (place->seconds != NULL && sso_span_integer(sso_span(place->seconds), &seconds))
        sso_check_clock(check, "clock", apr_time_from_sec(seconds - apr_time_sec(place->asked)),
                        CLOCKS_DIFFER, SSO_FIX_CLOCK);
    return true;
}

static void judge_right(sso_check_t *check, const sso_probe_t *probe, sso_dialect_t dialect,
                        const sso_probe_place_t *place)
{
    sso_check_line_t *line;

    if (probe->status == APR_SUCCESS) {
        sso_check_add(check, probe->name, SSO_CHECK_GOOD, SSO_FOUND_GRANTED,
                      sso_grant_right(probe, dialect, place, check->p));
        return;
    }
    if (probe->status == SSO_IO_NO_TABLE && probe->is_made_late) {
        sso_check_add(check, probe->name, SSO_CHECK_GOOD, SSO_FOUND_NOT_YET, probe->table);
        return;
    }
    line = add_error(check, probe->name, probe->status, probe->why, SSO_FIX_TABLE);
    if (probe->status == SSO_IO_DOWN || probe->status == SSO_IO_TIMEOUT)
        line->fix = probe->status == SSO_IO_TIMEOUT ? SSO_FIX_DATABASE_BUSY : SSO_FIX_DATABASE_DOWN;
    else if (probe->status == SSO_IO_DENIED && dialect == SSO_SQLITE3)
        line->fix = SSO_FIX_FILE;
    else if (probe->status == SSO_IO_DENIED) {
        line->fix = probe->is_made_late ? SSO_FIX_GRANT_LATE : SSO_FIX_GRANT;
        line->run = sso_grant(probe, dialect, place, check->p);
    }
}

static void judge_schema(sso_check_t *check, const sso_probe_t *probe, sso_dialect_t dialect,
                         const sso_probe_place_t *place)
{
    sso_check_line_t *line;

    if (probe->status == APR_SUCCESS && probe->value != NULL) {
        sso_check_add(check, probe->name, SSO_CHECK_GOOD, SSO_FOUND_GRANTED,
                      sso_grant_right(probe, dialect, place, check->p));
        return;
    }
    line = add_error(check, probe->name, SSO_IO_DENIED, probe->why, SSO_FIX_GRANT);
    line->run = sso_grant(probe, dialect, place, check->p);
}

static const char *whole_name(const sso_check_t *check, const char *name)
{
    return apr_pstrcat(check->p, check->kind, ".", check->thing, ".", name, NULL);
}

static void judge_setting(sso_check_t *check, const sso_probe_t *probe)
{
    apr_int64_t number;
    bool is_good = sso_span_integer(sso_span(probe->value), &number) && number > 0 &&
                   (probe->kind != SSO_PROBE_TIMEOUT || number <= LONGEST);
    sso_check_line_t *line;

    if (probe->status != APR_SUCCESS) {
        sso_check_add(check, probe->name, SSO_CHECK_UNTESTED, SSO_FOUND_BECAUSE,
                      whole_name(check, "select.config"));
        return;
    }
    if (is_good) {
        sso_check_add(check, probe->name, SSO_CHECK_GOOD, SSO_FOUND_WORDS,
                      apr_pstrcat(check->p, probe->columns, "=", probe->value, NULL));
        return;
    }
    line = sso_check_add(check, probe->name, SSO_CHECK_BAD, SSO_FOUND_MISSING, probe->columns);
    line->fix = probe->kind == SSO_PROBE_TIMEOUT ? SSO_FIX_TIMEOUT : SSO_FIX_SETTING;
}

/* No session is no mistake; it may be the first sign of one. */
static void judge_latest(sso_check_t *check, const sso_probe_t *probe, apr_time_t now)
{
    apr_int64_t latest, ago;
    sso_check_line_t *line;

    if (probe->status != APR_SUCCESS) {
        sso_check_add(check, probe->name, SSO_CHECK_UNTESTED, SSO_FOUND_BECAUSE,
                      whole_name(check, "select.sessions"));
        return;
    }
    if (!sso_span_integer(sso_span(probe->value), &latest)) {
        line = sso_check_add(check, probe->name, SSO_CHECK_UNTESTED, SSO_FOUND_NO_SESSION, NULL);
        line->fix = SSO_FIX_NO_SESSION;
        return;
    }
    ago = apr_time_sec(now) - latest;
    line = sso_check_add(check, probe->name, ago > LONG_AGO ? SSO_CHECK_UNTESTED : SSO_CHECK_GOOD,
                         SSO_FOUND_SESSION, apr_psprintf(check->p, "%" APR_INT64_T_FMT, ago));
    line->fix = ago > LONG_AGO ? SSO_FIX_NO_SESSION : SSO_FIX_NONE;
}

static void judge(sso_check_t *check, const sso_probe_t *probe, sso_dialect_t dialect,
                  const sso_probe_place_t *place, apr_time_t now)
{
    switch (probe->kind) {
    case SSO_PROBE_SCHEMA:
        judge_schema(check, probe, dialect, place);
        break;
    case SSO_PROBE_TIMEOUT:
    case SSO_PROBE_SETTING:
        judge_setting(check, probe);
        break;
    case SSO_PROBE_LATEST:
        judge_latest(check, probe, now);
        break;
    case SSO_PROBE_SELECT:
    case SSO_PROBE_DELETE:
    case SSO_PROBE_UPDATE:
    case SSO_PROBE_ALL:
    default:
        judge_right(check, probe, dialect, place);
        break;
    }
}

/* After this nothing else of the thing can be found out. */
static bool is_the_end(const sso_probe_t *probe)
{
    return (probe->kind == SSO_PROBE_SCHEMA &&
            (probe->status != APR_SUCCESS || probe->value == NULL)) ||
           probe->status == SSO_IO_DOWN;
}

void sso_probe_judge(sso_check_t *check, const apr_array_header_t *probes, sso_dialect_t dialect,
                     const sso_probe_place_t *place, apr_time_t now, const char *because)
{
    for (int i = 0; i < probes->nelts; i++) {
        const sso_probe_t *probe = &APR_ARRAY_IDX(probes, i, sso_probe_t);

        if (because != NULL || !probe->is_asked) {
            sso_check_add(check, probe->name, SSO_CHECK_UNTESTED,
                          because ? SSO_FOUND_BECAUSE : SSO_FOUND_NO_TIME, because);
            continue;
        }
        judge(check, probe, dialect, place, now);
        if (is_the_end(probe))
            because = whole_name(check, probe->name);
    }
}
