/* SPDX-License-Identifier: Apache-2.0 */
/* server_directives.c -- setters of the directives that define something for a server, or for all.
 */
#include <apr_lib.h>
#include <apr_strings.h>

#include "base/duration.h"
#include "httpd/directives.h"
#include "sso/definition.h"
#include "sso/service.h"

/* The arguments from `first` on, as options. */
static const char *read_options(cmd_parms *cmd, int first, int argc, char *const argv[],
                                sso_options_t *options)
{
    const char *sentence = NULL;

    options->p = cmd->pool;
    options->values = apr_table_make(cmd->pool, argc + 1);
    for (int i = first; i < argc && sentence == NULL; i++)
        sentence = sso_options_add(options, argv[i]);
    return sentence;
}

static bool name_is_valid(const char *name)
{
    return sso_span_is_word(sso_span(name), "_-", 32);
}

/* Keep a definition under its name; each name once per server. */
static const char *define(cmd_parms *cmd, apr_hash_t *by_name, apr_array_header_t *all,
                          const char *name, void *definition)
{
    if (!name_is_valid(name))
        return moodlesso_fault(cmd, "a name has 1 to 32 letters, digits, - or _");
    if (apr_hash_get(by_name, name, APR_HASH_KEY_STRING) != NULL)
        return moodlesso_fault(cmd, apr_psprintf(cmd->pool, "%s is defined twice", name));
    apr_hash_set(by_name, name, APR_HASH_KEY_STRING, definition);
    APR_ARRAY_PUSH(all, void *) = definition;
    apr_hash_set(moodlesso_totals()->homes, apr_pmemdup(cmd->pool, &definition, sizeof(definition)),
                 sizeof(definition), cmd->server);
    return NULL;
}

const char *moodlesso_set_base_url(cmd_parms *cmd, void *unused, const char *url)
{
    sso_uri_t *uri = apr_palloc(cmd->pool, sizeof(*uri));

    if (!sso_uri_parse(url, uri, cmd->pool) ||
        (uri->path[0] != '\0' && strcmp(uri->path, "/") != 0))
        return moodlesso_fault(cmd, "write the origin people see, like https://moodle.example.edu");
    moodlesso_server(cmd->server)->base_url = uri;
    return NULL;
}

const char *moodlesso_set_return_origin(cmd_parms *cmd, void *unused, const char *url)
{
    moodlesso_server_t *server = moodlesso_server(cmd->server);
    sso_uri_t uri;

    if (!sso_uri_parse(url, &uri, cmd->pool) || (uri.path[0] != '\0' && strcmp(uri.path, "/") != 0))
        return moodlesso_fault(cmd, "write an origin, like https://drupal.example.edu");
    if (server->return_origins == NULL)
        server->return_origins = apr_array_make(cmd->pool, 2, sizeof(sso_uri_t));
    APR_ARRAY_PUSH(server->return_origins, sso_uri_t) = uri;
    return NULL;
}

const char *moodlesso_set_prefix(cmd_parms *cmd, void *unused, const char *prefix)
{
    apr_size_t length = strlen(prefix);

    if (prefix[0] != '/' || length < 2 || prefix[length - 1] == '/' ||
        !sso_span_is_word((sso_span_t){prefix + 1, length - 1}, "-_./", 64))
        return moodlesso_fault(cmd, "write a path like /moodlesso, without a slash at its end");
    moodlesso_server(cmd->server)->prefix = prefix;
    return NULL;
}

const char *moodlesso_set_secret(cmd_parms *cmd, void *unused, const char *word)
{
    const char *error = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    apr_array_header_t *secrets = moodlesso_totals()->secrets;

    if (error != NULL)
        return error;
    if (strncmp(word, "file:/", 6) != 0)
        return moodlesso_fault(cmd, "write file:/path, and behind it the file before that one");
    if (secrets->nelts == SSO_SEAL_SECRETS)
        return moodlesso_fault(cmd, "two at most: the one that seals, and the one before it");
    APR_ARRAY_PUSH(secrets, const char *) = word + 5;
    return NULL;
}

const char *moodlesso_set_session(cmd_parms *cmd, void *unused, int argc, char *const argv[])
{
    sso_session_policy_t *policy = apr_palloc(cmd->pool, sizeof(*policy));
    sso_options_t options;
    const char *sentence;

    policy->idle = apr_time_from_sec(MOODLESSO_SESSION_IDLE);
    policy->lifetime = apr_time_from_sec(MOODLESSO_SESSION_LIFETIME);
    if ((sentence = read_options(cmd, 0, argc, argv, &options)) ||
        (sentence = sso_options_take_duration(&options, "idle", &policy->idle)) ||
        (sentence = sso_options_take_duration(&options, "lifetime", &policy->lifetime)) ||
        (sentence = sso_options_done(&options, "idle and lifetime")))
        return moodlesso_fault(cmd, sentence);
    if (policy->idle < apr_time_from_sec(60) || policy->lifetime < policy->idle ||
        policy->lifetime > apr_time_from_sec(31 * 86400))
        return moodlesso_fault(cmd,
                               "idle is 60s or more, lifetime not less than idle and 31d at most");
    moodlesso_server(cmd->server)->session = policy;
    return NULL;
}

const char *moodlesso_set_teams_script(cmd_parms *cmd, void *unused, const char *url,
                                       const char *integrity)
{
    moodlesso_server_t *server = moodlesso_server(cmd->server);
    sso_uri_t uri;

    if (url[0] != '/' && !sso_uri_parse(url, &uri, cmd->pool))
        return moodlesso_fault(cmd, "write the URL of TeamsJS, or a path of this site");
    if (strpbrk(url, " ;,'\"") != NULL)
        return moodlesso_fault(
            cmd, "the URL stands in a policy: no blanks, quotes, commas or semicolons");
    if (url[0] != '/' && integrity == NULL)
        return moodlesso_fault(cmd, "a script of another site needs its hash: sha384-...");
    server->teams_script = url;
    server->teams_integrity = integrity;
    return NULL;
}

const char *moodlesso_set_cache(cmd_parms *cmd, void *unused, const char *size)
{
    const char *error = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    char *unit;
    apr_int64_t bytes = apr_strtoi64(size, &unit, 10);

    if (error != NULL)
        return error;
    if (apr_tolower(*unit) == 'k')
        bytes *= 1024;
    else if (apr_tolower(*unit) == 'm')
        bytes *= 1024 * 1024;
    else if (apr_tolower(*unit) == 'g')
        bytes *= 1024 * 1024 * 1024;
    else
        return moodlesso_fault(cmd, "write a size like 64m");
    if (unit[1] != '\0' || bytes < 65536 || bytes > APR_INT64_C(64) * 1024 * 1024 * 1024)
        return moodlesso_fault(cmd, "write a size from 64k to 64g");
    moodlesso_totals()->inventory.cache_bytes = (apr_size_t)bytes;
    return NULL;
}

const char *moodlesso_set_cache_ttl(cmd_parms *cmd, void *unused, const char *known,
                                    const char *unknown)
{
    sso_inventory_t *inventory = &moodlesso_totals()->inventory;
    const char *error = ap_check_cmd_context(cmd, GLOBAL_ONLY);

    if (error != NULL)
        return error;
    if (!sso_duration_parse(known, &inventory->ttl_known) ||
        (unknown != NULL && !sso_duration_parse(unknown, &inventory->ttl_unknown)))
        return moodlesso_fault(cmd,
                               "write one or two lengths of time, like 10s 2s; 0s keeps nothing");
    return NULL;
}

const char *moodlesso_set_database(cmd_parms *cmd, void *unused, int argc, char *const argv[])
{
    sso_inventory_t *inventory = &moodlesso_totals()->inventory;
    sso_options_t options;
    sso_database_t *database;
    const char *sentence;

    if (argc < 3)
        return moodlesso_fault(cmd,
                               "write NAME sqlite3|mysql|pgsql \"parameters\" [timeout=2s max=8 "
                               "password=file:/path]");
    if ((sentence = read_options(cmd, 3, argc, argv, &options)) ||
        (sentence = sso_database_make(argv[0], argv[1], argv[2], &options, &database)))
        return moodlesso_fault(cmd, sentence);
    database->breaker = inventory->breakers++;
    return define(cmd, moodlesso_server(cmd->server)->databases, inventory->databases, argv[0],
                  database);
}

const char *moodlesso_set_redis(cmd_parms *cmd, void *unused, int argc, char *const argv[])
{
    sso_inventory_t *inventory = &moodlesso_totals()->inventory;
    sso_options_t options;
    sso_redis_t *redis;
    const char *sentence;

    if (argc < 2)
        return moodlesso_fault(cmd,
                               "write NAME host:port|unix:/path [db=0 user= password=file:/path "
                               "timeout=100ms]");
    if ((sentence = read_options(cmd, 2, argc, argv, &options)) ||
        (sentence = sso_redis_make(argv[0], argv[1], &options, &redis)))
        return moodlesso_fault(cmd, sentence);
    redis->breaker = inventory->breakers++;
    return define(cmd, moodlesso_server(cmd->server)->redises, inventory->redises, argv[0], redis);
}

/* Sources and web services have one space of names: in= may mean either. */
static const char *check_unused(cmd_parms *cmd, apr_hash_t *others, const char *name)
{
    return apr_hash_get(others, name, APR_HASH_KEY_STRING) == NULL
               ? NULL
               : apr_psprintf(cmd->pool, "%s is the name of a %s already", name,
                              others == moodlesso_server(cmd->server)->sources
                                  ? "MoodleSSOSource"
                                  : "MoodleSSOProvision");
}

const char *moodlesso_set_service(cmd_parms *cmd, void *unused, int argc, char *const argv[])
{
    moodlesso_server_t *server = moodlesso_server(cmd->server);
    sso_options_t options;
    sso_service_t *service;
    const char *sentence;

    if (argc < 2)
        return moodlesso_fault(cmd, "write NAME moodle url=https://... token=file:/path");
    if ((sentence = read_options(cmd, 2, argc, argv, &options)) ||
        (sentence = sso_service_make(argv[0], argv[1], &options, &service)) ||
        (sentence = check_unused(cmd, server->sources, argv[0])))
        return moodlesso_fault(cmd, sentence);
    service->breaker = moodlesso_totals()->inventory.breakers++;
    return define(cmd, server->services, moodlesso_totals()->services, argv[0], service);
}

const char *moodlesso_set_source(cmd_parms *cmd, void *unused, int argc, char *const argv[])
{
    sso_inventory_t *inventory = &moodlesso_totals()->inventory;
    sso_options_t options;
    sso_source_t *source;
    const char *sentence;

    if (argc < 2)
        return moodlesso_fault(cmd, "write NAME moodle|drupal|oidc|loginkey key=value ...");
    if ((sentence = read_options(cmd, 2, argc, argv, &options)) ||
        (sentence = sso_source_make(argv[0], argv[1], &options, &source)) ||
        (sentence = check_unused(cmd, moodlesso_server(cmd->server)->services, argv[0])))
        return moodlesso_fault(cmd, sentence);
    source->number = inventory->sources->nelts;
    if (sso_source_issuers(source) != NULL)
        apr_array_cat(inventory->issuers, sso_source_issuers(source));
    return define(cmd, moodlesso_server(cmd->server)->sources, inventory->sources, argv[0], source);
}

const char *moodlesso_set_state_dir(cmd_parms *cmd, void *unused, const char *path)
{
    const char *error = ap_check_cmd_context(cmd, GLOBAL_ONLY);

    if (error != NULL)
        return error;
    moodlesso_totals()->state_dir = ap_server_root_relative(cmd->pool, path);
    return moodlesso_totals()->state_dir ? NULL
                                         : moodlesso_fault(cmd, "write the path of a directory");
}

const char *moodlesso_set_store(cmd_parms *cmd, void *unused, int argc, char *const argv[])
{
    const char *sentence = ap_check_cmd_context(cmd, GLOBAL_ONLY), *parameters;
    sso_database_t **store = &moodlesso_totals()->inventory.store;
    sso_options_t options;

    if (sentence != NULL)
        return sentence;
    if (argc < 2)
        return moodlesso_fault(cmd, "write sqlite3|mysql|pgsql \"parameters\" [timeout=2s max=8 "
                                    "password=file:/path]");
    parameters =
        strcmp(argv[0], "sqlite3") == 0 ? ap_server_root_relative(cmd->pool, argv[1]) : argv[1];
    if (parameters == NULL)
        return moodlesso_fault(cmd, "write the path of a file");
    if ((sentence = read_options(cmd, 2, argc, argv, &options)) == NULL)
        sentence = sso_database_make("store", argv[0], parameters, &options, store);
    return moodlesso_fault(cmd, sentence);
}
