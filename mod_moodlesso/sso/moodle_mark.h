/* SPDX-License-Identifier: Apache-2.0 */
/* moodle_mark.h -- what a browser remembers for seconds of having been signed in to Moodle, so that
 * nobody is sent round for ever.
 *
 * "PERSON.SESSION.ROUNDS": hashes of the subject and of the session's id that Moodle began, and how
 * often that was. Who comes back with that very session, or with none, and is not in, would be sent
 * round. Another session is that of a tab which opened meanwhile: it may try, a few times. */
#ifndef SSO_MOODLE_MARK_H
#define SSO_MOODLE_MARK_H

#include "base/text.h"

#define SSO_MOODLE_MARK_ROUNDS 9 /* of tabs that get in each other's way */

typedef struct sso_moodle_mark_t {
    int rounds;    /* 0: there is no mark of this person */
    bool returned; /* with the session that was begun, or without any */
} sso_moodle_mark_t;

/* The mark of a person (a subject) whom Moodle gave a session. An empty `sid` stands for every
 * session: the person is known to come back from now on. */
const char *sso_moodle_mark_make(const char *subject, sso_span_t sid, int rounds, apr_pool_t *p);

/* What a mark says of a person who comes with this session, empty when none came. */
sso_moodle_mark_t sso_moodle_mark_read(sso_span_t value, const char *subject, sso_span_t sid,
                                       apr_pool_t *p);

#endif
