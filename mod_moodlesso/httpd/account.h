/* SPDX-License-Identifier: Apache-2.0 */
/* account.h -- the accounts by which a person is known here: seen, linked, removed, chosen. */
#ifndef MOODLESSO_ACCOUNT_H
#define MOODLESSO_ACCOUNT_H

#include <jansson.h>

#include "httpd/config.h"
#include "sso/pipeline.h"

/* Who has the page open. */
typedef struct moodlesso_holder_t {
    const sso_identity_t *who; /* with the username here */
    const char *text;          /* see sso_account_holder */
    apr_array_header_t *links; /* sso_link_t, of the username */
} moodlesso_holder_t;

/* The person of this request and the links: NO_CREDENTIAL and so on, STORE_DOWN
 * (account_holder.c). */
const sso_error_t *moodlesso_holder(request_rec *r, moodlesso_holder_t *holder);

/* GET account, GET account.json (account_page.c); POST account (account_change.c). Only in sections
 * with rules about accounts; elsewhere 404. */
int moodlesso_account_page(request_rec *r);
int moodlesso_account_json(request_rec *r);
int moodlesso_account_change(request_rec *r);

/* Somebody comes back from a provider to link this account: off to the page, with the proof. `back`
 * is what the login was begun with. Answers what a handler answers. */
int moodlesso_account_land(request_rec *r, const sso_source_t *source,
                           const sso_identity_t *account, const char *back);

/* What a provider is asked to do, so that the account is that of whoever is here now (`prompt`). */
const char *moodlesso_account_prompt(const sso_source_t *source);

/* Link the account of a proof to the holder. Answers FORM_EXPIRED, LINKED_ELSEWHERE, STORE_DOWN. */
const sso_error_t *moodlesso_account_link(request_rec *r, const moodlesso_holder_t *holder,
                                          const char *proof);

/* Is it the account by which the person is known now? It is not taken away under their feet. */
bool moodlesso_is_current(const moodlesso_holder_t *holder, const sso_link_t *link);

/* Names a link in forms. */
const char *moodlesso_account_id(const sso_link_t *link, apr_pool_t *p);

#endif
