/* SPDX-License-Identifier: Apache-2.0 */
/* fake_io.h -- an sso_io_t that plays a script, in order, and fails the test on anything else. */
#ifndef FAKE_IO_H
#define FAKE_IO_H

#include "sso/source.h"

typedef struct fake_step_t {
    const char *expect; /* a part of the SQL, the Redis key, or the URL */
    const char
        *argument; /* the statement's argument, a part of the form that HTTP sends; NULL: any */
    apr_status_t status;
    const char *const *row;      /* query: columns; each: those of all rows, one after another */
    const sso_span_t *values;    /* hash_get */
    int http_status;             /* http */
    const char *location, *body; /* http */
    const char *set_cookie;      /* http: handed over when one is wanted */
    int rows;                    /* each, links: how many */
} fake_step_t;

typedef struct fake_trust_t {
    const char *issuer; /* its name */
    const sso_trust_t *trust;
} fake_trust_t;

typedef struct fake_io_t {
    sso_io_t io; /* first */
    const fake_step_t *steps;
    int count, next;
    const char *cookie;  /* of the last HTTP request */
    const char *headers; /* of the last HTTP request, one per line */
    const char *ended;   /* kind of epoch that was raised, at ended_at; NULL: none */
    apr_time_t ended_at;
    bool is_off;       /* every source was switched off */
    const char *noted; /* the last note, NULL: none */
    apr_interval_time_t noted_for;
    const fake_trust_t *trusts; /* what is known of issuers */
    int trust_count;
    const char *wanted; /* name of the issuer that was last wanted, NULL: none */
    int wanted_count;
} fake_io_t;

/* Play these steps; io.lookup asks the source without a cache. */
void fake_io_init(fake_io_t *fake, const fake_step_t *steps, int count);

/* Fail when steps are left. */
void fake_io_done(const fake_io_t *fake);

/* A database or Redis definition of that name, for freezing sources. */
sso_definitions_t fake_definitions(sso_dialect_t dialect, apr_pool_t *p);

/* A frozen source from "key=value key=value". */
sso_source_t *fake_source(const char *kind, const char *options, sso_dialect_t dialect,
                          apr_pool_t *p);

/* What is wrong with these options (at reading or freezing), NULL when nothing. */
const char *fake_source_sentence(const char *kind, const char *options, apr_pool_t *p);

/* SQL of a frozen source's n-th statement. */
const char *fake_sql(int n);

/* Find and resolve with a Cookie header. */
const sso_error_t *fake_ask(const sso_source_t *source, fake_io_t *fake, const char *cookies,
                            bool https, sso_identity_t **who, apr_pool_t *p);

/* Find and resolve with an Authorization header. */
const sso_error_t *fake_ask_bearer(const sso_source_t *source, fake_io_t *fake,
                                   const char *authorization, sso_identity_t **who, apr_pool_t *p);

/* What Moodle's web services answer when they do not do what is asked. */
#define MOODLE_EXCEPTION(code) \
    "{\"exception\":\"core\\\\exception\\\\x\",\"errorcode\":\"" code "\",\"message\":\"M\"}"

#define FAKE_NOW apr_time_from_sec(1795317100)

#endif
