/* SPDX-License-Identifier: Apache-2.0 */
/* moodle_admin.h -- is a name that of an administrator of Moodle? */
#ifndef SSO_MOODLE_ADMIN_H
#define SSO_MOODLE_ADMIN_H

#include "sso/source.h"

/* The statement that finds the users of a name, while the configuration is frozen. */
sso_statement_t sso_moodle_admin_statement(sso_database_t *database, const char *prefix,
                                           apr_pool_t *p);

/* Does Moodle's setting siteadmins list a user of this name, or of one that the database takes for
 * it, as Moodle does? May block. Answers what a database can answer. */
const sso_error_t *sso_moodle_is_admin(const sso_statement_t *statement, const char *username,
                                       sso_io_t *io, bool *is_admin, apr_pool_t *p);

#endif
