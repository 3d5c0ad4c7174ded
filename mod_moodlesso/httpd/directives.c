/* SPDX-License-Identifier: Apache-2.0 */
/* directives.c -- the table of directives, and the setters of those that choose something for a
 * section; conf.d/REFERENCE.md documents each. */
#include <apr_lib.h>
#include <apr_strings.h>

#include "httpd/directives.h"
#include "httpd/judge.h"
#include "httpd/moodle_login.h"
#include "httpd/page_folder.h"
#include "httpd/password_login.h"

const char *moodlesso_fault(cmd_parms *cmd, const char *sentence)
{
    return sentence ? apr_pstrcat(cmd->pool, cmd->cmd->name, ": ", sentence, NULL) : NULL;
}

apr_array_header_t *moodlesso_words(cmd_parms *cmd, int argc, char *const argv[])
{
    apr_array_header_t *words = apr_array_make(cmd->pool, argc + 1, sizeof(const char *));

    for (int i = 0; i < argc; i++)
        APR_ARRAY_PUSH(words, const char *) = argv[i];
    return words;
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
        return moodlesso_fault(cmd, "at most 16 names");
    reference->directive = NULL;
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
    return moodlesso_fault(cmd, "write auto, login, 401, 403 or pass");
}

static const char *set_publish(cmd_parms *cmd, void *config, const char *name, const char *text)
{
    moodlesso_directory_t *directory = config;
    moodlesso_variable_t variable = {name, NULL};
    const char *sentence;
    char *upper = apr_pstrdup(cmd->pool, name);

    if (!sso_span_consists_of(sso_span(name), "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", 64) ||
        apr_isdigit(*name) || strncmp(name, "HTTP_", 5) == 0)
        return moodlesso_fault(
            cmd, "a variable has upper-case letters, digits and _, and does not begin "
                 "with HTTP_, as the client's own headers do");
    for (int i = 0; i < SSO_CLAIM_COUNT; i++) {
        if (strcmp(sso_claim_variable((sso_claim_t)i), name) == 0)
            return moodlesso_fault(cmd,
                                   "this variable has its meaning already; choose another name");
    }
    if ((sentence = sso_template_parse(text, &variable.value, cmd->pool)))
        return moodlesso_fault(cmd, sentence);
    if (directory->publish == NULL)
        directory->publish = apr_array_make(cmd->pool, 4, sizeof(moodlesso_variable_t));
    APR_ARRAY_PUSH(directory->publish, moodlesso_variable_t) = variable;
    APR_ARRAY_PUSH(moodlesso_totals()->published, const char *) = upper;
    return NULL;
}

static const char *set_frame_ancestors(cmd_parms *cmd, void *config, int argc, char *const argv[])
{
    moodlesso_directory_t *directory = config;

    return moodlesso_fault(
        cmd, sso_frame_make(moodlesso_words(cmd, argc, argv), &directory->frame, cmd->pool));
}

static const char *set_frame_cookies(cmd_parms *cmd, void *config, int argc, char *const argv[])
{
    moodlesso_directory_t *directory = config;

    return moodlesso_fault(cmd, sso_frame_cookies_make(moodlesso_words(cmd, argc, argv),
                                                       &directory->frame_cookies, cmd->pool));
}

static const char *set_frame_guard(cmd_parms *cmd, void *config, int argc, char *const argv[])
{
    moodlesso_directory_t *directory = config;

    return moodlesso_fault(cmd, sso_frame_guard_make(moodlesso_words(cmd, argc, argv),
                                                     &directory->frame_guard, cmd->pool));
}

static const char *set_storage_access(cmd_parms *cmd, void *config, int on)
{
    ((moodlesso_directory_t *)config)->storage_access = on ? MOODLESSO_ON : MOODLESSO_OFF;
    return NULL;
}

const command_rec moodlesso_directives[] = {
    AP_INIT_TAKE1("MoodleSSOBaseURL", moodlesso_set_base_url, NULL, RSRC_CONF,
                  "the origin people see, like https://moodle.example.edu"),
    AP_INIT_TAKE1("MoodleSSOPrefix", moodlesso_set_prefix, NULL, RSRC_CONF,
                  "where the module's own endpoints live, like /moodlesso"),
    AP_INIT_ITERATE("MoodleSSOReturnOrigins", moodlesso_set_return_origin, NULL, RSRC_CONF,
                    "origins beside our own that people may be sent to after signing in or out"),
    AP_INIT_ITERATE("MoodleSSOSecret", moodlesso_set_secret, NULL, RSRC_CONF,
                    "file:/path of the secret that seals sessions, and of the one before it"),
    AP_INIT_TAKE_ARGV("MoodleSSOSession", moodlesso_set_session, NULL, RSRC_CONF,
                      "[idle=1h] [lifetime=12h] of our own sessions"),
    AP_INIT_TAKE12("MoodleSSOTeamsScript", moodlesso_set_teams_script, NULL, RSRC_CONF,
                   "URL of TeamsJS, and its hash like sha384-..."),
    AP_INIT_TAKE1("MoodleSSOTemplates", moodlesso_set_templates, NULL, RSRC_CONF,
                  "directory of templates, texts and style in place of those built in"),
    AP_INIT_TAKE1("MoodleSSOCache", moodlesso_set_cache, NULL, RSRC_CONF,
                  "shared memory for identities seen lately, like 64m"),
    AP_INIT_TAKE12("MoodleSSOCacheTTL", moodlesso_set_cache_ttl, NULL, RSRC_CONF,
                   "how long known and unknown credentials are kept, like 10s 2s"),
    AP_INIT_TAKE_ARGV("MoodleSSODatabase", moodlesso_set_database, NULL, RSRC_CONF,
                      "NAME sqlite3|mysql|pgsql \"parameters\" [timeout= max= password=]"),
    AP_INIT_TAKE_ARGV("MoodleSSORedis", moodlesso_set_redis, NULL, RSRC_CONF,
                      "NAME host:port|unix:/path [db= user= password= timeout=]"),
    AP_INIT_TAKE_ARGV("MoodleSSOSource", moodlesso_set_source, NULL, RSRC_CONF,
                      "NAME moodle|drupal|oidc key=value ..."),
    AP_INIT_TAKE_ARGV("MoodleSSOProvision", moodlesso_set_service, NULL, RSRC_CONF,
                      "NAME moodle url= token=file:/path [ca= timeout=]"),
    AP_INIT_TAKE1("MoodleSSOStateDir", moodlesso_set_state_dir, NULL, RSRC_CONF,
                  "directory of the server's own files, like /var/lib/moodlesso"),
    AP_INIT_TAKE_ARGV("MoodleSSOStore", moodlesso_set_store, NULL, RSRC_CONF,
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
    AP_INIT_TAKE_ARGV("MoodleSSOMoodleLogin", moodlesso_set_moodle_login, NULL,
                      ACCESS_CONF | RSRC_CONF, "shibboleth [root=/moodle] ..., or Off"),
    AP_INIT_TAKE_ARGV("MoodleSSOLogout", moodlesso_set_logout, NULL, ACCESS_CONF | RSRC_CONF,
                      "drupal oidc moodle: what a logout ends besides; or Off"),
    {.name = NULL}};
