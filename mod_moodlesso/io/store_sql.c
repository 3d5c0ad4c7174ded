/* SPDX-License-Identifier: Apache-2.0 */
/* store_sql.c -- every SQL text of the store. */
#include "io/store_sql.h"

#include <apr_strings.h>

#define PAGE_TEXT APR_STRINGIFY(SSO_SQL_PAGE)
#define EPOCHS    "moodlesso_epochs"
#define SEEN      "moodlesso_seen"
#define LINKS     "moodlesso_links"
#define SWITCHES  "moodlesso_switches"
#define KEYS      "moodlesso_keys"

const sso_sql_table_t sso_sql_tables[] = {
    {"moodlesso_meta", "name"}, {EPOCHS, "key_hash"}, {SEEN, "hash"}, {LINKS, "hash"},
    {SWITCHES, "name"},         {KEYS, "hash"},       {NULL, NULL}};

/* A text for all dialects, or one for each, in the order of sso_dialect_t. */
typedef struct text_t {
    const char *sqlite3, *mysql, *pgsql; /* the latter two NULL: as the first */
    int columns;
    bool is_repeatable;
} text_t;

/* A page of the oldest rows; only MySQL has DELETE ... LIMIT. The first condition is for the index:
 * without it they read, and MySQL locks, the whole table. */
#define FORGET(table, column)                                                             \
    "DELETE FROM " table " WHERE " column " < %lld AND " column " <= (SELECT MAX(" column \
    ") FROM (SELECT " column " FROM " table " WHERE " column " < %lld ORDER BY " column   \
    " LIMIT " PAGE_TEXT ") AS page)"
#define FORGET_MYSQL(table, column)                                                        \
    "DELETE FROM " table " WHERE " column " < %lld AND " column " < %lld ORDER BY " column \
    " LIMIT " PAGE_TEXT

#define UPSERT \
    "INSERT INTO " EPOCHS " (key_hash, kind, tag, at, changed) VALUES (%s, %s, %s, %lld, "

#define TURN "INSERT INTO " SEEN " (hash, kind, expires) VALUES (%s, %s, "

#define TURN_TAKEN                                                          \
    " + %lld) ON CONFLICT (hash) DO UPDATE SET expires = excluded.expires " \
    "WHERE " SEEN ".expires <= "

#define ON_CONFLICT                                                                        \
    ") ON CONFLICT (key_hash) DO UPDATE SET at = excluded.at, changed = excluded.changed " \
    "WHERE " EPOCHS ".at < excluded.at"

#define LINK_ADD                                                                      \
    "INTO " LINKS                                                                     \
    " (hash, made, username, source, issuer, subject, label, created, used, chosen) " \
    "VALUES (%s, %s, %s, %s, %s, %s, %s, %lld, %lld, 0)"

/* PostgreSQL must be told to lock what it counts, so that of two who remove one sees the other;
 * MySQL does so by itself, on SQLite one writes at a time. */
#define LINK_REMOVE(lock)                                                                    \
    "DELETE FROM " LINKS " WHERE hash = %s AND username = %s AND 1 < (SELECT COUNT(*) FROM " \
    "(SELECT hash FROM " LINKS " WHERE username = %s ORDER BY hash" lock ") AS own)"

#define SWITCH "INSERT INTO " SWITCHES " (name, value) VALUES (%s, %s) "

/* The database's clock, seconds. */
#define SQLITE_NOW "CAST(strftime('%%s', 'now') AS INTEGER)"
#define MYSQL_NOW  "UNIX_TIMESTAMP()"
#define PGSQL_NOW  "CAST(floor(extract(epoch FROM clock_timestamp())) AS bigint)"

static const text_t texts[SSO_SQL_COUNT] = {
    [SSO_SQL_SEE] = {"INSERT INTO " SEEN " (hash, kind, expires) VALUES (%s, %s, %lld) "
                     "ON CONFLICT (hash) DO NOTHING",
                     "INSERT IGNORE INTO " SEEN " (hash, kind, expires) VALUES (%s, %s, %lld)",
                     NULL, 0, false},
    /* By the database's clock. On MySQL a row that keeps its values has not changed. */
    [SSO_SQL_TURN] = {TURN SQLITE_NOW TURN_TAKEN SQLITE_NOW,
                      TURN MYSQL_NOW " + %lld) ON DUPLICATE KEY UPDATE expires = IF(expires "
                                     "<= " MYSQL_NOW ", VALUES(expires), expires)",
                      TURN PGSQL_NOW TURN_TAKEN PGSQL_NOW, 0, false},
    [SSO_SQL_TURN_OVER] = {"DELETE FROM " SEEN " WHERE hash = %s", NULL, NULL, 0, true},
    /* MySQL assigns from left to right: `changed` still sees the old `at`. VALUES() is deprecated
     * there, but MariaDB does not know the new way. */
    [SSO_SQL_REVOKE] = {UPSERT SQLITE_NOW ON_CONFLICT,
                        UPSERT MYSQL_NOW ") ON DUPLICATE KEY UPDATE "
                                         "changed = IF(VALUES(at) > at, VALUES(changed), changed), "
                                         "at = GREATEST(at, VALUES(at))",
                        UPSERT PGSQL_NOW ON_CONFLICT, 0, true},
    [SSO_SQL_CLOCK] = {"SELECT " SQLITE_NOW, "SELECT " MYSQL_NOW, "SELECT " PGSQL_NOW, 1, false},
    [SSO_SQL_CHANGED] = {"SELECT tag, key_hash, at, changed FROM " EPOCHS
                         " WHERE changed >= %lld AND (changed > %lld OR key_hash > %s)"
                         " ORDER BY changed, key_hash LIMIT " PAGE_TEXT,
                         NULL, NULL, 4, false},
    [SSO_SQL_SWEEP] = {"SELECT tag, key_hash, at, changed FROM " EPOCHS
                       " WHERE at <= %lld AND (at < %lld OR key_hash < %s)"
                       " ORDER BY at DESC, key_hash DESC LIMIT " PAGE_TEXT,
                       NULL, NULL, 4, false},
    [SSO_SQL_FORGET_SEEN] = {FORGET(SEEN, "expires"), FORGET_MYSQL(SEEN, "expires"), NULL, 0, true},
    [SSO_SQL_FORGET_EPOCHS] = {FORGET(EPOCHS, "at"), FORGET_MYSQL(EPOCHS, "at"), NULL, 0, true},
    [SSO_SQL_LINK_ADD] = {"INSERT " LINK_ADD " ON CONFLICT DO NOTHING", "INSERT IGNORE " LINK_ADD,
                          NULL, 0, false},
    [SSO_SQL_LINK_FIND] = {"SELECT l.username, l.used, a.source, a.issuer, a.subject FROM " LINKS
                           " l LEFT JOIN " LINKS " a ON a.username = l.username AND a.chosen > 0 "
                           "WHERE l.hash = %s ORDER BY a.chosen DESC LIMIT 1",
                           NULL,
                           "SELECT l.username, l.used, a.source, a.issuer, a.subject FROM " LINKS
                           " l LEFT JOIN " LINKS " a ON a.username = l.username AND a.chosen > 0 "
                           "WHERE l.hash = %s ORDER BY a.chosen DESC NULLS LAST LIMIT 1",
                           5, false},
    [SSO_SQL_LINKS_OF] = {"SELECT username, source, issuer, subject, label, created, used, chosen "
                          "FROM " LINKS " WHERE username = %s ORDER BY created, hash "
                          "LIMIT " PAGE_TEXT,
                          NULL, NULL, 8, false},
    [SSO_SQL_LINK_REMOVE] = {LINK_REMOVE(""), NULL, LINK_REMOVE(" FOR UPDATE"), 0, false},
    [SSO_SQL_LINK_CHOOSE] = {"UPDATE " LINKS " SET chosen = %lld WHERE hash = %s AND username = %s",
                             NULL, NULL, 0, true},
    [SSO_SQL_LINK_TOUCH] = {"UPDATE " LINKS " SET used = %lld WHERE hash = %s", NULL, NULL, 0,
                            true},
    [SSO_SQL_SWITCHES] = {"SELECT name, value FROM " SWITCHES " LIMIT " PAGE_TEXT, NULL, NULL, 2,
                          false},
    [SSO_SQL_SWITCH] = {SWITCH "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                        SWITCH "ON DUPLICATE KEY UPDATE value = VALUES(value)", NULL, 0, true},
    [SSO_SQL_KEY_ADD] = {"INSERT INTO " KEYS " (hash, holder, payload, expires) "
                         "VALUES (%s, %s, %s, %lld)",
                         NULL, NULL, 0, false},
    [SSO_SQL_KEY_FIND] = {"SELECT payload FROM " KEYS " WHERE hash = %s", NULL, NULL, 1, false},
    [SSO_SQL_KEY_TAKE] = {"DELETE FROM " KEYS " WHERE hash = %s", NULL, NULL, 0, false},
    [SSO_SQL_KEYS_BURN] = {"DELETE FROM " KEYS " WHERE holder = %s", NULL, NULL, 0, true},
    [SSO_SQL_FORGET_KEYS] = {FORGET(KEYS, "expires"), FORGET_MYSQL(KEYS, "expires"), NULL, 0, true},
};

void sso_sql_prepare(sso_database_t *database, sso_statement_t *statements)
{
    for (int i = 0; i < SSO_SQL_COUNT; i++) {
        const text_t *text = &texts[i];
        const char *own[] = {text->sqlite3, text->mysql, text->pgsql};
        const char *sql = own[database->dialect] ? own[database->dialect] : text->sqlite3;

        statements[i] = sso_statement_make(database, sql, text->columns);
        statements[i].is_repeatable = text->is_repeatable;
    }
}

/* SQLite's driver waits 15 times 100 ms for a lock and holds up no other thread meanwhile; SQLite's
 * own patience, tried each time before, does hold them up: just so much that writers meet rarely.
 * Every commit reaches the disk: a revocation must not be lost with the power. */
const char *const *sso_sql_greeting(const sso_database_t *database, apr_pool_t *p)
{
    int milliseconds = (int)apr_time_as_msec(database->timeout);
    const char **greeting = apr_pcalloc(p, 5 * sizeof(*greeting));

    switch (database->dialect) {
    case SSO_MYSQL:
        greeting[0] = apr_psprintf(p, "SET SESSION innodb_lock_wait_timeout=%d",
                                   milliseconds < 1000 ? 1 : milliseconds / 1000);
        greeting[1] = "SET SESSION sql_mode='STRICT_ALL_TABLES'";
        break;
    case SSO_PGSQL:
        greeting[0] = apr_psprintf(p, "SET statement_timeout TO %d", milliseconds);
        greeting[1] = "SET client_min_messages TO warning";
        greeting[2] = "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED";
        break;
    case SSO_SQLITE3:
    default:
        greeting[0] = "PRAGMA busy_timeout=25";
        greeting[1] = "PRAGMA journal_mode=WAL";
        greeting[2] = "PRAGMA synchronous=FULL";
        break;
    }
    return greeting;
}

const char *const *sso_sql_lock(sso_dialect_t dialect)
{
    static const char *const locks[][3] = {
        {"BEGIN IMMEDIATE", NULL},
        {"SELECT COALESCE(GET_LOCK(CONCAT('moodlesso ', MD5(DATABASE())), 1), 0)", NULL},
        {"BEGIN", "SELECT pg_advisory_xact_lock(1836019564, 1)", NULL},
    };

    return locks[dialect];
}

const char *const *sso_sql_unlock(sso_dialect_t dialect)
{
    static const char *const unlocks[][2] = {
        {"COMMIT", NULL},
        {"SELECT RELEASE_LOCK(CONCAT('moodlesso ', MD5(DATABASE())))", NULL},
        {"COMMIT", NULL},
    };

    return unlocks[dialect];
}

/* Identifiers and hashes are ASCII, compared byte by byte. */
#define INNODB " ENGINE=InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin"

#define META_TABLE                                                                       \
    "CREATE TABLE IF NOT EXISTS moodlesso_meta (name VARCHAR(32) NOT NULL PRIMARY KEY, " \
    "value VARCHAR(255) NOT NULL)"
#define EPOCHS_TABLE                                                                     \
    "CREATE TABLE IF NOT EXISTS " EPOCHS " (key_hash VARCHAR(64) NOT NULL PRIMARY KEY, " \
    "kind VARCHAR(16) NOT NULL, tag VARCHAR(16) NOT NULL, at BIGINT NOT NULL, "          \
    "changed BIGINT NOT NULL"
#define SEEN_TABLE                                                                 \
    "CREATE TABLE IF NOT EXISTS " SEEN " (hash VARCHAR(64) NOT NULL PRIMARY KEY, " \
    "kind VARCHAR(16) NOT NULL, expires BIGINT NOT NULL"

/* The last text of each migration says that it is done. */
#define DONE(version, least)                                           \
    " INTO moodlesso_meta (name, value) VALUES ('version', '" #version \
    "'), ('least_version', '" #least "')"
#define NEW_VALUE " ON CONFLICT (name) DO UPDATE SET value = excluded.value"

static const char *const standard_1[] = {
    META_TABLE,
    EPOCHS_TABLE ")",
    "CREATE INDEX IF NOT EXISTS moodlesso_epochs_at ON " EPOCHS " (at, key_hash)",
    "CREATE INDEX IF NOT EXISTS moodlesso_epochs_changed ON " EPOCHS " (changed, key_hash)",
    SEEN_TABLE ")",
    "CREATE INDEX IF NOT EXISTS moodlesso_seen_expires ON " SEEN " (expires)",
    "INSERT" DONE(1, 1) NEW_VALUE,
    NULL,
};

static const char *const mysql_1[] = {
    META_TABLE INNODB,
    EPOCHS_TABLE ", INDEX moodlesso_epochs_at (at, key_hash), "
                 "INDEX moodlesso_epochs_changed (changed, key_hash))" INNODB,
    SEEN_TABLE ", INDEX moodlesso_seen_expires (expires))" INNODB,
    "REPLACE" DONE(1, 1),
    NULL,
};

/* Names and addresses of people, compared byte by byte. */
#define INNODB_TEXTS " ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"

#define LINKS_TABLE                                                                              \
    "CREATE TABLE IF NOT EXISTS " LINKS " (hash VARCHAR(64) NOT NULL PRIMARY KEY, "              \
    "made VARCHAR(64) NOT NULL UNIQUE, username VARCHAR(255) NOT NULL, "                         \
    "source VARCHAR(64) NOT NULL, issuer VARCHAR(512) NOT NULL, subject VARCHAR(255) NOT NULL, " \
    "label VARCHAR(255) NOT NULL, created BIGINT NOT NULL, used BIGINT NOT NULL, "               \
    "chosen BIGINT NOT NULL"
#define SWITCHES_TABLE                                                                 \
    "CREATE TABLE IF NOT EXISTS " SWITCHES " (name VARCHAR(64) NOT NULL PRIMARY KEY, " \
    "value VARCHAR(255) NOT NULL)"

static const char *const standard_2[] = {
    LINKS_TABLE ")",
    "CREATE INDEX IF NOT EXISTS moodlesso_links_username ON " LINKS " (username, hash)",
    SWITCHES_TABLE,
    "INSERT" DONE(2, 1) NEW_VALUE,
    NULL,
};

static const char *const mysql_2[] = {
    LINKS_TABLE ", INDEX moodlesso_links_username (username, hash))" INNODB_TEXTS,
    SWITCHES_TABLE INNODB_TEXTS,
    "REPLACE" DONE(2, 1),
    NULL,
};

#define KEYS_TABLE                                                                 \
    "CREATE TABLE IF NOT EXISTS " KEYS " (hash VARCHAR(64) NOT NULL PRIMARY KEY, " \
    "holder VARCHAR(64) NOT NULL, payload TEXT NOT NULL, expires BIGINT NOT NULL"

static const char *const standard_3[] = {
    KEYS_TABLE ")",
    "CREATE INDEX IF NOT EXISTS moodlesso_keys_holder ON " KEYS " (holder)",
    "CREATE INDEX IF NOT EXISTS moodlesso_keys_expires ON " KEYS " (expires)",
    "INSERT" DONE(3, 1) NEW_VALUE,
    NULL,
};

static const char *const mysql_3[] = {
    KEYS_TABLE ", INDEX moodlesso_keys_holder (holder), "
               "INDEX moodlesso_keys_expires (expires))" INNODB_TEXTS,
    "REPLACE" DONE(3, 1),
    NULL,
};

const char *const *sso_sql_migration(sso_dialect_t dialect, int version)
{
    static const char *const *const standard[SSO_SQL_SCHEMA] = {standard_1, standard_2, standard_3};
    static const char *const *const mysql[SSO_SQL_SCHEMA] = {mysql_1, mysql_2, mysql_3};

    return dialect == SSO_MYSQL ? mysql[version - 1] : standard[version - 1];
}

const char *sso_sql_meta(const char *name, apr_pool_t *p)
{
    return apr_pstrcat(p, "SELECT value FROM moodlesso_meta WHERE name = '", name, "'", NULL);
}
