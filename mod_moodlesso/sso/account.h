/* SPDX-License-Identifier: Apache-2.0 */
/* account.h -- as whom an identity is known here: by its link, else by what rules find, else by a
 * name made for it.
 *
 * It is asked like a source, through the same cache: its credential is who somebody is elsewhere,
 * and its answer who that is here. Nobody who could not be looked for is taken for unknown. */
#ifndef SSO_ACCOUNT_H
#define SSO_ACCOUNT_H

#include "sso/match.h"
#include "sso/source.h"

/* The rules of a section. Read-only once they are frozen. */
typedef struct sso_account_rules_t {
    const apr_array_header_t *match; /* sso_match_t *, in order; NULL: none */
    bool creates;                    /* MoodleSSOCreateUsers */
    int number;                      /* of `match`, from 1; 0: none */
} sso_account_rules_t;

/* The source that knows accounts. `lists` are all lists of rules there are (const
 * apr_array_header_t *), by their number less 1. */
sso_source_t *sso_account_source(const apr_array_header_t *lists, int number,
                                 apr_interval_time_t timeout, apr_pool_t *p);

/* Ask it. *judged is a copy of `who` with the username here, and the active account of it. Answers
 * AMBIGUOUS_MATCH, USERNAME_TAKEN, NOT_LINKED, USER_SUSPENDED, USER_NOLOGIN, MOODLE_USERNAME,
 * STORE_DOWN, and what keeps Moodle's database or web service from telling. */
const sso_error_t *sso_account(const sso_source_t *accounts, const sso_account_rules_t *rules,
                               const sso_identity_t *who, sso_io_t *io,
                               const sso_identity_t **judged, apr_pool_t *p);

/* What its owner knows the account by: a verified address, else a name. */
const char *sso_account_label(const sso_identity_t *who, apr_pool_t *p);

#endif
