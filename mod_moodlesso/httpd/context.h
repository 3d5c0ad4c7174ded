/* SPDX-License-Identifier: Apache-2.0 */
/* context.h -- what one request_rec remembers, and where it comes from. */
#ifndef MOODLESSO_CONTEXT_H
#define MOODLESSO_CONTEXT_H

#include "httpd/config.h"
#include "sso/embedding.h"
#include "sso/pipeline.h"

/* Of a request that may come from a frame; shared with internal redirects. */
typedef struct moodlesso_framed_t {
    bool is_embedded;
    bool has_renamed;                   /* cookies of a frame came with it */
    const sso_frame_cookies_t *renames; /* of its response, these are renamed; NULL: none */
    bool marks;                         /* its response is to set our mark */
    bool activates; /* its response lets scripts of the frame use the top level's cookies */
    bool changed;   /* plain cookies were kept from the application, or its own were renamed */
} moodlesso_framed_t;

typedef struct moodlesso_context_t {
    const sso_decision_t *decision; /* what holds here: `asked`, or what rules made of it */
    const sso_decision_t
        *asked; /* what sources say: `made`, or the one of the request it came from */
    sso_decision_t made;
    sso_decision_t judged;
    const moodlesso_directory_t *section; /* whose rules `judged` follows; NULL: none */
    const apr_array_header_t *use;        /* the sources it was made with; NULL: not made yet */
    const apr_array_header_t *variables;  /* as published into this request */
    const char *cookies;                  /* as they came, when the application gets fewer */
    const char *acr;                      /* asked for by a Require that failed; NULL: none did */
    bool is_acr_met;                      /* another Require that asks for one holds */
    const char *endpoint;                 /* its name, when it is for one of ours; else NULL */
    const char *rest, *query;        /* of an endpoint: what stood behind its name, and its query */
    struct moodlesso_visit_t *visit; /* below Moodle's root; else NULL */
    bool is_framed_known;
    moodlesso_framed_t framed; /* once known */
} moodlesso_context_t;

/* NULL when this request_rec remembers nothing yet. */
static inline moodlesso_context_t *moodlesso_context_of(const request_rec *r)
{
    return ap_get_module_config(r->request_config, &moodlesso_module);
}

/* Made when there is none. */
moodlesso_context_t *moodlesso_context(request_rec *r);

/* The request this one came from, by internal redirect or as a sub-request; NULL for the first. */
static inline request_rec *moodlesso_origin(const request_rec *r)
{
    return r->prev ? r->prev : r->main;
}

/* Our own origin: as MoodleSSOBaseURL says, else as the browser asked for it. */
bool moodlesso_own_origin(request_rec *r, sso_uri_t *own);

/* What the browser speaks: as MoodleSSOBaseURL says, else as our own connection does. */
bool moodlesso_is_https(request_rec *r);

#endif
