/* SPDX-License-Identifier: Apache-2.0 */
/* pipeline.c -- who is it? The sources in their order, one decision. */
#include "sso/pipeline.h"

#include <string.h>

#include <apr_pools.h>

bool sso_may_identify(const sso_source_t *const *sources, int count, const sso_request_t *request)
{
    if (request->authorization != NULL)
        return true;
    for (int i = 0; request->cookies != NULL && i < count; i++) {
        if (sources[i]->sign == NULL || strstr(request->cookies, sources[i]->sign) != NULL)
            return true;
    }
    return false;
}

/* A session that the source started, unless it was ended since. */
static const sso_error_t *find_session(const sso_source_t *source, const sso_request_t *request,
                                       sso_io_t *io, sso_session_t *session, apr_pool_t *p)
{
    sso_session_epoch_t epochs[SSO_SESSION_EPOCHS];
    int count;

    SSO_TRY(sso_session_find(request->sessions, request->cookies, source->name, source->audience,
                             request->now, session, p));
    count = sso_session_epochs(session, epochs, p);
    for (int i = 0; i < count; i++) {
        if (io->is_over(io, epochs[i].kind, epochs[i].text, session->created))
            return sso_error(SSO_SESSION_REVOKED);
    }
    return NULL;
}

/* Ask one source: its own proof, else a session of ours. */
static const sso_error_t *ask(const sso_source_t *source, const sso_request_t *request,
                              sso_io_t *io, sso_decision_t *answer, apr_pool_t *p)
{
    sso_credential_t credential = {0};
    sso_identity_t *who = NULL;
    const sso_error_t *error = source->kind->find(source, request, &credential, p);

    if (error == NULL && io->is_off(io, source)) {
        error = sso_error(SSO_SOURCE_OFF);
    }
    else if (error == NULL) {
        error = io->lookup(io, source, &credential, &who, &answer->cached, p);
        answer->who = error ? NULL : who;
    }
    else if (error->code == SSO_NO_CREDENTIAL && source->audience != NULL &&
             request->sessions != NULL) {
        sso_session_t *session = apr_pcalloc(p, sizeof(*session));

        error = find_session(source, request, io, session, p);
        if (error == NULL && io->is_off(io, source))
            error = sso_error(SSO_SOURCE_OFF);
        answer->session = error ? NULL : session;
        answer->who = error ? NULL : session->who;
    }
    answer->why = error;
    answer->source = source;
    return error;
}

/* Is this the reason to give, after those of the sources before? */
static bool tells_more(const sso_error_t *error, const sso_decision_t *decision)
{
    if (error->class != decision->why->class)
        return error->class > decision->why->class;
    if (decision->source == NULL)
        return error->code != SSO_NO_CREDENTIAL;
    /* To a source, the sessions of every other one are forged. */
    return decision->why->code == SSO_SESSION_FORGED && error->code != SSO_SESSION_FORGED;
}

void sso_identify(const sso_source_t *const *sources, int count, const sso_request_t *request,
                  sso_io_t *io, sso_decision_t *decision, apr_pool_t *p)
{
    memset(decision, 0, sizeof(*decision));
    decision->why = sso_error(SSO_NO_CREDENTIAL);
    for (int i = 0; i < count; i++) {
        sso_decision_t answer = {0};
        const sso_error_t *error = ask(sources[i], request, io, &answer, p);

        if (error == NULL || tells_more(error, decision))
            *decision = answer;
        if (error == NULL)
            return;
    }
}
