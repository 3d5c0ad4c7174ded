/* SPDX-License-Identifier: Apache-2.0 */
/* options.h -- "key=value" arguments of a directive, taken one by one; what is left is a mistake.
 *
 * Every function answers NULL, or a sentence for the administrator that says what to change. */
#ifndef SSO_OPTIONS_H
#define SSO_OPTIONS_H

#include <apr_tables.h>
#include <apr_time.h>

#include "base/text.h"

/* Arguments by key; taking one removes it. One thread, while the configuration is read. */
typedef struct sso_options_t {
    apr_table_t *values;
    apr_pool_t *p;
} sso_options_t;

/* Add one argument "key=value"; refuses one without '=' and a key given twice. */
const char *sso_options_add(sso_options_t *options, const char *argument);

/* The value of a key, or `otherwise` when it is not given. */
const char *sso_options_take(sso_options_t *options, const char *key, const char *otherwise);

/* A value with a unit ("30s"); *duration is untouched when the key is not given. */
const char *sso_options_take_duration(sso_options_t *options, const char *key,
                                      apr_interval_time_t *duration);

/* A whole number from `least` to `most`; *number is untouched when the key is not given. */
const char *sso_options_take_integer(sso_options_t *options, const char *key, int least, int most,
                                     int *number);

/* One of `choices`, separated by '|'; *choice is its place from 0, untouched when not given. */
const char *sso_options_take_choice(sso_options_t *options, const char *key, const char *choices,
                                    int *choice);

/* Several values with commas between (const char *); *list is untouched when the key is not given.
 */
const char *sso_options_take_list(sso_options_t *options, const char *key,
                                  const apr_array_header_t **list);

/* A secret: "file:/path". Its first line without white space at the ends; NULL when not given. */
const char *sso_options_take_secret(sso_options_t *options, const char *key, const char **secret);

/* A file of a secret, "file:/path": the whole of it, 64 KiB at most; NULL when not given. */
const char *sso_options_take_file(sso_options_t *options, const char *key, const char **text);

/* Refuse what nobody took; `known` lists the keys for the sentence. */
const char *sso_options_done(sso_options_t *options, const char *known);

/* A table prefix, table or column name that may stand in SQL text: letters, digits, '_', '$', and
 * one '.' behind a schema name. `may_be_empty` for prefixes. */
bool sso_options_is_sql_name(const char *name, bool may_be_empty);

#endif
