/* SPDX-License-Identifier: Apache-2.0 */
/* moodle_directives.c -- the setters of MoodleSSOMoodleLogin and MoodleSSOLogout. */
#include <apr_strings.h>

#include "httpd/directives.h"
#include "httpd/moodle_login.h"

static const char *where(cmd_parms *cmd)
{
    return apr_psprintf(cmd->pool, "%s:%d", cmd->directive->filename, cmd->directive->line_num);
}

/* To be found when everything is read, like the names of MoodleSSOUse. */
static void refer_to_source(cmd_parms *cmd, moodlesso_directory_t *directory, const char *name)
{
    moodlesso_reference_t *reference = apr_array_push(moodlesso_totals()->references);
    const moodlesso_choice_t choice = {name, NULL};

    directory->moodle_source = apr_array_make(cmd->pool, 1, sizeof(choice));
    APR_ARRAY_PUSH(directory->moodle_source, moodlesso_choice_t) = choice;
    *reference = (moodlesso_reference_t){.use = directory->moodle_source,
                                         .server = cmd->server,
                                         .where = where(cmd),
                                         .directive = "MoodleSSOMoodleLogin source="};
}

/* Sections that ask the same Moodle share a circuit breaker. */
static void add_userkey(cmd_parms *cmd, const moodlesso_directory_t *directory)
{
    sso_userkey_t *userkey = directory->moodle_login->userkey;
    apr_array_header_t *all = moodlesso_totals()->userkeys;
    sso_service_t *service = &userkey->service;
    const moodlesso_userkey_t use = {userkey, directory->moodle_source, cmd->server, where(cmd)};

    service->name = service->site;
    service->breaker = -1;
    for (int i = 0; i < all->nelts && service->breaker < 0; i++) {
        const sso_service_t *other = &APR_ARRAY_IDX(all, i, moodlesso_userkey_t).userkey->service;

        if (strcmp(other->site, service->site) == 0)
            service->breaker = other->breaker;
    }
    if (service->breaker < 0)
        service->breaker = moodlesso_totals()->inventory.breakers++;
    APR_ARRAY_PUSH(all, moodlesso_userkey_t) = use;
}

const char *moodlesso_set_moodle_login(cmd_parms *cmd, void *config, int argc, char *const argv[])
{
    moodlesso_directory_t *directory = config;
    sso_options_t options = {apr_table_make(cmd->pool, 4), cmd->pool};
    const char *sentence = NULL;

    if (argc < 1)
        return moodlesso_fault(cmd, "write shibboleth or userkey, then options; or Off");
    for (int i = 1; i < argc && sentence == NULL; i++)
        sentence = sso_options_add(&options, argv[i]);
    if (sentence == NULL)
        sentence = sso_moodle_login_make(argv[0], &options, &directory->moodle_login);
    if (sentence != NULL)
        return moodlesso_fault(cmd, sentence);
    directory->moodle_source = NULL;
    if (directory->moodle_login->source != NULL)
        refer_to_source(cmd, directory, directory->moodle_login->source);
    if (directory->moodle_login->userkey != NULL)
        add_userkey(cmd, directory);
    moodlesso_totals()->signs_in_to_moodle |= directory->moodle_login->on;
    return NULL;
}

const char *moodlesso_set_logout(cmd_parms *cmd, void *config, int argc, char *const argv[])
{
    static const char *const words[] = {"off", "drupal", "oidc", "moodle"};
    moodlesso_directory_t *directory = config;

    directory->logout = 0;
    for (int i = 0; i < argc; i++) {
        unsigned int bit = 0;

        for (unsigned int w = 0; w < 4 && bit == 0; w++)
            bit = ap_cstr_casecmp(words[w], argv[i]) == 0 ? 1u << w : 0;
        if (bit == 0 || (bit == MOODLESSO_LOGOUT_OFF && argc > 1))
            return moodlesso_fault(cmd, "write drupal, oidc, moodle or several of these; or Off");
        directory->logout |= bit;
    }
    moodlesso_totals()->ends_drupal |= (directory->logout & MOODLESSO_LOGOUT_DRUPAL) != 0;
    return directory->logout
               ? NULL
               : moodlesso_fault(cmd, "write drupal, oidc, moodle or several; or Off");
}
