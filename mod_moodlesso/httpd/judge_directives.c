/* SPDX-License-Identifier: Apache-2.0 */
/* judge_directives.c -- setters of the directives about people; conf.d/REFERENCE.md documents each.
 */
#include <apr_strings.h>

#include "httpd/directives.h"
#include "httpd/judge.h"
#include "sso/allow.h"

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
