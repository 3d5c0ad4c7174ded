/* SPDX-License-Identifier: Apache-2.0 */
/* directives.h -- setters of directives that stand in files of their own, and what setters share;
 * the table is in directives.c. */
#ifndef MOODLESSO_DIRECTIVES_H
#define MOODLESSO_DIRECTIVES_H

#include "httpd/config.h"

/* The answer of a setter: "DIRECTIVE: sentence"; NULL for NULL. */
const char *moodlesso_fault(cmd_parms *cmd, const char *sentence);

/* The arguments as const char *. */
apr_array_header_t *moodlesso_words(cmd_parms *cmd, int argc, char *const argv[]);

/* Definitions, per server (server_directives.c). */
const char *moodlesso_set_base_url(cmd_parms *cmd, void *unused, const char *url);
const char *moodlesso_set_return_origin(cmd_parms *cmd, void *unused, const char *url);
const char *moodlesso_set_prefix(cmd_parms *cmd, void *unused, const char *prefix);
const char *moodlesso_set_secret(cmd_parms *cmd, void *unused, const char *word);
const char *moodlesso_set_session(cmd_parms *cmd, void *unused, int argc, char *const argv[]);
const char *moodlesso_set_teams_script(cmd_parms *cmd, void *unused, const char *url,
                                       const char *integrity);
const char *moodlesso_set_cache(cmd_parms *cmd, void *unused, const char *size);
const char *moodlesso_set_cache_ttl(cmd_parms *cmd, void *unused, const char *known,
                                    const char *unknown);
const char *moodlesso_set_database(cmd_parms *cmd, void *unused, int argc, char *const argv[]);
const char *moodlesso_set_redis(cmd_parms *cmd, void *unused, int argc, char *const argv[]);
const char *moodlesso_set_service(cmd_parms *cmd, void *unused, int argc, char *const argv[]);
const char *moodlesso_set_source(cmd_parms *cmd, void *unused, int argc, char *const argv[]);
const char *moodlesso_set_state_dir(cmd_parms *cmd, void *unused, const char *path);
const char *moodlesso_set_store(cmd_parms *cmd, void *unused, int argc, char *const argv[]);

#endif
