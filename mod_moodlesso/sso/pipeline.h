/* SPDX-License-Identifier: Apache-2.0 */
/* pipeline.h -- who is it? The sources in their order, one decision. */
#ifndef SSO_PIPELINE_H
#define SSO_PIPELINE_H

#include "sso/session.h"
#include "sso/source.h"

/* One per main request; sub-requests and internal redirects share it. */
typedef struct sso_decision_t {
    const sso_identity_t *who;    /* NULL: nobody */
    const sso_error_t *why;       /* NULL when somebody; else the gravest error met */
    const sso_source_t *source;   /* that vouched, or that met the error; NULL when none did */
    bool cached;                  /* the source itself was not asked */
    const sso_session_t *session; /* of ours, by which the person is known; NULL: by a proof of the
                                     source itself */
} sso_decision_t;

/* May there be something in the request for one of these sources? Most requests with cookies have
 * those of others only: where this says no, sso_identify would say NO_CREDENTIAL. */
bool sso_may_identify(const sso_source_t *const *sources, int count, const sso_request_t *request);

/* Ask the sources in order; the first to vouch wins. A source whose own proof is not there is known
 * by a session that it started. A refused credential does not hide a later
 * good one; when nobody vouches the gravest error is kept, the first of equal ones. */
void sso_identify(const sso_source_t *const *sources, int count, const sso_request_t *request,
                  sso_io_t *io, sso_decision_t *decision, apr_pool_t *p);

#endif
