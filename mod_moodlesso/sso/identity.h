/* SPDX-License-Identifier: Apache-2.0 */
/* identity.h -- what a source vouches for: issuer, subject and claims; as values and as bytes. */
#ifndef SSO_IDENTITY_H
#define SSO_IDENTITY_H

#include <apr_time.h>

#include "sso/error.h"
#include "base/text.h"

/* X(field, claim name as in %{claim} and Require moodlesso-claim, environment variable) */
#define SSO_CLAIMS(X)                                            \
    X(SOURCE, "source", "MOODLESSO_SOURCE")                      \
    X(ISSUER, "issuer", "MOODLESSO_ISSUER")                      \
    X(SUBJECT, "subject", "MOODLESSO_SUBJECT")                   \
    X(USERNAME, "username", "MOODLESSO_USERNAME")                \
    X(EMAIL, "email", "MOODLESSO_EMAIL")                         \
    X(GIVEN_NAME, "given_name", "MOODLESSO_GIVEN_NAME")          \
    X(FAMILY_NAME, "family_name", "MOODLESSO_FAMILY_NAME")       \
    X(NAME, "name", "MOODLESSO_NAME")                            \
    X(IDNUMBER, "idnumber", "MOODLESSO_IDNUMBER")                \
    X(LANGUAGE, "language", "MOODLESSO_LANGUAGE")                \
    X(ROLES, "roles", "MOODLESSO_ROLES")                         \
    X(EXPIRES, "expires", "MOODLESSO_EXPIRES")                   \
    X(ACTIVE_SOURCE, "active_source", "MOODLESSO_ACTIVE_SOURCE") \
    X(ACTIVE_ISSUER, "active_issuer", "MOODLESSO_ACTIVE_ISSUER") \
    X(ACTIVE_SUBJECT, "active_subject", "MOODLESSO_ACTIVE_SUBJECT")

typedef enum {
#define SSO_CLAIM(field, claim, variable) SSO_CLAIM_##field,
    SSO_CLAIMS(SSO_CLAIM)
#undef SSO_CLAIM
        SSO_CLAIM_COUNT
} sso_claim_t;

/* Several values of one claim (roles) stand in one text, between these. */
#define SSO_VALUE_SEPARATOR '|'

/* What one source says about one person. Values are clean UTF-8, never "", NULL when unknown. */
typedef struct sso_identity_t {
    const char *claims[SSO_CLAIM_COUNT];
    int extra_count;       /* further claims of this source (profile fields) */
    const char **extra;    /* name, value, name, value ... */
    apr_time_t expires;    /* when the session behind it ends by itself; 0: not known */
    apr_time_t vouched_at; /* when the source was asked */
} sso_identity_t;

/* "MOODLESSO_SUBJECT" and so on. */
const char *sso_claim_variable(sso_claim_t claim);

/* The value of a claim by name ("subject", or an extra claim), NULL when there is none. */
const char *sso_identity_claim(const sso_identity_t *who, const char *name);

/* Split off the next value of a claim's text: of roles those between separators, of every other
 * claim its only one, in which a '|' is the person's. False at the end. */
bool sso_identity_next(const char *name, sso_span_t *rest, sso_span_t *value);

/* Is `value` the claim's value, or of roles one of the several? */
bool sso_identity_has(const sso_identity_t *who, const char *name, const char *value);

/* The e-mail address, where the issuer says that it was verified (email_verified is "true"): others
 * are what people write. NULL when there is none. */
const char *sso_identity_verified_email(const sso_identity_t *who);

/* Set a claim: "" becomes NULL, the rest clean UTF-8 in which ';' is ',' (auth_shibboleth cuts
 * values at ';', moodle/auth/shibboleth/auth.php get_first_string). */
void sso_identity_set(sso_identity_t *who, sso_claim_t claim, const char *value, apr_pool_t *p);

/* Add a claim that has no place of its own; names are the administrator's. */
void sso_identity_add(sso_identity_t *who, const char *name, const char *value, apr_pool_t *p);

/* Set a claim of several values from a text in which `separator` stands between them. */
void sso_identity_set_list(sso_identity_t *who, sso_claim_t claim, const char *list, char separator,
                           apr_pool_t *p);

/* Write an identity, or the error in its place, into `size` bytes; false when it needs more.
 * `used` is set in both cases. The form is for this machine and this build only. */
bool sso_identity_pack(const sso_identity_t *who, const sso_error_t *error, char *bytes,
                       apr_size_t size, apr_size_t *used);

/* Read what sso_identity_pack wrote; strings point into `bytes`. One of *who, *error is set.
 * False when the bytes are not of that form. */
bool sso_identity_unpack(const char *bytes, apr_size_t size, sso_identity_t **who,
                         const sso_error_t **error, apr_pool_t *p);

#endif
