/* SPDX-License-Identifier: Apache-2.0 */
/* account_holder.c -- who has the page of accounts open, and which accounts are theirs. */
#include "httpd/account.h"

#include <apr_strings.h>

#include "httpd/freeze.h"
#include "httpd/identify.h"
#include "io/links.h"
#include "sso/account_form.h"
#include "sso/imprint.h"

const char *moodlesso_account_id(const sso_link_t *link, apr_pool_t *p)
{
    return sso_imprint_hex("link", apr_pstrcat(p, link->issuer, "\n", link->subject, NULL), p);
}

const sso_error_t *moodlesso_holder(request_rec *r, moodlesso_holder_t *holder)
{
    const sso_decision_t *decision = moodlesso_decision(r);
    sso_world_t *world = moodlesso_world();
    const char *why = NULL;

    if (decision == NULL || decision->who == NULL)
        return decision && decision->why ? decision->why : sso_error(SSO_NO_CREDENTIAL);
    holder->who = decision->who;
    holder->text = sso_account_holder(decision->who, decision->session, r->pool);
    if (holder->text == NULL)
        return sso_error(SSO_SESSION_NOT_SEALED);
    if (world == NULL || world->store == NULL ||
        sso_links_of(world->store, decision->who->claims[SSO_CLAIM_USERNAME], &holder->links, &why,
                     r->pool) != APR_SUCCESS)
        return sso_error(SSO_STORE_DOWN);
    return NULL;
}

bool moodlesso_is_current(const moodlesso_holder_t *holder, const sso_link_t *link)
{
    return strcmp(link->issuer, holder->who->claims[SSO_CLAIM_ISSUER]) == 0 &&
           strcmp(link->subject, holder->who->claims[SSO_CLAIM_SUBJECT]) == 0;
}
