/* SPDX-License-Identifier: Apache-2.0 */
/* providers.h -- where people can sign in to this server, in the order in which they are asked. */
#ifndef MOODLESSO_PROVIDERS_H
#define MOODLESSO_PROVIDERS_H

#include <jansson.h>

#include "httpd/config.h"
#include "sso/client.h"

typedef struct moodlesso_provider_t {
    const char *name; /* of its source; start/NAME begins there */
    const sso_client_t *client;
} moodlesso_provider_t;

/* The providers of this server, by priority, then in the order of their definition; at most
 * MOODLESSO_MAX_USE. Answers how many. */
int moodlesso_providers(request_rec *r, moodlesso_provider_t *providers);

/* The value "forms" of a page with a form that leads to these providers (page.h). Browsers hold
 * every redirect against the policy, and a provider may lead on to others: so it is any https, and
 * the providers that speak http on loopback. */
json_t *moodlesso_provider_forms(request_rec *r, const moodlesso_provider_t *providers, int count);

/* GET login: the page to choose one; a single one is gone to at once (login_page.c). */
int moodlesso_login_page(request_rec *r);

/* GET login.json: the same for a theme that shows them itself (login_page.c). */
int moodlesso_login_json(request_rec *r);

#endif
