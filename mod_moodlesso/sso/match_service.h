/* SPDX-License-Identifier: Apache-2.0 */
/* match_service.h -- MoodleSSOMatch among the users that Moodle's web service shows.
 *
 * Who asks for a user he may not see is told that there is none. So before "nobody" is believed,
 * the service must show the guest account, which every Moodle has, with all that is needed of
 * users; that it did is noted for some minutes. Whose the token is he can see himself always: that
 * would prove nothing. */
#ifndef SSO_MATCH_SERVICE_H
#define SSO_MATCH_SERVICE_H

#include "sso/match_user.h"
#include "sso/service.h"

/* What was found. */
typedef struct sso_match_found_t {
    sso_match_user_t user;       /* the first who may sign in, else the last who may not */
    int count;                   /* of those who may */
    const sso_error_t *else_why; /* of one who was found and may not; NULL: none was */
} sso_match_found_t;

/* Look for the users whose `field` (username, email or idnumber) is this value. Answers what keeps
 * the service from telling: MOODLE_SERVICE_DOWN, _TIMEOUT, _DENIED, _ANSWER, _DETAILS, _IDENTITY,
 * _HIDDEN. */
const sso_error_t *sso_match_service_look(const sso_service_t *service, const char *field,
                                          const char *value, sso_io_t *io, sso_match_found_t *found,
                                          apr_pool_t *p);

/* Has Moodle a user of this name, whatever its state? MOODLE_USERNAME: it cannot have one. */
const sso_error_t *sso_match_service_is_taken(const sso_service_t *service, const char *username,
                                              sso_io_t *io, bool *is_taken, apr_pool_t *p);

/* The three fields, and what a test of the service says. */
#define SSO_MATCH_SERVICE_FIELDS 3
typedef struct sso_service_report_t {
    const char *username; /* whose the token is */
    const char *release;  /* of Moodle */
    const char *fields[SSO_MATCH_SERVICE_FIELDS];
    const sso_error_t *errors[SSO_MATCH_SERVICE_FIELDS]; /* by field; NULL: users can be looked for
                                                            by it */
} sso_service_report_t;

/* Ask the service who we are to it and what it shows us, now. Answers what keeps it from telling
 * the first. */
const sso_error_t *sso_match_service_test(const sso_service_t *service, sso_io_t *io,
                                          sso_service_report_t *report, apr_pool_t *p);

#endif
