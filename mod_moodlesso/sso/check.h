/* SPDX-License-Identifier: Apache-2.0 */
/* check.h -- what moodlesso-check says: a line for each thing that was tested, with the fix.
 *
 * A line names two texts of pages/texts.LANGUAGE, found_... and fix_..., in which its own words
 * stand as {{what}}, {{why}}, {{run}} and {{thing}}. So people and scripts read the same. */
#ifndef SSO_CHECK_H
#define SSO_CHECK_H

#include <apr_tables.h>
#include <apr_time.h>

#include "base/text.h"

/* Each is a text found_NAME. */
#define SSO_CHECK_FOUNDS(X)                                                        \
    X(WORDS, "words")         /* {{what}} */                                       \
    X(ERROR, "error")         /* a reason code, and somebody's words in {{why}} */ \
    X(GRANTED, "granted")     /* what is allowed */                                \
    X(CONNECTED, "connected") /* as which account */                               \
    X(CLOCK, "clock")         /* seconds by which another clock is ahead */        \
    X(NO_CLOCK, "no_clock")                                                        \
    X(NOT_YET, "not_yet") /* a table that is made at the first login */            \
    X(GIVEN, "given")     /* by the configuration */                               \
    X(MISSING, "missing") /* a setting of Moodle */                                \
    X(SESSION, "session") /* how many seconds ago one was used last */             \
    X(NO_SESSION, "no_session")                                                    \
    X(BECAUSE, "because") /* of which line it was not tested */                    \
    X(NO_TIME, "no_time")                                                          \
    X(COOKIES, "cookies") /* on https, on http */                                  \
    X(REACHED, "reached")                                                          \
    X(METADATA, "metadata") /* how many seconds ago they were fetched */           \
    X(NO_METADATA, "no_metadata")                                                  \
    X(KEYS, "keys")     /* how many */                                             \
    X(SITE, "site")     /* whose token, which release */                           \
    X(TABLES, "tables") /* version of the store's */                               \
    X(FRAMES_OFF, "frames_off")                                                    \
    X(POLICY, "policy")                                                            \
    X(SENT, "sent")         /* an address, what came with its page */              \
    X(NOT_SENT, "not_sent") /* an address, why it could not be asked */            \
    X(NO_BASE_URL, "no_base_url")                                                  \
    X(RENAMED, "renamed")         /* a cookie, its name in frames */               \
    X(NOT_RENAMED, "not_renamed") /* a cookie */

/* Each is a text fix_NAME. */
#define SSO_CHECK_FIXES(X)                                              \
    X(NONE, "none")                                                     \
    X(GRANT, "grant")           /* {{run}} */                           \
    X(GRANT_LATE, "grant_late") /* likewise, when the table is there */ \
    X(FILE, "file")             /* of SQLite */                         \
    X(DATABASE_DOWN, "database_down")                                   \
    X(DATABASE_DENIED, "database_denied")                               \
    X(DATABASE_BUSY, "database_busy")                                   \
    X(TABLE, "table") /* prefix= or version= */                         \
    X(CLOCK, "clock")                                                   \
    X(TIMEOUT, "timeout") /* Moodle's sessiontimeout */                 \
    X(SETTING, "setting") /* another of Moodle's */                     \
    X(NO_SESSION, "no_session")                                         \
    X(REDIS_DOWN, "redis_down")                                         \
    X(REDIS_DENIED, "redis_denied")                                     \
    X(ACL, "acl")                 /* {{run}} */                         \
    X(SITE_DOWN, "site_down")     /* url=, ca= */                       \
    X(SITE_ANSWER, "site_answer") /* method= */                         \
    X(ISSUER, "issuer")                                                 \
    X(ISSUER_CLOCK, "issuer_clock")                                     \
    X(SERVICE_DOWN, "service_down")                                     \
    X(SERVICE_DENIED, "service_denied")                                 \
    X(SERVICE_ANSWER, "service_answer")                                 \
    X(SERVICE_DETAILS, "service_details")                               \
    X(SERVICE_IDENTITY, "service_identity")                             \
    X(SERVICE_HIDDEN, "service_hidden")                                 \
    X(STORE_TABLES, "store_tables") /* {{run}} */                       \
    X(HTTPS, "https")               /* {{run}} */                       \
    X(ANCESTORS, "ancestors")       /* {{run}} */                       \
    X(SENT, "sent")                                                     \
    X(COOKIES, "cookies") /* {{run}} */

#define SSO_CHECK_FOUND_CODE(code, name) SSO_FOUND_##code,
#define SSO_CHECK_FIX_CODE(code, name)   SSO_FIX_##code,
typedef enum { SSO_CHECK_FOUNDS(SSO_CHECK_FOUND_CODE) SSO_FOUND_COUNT } sso_found_t;
typedef enum { SSO_CHECK_FIXES(SSO_CHECK_FIX_CODE) SSO_FIX_COUNT } sso_fix_t;

typedef enum { SSO_CHECK_GOOD, SSO_CHECK_BAD, SSO_CHECK_UNTESTED } sso_verdict_t;

typedef struct sso_check_line_t {
    const char *kind;  /* what it is about: "source" */
    const char *thing; /* which one: "moodle"; NULL: there is one only */
    const char *name;  /* stable: "source.moodle.select.user" */
    sso_verdict_t verdict;
    sso_found_t found;
    sso_fix_t fix;
    const char *what, *why; /* words in the texts; NULL: none */
    const char *run;        /* the command or directive that mends it; NULL: none */
} sso_check_line_t;

/* Lines, and what the next ones are about. */
typedef struct sso_check_t {
    apr_array_header_t *lines; /* sso_check_line_t */
    const char *kind, *thing;
    apr_pool_t *p;
} sso_check_t;

void sso_check_init(sso_check_t *check, apr_pool_t *p);

/* The next lines are about this. */
void sso_check_about(sso_check_t *check, const char *kind, const char *thing);

/* Add a line; it has no fix yet. Good until the next one is added. */
sso_check_line_t *sso_check_add(sso_check_t *check, const char *name, sso_verdict_t verdict,
                                sso_found_t found, const char *what);

/* A line for a clock that is `ahead` of ours, good up to `limit`. */
void sso_check_clock(sso_check_t *check, const char *name, apr_interval_time_t ahead,
                     apr_interval_time_t limit, sso_fix_t fix);

/* Is no line bad? */
bool sso_check_is_good(const sso_check_t *check);

/* "found_granted", "fix_grant": names of texts. */
const char *sso_found_text(sso_found_t found);
const char *sso_fix_text(sso_fix_t fix);

#endif
