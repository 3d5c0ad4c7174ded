/* SPDX-License-Identifier: Apache-2.0 */
/* judge_directives.c -- setters of the directives about people; conf.d/REFERENCE.md documents each.
 */
#include <apr_strings.h>

#include "httpd/directives.h"
#include "httpd/judge.h"
#include "sso/account.h"
#include "sso/allow.h"
#include "sso/source_loginkey.h"

#define MAX_MATCHES 250 /* sections; their number is one byte of a credential */

const char *moodlesso_set_allow(cmd_parms *cmd, void *config, int argc, char *const argv[])
{
    moodlesso_directory_t *directory = config;
    const sso_allow_t *rule;
    const char *sentence = sso_allow_make(moodlesso_words(cmd, argc, argv), &rule, cmd->pool);

    if (sentence != NULL)
        return moodlesso_fault(cmd, sentence);
    if (directory->allow == NULL)
        directory->allow = apr_array_make(cmd->pool, 4, sizeof(rule));
    APR_ARRAY_PUSH(directory->allow, const sso_allow_t *) = rule;
    return NULL;
}

const char *moodlesso_set_match(cmd_parms *cmd, void *config, int argc, char *const argv[])
{
    moodlesso_directory_t *directory = config;
    moodlesso_totals_t *totals = moodlesso_totals();
    sso_match_t *rule;
    const char *sentence = sso_match_make(moodlesso_words(cmd, argc, argv), &rule, cmd->pool);
    moodlesso_match_t *match;

    if (sentence != NULL)
        return moodlesso_fault(cmd, sentence);
    if (directory->match == NULL) {
        if (totals->matches->nelts == MAX_MATCHES)
            return moodlesso_fault(cmd, "too many sections have rules");
        match = apr_pcalloc(cmd->pool, sizeof(*match));
        match->rules = apr_array_make(cmd->pool, 4, sizeof(rule));
        match->server = cmd->server;
        APR_ARRAY_PUSH(totals->matches, moodlesso_match_t *) = match;
        APR_ARRAY_PUSH(totals->match_lists, const apr_array_header_t *) = match->rules;
        match->number = totals->matches->nelts;
        directory->match = match;
    }
    totals->needs_accounts = true;
    APR_ARRAY_PUSH(directory->match->rules, sso_match_t *) = rule;
    return NULL;
}

const char *moodlesso_set_creates(cmd_parms *cmd, void *config, int on)
{
    ((moodlesso_directory_t *)config)->creates = on ? MOODLESSO_ON : MOODLESSO_OFF;
    moodlesso_totals()->needs_accounts = true;
    return NULL;
}

/* The source in whose database the rule looks; a section of the main server may mean one that a
 * virtual host defines. */
static const sso_source_t *users_of(const sso_match_t *rule, server_rec *home)
{
    const apr_array_header_t *all = moodlesso_totals()->inventory.sources;
    apr_hash_t *here = moodlesso_server(home)->sources;
    const char *name = sso_match_in(rule);
    const sso_source_t *elsewhere = NULL;

    for (int i = 0; i < all->nelts; i++) {
        const sso_source_t *source = APR_ARRAY_IDX(all, i, const sso_source_t *);

        if (source->kind != &sso_kind_moodle || (name && strcmp(source->name, name) != 0))
            continue;
        if (apr_hash_get(here, source->name, APR_HASH_KEY_STRING) == source)
            return source;
        if (elsewhere == NULL)
            elsewhere = source;
    }
    return elsewhere;
}

/* Likewise the web service. */
static const sso_service_t *service_of(const sso_match_t *rule, server_rec *home)
{
    const apr_array_header_t *all = moodlesso_totals()->services;
    apr_hash_t *here = moodlesso_server(home)->services;
    const char *name = sso_match_in(rule);
    const sso_service_t *elsewhere = NULL;

    for (int i = 0; i < all->nelts; i++) {
        const sso_service_t *service = APR_ARRAY_IDX(all, i, const sso_service_t *);

        if (name != NULL && strcmp(service->name, name) != 0)
            continue;
        if (apr_hash_get(here, service->name, APR_HASH_KEY_STRING) == service)
            return service;
        if (elsewhere == NULL)
            elsewhere = service;
    }
    return elsewhere;
}

/* Find the users it looks among; false when there are none. */
static bool freeze_rule(sso_match_t *rule, server_rec *home, apr_pool_t *p)
{
    const sso_source_t *moodle = users_of(rule, home);
    const sso_service_t *service = moodle ? NULL : service_of(rule, home);

    if (service != NULL)
        sso_match_ask(rule, service);
    return service != NULL || (moodle != NULL && sso_match_freeze(rule, moodle, p));
}

/* What the sentence is that neither is there; `name` is NULL where any would do. */
static const char *missing(const char *what, const char *name, const char *for_what, apr_pool_t *p)
{
    return name ? apr_psprintf(p,
                               "%s: there is no MoodleSSOSource %s of the kind moodle, and no such "
                               "MoodleSSOProvision, %s",
                               what, name, for_what)
                : apr_psprintf(p,
                               "%s: there is no MoodleSSOSource of the kind moodle and no "
                               "MoodleSSOProvision, %s: define one",
                               what, for_what);
}

/* The users whom a source's login keys sign in. */
static const char *freeze_loginkey(sso_source_t *source, server_rec *home, apr_pool_t *p)
{
    const sso_loginkey_t *loginkey = sso_source_loginkey(source);

    for (int i = 0; loginkey != NULL && i < SSO_KEY_FIELDS; i++) {
        const char *name = sso_match_in(loginkey->rules[i]);

        if (!freeze_rule(loginkey->rules[i], home, p))
            return missing(apr_pstrcat(p, "MoodleSSOSource ", source->name, NULL), name,
                           "whose users it signs in", p);
        source->timeout = sso_match_timeout(loginkey->rules[i]);
    }
    return NULL;
}

static const char *freeze_loginkeys(server_rec *first, apr_pool_t *p)
{
    const char *sentence = NULL;

    for (server_rec *server = first; server != NULL; server = server->next) {
        apr_hash_t *sources = moodlesso_server(server)->sources;

        for (apr_hash_index_t *at = apr_hash_first(p, sources); at != NULL && sentence == NULL;
             at = apr_hash_next(at)) {
            sso_source_t *source = apr_hash_this_val(at);

            /* A virtual host inherits those of the main server, which comes first. */
            if (source->timeout == 0)
                sentence = freeze_loginkey(source, server, p);
        }
    }
    return sentence;
}

const char *moodlesso_matches_freeze(server_rec *first, apr_pool_t *p)
{
    const apr_array_header_t *matches = moodlesso_totals()->matches;

    for (int i = 0; i < matches->nelts; i++) {
        const moodlesso_match_t *match = APR_ARRAY_IDX(matches, i, const moodlesso_match_t *);

        for (int k = 0; k < match->rules->nelts; k++) {
            sso_match_t *rule = APR_ARRAY_IDX(match->rules, k, sso_match_t *);
            const char *name = sso_match_in(rule);

            if (!freeze_rule(rule, match->server, p))
                return missing(apr_pstrcat(p, "MoodleSSOMatch ", sso_match_text(rule, p), NULL),
                               name, "to look for users in", p);
        }
    }
    return freeze_loginkeys(first, p);
}

void moodlesso_accounts_freeze(apr_pool_t *p)
{
    moodlesso_totals_t *totals = moodlesso_totals();
    sso_inventory_t *inventory = &totals->inventory;
    apr_interval_time_t timeout = inventory->store ? 2 * inventory->store->timeout : 0;
    sso_source_t *accounts;

    if (!totals->needs_accounts)
        return;
    for (int i = 0; i < inventory->databases->nelts; i++)
        timeout += APR_ARRAY_IDX(inventory->databases, i, const sso_database_t *)->timeout;
    /* Each is asked whether it shows users, for one, and for a name that is to be made. */
    for (int i = 0; i < totals->services->nelts; i++)
        timeout += 3 * APR_ARRAY_IDX(totals->services, i, const sso_service_t *)->timeout;
    accounts = sso_account_source(totals->match_lists, inventory->sources->nelts, timeout, p);
    APR_ARRAY_PUSH(inventory->sources, sso_source_t *) = accounts;
    totals->accounts = accounts;
}
