/* SPDX-License-Identifier: Apache-2.0 */
/* io.h -- what the rules need from the world. io/ implements it, tests script it.
 *
 * A function that takes sso_io_t may block, within the timeout of what it asks; one that does not
 * take it cannot. The definitions here are read-only once the server's configuration is frozen. */
#ifndef SSO_IO_H
#define SSO_IO_H

#include <apr_tables.h>
#include <apr_time.h>

#include "sso/identity.h"
#include "sso/link.h"
#include "sso/request.h"
#include "sso/trust.h"

typedef struct sso_source_t sso_source_t;

typedef enum { SSO_SQLITE3, SSO_MYSQL, SSO_PGSQL } sso_dialect_t;

/* MoodleSSODatabase */
typedef struct sso_database_t {
    const char *name;
    sso_dialect_t dialect;
    const char *parameters;         /* as apr_dbd takes them; may hold a password: never logged */
    apr_interval_time_t timeout;    /* for everything one request asks of it */
    int max;                        /* connections of one process */
    int breaker;                    /* number of its circuit breaker */
    apr_array_header_t *statements; /* const char *, SQL with %s for each argument */
    const char *const *greeting;    /* SQL that begins each connection, NULL-ended; NULL: none */
} sso_database_t;

/* A statement of a database: prepared on each connection at first use. */
typedef struct sso_statement_t {
    const sso_database_t *database;
    int number; /* in database->statements */
    int columns;
    bool is_repeatable; /* of one that changes rows: twice is the same as once */
} sso_statement_t;

/* MoodleSSORedis */
typedef struct sso_redis_t {
    const char *name;
    const char *host; /* NULL for a unix socket */
    const char *path; /* of the unix socket */
    int port;
    int db;
    const char *user, *password; /* NULL when not given; never logged */
    apr_interval_time_t timeout;
    int breaker;
} sso_redis_t;

/* One HTTP request and what came back. */
typedef struct sso_exchange_t {
    const char *method; /* "GET", "HEAD", "POST" */
    const char *url;
    const char *cookie;          /* "NAME=VALUE", NULL for none */
    const char *const *headers;  /* "Name: value", NULL-terminated; may be NULL */
    const char *post;            /* body of a POST, as a form; NULL: empty */
    const char *ca;              /* file of root certificates; NULL: the system's */
    apr_size_t max_body;         /* bytes; a longer answer is SSO_IO_ANSWER */
    apr_interval_time_t timeout; /* of this one; 0: until the deadline of all */
    int breaker;
    const char *wanted_cookie; /* name of a cookie that the answer may set; NULL: none is wanted */
    int status;                /* answer: HTTP status */
    const char *location;      /* answer: Location header, NULL when none */
    apr_int64_t max_age;       /* answer: of Cache-Control, in seconds; -1 when it has none */
    apr_time_t date;        /* answer: the server's clock, Date and Age together; 0 when unknown */
    const char *set_cookie; /* answer: the last line that sets wanted_cookie, NULL when none */
    sso_span_t body;        /* answer */
    apr_table_t *fields;    /* gets the first 100 header fields of the answer; NULL: not wanted */
} sso_exchange_t;

/* What can go wrong in the world; APR_SUCCESS and APR_NOTFOUND beside these. */
#define SSO_IO_DOWN    (APR_OS_START_USERERR + 1) /* cannot be reached, or the circuit is open */
#define SSO_IO_TIMEOUT (APR_OS_START_USERERR + 2) /* reached, silent */
#define SSO_IO_DENIED  (APR_OS_START_USERERR + 3) /* refuses us */
#define SSO_IO_NO_TABLE \
    (APR_OS_START_USERERR + 4)                   /* the statement names a table that is not there */
#define SSO_IO_ANSWER (APR_OS_START_USERERR + 5) /* answered something we cannot use */
#define SSO_IO_BUSY   (APR_OS_START_USERERR + 6) /* too many wait for it already */

/* Gets each row in turn: statement->columns texts, NULL as in sso_io_t.query, good during the call
 * only. */
typedef struct sso_reader_t {
    void (*row)(void *context, const char *const *row);
    void *context;
} sso_reader_t;

typedef struct sso_io_t sso_io_t;
struct sso_io_t {
    apr_time_t now;      /* of the request */
    apr_time_t deadline; /* when everything this look-up asks for must be over */

    /* Ask a source about a credential, through the cache. One of *who and the error is set.
     * *cached says whether the source itself was spared. */
    const sso_error_t *(*lookup)(sso_io_t *io, const sso_source_t *source,
                                 const sso_credential_t *credential, sso_identity_t **who,
                                 bool *cached, apr_pool_t *p);

    /* Run a statement that answers one row at most. `row` gets statement->columns texts (NULL for
     * SQL's NULL and for empty ones). APR_NOTFOUND: no row. */
    apr_status_t (*query)(sso_io_t *io, const sso_statement_t *statement,
                          const char *const *arguments, const char **row, apr_pool_t *p);

    /* Run a statement that answers many rows; it has a LIMIT. */
    apr_status_t (*each)(sso_io_t *io, const sso_statement_t *statement,
                         const char *const *arguments, const sso_reader_t *reader, apr_pool_t *p);

    /* Run a statement that changes rows; none is APR_SUCCESS, too. */
    apr_status_t (*change)(sso_io_t *io, const sso_statement_t *statement,
                           const char *const *arguments, apr_pool_t *p);

    /* A command that changes keys, like UNLINK key; none is APR_SUCCESS, too. */
    apr_status_t (*hash_change)(sso_io_t *io, const sso_redis_t *redis, const char *const *words,
                                int count, apr_pool_t *p);

    /* HMGET key field ...: `values` gets `count` spans, NULL at where the field is missing. */
    apr_status_t (*hash_get)(sso_io_t *io, const sso_redis_t *redis, const char *key,
                             const char *const *fields, int count, sso_span_t *values,
                             apr_pool_t *p);

    /* Were the sessions of this kind and text (sso_session_epochs) that began then ended since?
     * Never blocks. */
    bool (*is_over)(sso_io_t *io, const char *kind, const char *text, apr_time_t began);

    /* Was this text noted, and is that not over? `note` keeps it so long, for all processes of the
     * server, but may forget it early. Neither blocks. */
    bool (*is_noted)(sso_io_t *io, const char *text, apr_pool_t *p);
    void (*note)(sso_io_t *io, const char *text, apr_interval_time_t keep, apr_pool_t *p);

    /* Was the source switched off at run time? Never blocks. */
    bool (*is_off)(sso_io_t *io, const sso_source_t *source);

    /* What is known of an issuer; NULL: nothing yet. Never blocks. It lives as long as this io. */
    const sso_trust_t *(*trust)(sso_io_t *io, const sso_issuer_t *issuer);

    /* A token names a key that the issuer is not known to have: ask it soon, but not for every such
     * token. Never blocks. */
    void (*want_trust)(sso_io_t *io, const sso_issuer_t *issuer);

    /* Linked accounts, in the store: see io/links.h. */
    apr_status_t (*link_find)(sso_io_t *io, const char *issuer, const char *subject,
                              sso_linked_t *linked, apr_pool_t *p);
    apr_status_t (*link_add)(sso_io_t *io, const sso_link_t *link, bool *added, apr_pool_t *p);
    apr_status_t (*links_of)(sso_io_t *io, const char *username, apr_array_header_t **links,
                             apr_pool_t *p);
    apr_status_t (*link_touch)(sso_io_t *io, const char *issuer, const char *subject,
                               apr_pool_t *p);

    /* One request, no redirects followed, TLS verified, cookies of the answer sent to nobody. */
    apr_status_t (*http)(sso_io_t *io, sso_exchange_t *exchange, apr_pool_t *p);
};

/* Make a statement of a database; SQL is text of our own, names in it are checked before. */
sso_statement_t sso_statement_make(sso_database_t *database, const char *sql, int columns);

/* The reason code for what a database, Redis or a site answered. */
const sso_error_t *sso_database_error(apr_status_t status);
const sso_error_t *sso_redis_error(apr_status_t status);
const sso_error_t *sso_http_error(apr_status_t status);

/* Likewise for the store; APR_NOTFOUND is none of its errors. */
const sso_error_t *sso_store_error(apr_status_t status);

#endif
