/* SPDX-License-Identifier: Apache-2.0 */
/* store_sql.h -- every SQL text of the store, for SQLite 3.34, MariaDB 10.6, MySQL 8, PostgreSQL 13
 * and later.
 *
 * Tables, all named moodlesso_...:
 *   meta    name -> value: version, least_version
 *   epochs  sessions of this imprint (sso/imprint.h) that began at `at` or before are over
 *   seen    imprints that were seen once, until they expire; and whose turn it is, until then
 *   links   the account (issuer, subject) of this imprint is the person of that username here, with
 *           the texts themselves; `made` is the imprint of a username that was made for the link,
 *           else that of the link: nothing is made twice
 *   switches  name -> value: what was switched off at run time
 *   keys    what a one-time login key of this imprint is good for, until it is redeemed or expires;
 *           `holder` is the imprint of whom it signs in
 *
 * Times are whole numbers: `at` microseconds since 1970, the others seconds. `changed` is the
 * database's own clock, so that the clocks of nodes need not agree. */
#ifndef SSO_STORE_SQL_H
#define SSO_STORE_SQL_H

#include "sso/io.h"

/* The version of the tables that this code makes, and the oldest code that may still use them. A
 * change that older code survives (a new table) leaves the second as it is. */
#define SSO_SQL_SCHEMA       3
#define SSO_SQL_SCHEMA_LEAST 1

#define SSO_SQL_PAGE 1000 /* rows: what one statement reads or deletes at most */

/* What is asked; the arguments of each, then its columns. */
typedef enum {
    SSO_SQL_SEE,       /* hash, kind, expires: one row changes for the first who asks */
    SSO_SQL_TURN,      /* hash, kind, seconds: a row changes for who may have it that long now */
    SSO_SQL_TURN_OVER, /* hash */
    SSO_SQL_REVOKE,    /* hash, kind, tag, at: the later `at` stays */
    SSO_SQL_CLOCK,     /* none -> seconds of the database's clock, as in `changed` */
    SSO_SQL_CHANGED, /* changed, changed, hash -> PAGE rows behind these: tag, hash, at, changed */
    SSO_SQL_SWEEP,   /* at, at, hash -> PAGE rows, the latest `at` first: tag, hash, at, changed */
    SSO_SQL_FORGET_SEEN,   /* seconds, the same: PAGE rows that expired before */
    SSO_SQL_FORGET_EPOCHS, /* microseconds, the same: PAGE rows with an `at` before */
    SSO_SQL_LINK_ADD,  /* hash, made, username, source, issuer, subject, label, created, used: one
                          row changes when neither the account is linked nor the name made */
    SSO_SQL_LINK_FIND, /* hash -> username, used, and source, issuer, subject of the active one */
    SSO_SQL_LINKS_OF,  /* username -> PAGE rows: username, source, issuer, subject, label, created,
                          used, chosen */
    SSO_SQL_LINK_REMOVE, /* hash, username, username: never the last of a username */
    SSO_SQL_LINK_CHOOSE, /* chosen, hash, username */
    SSO_SQL_LINK_TOUCH,  /* used, hash */
    SSO_SQL_SWITCHES,    /* none -> PAGE rows: name, value */
    SSO_SQL_SWITCH,      /* name, value */
    SSO_SQL_KEY_ADD,     /* hash, holder, payload, expires */
    SSO_SQL_KEY_FIND,    /* hash -> payload */
    SSO_SQL_KEY_TAKE,    /* hash: one row changes for the one who takes it */
    SSO_SQL_KEYS_BURN,   /* holder */
    SSO_SQL_FORGET_KEYS, /* seconds, the same: PAGE rows that expired before */
    SSO_SQL_COUNT
} sso_sql_t;

/* Make every statement for a database; statements[SSO_SQL_COUNT] by what is asked. */
void sso_sql_prepare(sso_database_t *database, sso_statement_t *statements);

/* What each connection of the store begins with, NULL-ended: on SQLite WAL and the lock's patience,
 * on servers an end to what goes on after we gave up. */
const char *const *sso_sql_greeting(const sso_database_t *database, apr_pool_t *p);

/* Texts of a dialect, run one by one on one connection, NULL-ended. The lock is of the whole
 * database, whichever node asks; the first column of its last text is "0" when it was not had. It
 * ends with the connection. */
const char *const *sso_sql_lock(sso_dialect_t dialect);
const char *const *sso_sql_unlock(sso_dialect_t dialect);

/* The texts that bring the tables from `version` - 1 to `version`, under the lock. Each may be run
 * again after it was cut short: MySQL has no transactions for tables. */
const char *const *sso_sql_migration(sso_dialect_t dialect, int version);

/* Name and key of each table; the last has none. */
typedef struct sso_sql_table_t {
    const char *name, *key;
} sso_sql_table_t;
extern const sso_sql_table_t sso_sql_tables[];

/* A row of meta: "version" or "least_version". The table need not be there yet. */
const char *sso_sql_meta(const char *name, apr_pool_t *p);

#endif
