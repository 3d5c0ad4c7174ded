/* SPDX-License-Identifier: Apache-2.0 */
/* source_moodle.h -- the settings of a source of the kind moodle, and where it keeps its users. */
#ifndef SSO_SOURCE_MOODLE_H
#define SSO_SOURCE_MOODLE_H

#include "sso/source.h"

typedef enum { SSO_MOODLE_SQL, SSO_MOODLE_REDIS } sso_moodle_handler_t;

typedef enum { SSO_MOODLE_MFA_IGNORED, SSO_MOODLE_MFA_REQUIRED } sso_moodle_mfa_t;

typedef struct sso_moodle_t {
    const char *cookie, *prefix, *database_name, *redis_name, *redis_prefix;
    int handler;                         /* sso_moodle_handler_t */
    int mfa;                             /* sso_moodle_mfa_t */
    int guest;                           /* guest=yes */
    bool tells_auth;                     /* a claim of its own */
    apr_interval_time_t session_timeout; /* 0: ask mdl_config */
    const sso_redis_t *redis;
    sso_database_t *database;
    sso_statement_t by_session, by_user, end_session, admins;
} sso_moodle_t;

/* The database and the prefix of its tables, of a frozen source. False for other kinds. */
bool sso_moodle_tables(const sso_source_t *source, sso_database_t **database, const char **prefix);

/* Whose session it is, asked now, be its second factor passed or not (*is_pending). Answers what
 * the kind answers but MFA_PENDING; *who is set only on success. May block. */
const sso_error_t *sso_moodle_holder(const sso_source_t *source, const sso_credential_t *credential,
                                     sso_io_t *io, sso_identity_t **who, bool *is_pending,
                                     apr_pool_t *p);

#endif
