/* SPDX-License-Identifier: Apache-2.0 */
/* check_probe.h -- what is asked of a database to find out whether the account may do all that is
 * configured, and the line for each answer.
 *
 * Nothing is changed: every statement that could has WHERE 1=0. Databases judge the right to it all
 * the same. */
#ifndef SSO_CHECK_PROBE_H
#define SSO_CHECK_PROBE_H

#include "sso/check.h"
#include "sso/source.h"

typedef enum {
    SSO_PROBE_SELECT,  /* may it read these columns ... */
    SSO_PROBE_DELETE,  /* ... delete rows ... */
    SSO_PROBE_UPDATE,  /* ... write this column? */
    SSO_PROBE_ALL,     /* may it do all of these to all columns, and add rows: a table of our own */
    SSO_PROBE_SCHEMA,  /* is the schema open to it? Others of the thing are in vain else */
    SSO_PROBE_TIMEOUT, /* Moodle's sessiontimeout */
    SSO_PROBE_SETTING, /* another setting of Moodle, a number */
    SSO_PROBE_LATEST   /* when a session was used last; seconds since 1970 */
} sso_probe_kind_t;

/* One statement, and what came of it. */
typedef struct sso_probe_t {
    const char *name; /* of its line */
    sso_probe_kind_t kind;
    const char *table;   /* with its prefix; NULL: of no table */
    const char *columns; /* "sid, userid"; the name of a setting; NULL: none */
    const char *sql[4];  /* run until one fails; NULL: no more */
    bool is_made_late;   /* the table is there from the first login on */
    /* The answer. */
    bool is_asked;
    apr_status_t status;
    const char *value; /* first column of the first row; NULL: none */
    const char *why;   /* the database's words; NULL: none */
    const char *place; /* PostgreSQL, when denied: the schema of the table; NULL: unknown */
} sso_probe_t;

/* What is wanted of a source beside knowing people. */
typedef struct sso_probe_wants_t {
    bool ends;    /* sessions of others are to be ended */
    bool matches; /* MoodleSSOMatch, or a login key, looks for users there */
} sso_probe_wants_t;

/* Who and where we are, as the database says. */
typedef struct sso_probe_place_t {
    apr_status_t status; /* of asking; APR_SUCCESS: connected */
    const char *why;
    const char *account;  /* "moodlesso@localhost", "moodlesso" */
    const char *database; /* MariaDB's database, PostgreSQL's current schema; NULL: none */
    const char *seconds;  /* its clock, since 1970; NULL: unknown */
    apr_time_t asked;     /* when that was, by our clock */
} sso_probe_place_t;

/* The questions that fill in a place: account, database, seconds. NULL: SQLite, which has no
 * accounts and no clock of its own. */
#define SSO_PROBE_PLACE 3
const char *const *sso_probe_place_sql(sso_dialect_t dialect);

/* PostgreSQL: the schema that this table is found in. */
const char *sso_probe_schema_of(const char *table, apr_pool_t *p);

/* Add a probe of a right to a list of sso_probe_t. */
sso_probe_t *sso_probe_right(apr_array_header_t *probes, sso_probe_kind_t kind, const char *name,
                             const char *table, const char *columns);

/* Add one whose answer is a value. */
sso_probe_t *sso_probe_value(apr_array_header_t *probes, sso_probe_kind_t kind, const char *name,
                             const char *columns, const char *sql);

/* Add the one of the schema that tables of this prefix are in; PostgreSQL alone has such a right.
 */
void sso_probe_schema(apr_array_header_t *probes, sso_dialect_t dialect, const char *prefix);

/* The lines "connect" and "clock" of a database. False when there was no answer. */
bool sso_probe_judge_place(sso_check_t *check, sso_dialect_t dialect,
                           const sso_probe_place_t *place);

/* A line for each probe; `because` is the line that made asking vain, NULL: there was an answer. */
void sso_probe_judge(sso_check_t *check, const apr_array_header_t *probes, sso_dialect_t dialect,
                     const sso_probe_place_t *place, apr_time_t now, const char *because);

#endif
