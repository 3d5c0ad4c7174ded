/* SPDX-License-Identifier: Apache-2.0 */
/* pipeline.c -- who is it? The sources in their order, one decision. */
#include "sso/pipeline.h"

#include <string.h>

void sso_identify(const sso_source_t *const *sources, int count, const sso_request_t *request,
                  sso_io_t *io, sso_decision_t *decision, apr_pool_t *p)
{
    memset(decision, 0, sizeof(*decision));
    decision->why = sso_error(SSO_NO_CREDENTIAL);
    for (int i = 0; i < count; i++) {
        sso_credential_t credential = {0};
        sso_identity_t *who = NULL;
        bool cached = false;
        const sso_error_t *error = sources[i]->kind->find(sources[i], request, &credential, p);

        if (error == NULL)
            error = io->lookup(io, sources[i], &credential, &who, &cached, p);
        if (error == NULL) {
            decision->who = who;
            decision->why = NULL;
            decision->source = sources[i];
            decision->cached = cached;
            return;
        }
        if (error->class > decision->why->class ||
            (decision->source == NULL && error->code != SSO_NO_CREDENTIAL)) {
            decision->why = error;
            decision->source = sources[i];
            decision->cached = cached;
        }
    }
}
