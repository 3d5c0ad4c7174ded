/* SPDX-License-Identifier: Apache-2.0 */
/* directives.c -- one setter per directive; conf.d/REFERENCE.md documents each. */
#include <apr_lib.h>
#include <apr_strings.h>

#include "base/duration.h"
#include "httpd/judge.h"
#include "httpd/page_folder.h"
#include "httpd/password_login.h"
#include "sso/definition.h"

static const char *fault(cmd_parms *cmd, const char *sentence)
{
    return sentence ? apr_pstrcat(cmd->pool, cmd->cmd->name, ": ", sentence, NULL) : NULL;
}

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
        return fault(cmd, "a name has 1 to 32 letters, digits, - or _");
    if (apr_hash_get(by_name, name, APR_HASH_KEY_STRING) != NULL)
        return fault(cmd, apr_psprintf(cmd->pool, "%s is defined twice", name));
    apr_hash_set(by_name, name, APR_HASH_KEY_STRING, definition);
    APR_ARRAY_PUSH(all, void *) = definition;
    return NULL;
}

static const char *set_base_url(cmd_parms *cmd, void *unused, const char *url)
{
    sso_uri_t *uri = apr_palloc(cmd->pool, sizeof(*uri));

    if (!sso_uri_parse(url, uri, cmd->pool) ||
        (uri->path[0] != '\0' && strcmp(uri->path, "/") != 0))
        return fault(cmd, "write the origin people see, like https://moodle.example.edu");
    moodlesso_server(cmd->server)->base_url = uri;
    return NULL;
}

static const char *set_return_origin(cmd_parms *cmd, void *unused, const char *url)
{
    moodlesso_server_t *server = moodlesso_server(cmd->server);
    sso_uri_t uri;

    if (!sso_uri_parse(url, &uri, cmd->pool) || (uri.path[0] != '\0' && strcmp(uri.path, "/") != 0))
        return fault(cmd, "write an origin, like https://drupal.example.edu");
    if (server->return_origins == NULL)
        server->return_origins = apr_array_make(cmd->pool, 2, sizeof(sso_uri_t));
    APR_ARRAY_PUSH(server->return_origins, sso_uri_t) = uri;
    return NULL;
}

static const char *set_prefix(cmd_parms *cmd, void *unused, const char *prefix)
{
    apr_size_t length = strlen(prefix);

    if (prefix[0] != '/' || length < 2 || prefix[length - 1] == '/' ||
        !sso_span_is_word((sso_span_t){prefix + 1, length - 1}, "-_./", 64))
        return fault(cmd, "write a path like /moodlesso, without a slash at its end");
    moodlesso_server(cmd->server)->prefix = prefix;
    return NULL;
}

static const char *set_secret(cmd_parms *cmd, void *unused, const char *word)
{
    const char *error = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    apr_array_header_t *secrets = moodlesso_totals()->secrets;

    if (error != NULL)
        return error;
    if (strncmp(word, "file:/", 6) != 0)
        return fault(cmd, "write file:/path, and behind it the file before that one");
    if (secrets->nelts == SSO_SEAL_SECRETS)
        return fault(cmd, "two at most: the one that seals, and the one before it");
    APR_ARRAY_PUSH(secrets, const char *) = word + 5;
    return NULL;
}

static const char *set_session(cmd_parms *cmd, void *unused, int argc, char *const argv[])
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
        return fault(cmd, sentence);
    if (policy->idle < apr_time_from_sec(60) || policy->lifetime < policy->idle ||
        policy->lifetime > apr_time_from_sec(31 * 86400))
        return fault(cmd, "idle is 60s or more, lifetime not less than idle and 31d at most");
    moodlesso_server(cmd->server)->session = policy;
    return NULL;
}

static const char *set_teams_script(cmd_parms *cmd, void *unused, const char *url,
                                    const char *integrity)
{
    moodlesso_server_t *server = moodlesso_server(cmd->server);
    sso_uri_t uri;

    if (url[0] != '/' && !sso_uri_parse(url, &uri, cmd->pool))
        return fault(cmd, "write the URL of TeamsJS, or a path of this site");
    if (strpbrk(url, " ;,'\"") != NULL)
        return fault(cmd, "the URL stands in a policy: no blanks, quotes, commas or semicolons");
    if (url[0] != '/' && integrity == NULL)
        return fault(cmd, "a script of another site needs its hash: sha384-...");
    server->teams_script = url;
    server->teams_integrity = integrity;
    return NULL;
}

static const char *set_cache(cmd_parms *cmd, void *unused, const char *size)
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
        return fault(cmd, "write a size like 64m");
    if (unit[1] != '\0' || bytes < 65536 || bytes > APR_INT64_C(64) * 1024 * 1024 * 1024)
        return fault(cmd, "write a size from 64k to 64g");
    moodlesso_totals()->inventory.cache_bytes = (apr_size_t)bytes;
    return NULL;
}

static const char *set_cache_ttl(cmd_parms *cmd, void *unused, const char *known,
                                 const char *unknown)
{
    sso_inventory_t *inventory = &moodlesso_totals()->inventory;
    const char *error = ap_check_cmd_context(cmd, GLOBAL_ONLY);

    if (error != NULL)
        return error;
    if (!sso_duration_parse(known, &inventory->ttl_known) ||
        (unknown != NULL && !sso_duration_parse(unknown, &inventory->ttl_unknown)))
        return fault(cmd, "write one or two lengths of time, like 10s 2s; 0s keeps nothing");
    return NULL;
}

static const char *set_database(cmd_parms *cmd, void *unused, int argc, char *const argv[])
{
    sso_inventory_t *inventory = &moodlesso_totals()->inventory;
    sso_options_t options;
    sso_database_t *database;
    const char *sentence;

    if (argc < 3)
        return fault(cmd, "write NAME sqlite3|mysql|pgsql \"parameters\" [timeout=2s max=8 "
                          "password=file:/path]");
    if ((sentence = read_options(cmd, 3, argc, argv, &options)) ||
        (sentence = sso_database_make(argv[0], argv[1], argv[2], &options, &database)))
        return fault(cmd, sentence);
    database->breaker = inventory->breakers++;
    return define(cmd, moodlesso_server(cmd->server)->databases, inventory->databases, argv[0],
                  database);
}

static const char *set_redis(cmd_parms *cmd, void *unused, int argc, char *const argv[])
{
    sso_inventory_t *inventory = &moodlesso_totals()->inventory;
    sso_options_t options;
    sso_redis_t *redis;
    const char *sentence;

    if (argc < 2)
        return fault(cmd, "write NAME host:port|unix:/path [db=0 user= password=file:/path "
                          "timeout=100ms]");
    if ((sentence = read_options(cmd, 2, argc, argv, &options)) ||
        (sentence = sso_redis_make(argv[0], argv[1], &options, &redis)))
        return fault(cmd, sentence);
    redis->breaker = inventory->breakers++;
    return define(cmd, moodlesso_server(cmd->server)->redises, inventory->redises, argv[0], redis);
}

static const char *set_source(cmd_parms *cmd, void *unused, int argc, char *const argv[])
{
    sso_inventory_t *inventory = &moodlesso_totals()->inventory;
    sso_options_t options;
    sso_source_t *source;
    const char *sentence;

    if (argc < 2)
        return fault(cmd, "write NAME moodle|drupal|oidc key=value ...");
    if ((sentence = read_options(cmd, 2, argc, argv, &options)) ||
        (sentence = sso_source_make(argv[0], argv[1], &options, &source)))
        return fault(cmd, sentence);
    source->number = inventory->sources->nelts;
    if (sso_source_issuers(source) != NULL)
        apr_array_cat(inventory->issuers, sso_source_issuers(source));
    return define(cmd, moodlesso_server(cmd->server)->sources, inventory->sources, argv[0], source);
}

static const char *set_state_dir(cmd_parms *cmd, void *unused, const char *path)
{
    const char *error = ap_check_cmd_context(cmd, GLOBAL_ONLY);

    if (error != NULL)
        return error;
    moodlesso_totals()->state_dir = ap_server_root_relative(cmd->pool, path);
    return moodlesso_totals()->state_dir ? NULL : fault(cmd, "write the path of a directory");
}

static const char *set_store(cmd_parms *cmd, void *unused, int argc, char *const argv[])
{
    const char *sentence = ap_check_cmd_context(cmd, GLOBAL_ONLY), *parameters;
    sso_database_t **store = &moodlesso_totals()->inventory.store;
    sso_options_t options;

    if (sentence != NULL)
        return sentence;
    if (argc < 2)
        return fault(cmd, "write sqlite3|mysql|pgsql \"parameters\" [timeout=2s max=8 "
                          "password=file:/path]");
    parameters =
        strcmp(argv[0], "sqlite3") == 0 ? ap_server_root_relative(cmd->pool, argv[1]) : argv[1];
    if (parameters == NULL)
        return fault(cmd, "write the path of a file");
    if ((sentence = read_options(cmd, 2, argc, argv, &options)) == NULL)
        sentence = sso_database_make("store", argv[0], parameters, &options, store);
    return fault(cmd, sentence);
}

static const char *set_on(cmd_parms *cmd, void *config, int on)
{
    ((moodlesso_directory_t *)config)->on = on ? MOODLESSO_ON : MOODLESSO_OFF;
    return NULL;
}

static const char *set_use(cmd_parms *cmd, void *config, const char *name)
{
    moodlesso_directory_t *directory = config;
    moodlesso_reference_t *reference = apr_array_push(moodlesso_totals()->references);
    moodlesso_choice_t choice = {name, NULL};

    if (directory->use == NULL)
        directory->use = apr_array_make(cmd->pool, 4, sizeof(choice));
    if (directory->use->nelts == MOODLESSO_MAX_USE)
        return fault(cmd, "at most 16 names");
    reference->use = directory->use;
    reference->place = directory->use->nelts;
    reference->server = cmd->server;
    reference->where =
        apr_psprintf(cmd->pool, "%s:%d", cmd->directive->filename, cmd->directive->line_num);
    APR_ARRAY_PUSH(directory->use, moodlesso_choice_t) = choice;
    return NULL;
}

static const char *set_unauthenticated(cmd_parms *cmd, void *config, const char *word)
{
    static const char *const words[] = {"", "auto", "login", "401", "403", "pass"};

    for (int i = MOODLESSO_UNAUTHENTICATED_AUTO; i <= MOODLESSO_UNAUTHENTICATED_PASS; i++) {
        if (strcmp(words[i], word) == 0) {
            ((moodlesso_directory_t *)config)->unauthenticated = (moodlesso_unauthenticated_t)i;
            return NULL;
        }
    }
    return fault(cmd, "write auto, login, 401, 403 or pass");
}

static const char *set_publish(cmd_parms *cmd, void *config, const char *name, const char *text)
{
    moodlesso_directory_t *directory = config;
    moodlesso_variable_t variable = {name, NULL};
    const char *sentence;
    char *upper = apr_pstrdup(cmd->pool, name);

    if (!sso_span_consists_of(sso_span(name), "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", 64) ||
        apr_isdigit(*name) || strncmp(name, "HTTP_", 5) == 0)
        return fault(cmd, "a variable has upper-case letters, digits and _, and does not begin "
                          "with HTTP_, as the client's own headers do");
    for (int i = 0; i < SSO_CLAIM_COUNT; i++) {
        if (strcmp(sso_claim_variable((sso_claim_t)i), name) == 0)
            return fault(cmd, "this variable has its meaning already; choose another name");
    }
    if ((sentence = sso_template_parse(text, &variable.value, cmd->pool)))
        return fault(cmd, sentence);
    if (directory->publish == NULL)
        directory->publish = apr_array_make(cmd->pool, 4, sizeof(moodlesso_variable_t));
    APR_ARRAY_PUSH(directory->publish, moodlesso_variable_t) = variable;
    APR_ARRAY_PUSH(moodlesso_totals()->published, const char *) = upper;
    return NULL;
}

static apr_array_header_t *words_of(cmd_parms *cmd, int argc, char *const argv[])
{
    apr_array_header_t *words = apr_array_make(cmd->pool, argc + 1, sizeof(const char *));

    for (int i = 0; i < argc; i++)
        APR_ARRAY_PUSH(words, const char *) = argv[i];
    return words;
}

static const char *set_frame_ancestors(cmd_parms *cmd, void *config, int argc, char *const argv[])
{
    moodlesso_directory_t *directory = config;

    return fault(cmd, sso_frame_make(words_of(cmd, argc, argv), &directory->frame, cmd->pool));
}

static const char *set_frame_cookies(cmd_parms *cmd, void *config, int argc, char *const argv[])
{
    moodlesso_directory_t *directory = config;

    return fault(cmd, sso_frame_cookies_make(words_of(cmd, argc, argv), &directory->frame_cookies,
                                             cmd->pool));
}

static const char *set_frame_guard(cmd_parms *cmd, void *config, int argc, char *const argv[])
{
    moodlesso_directory_t *directory = config;

    return fault(
        cmd, sso_frame_guard_make(words_of(cmd, argc, argv), &directory->frame_guard, cmd->pool));
}

static const char *set_storage_access(cmd_parms *cmd, void *config, int on)
{
    ((moodlesso_directory_t *)config)->storage_access = on ? MOODLESSO_ON : MOODLESSO_OFF;
    return NULL;
}

const command_rec moodlesso_directives[] = {
    AP_INIT_TAKE1("MoodleSSOBaseURL", set_base_url, NULL, RSRC_CONF,
                  "the origin people see, like https://moodle.example.edu"),
    AP_INIT_TAKE1("MoodleSSOPrefix", set_prefix, NULL, RSRC_CONF,
                  "where the module's own endpoints live, like /moodlesso"),
    AP_INIT_ITERATE("MoodleSSOReturnOrigins", set_return_origin, NULL, RSRC_CONF,
                    "origins beside our own that people may be sent to after signing in or out"),
    AP_INIT_ITERATE("MoodleSSOSecret", set_secret, NULL, RSRC_CONF,
                    "file:/path of the secret that seals sessions, and of the one before it"),
    AP_INIT_TAKE_ARGV("MoodleSSOSession", set_session, NULL, RSRC_CONF,
                      "[idle=1h] [lifetime=12h] of our own sessions"),
    AP_INIT_TAKE12("MoodleSSOTeamsScript", set_teams_script, NULL, RSRC_CONF,
                   "URL of TeamsJS, and its hash like sha384-..."),
    AP_INIT_TAKE1("MoodleSSOTemplates", moodlesso_set_templates, NULL, RSRC_CONF,
                  "directory of templates, texts and style in place of those built in"),
    AP_INIT_TAKE1("MoodleSSOCache", set_cache, NULL, RSRC_CONF,
                  "shared memory for identities seen lately, like 64m"),
    AP_INIT_TAKE12("MoodleSSOCacheTTL", set_cache_ttl, NULL, RSRC_CONF,
                   "how long known and unknown credentials are kept, like 10s 2s"),
    AP_INIT_TAKE_ARGV("MoodleSSODatabase", set_database, NULL, RSRC_CONF,
                      "NAME sqlite3|mysql|pgsql \"parameters\" [timeout= max= password=]"),
    AP_INIT_TAKE_ARGV("MoodleSSORedis", set_redis, NULL, RSRC_CONF,
                      "NAME host:port|unix:/path [db= user= password= timeout=]"),
    AP_INIT_TAKE_ARGV("MoodleSSOSource", set_source, NULL, RSRC_CONF,
                      "NAME moodle|drupal|oidc key=value ..."),
    AP_INIT_TAKE1("MoodleSSOStateDir", set_state_dir, NULL, RSRC_CONF,
                  "directory of the server's own files, like /var/lib/moodlesso"),
    AP_INIT_TAKE_ARGV("MoodleSSOStore", set_store, NULL, RSRC_CONF,
                      "sqlite3|mysql|pgsql \"parameters\" [timeout= max= password=]"),
    AP_INIT_FLAG("MoodleSSO", set_on, NULL, ACCESS_CONF | RSRC_CONF,
                 "Off switches the whole module off here"),
    AP_INIT_ITERATE("MoodleSSOUse", set_use, NULL, ACCESS_CONF | RSRC_CONF,
                    "names of sources, asked in this order"),
    AP_INIT_TAKE_ARGV("MoodleSSOAllow", moodlesso_set_allow, NULL, ACCESS_CONF | RSRC_CONF,
                      "tenant|domain|username|claim ...: who may pass; all must hold"),
    AP_INIT_TAKE_ARGV("MoodleSSOMatch", moodlesso_set_match, NULL, ACCESS_CONF | RSRC_CONF,
                      "IDENTITYFIELD MOODLEFIELD [verified] [skip-domain=] [in=]: who it is here"),
    AP_INIT_FLAG("MoodleSSOCreateUsers", moodlesso_set_creates, NULL, ACCESS_CONF | RSRC_CONF,
                 "Off refuses whoever is neither linked nor matched"),
    AP_INIT_TAKE1("MoodleSSOUnauthenticated", set_unauthenticated, NULL, ACCESS_CONF | RSRC_CONF,
                  "auto, login, 401, 403 or pass: the answer when Require finds no proof"),
    AP_INIT_TAKE2("MoodleSSOPublish", set_publish, NULL, ACCESS_CONF | RSRC_CONF,
                  "NAME \"template with %{claim}\": one more environment variable"),
    AP_INIT_TAKE_ARGV("MoodleSSOFrameAncestors", set_frame_ancestors, NULL, ACCESS_CONF | RSRC_CONF,
                      "[merge|replace|absent] preset or source ..., or Off"),
    AP_INIT_TAKE_ARGV("MoodleSSOFrameCookies", set_frame_cookies, NULL, ACCESS_CONF | RSRC_CONF,
                      "names of session cookies, * behind a beginning of names; or Off"),
    AP_INIT_TAKE_ARGV("MoodleSSOFrameGuard", set_frame_guard, NULL, ACCESS_CONF | RSRC_CONF,
                      "On, and the paths other sites may post to inside a frame; or Off"),
    AP_INIT_FLAG("MoodleSSOFrameStorageAccess", set_storage_access, NULL, ACCESS_CONF | RSRC_CONF,
                 "On lets the session of the top level into frames, where the browser grants it"),
    AP_INIT_TAKE_ARGV("MoodleSSOPasswordLogin", moodlesso_set_password_login, NULL,
                      ACCESS_CONF | RSRC_CONF,
                      "On, or Off [except ADDRESS ...]: Moodle's own form"),
    {.name = NULL}};
