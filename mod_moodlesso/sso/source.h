/* SPDX-License-Identifier: Apache-2.0 */
/* source.h -- a configured place that knows users, and the table of kinds of them. */
#ifndef SSO_SOURCE_H
#define SSO_SOURCE_H

#include <apr_hash.h>

#include "sso/io.h"
#include "sso/options.h"

typedef struct sso_kind_t sso_kind_t;

/* MoodleSSOSource. Read-only once the configuration is frozen. */
struct sso_source_t {
    const char *name;
    const char *issuer; /* "KIND:NAME": whose the subjects are, where resolve does not say */
    const sso_kind_t *kind;
    void *settings;       /* the kind's own */
    bool is_frozen;       /* names are found, SQL is written */
    const char *sign;     /* stands in every Cookie header with a proof of its, or a session of ours
                             that it started; NULL: no such text is known */
    const char *audience; /* whom it vouches for; NULL: its proofs start no session of ours */
    int number;           /* unlike that of every other source of the server */
    apr_interval_time_t timeout; /* of what it asks; waiting for somebody else's answer is bounded
                                    by it too */
};

/* The databases and Redises of a server, by name. */
typedef struct sso_definitions_t {
    apr_hash_t *databases; /* name -> sso_database_t * */
    apr_hash_t *redises;   /* name -> sso_redis_t * */
    int *breakers;         /* count of circuit breakers given away so far */
} sso_definitions_t;

struct sso_kind_t {
    const char *name;
    bool minds_scheme; /* keeps credentials of http and https apart; else request->https is unset */

    /* Read the options into source->settings. Answers a sentence when they are wrong. */
    const char *(*configure)(sso_source_t *source, sso_options_t *options);

    /* Find the databases it names and write its SQL. Answers a sentence when one is missing. */
    const char *(*freeze)(sso_source_t *source, const sso_definitions_t *definitions,
                          apr_pool_t *p);

    /* Pick this source's credential out of the request. Answers NO_CREDENTIAL, DUPLICATE_COOKIE,
     * COOKIE_MALFORMED or TOKEN_MALFORMED. Pure. */
    const sso_error_t *(*find)(const sso_source_t *source, const sso_request_t *request,
                               sso_credential_t *credential, apr_pool_t *p);

    /* Ask who the credential stands for. *who is set only on success. May block. */
    const sso_error_t *(*resolve)(const sso_source_t *source, const sso_credential_t *credential,
                                  sso_io_t *io, sso_identity_t **who, apr_pool_t *p);

    /* End the session behind the credential of `who` where it is kept. *set_cookie gets the line
     * that makes the browser forget it, NULL where that is not known. NULL: this kind cannot. */
    const sso_error_t *(*end)(const sso_source_t *source, const sso_credential_t *credential,
                              const sso_identity_t *who, sso_io_t *io, const char **set_cookie,
                              apr_pool_t *p);
};

/* The kind of a name, NULL when there is none. */
const sso_kind_t *sso_kind(const char *name);

/* Make a source from "NAME KIND key=value ..."; answers a sentence when it is wrong. */
const char *sso_source_make(const char *name, const char *kind, sso_options_t *options,
                            sso_source_t **source);

/* Fill in what every identity has that this source vouches for now: source, issuer, username, name.
 * Answers IDENTITY_MALFORMED. */
const sso_error_t *sso_source_vouch(const sso_source_t *source, apr_time_t now, sso_identity_t *who,
                                    apr_pool_t *p);

/* Ask the source, and fill in what every identity has (source, issuer, subject checks, username).
 * Answers IDENTITY_MALFORMED beside the kind's own errors. */
const sso_error_t *sso_source_resolve(const sso_source_t *source,
                                      const sso_credential_t *credential, sso_io_t *io,
                                      sso_identity_t **who, apr_pool_t *p);

/* Find a session cookie of one name: NO_CREDENTIAL, DUPLICATE_COOKIE, or COOKIE_MALFORMED when it
 * is empty, longer than `max` bytes or has a byte that is no letter, no digit and not in `others`.
 */
const sso_error_t *sso_source_find_cookie(const sso_request_t *request, const char *name,
                                          const char *others, apr_size_t max,
                                          sso_credential_t *credential, apr_pool_t *p);

/* The database a source names; sets *sentence when there is none. */
sso_database_t *sso_source_database(const sso_source_t *source,
                                    const sso_definitions_t *definitions, const char *name,
                                    const char **sentence, apr_pool_t *p);

/* The issuers whose tokens a source takes (sso_issuer_t *); NULL when it takes none. */
const apr_array_header_t *sso_source_issuers(const sso_source_t *source);

/* From now on the identities of a source of kind moodle have the claim "auth", the account's way to
 * sign in. Before the configuration is frozen. */
void sso_moodle_tell_auth(sso_source_t *source);

/* The name of its cookie. */
const char *sso_moodle_cookie(const sso_source_t *source);

extern const sso_kind_t sso_kind_moodle;
extern const sso_kind_t sso_kind_drupal;
extern const sso_kind_t sso_kind_oidc;
extern const sso_kind_t sso_kind_loginkey;

#endif
