/* SPDX-License-Identifier: Apache-2.0 */
/* config.c -- definitions (per server) and choices (per directory), and how they merge. */
#include "httpd/config.h"

#include "base/seldom.h"
#include "sso/definition.h"
#include "sso/service.h"

#define CACHE_BYTES (64 * 1024 * 1024)
#define TTL_KNOWN   apr_time_from_sec(10)
#define TTL_UNKNOWN apr_time_from_sec(2)

static moodlesso_totals_t *totals;

static const sso_frame_cookies_t *cookies_of_moodle(apr_pool_t *p)
{
    apr_array_header_t *words = apr_array_make(p, 1, sizeof(const char *));
    const sso_frame_cookies_t *cookies = NULL;

    APR_ARRAY_PUSH(words, const char *) = "MoodleSession*";
    sso_frame_cookies_make(words, &cookies, p);
    return cookies;
}

void moodlesso_totals_begin(apr_pool_t *pconf)
{
    sso_inventory_t *inventory;

    totals = apr_pcalloc(pconf, sizeof(*totals));
    totals->references = apr_array_make(pconf, 8, sizeof(moodlesso_reference_t));
    totals->required = apr_array_make(pconf, 2, sizeof(moodlesso_required_t));
    totals->services = apr_array_make(pconf, 2, sizeof(sso_service_t *));
    totals->homes = apr_hash_make(pconf);
    totals->userkeys = apr_array_make(pconf, 2, sizeof(moodlesso_userkey_t));
    totals->matches = apr_array_make(pconf, 4, sizeof(moodlesso_match_t *));
    totals->match_lists = apr_array_make(pconf, 4, sizeof(const apr_array_header_t *));
    totals->secrets = apr_array_make(pconf, 2, sizeof(const char *));
    totals->of_moodle = cookies_of_moodle(pconf);
    totals->published = apr_array_make(pconf, 8, sizeof(const char *));
    inventory = &totals->inventory;
    inventory->databases = apr_array_make(pconf, 4, sizeof(sso_database_t *));
    inventory->redises = apr_array_make(pconf, 4, sizeof(sso_redis_t *));
    inventory->sources = apr_array_make(pconf, 4, sizeof(sso_source_t *));
    inventory->issuers = apr_array_make(pconf, 4, sizeof(const sso_issuer_t *));
    inventory->cache_bytes = CACHE_BYTES;
    inventory->ttl_known = TTL_KNOWN;
    inventory->ttl_unknown = TTL_UNKNOWN;
}

const char *moodlesso_source_names(apr_pool_t *p)
{
    const apr_array_header_t *sources = totals->inventory.sources;
    apr_hash_t *by_name = apr_hash_make(p);

    for (int i = 0; i < sources->nelts; i++) {
        const sso_source_t *source = APR_ARRAY_IDX(sources, i, const sso_source_t *);

        if (source != totals->accounts)
            apr_hash_set(by_name, source->name, APR_HASH_KEY_STRING, source);
    }
    return sso_definition_names(by_name, p);
}

const apr_array_header_t *moodlesso_published(void)
{
    return totals->published->nelts > 0 ? totals->published : NULL;
}

moodlesso_totals_t *moodlesso_totals(void)
{
    return totals;
}

/* A Moodle that is shown in frames and signed in to there keeps nobody without its cookie. */
const sso_frame_cookies_t *moodlesso_listed_cookies(const moodlesso_directory_t *directory)
{
    const sso_frame_cookies_t *cookies = directory->frame_cookies;

    if (cookies == NULL && directory->moodle_login != NULL && directory->moodle_login->on &&
        directory->frame != NULL && directory->frame->mode != SSO_FRAME_OFF)
        cookies = totals->of_moodle;
    return cookies != NULL && cookies->patterns != NULL ? cookies : NULL;
}

void *moodlesso_server_create(apr_pool_t *p, server_rec *server)
{
    moodlesso_server_t *config = apr_pcalloc(p, sizeof(*config));

    config->databases = apr_hash_make(p);
    config->redises = apr_hash_make(p);
    config->sources = apr_hash_make(p);
    config->services = apr_hash_make(p);
    return config;
}

void *moodlesso_server_merge(apr_pool_t *p, void *of_base, void *of_over)
{
    moodlesso_server_t *base = of_base, *over = of_over;
    moodlesso_server_t *config = apr_pcalloc(p, sizeof(*config));

    config->session = over->session ? over->session : base->session;
    config->pages = over->pages ? over->pages : base->pages;
    config->prefix = over->prefix ? over->prefix : base->prefix;
    config->teams_script = over->teams_script ? over->teams_script : base->teams_script;
    config->teams_integrity = over->teams_script ? over->teams_integrity : base->teams_integrity;
    config->return_origins = over->return_origins ? over->return_origins : base->return_origins;
    config->base_url = over->base_url ? over->base_url : base->base_url;
    config->databases = apr_hash_overlay(p, over->databases, base->databases);
    config->redises = apr_hash_overlay(p, over->redises, base->redises);
    config->sources = apr_hash_overlay(p, over->sources, base->sources);
    config->services = apr_hash_overlay(p, over->services, base->services);
    return config;
}

void *moodlesso_directory_create(apr_pool_t *p, char *path)
{
    return apr_pcalloc(p, sizeof(moodlesso_directory_t));
}

/* A variable of the inner section hides one of the same name of the outer one. */
static apr_array_header_t *merge_publish(apr_pool_t *p, apr_array_header_t *base,
                                         apr_array_header_t *over)
{
    apr_array_header_t *merged;

    if (base == NULL || over == NULL)
        return over ? over : base;
    merged = apr_array_copy(p, over);
    for (int i = 0; i < base->nelts; i++) {
        moodlesso_variable_t *variable = &APR_ARRAY_IDX(base, i, moodlesso_variable_t);
        bool hidden = false;
        for (int k = 0; k < over->nelts && !hidden; k++)
            hidden = strcmp(APR_ARRAY_IDX(over, k, moodlesso_variable_t).name, variable->name) == 0;
        if (!hidden)
            APR_ARRAY_PUSH(merged, moodlesso_variable_t) = *variable;
    }
    return merged;
}

/* An inner section adds to what an outer one asks for. */
static apr_array_header_t *merge_allow(apr_pool_t *p, apr_array_header_t *base,
                                       apr_array_header_t *over)
{
    if (base == NULL || over == NULL)
        return over ? over : base;
    return apr_array_append(p, base, over);
}

/* Byte by byte: what is between the members is zero, too. */
static bool says_nothing(const void *config)
{
    static const char nothing[sizeof(moodlesso_directory_t)];

    return memcmp(config, nothing, sizeof(nothing)) == 0;
}

SSO_SELDOM static moodlesso_directory_t *merge(apr_pool_t *p, const moodlesso_directory_t *base,
                                               const moodlesso_directory_t *over)
{
    moodlesso_directory_t *config = apr_pcalloc(p, sizeof(*config));

    config->on = over->on ? over->on : base->on;
    config->use = over->use ? over->use : base->use;
    config->unauthenticated = over->unauthenticated ? over->unauthenticated : base->unauthenticated;
    config->allow = merge_allow(p, base->allow, over->allow);
    config->match = over->match ? over->match : base->match;
    config->creates = over->creates ? over->creates : base->creates;
    config->publish = merge_publish(p, base->publish, over->publish);
    config->frame = over->frame ? over->frame : base->frame;
    config->frame_cookies = over->frame_cookies ? over->frame_cookies : base->frame_cookies;
    config->frame_guard = over->frame_guard ? over->frame_guard : base->frame_guard;
    config->storage_access = over->storage_access ? over->storage_access : base->storage_access;
    config->password_login = over->password_login ? over->password_login : base->password_login;
    config->password_addresses =
        over->password_login ? over->password_addresses : base->password_addresses;
    config->moodle_login = over->moodle_login ? over->moodle_login : base->moodle_login;
    config->moodle_source = over->moodle_login ? over->moodle_source : base->moodle_source;
    config->logout = over->logout ? over->logout : base->logout;
    return config;
}

/* Sections are merged in every request: most of them say nothing of ours. */
void *moodlesso_directory_merge(apr_pool_t *p, void *base, void *over)
{
    if (says_nothing(base))
        return over;
    if (says_nothing(over))
        return base;
    return merge(p, base, over);
}
