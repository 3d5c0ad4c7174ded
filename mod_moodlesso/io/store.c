/* SPDX-License-Identifier: Apache-2.0 */
/* store.c -- what must outlive a restart and be known on every node. */
#include "io/store.h"

#include <string.h>

#include <apr_shm.h>
#include <apr_strings.h>

#include "io/shared.h"
#include "sso/imprint.h"

#define CLOCKS_DIFFER apr_time_from_sec(3600)
#define PURGE_PAGES   20
#define TELL_EVERY    apr_time_from_sec(60)

apr_status_t sso_store_create(sso_store_t **made, sso_database_t *database, apr_pool_t *p)
{
    sso_store_t *store = apr_pcalloc(p, sizeof(*store));
    sso_statement_t *statements = apr_pcalloc(p, SSO_SQL_COUNT * sizeof(*statements));
    apr_shm_t *memory;
    apr_status_t status = apr_shm_create(&memory, sizeof(*store->shared), NULL, p);

    if (status != APR_SUCCESS)
        return status;
    store->shared = memset(apr_shm_baseaddr_get(memory), 0, sizeof(*store->shared));
    sso_sql_prepare(database, statements);
    database->greeting = sso_sql_greeting(database, p);
    store->database = database;
    store->statements = statements;
    store->epochs_kept = SSO_STORE_EPOCHS_KEPT;
    *made = store;
    return APR_SUCCESS;
}

apr_status_t sso_store_enter(sso_store_t *store)
{
    return sso_pool_create(&store->pool, store->database);
}

int sso_store_version(const sso_store_t *store)
{
    return (int)sso_load(&store->shared->version);
}

static void say(const sso_store_t *store, bool is_good, const char *text)
{
    if (store->say != NULL)
        store->say(store->say_context, is_good, text);
}

/* Tell what asking again may not help, but not each second. */
static void tell(sso_store_t *store, const char *what, const char *why, apr_pool_t *p)
{
    apr_time_t now = apr_time_now(), next = sso_load(&store->shared->next_told);

    if (now >= next && sso_swap(&store->shared->next_told, next, now + TELL_EVERY))
        say(store, false, apr_pstrcat(p, what, why ? why : "no answer", NULL));
}

/* Tables that were taken away are made again by whoever prepares. */
static void account_answer(sso_store_t *store, apr_status_t status, const char *why, apr_pool_t *p)
{
    if (status == SSO_IO_NO_TABLE)
        sso_store(&store->shared->version, 0);
    if (status == SSO_IO_NO_TABLE || status == SSO_IO_ANSWER)
        tell(store, "DB_QUERY: the store cannot do what it is asked: ", why, p);
}

/* Count the outcome; tell once when the circuit opens or closes. */
static void account(sso_store_t *store, apr_status_t status, const char *why, apr_pool_t *p)
{
    sso_breaker_t *breaker = &store->shared->breaker;
    bool is_fault = status == SSO_IO_DOWN || status == SSO_IO_TIMEOUT || status == SSO_IO_DENIED;
    sso_breaker_change_t change;

    account_answer(store, status, why, p);
    /* A locked file is no outage: its writer will be done, and asking again costs nobody. */
    if (store->database->dialect == SSO_SQLITE3 && status == SSO_IO_TIMEOUT)
        return;
    change = is_fault ? sso_breaker_failed(breaker, apr_time_now()) : sso_breaker_answered(breaker);
    if (change == SSO_BREAKER_OPENED)
        say(store, false,
            apr_psprintf(p,
                         "%s: the store failed %d times in a row and is asked once a second only "
                         "until it answers; sessions go on, what ends them early waits: %s",
                         sso_database_error(status)->name, SSO_BREAKER_FAILURES,
                         why ? why : "no answer"));
    else if (change == SSO_BREAKER_CLOSED)
        say(store, true, "the store answers again");
}

/* May it be asked, and until when? */
static apr_status_t begin(sso_store_t *store, apr_time_t *deadline, const char **why)
{
    apr_time_t now = apr_time_now();

    *deadline = now + store->database->timeout;
    if (sso_store_version(store) == 0) {
        *why = "its tables are not ready";
        return SSO_IO_DOWN;
    }
    if (!sso_breaker_admits(&store->shared->breaker, now)) {
        *why = "it failed before and is asked once a second only";
        return SSO_IO_DOWN;
    }
    *why = NULL;
    return APR_SUCCESS;
}

apr_status_t sso_store_query(sso_store_t *store, sso_sql_t what, const char *const *arguments,
                             const char **row, const char **why, apr_pool_t *p)
{
    apr_time_t deadline;
    apr_status_t status = begin(store, &deadline, why);

    if (status != APR_SUCCESS)
        return status;
    status =
        sso_pool_query(store->pool, &store->statements[what], arguments, deadline, row, why, p);
    account(store, status, *why, p);
    return status;
}

apr_status_t sso_store_execute(sso_store_t *store, sso_sql_t what, const char *const *arguments,
                               int *affected, const char **why, apr_pool_t *p)
{
    apr_time_t deadline;
    apr_status_t status = begin(store, &deadline, why);

    *affected = 0;
    if (status != APR_SUCCESS)
        return status;
    status = sso_pool_execute(store->pool, &store->statements[what], arguments, deadline, affected,
                              why, p);
    account(store, status, *why, p);
    return status;
}

apr_status_t sso_store_each(sso_store_t *store, sso_sql_t what, const char *const *arguments,
                            const sso_reader_t *reader, const char **why, apr_pool_t *p)
{
    apr_time_t deadline;
    apr_status_t status = begin(store, &deadline, why);

    if (status != APR_SUCCESS)
        return status;
    status =
        sso_pool_each(store->pool, &store->statements[what], arguments, deadline, reader, why, p);
    account(store, status, *why, p);
    return status;
}

/* Names a text in the store; SSO_IO_ANSWER when that cannot be done. */
static apr_status_t imprint_of(const char *kind, const char *text, const char **hex,
                               const char **why, apr_pool_t *p)
{
    *hex = sso_imprint_is_kind(kind) ? sso_imprint_hex(kind, text, p) : NULL;
    if (*hex != NULL)
        return APR_SUCCESS;
    *why = "the text cannot be hashed";
    return SSO_IO_ANSWER;
}

apr_status_t sso_store_see_once(sso_store_t *store, const char *kind, const char *text,
                                apr_time_t expires, bool *first, const char **why, apr_pool_t *p)
{
    const char *arguments[3] = {NULL, kind,
                                apr_psprintf(p, "%" APR_TIME_T_FMT, apr_time_sec(expires))};
    apr_status_t status = imprint_of(kind, text, &arguments[0], why, p);
    int affected = 0;

    if (status == APR_SUCCESS)
        status = sso_store_execute(store, SSO_SQL_SEE, arguments, &affected, why, p);
    *first = status == APR_SUCCESS && affected == 1;
    return status;
}

apr_status_t sso_store_revoke(sso_store_t *store, const char *kind, const char *text, apr_time_t at,
                              const char **why, apr_pool_t *p)
{
    const char *arguments[4] = {NULL, kind, NULL, apr_psprintf(p, "%" APR_TIME_T_FMT, at)};
    apr_status_t status = imprint_of(kind, text, &arguments[0], why, p);
    int affected;

    if (status != APR_SUCCESS)
        return status;
    arguments[2] = apr_psprintf(p, "%016" APR_UINT64_T_HEX_FMT, sso_imprint_tag(kind, text));
    return sso_store_execute(store, SSO_SQL_REVOKE, arguments, &affected, why, p);
}

static apr_status_t forget(sso_store_t *store, sso_sql_t what, apr_int64_t before, const char **why,
                           apr_pool_t *p)
{
    const char *text = apr_psprintf(p, "%" APR_INT64_T_FMT, before), *arguments[] = {text, text};
    apr_status_t status = APR_SUCCESS;
    int affected = SSO_SQL_PAGE;

    for (int page = 0; page < PURGE_PAGES && status == APR_SUCCESS && affected >= SSO_SQL_PAGE;
         page++)
        status = sso_store_execute(store, what, arguments, &affected, why, p);
    return status;
}

apr_status_t sso_store_purge(sso_store_t *store, apr_time_t now, const char **why, apr_pool_t *p)
{
    apr_status_t status =
        forget(store, SSO_SQL_FORGET_SEEN, apr_time_sec(now - CLOCKS_DIFFER), why, p);

    if (status == APR_SUCCESS)
        status =
            forget(store, SSO_SQL_FORGET_EPOCHS, now - store->epochs_kept - CLOCKS_DIFFER, why, p);
    /* Kept for a while, so that whoever comes late is told so. */
    return status == APR_SUCCESS
               ? forget(store, SSO_SQL_FORGET_KEYS, apr_time_sec(now - CLOCKS_DIFFER), why, p)
               : status;
}

apr_status_t sso_store_prepare(sso_store_t *store, const char **why, apr_pool_t *p)
{
    apr_time_t now = apr_time_now();
    apr_status_t status;
    int version = 0;

    *why = "it failed before and is asked once a second only";
    if (!sso_breaker_admits(&store->shared->breaker, now))
        return SSO_IO_DOWN;
    *why = NULL;
    status = sso_schema_prepare(store->pool, now + store->database->timeout, &version, why, p);
    account(store, status, *why, p);
    if (status == APR_SUCCESS)
        sso_store(&store->shared->version, (apr_uint32_t)version);
    else
        tell(store, "the store is not ready: ", *why, p);
    return status;
}
