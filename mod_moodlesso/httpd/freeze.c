/* SPDX-License-Identifier: Apache-2.0 */
/* freeze.c -- the configuration checked as a whole, then made real. */
#include "httpd/freeze.h"

#include <ap_mpm.h>
#include <apr_shm.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>

#include "httpd/authorise.h"
#include "httpd/judge.h"
#include "httpd/moodle_userkey.h"
#include "httpd/page.h"
#include "httpd/secret.h"
#include "httpd/state.h"
#include "httpd/watch.h"
#include "io/shared.h"
#include "sso/client.h"
#include "sso/source_loginkey.h"

APLOG_USE_MODULE(moodlesso);

static sso_world_t *world;
static int *said; /* shared, by moodlesso_said_t; 1 when said */

sso_world_t *moodlesso_world(void)
{
    return world;
}

bool moodlesso_is_source_off(const sso_source_t *source)
{
    return world != NULL && sso_load_relaxed(&world->off[source->number]) != 0;
}

bool moodlesso_say_once(moodlesso_said_t what)
{
    return sso_swap(&said[what], 0, 1);
}

static int stop(server_rec *server, const char *sentence)
{
    ap_log_error(APLOG_MARK, APLOG_EMERG, 0, server, "moodlesso: %s", sentence);
    /* Under `httpd -t` the log goes to the terminal anyway. */
    return HTTP_INTERNAL_SERVER_ERROR;
}

static const char *freeze_sources(server_rec *server, apr_pool_t *p)
{
    moodlesso_server_t *config = moodlesso_server(server);
    sso_definitions_t definitions = {config->databases, config->redises,
                                     &moodlesso_totals()->inventory.breakers};
    const char *sentence;

    for (apr_hash_index_t *at = apr_hash_first(p, config->sources); at; at = apr_hash_next(at)) {
        sso_source_t *source = apr_hash_this_val(at);

        /* A virtual host inherits the sources of the main server, which comes first. */
        if (!source->is_frozen && (sentence = source->kind->freeze(source, &definitions, p)))
            return sentence;
        source->is_frozen = true;
    }
    return NULL;
}

/* The source of kind moodle, when there is just one. */
static void find_moodle(server_rec *server, apr_pool_t *p)
{
    moodlesso_server_t *config = moodlesso_server(server);
    int count = 0;

    for (apr_hash_index_t *at = apr_hash_first(p, config->sources); at; at = apr_hash_next(at)) {
        sso_source_t *source = apr_hash_this_val(at);

        if (source->kind != &sso_kind_moodle)
            continue;
        config->moodle = ++count == 1 ? source : NULL;
        if (moodlesso_totals()->signs_in_to_moodle)
            sso_moodle_tell_auth(source);
    }
}

static const sso_source_t *source_of(server_rec *server, const char *name)
{
    return apr_hash_get(moodlesso_server(server)->sources, name, APR_HASH_KEY_STRING);
}

/* Find what the name means. A section of the main server counts for virtual hosts too, each of
 * which may have a source of its own under that name: then it is looked up per request. */
static bool resolve_choice(moodlesso_choice_t *choice, server_rec *home, server_rec *first)
{
    bool is_one = true;

    choice->source = source_of(home, choice->name);
    for (server_rec *server = first; home == first && server != NULL; server = server->next) {
        const sso_source_t *here = source_of(server, choice->name);

        if (choice->source == NULL)
            choice->source = here;
        is_one &= here == NULL || here == choice->source;
    }
    if (choice->source == NULL)
        return false;
    if (!is_one)
        choice->source = NULL;
    return true;
}

static const char *resolve_choices(server_rec *first, apr_pool_t *p)
{
    apr_array_header_t *references = moodlesso_totals()->references;

    for (int i = 0; i < references->nelts; i++) {
        moodlesso_reference_t *reference = &APR_ARRAY_IDX(references, i, moodlesso_reference_t);
        moodlesso_choice_t *choice =
            &APR_ARRAY_IDX(reference->use, reference->place, moodlesso_choice_t);

        if (!resolve_choice(choice, reference->server, first))
            return apr_psprintf(p, "%s%s (%s): there is no MoodleSSOSource %s%s",
                                reference->directive ? reference->directive : "MoodleSSOUse ",
                                choice->name, reference->where, choice->name,
                                moodlesso_source_names(p));
    }
    return NULL;
}

static const char *load_drivers(apr_pool_t *pconf)
{
    const sso_inventory_t *inventory = &moodlesso_totals()->inventory;
    apr_array_header_t *databases = inventory->databases;
    const char *sentence =
        inventory->store ? sso_database_load(inventory->store->dialect, pconf) : NULL;

    for (int i = 0; i < databases->nelts && sentence == NULL; i++)
        sentence = sso_database_load(APR_ARRAY_IDX(databases, i, sso_database_t *)->dialect, pconf);
    return sentence;
}

/* What of this source makes addresses of ours; NULL: nothing does. */
static const char *why_base_url(const sso_source_t *source)
{
    if (sso_source_client(source) != NULL)
        return "has client_id=, so that its provider sends people back here";
    return sso_source_loginkey(source)
               ? "makes login URLs of this site, whose sessions are for https"
               : NULL;
}

static const char *check_base_url(const sso_source_t *source, server_rec *server, apr_pool_t *p)
{
    const sso_uri_t *base = moodlesso_server(server)->base_url;
    const char *why = why_base_url(source);
    bool is_wrong =
        base != NULL && sso_source_loginkey(source) && strcmp(base->scheme, "https") != 0;

    if (why == NULL || (base != NULL && !is_wrong))
        return NULL;
    return apr_psprintf(p,
                        "MoodleSSOSource %s %s: MoodleSSOBaseURL is %s in the server %s; write it "
                        "like https://moodle.example.edu",
                        source->name, why, is_wrong ? "for http" : "missing",
                        server->server_hostname ? server->server_hostname : "");
}

/* A provider sends people to one address, whatever the host they asked for. The main server may be
 * no more than what virtual hosts have in common. */
static const char *check_logins(server_rec *first, apr_pool_t *p)
{
    const char *sentence = NULL;

    for (server_rec *server = first; server != NULL; server = server->next) {
        apr_hash_t *sources = moodlesso_server(server)->sources;

        if (server == first && first->next != NULL)
            continue;
        for (apr_hash_index_t *at = apr_hash_first(p, sources); at != NULL && sentence == NULL;
             at = apr_hash_next(at))
            sentence = check_base_url(apr_hash_this_val(at), server, p);
    }
    return sentence;
}

int moodlesso_freeze(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *first)
{
    const char *sentence;

    for (server_rec *server = first; server != NULL; server = server->next) {
        if ((sentence = freeze_sources(server, pconf)))
            return stop(server, sentence);
        find_moodle(server, pconf);
    }
    moodlesso_sessions_freeze(first, pconf);
    if ((sentence = check_logins(first, ptemp)) || (sentence = resolve_choices(first, ptemp)) ||
        (sentence = moodlesso_requirements_freeze(ptemp)) ||
        (sentence = moodlesso_userkeys_freeze(first, ptemp)) ||
        (sentence = moodlesso_matches_freeze(first, pconf)) ||
        (sentence = moodlesso_state_freeze(pconf)) || (sentence = moodlesso_state_check(ptemp)) ||
        (sentence = moodlesso_secret_check(ptemp)) || (sentence = load_drivers(pconf)) ||
        (sentence = moodlesso_pages_freeze(pconf)))
        return stop(first, sentence);
    moodlesso_accounts_freeze(pconf);
    return OK;
}

static void say(void *of_server, bool is_good, const char *text)
{
    ap_log_error(APLOG_MARK, is_good ? APLOG_NOTICE : APLOG_ERR, 0, (server_rec *)of_server,
                 "moodlesso: %s", text);
}

static int workers(void)
{
    int processes = 1, threads = 1;

    ap_mpm_query(AP_MPMQ_MAX_DAEMONS, &processes);
    ap_mpm_query(AP_MPMQ_MAX_THREADS, &threads);
    return (processes > 0 ? processes : 1) * (threads > 0 ? threads : 1);
}

static apr_status_t create_said(apr_pool_t *p)
{
    apr_shm_t *memory;
    apr_status_t status = apr_shm_create(&memory, sizeof(*said) * MOODLESSO_SAID_COUNT, NULL, p);

    if (status == APR_SUCCESS)
        said = memset(apr_shm_baseaddr_get(memory), 0, sizeof(*said) * MOODLESSO_SAID_COUNT);
    return status;
}

int moodlesso_post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                          server_rec *server)
{
    sso_inventory_t *inventory = &moodlesso_totals()->inventory;
    apr_status_t status;
    const char *sentence;

    world = NULL;
    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG)
        return OK;
    inventory->workers = workers();
    inventory->folder = moodlesso_totals()->state_dir;
    status = create_said(pconf);
    if (status == APR_SUCCESS && (inventory->sources->nelts > 0 || inventory->store != NULL))
        status = sso_world_create(&world, inventory, pconf);
    if (status != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_EMERG, status, server,
                     "moodlesso: shared memory cannot be had; is MoodleSSOCache larger than the "
                     "machine allows?");
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    if (world != NULL) {
        world->say = say;
        world->say_context = server;
    }
    if (world != NULL && world->store != NULL) {
        world->store->say = say;
        world->store->say_context = server;
    }
    if ((sentence = moodlesso_state_prepare(world, server, pconf)) ||
        (sentence = moodlesso_secret_load(server, pconf)) ||
        (world != NULL && (sentence = moodlesso_watch(world, pconf))))
        return stop(server, sentence);
    return OK;
}

void moodlesso_child_init(apr_pool_t *pchild, server_rec *server)
{
    apr_status_t status = world ? sso_world_enter(world) : APR_SUCCESS;

    if (status != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, status, server,
                     "moodlesso: this process cannot ask any source and answers 503");
        world = NULL;
    }
}
