/* SPDX-License-Identifier: Apache-2.0 */
/* source_moodle.h -- where a source of the kind moodle keeps its users. */
#ifndef SSO_SOURCE_MOODLE_H
#define SSO_SOURCE_MOODLE_H

#include "sso/source.h"

/* The database and the prefix of its tables, of a frozen source. False for other kinds. */
bool sso_moodle_tables(const sso_source_t *source, sso_database_t **database, const char **prefix);

#endif
