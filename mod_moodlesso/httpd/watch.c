/* SPDX-License-Identifier: Apache-2.0 */
/* watch.c -- what is done beside requests, by the threads of mod_watchdog.
 *
 * A job of the node is done by one process at a time, and taken over by another when that one ends
 * (after ten seconds when it was killed). A job of the process is done by each. The jobs of either
 * kind share a thread: one after another, so each is bounded in time. During a graceful restart an
 * old and a new process may do a job at once, and a process may end in the middle of one. */
#include "httpd/watch.h"

#include <pthread.h>

#include <apr_optional.h>
#include <mod_watchdog.h>

#include "httpd/freeze.h"
#include "io/switches.h"
#include "io/http.h"

/* The last one is of the node too, and has a thread of its own: it waits for other machines. */
typedef enum { OF_NODE, OF_PROCESS, OF_NODE_SLOW } place_t;

typedef struct job_t {
    place_t place;
    apr_interval_time_t every;
    bool (*is_needed)(const sso_world_t *world);
    void (*run)(sso_world_t *world, apr_time_t now, apr_pool_t *p);
} job_t;

static bool has_store(const sso_world_t *world)
{
    return world->store != NULL;
}

/* Whatever is wrong with the store it tells the administrator itself. */
static void pull_epochs(sso_world_t *world, apr_time_t now, apr_pool_t *p)
{
    const char *why = NULL;

    if (sso_store_version(world->store) == 0 &&
        sso_store_prepare(world->store, &why, p) != APR_SUCCESS)
        return;
    sso_epochs_pull(world->epochs, now, &why, p);
}

static void pull_switches(sso_world_t *world, apr_time_t now, apr_pool_t *p)
{
    const char *why = NULL;

    sso_switches_pull(world->store, world->inventory->sources, world->off, &why, p);
}

static void purge_store(sso_world_t *world, apr_time_t now, apr_pool_t *p)
{
    const char *why = NULL;

    sso_store_purge(world->store, now, &why, p);
}

static bool has_issuers(const sso_world_t *world)
{
    return world->trusts != NULL;
}

static void refresh_trusts(sso_world_t *world, apr_time_t now, apr_pool_t *p)
{
    sso_trusts_refresh(world->trusts, now, world->say, world->say_context);
}

static void follow_trusts(sso_world_t *world, apr_time_t now, apr_pool_t *p)
{
    sso_trusts_follow(world->trusts);
}

static const job_t jobs[] = {
    {OF_NODE, apr_time_from_sec(1), has_store, pull_epochs},
    {OF_NODE, apr_time_from_sec(1), has_store, pull_switches},
    {OF_NODE, apr_time_from_sec(60), has_store, purge_store},
    {OF_NODE_SLOW, apr_time_from_sec(1), has_issuers, refresh_trusts},
    {OF_PROCESS, apr_time_from_sec(1), has_issuers, follow_trusts},
};

#define JOBS (sizeof(jobs) / sizeof(jobs[0]))

/* Held by a thread while it does a job, by place. */
static pthread_mutex_t busy[] = {
    [OF_NODE] = PTHREAD_MUTEX_INITIALIZER,
    [OF_PROCESS] = PTHREAD_MUTEX_INITIALIZER,
    [OF_NODE_SLOW] = PTHREAD_MUTEX_INITIALIZER,
};

static apr_status_t tick(int state, void *of_job, apr_pool_t *p)
{
    const job_t *job = of_job;
    sso_world_t *world = moodlesso_world();
    bool is_due;

    /* What is done each second is done at the start, too: who comes in the first one finds the
     * issuer's keys, and what was ended. */
    is_due = state == AP_WATCHDOG_STATE_RUNNING ||
             (state == AP_WATCHDOG_STATE_STARTING && job->every <= apr_time_from_sec(1));
    if (!is_due || world == NULL)
        return APR_SUCCESS;
    pthread_mutex_lock(&busy[job->place]);
    job->run(world, apr_time_now(), p);
    pthread_mutex_unlock(&busy[job->place]);
    return APR_SUCCESS;
}

/* A process that ends gracefully joins its watchdogs. Else it exits beside them, and OpenSSL frees
 * at exit what they would go on to use; so they get no lock any more. */
void moodlesso_watch_stop(apr_pool_t *pchild, int is_graceful)
{
    if (is_graceful)
        return;
    sso_http_stop();
    for (apr_size_t place = 0; place < sizeof(busy) / sizeof(busy[0]); place++)
        pthread_mutex_lock(&busy[place]);
}

const char *moodlesso_watch(const sso_world_t *world, apr_pool_t *pconf)
{
    /* Names of our own: a thread of our own, which the jobs of other modules do not hold up. */
    static const char *const names[] = {"_moodlesso_node_", "_moodlesso_process_",
                                        "_moodlesso_slow_"};
    APR_OPTIONAL_FN_TYPE(ap_watchdog_get_instance) *get_instance =
        APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_get_instance);
    APR_OPTIONAL_FN_TYPE(ap_watchdog_register_callback) *register_callback =
        APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_register_callback);

    for (apr_size_t i = 0; i < JOBS; i++) {
        ap_watchdog_t *watchdog;

        if (!jobs[i].is_needed(world))
            continue;
        if (get_instance == NULL || register_callback == NULL)
            return "mod_watchdog is needed and not loaded; write LoadModule watchdog_module "
                   "modules/mod_watchdog.so (Debian has it built in)";
        if (get_instance(&watchdog, names[jobs[i].place], 0, jobs[i].place != OF_PROCESS, pconf) !=
                APR_SUCCESS ||
            register_callback(watchdog, jobs[i].every, &jobs[i], tick) != APR_SUCCESS)
            return "mod_watchdog takes no job";
    }
    return NULL;
}
