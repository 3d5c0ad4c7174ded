/* SPDX-License-Identifier: Apache-2.0 */
/* judge_directives.c -- setters of the directives about people; conf.d/REFERENCE.md documents each.
 */
#include <apr_strings.h>

#include "httpd/judge.h"
#include "sso/allow.h"

static const char *fault(cmd_parms *cmd, const char *sentence)
{
    return sentence ? apr_pstrcat(cmd->pool, cmd->cmd->name, ": ", sentence, NULL) : NULL;
}

static apr_array_header_t *words_of(cmd_parms *cmd, int argc, char *const argv[])
{
    apr_array_header_t *words = apr_array_make(cmd->pool, argc + 1, sizeof(const char *));

    for (int i = 0; i < argc; i++)
        APR_ARRAY_PUSH(words, const char *) = argv[i];
    return words;
}

const char *moodlesso_set_allow(cmd_parms *cmd, void *config, int argc, char *const argv[])
{
    moodlesso_directory_t *directory = config;
    const sso_allow_t *rule;
    const char *sentence = sso_allow_make(words_of(cmd, argc, argv), &rule, cmd->pool);

    if (sentence != NULL)
        return fault(cmd, sentence);
    if (directory->allow == NULL)
        directory->allow = apr_array_make(cmd->pool, 4, sizeof(rule));
    APR_ARRAY_PUSH(directory->allow, const sso_allow_t *) = rule;
    return NULL;
}
