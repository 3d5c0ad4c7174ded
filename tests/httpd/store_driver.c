/* SPDX-License-Identifier: Apache-2.0 */
/* store_driver.c -- the store without a server: what one node does, told by its arguments.
 *
 *   store_driver DRIVER PARAMETERS prepare                    "version N"
 *   store_driver DRIVER PARAMETERS see THREADS COUNT          each thread sees the texts 0 to
 * COUNT-1, "first TEXT" for each it saw first store_driver DRIVER PARAMETERS revoke KIND TEXT AT
 * microseconds; "done" store_driver DRIVER PARAMETERS many THREADS COUNT AT      COUNT revocations
 * by each thread store_driver DRIVER PARAMETERS hold                       reads lines "see TEXT"
 * and "revoke TEXT", on connections that are kept
 *   store_driver DRIVER PARAMETERS link SUBJECT USERNAME MADE (0 or 1): "yes" when it was not
 * linked store_driver DRIVER PARAMETERS unlink|choose SUBJECT USERNAME: "yes" when it was done
 *   store_driver DRIVER PARAMETERS linked SUBJECT: username and the subject of its active account
 * What fails is "error STATUS WORDS", STATUS
 * counted from SSO_IO_DOWN = 1. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "io/links.h"
#include "sso/definition.h"

#define HOUR apr_time_from_sec(3600)

static pthread_mutex_t output = PTHREAD_MUTEX_INITIALIZER;

static void say(void *context, bool is_good, const char *text)
{
    fprintf(stderr, "%s\n", text);
}

static void report(apr_status_t status, const char *good, const char *why)
{
    pthread_mutex_lock(&output);
    if (status == APR_SUCCESS)
        printf("%s\n", good);
    else
        printf("error %d %.*s\n", status - APR_OS_START_USERERR, why ? (int)strcspn(why, "\n") : 0,
               why ? why : "");
    fflush(stdout);
    pthread_mutex_unlock(&output);
}

/* Only who keeps its connections is tested for how long it waits. */
static sso_store_t *open_store(const char *driver, const char *parameters, bool is_patient,
                               apr_pool_t *p)
{
    sso_options_t options = {apr_table_make(p, 1), p};
    sso_database_t *database;
    sso_store_t *store;

    if (is_patient)
        apr_table_set(options.values, "timeout", "20s");
    if (sso_database_make("store", driver, parameters, &options, &database) ||
        sso_database_load(database->dialect, p) || sso_store_create(&store, database, p) ||
        sso_store_enter(store))
        exit(2);
    store->say = say;
    return store;
}

static void see(sso_store_t *store, const char *text, apr_pool_t *p)
{
    const char *why = NULL;
    bool first = false;
    apr_status_t status =
        sso_store_see_once(store, "jti", text, apr_time_now() + HOUR, &first, &why, p);

    report(status, apr_pstrcat(p, first ? "first " : "again ", text, NULL), why);
}

typedef struct work_t {
    sso_store_t *store;
    int number, count;
    apr_time_t at; /* 0: see */
} work_t;

static void *labour(void *of_work)
{
    work_t *work = of_work;
    const char *why = NULL;
    apr_pool_t *p;

    apr_pool_create_unmanaged_ex(&p, NULL, NULL);
    for (int i = 0; i < work->count; i++) {
        int value = (i + work->number * 7) % work->count;

        if (work->at == 0)
            see(work->store, apr_psprintf(p, "%d", value), p);
        else
            report(sso_store_revoke(work->store, "sid", apr_psprintf(p, "%d", value),
                                    work->at + work->number, &why, p),
                   "done", why);
        apr_pool_clear(p);
    }
    apr_pool_destroy(p);
    return NULL;
}

static void at_once(sso_store_t *store, int threads, int count, apr_time_t at, apr_pool_t *p)
{
    pthread_t *all = apr_palloc(p, sizeof(*all) * (apr_size_t)threads);
    work_t *works = apr_palloc(p, sizeof(*works) * (apr_size_t)threads);

    for (int i = 0; i < threads; i++) {
        works[i] = (work_t){store, i, count, at};
        pthread_create(&all[i], NULL, labour, &works[i]);
    }
    for (int i = 0; i < threads; i++)
        pthread_join(all[i], NULL);
}

static void hold(sso_store_t *store, apr_pool_t *p)
{
    char line[200];
    const char *why = NULL;

    while (fgets(line, sizeof(line), stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "see ", 4) == 0)
            see(store, line + 4, p);
        else if (strncmp(line, "revoke ", 7) == 0)
            report(sso_store_revoke(store, "sid", line + 7, apr_time_now(), &why, p), "done", why);
    }
}

/* What one does with accounts of the issuer "i". */
static void account(sso_store_t *store, const char *what, char **texts, int count, apr_pool_t *p)
{
    apr_time_t now = apr_time_now();
    sso_link_t link = {
        count > 1 ? texts[1] : "", "idp", "i", texts[0], "Älice", now, now, 0, false};
    apr_status_t status = SSO_IO_ANSWER;
    sso_linked_t linked = {0};
    const char *why = NULL;
    bool done = false;

    if (strcmp(what, "linked") == 0) {
        status = sso_links_find(store, "i", texts[0], &linked, &why, p);
        report(status == APR_NOTFOUND ? APR_SUCCESS : status,
               status == APR_NOTFOUND
                   ? "nobody"
                   : apr_psprintf(p, "%s %s", linked.username,
                                  linked.active_subject ? linked.active_subject : "-"),
               why);
        return;
    }
    link.is_made = count > 2 && strcmp(texts[2], "1") == 0;
    if (strcmp(what, "link") == 0)
        status = sso_links_add(store, &link, &done, &why, p);
    else if (strcmp(what, "unlink") == 0)
        status = sso_links_remove(store, &link, &done, &why, p);
    else if (strcmp(what, "choose") == 0)
        status = sso_links_choose(store, &link, now, &done, &why, p);
    report(status, done ? "yes" : "no", why);
}

int main(int argc, char **argv)
{
    const char *why = NULL;
    sso_store_t *store;
    apr_status_t status;
    apr_pool_t *p;

    apr_initialize();
    apr_pool_create(&p, NULL);
    if (argc < 4)
        return 2;
    store = open_store(argv[1], argv[2], strcmp(argv[3], "hold") != 0, p);
    status = sso_store_prepare(store, &why, p);
    if (status != APR_SUCCESS || strcmp(argv[3], "prepare") == 0)
        report(status, apr_psprintf(p, "version %d", sso_store_version(store)), why);
    else if (strcmp(argv[3], "see") == 0 && argc == 6)
        at_once(store, (int)strtol(argv[4], NULL, 10), (int)strtol(argv[5], NULL, 10), 0, p);
    else if (strcmp(argv[3], "many") == 0 && argc == 7)
        at_once(store, (int)strtol(argv[4], NULL, 10), (int)strtol(argv[5], NULL, 10),
                strtoll(argv[6], NULL, 10), p);
    else if (strcmp(argv[3], "revoke") == 0 && argc == 7)
        report(sso_store_revoke(store, argv[4], argv[5], strtoll(argv[6], NULL, 10), &why, p),
               "done", why);
    else if (strcmp(argv[3], "purge") == 0)
        report(sso_store_purge(store, apr_time_now(), &why, p), "done", why);
    else if (strstr(argv[3], "link") != NULL || strcmp(argv[3], "choose") == 0)
        account(store, argv[3], argv + 4, argc - 4, p);
    else if (strcmp(argv[3], "hold") == 0)
        hold(store, p);
    /* The pool's threads and connections live as long as the process: nothing is cleaned up. */
    _exit(0);
}
