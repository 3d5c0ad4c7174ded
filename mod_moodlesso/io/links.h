/* SPDX-License-Identifier: Apache-2.0 */
/* links.h -- which accounts of providers stand for which username, in the store.
 *
 * A link is found by the SHA-256 of issuer and subject; the texts stand beside it. Each change is
 * one statement, and its count of rows says what happened: whoever is linked is never moved. While
 * the store cannot be asked every call answers as those of store.h do. */
#ifndef SSO_LINKS_H
#define SSO_LINKS_H

#include <apr_tables.h>

#include "io/store.h"
#include "sso/link.h"

/* APR_NOTFOUND: the account is not linked. */
apr_status_t sso_links_find(sso_store_t *store, const char *issuer, const char *subject,
                            sso_linked_t *linked, const char **why, apr_pool_t *p);

/* Link an account, unless it is linked already, or `is_made` and the username was made for another
 * one. SSO_IO_ANSWER when a text is too long. */
apr_status_t sso_links_add(sso_store_t *store, const sso_link_t *link, bool *added,
                           const char **why, apr_pool_t *p);

/* The links of a username (sso_link_t), the oldest first; at most SSO_SQL_PAGE. */
apr_status_t sso_links_of(sso_store_t *store, const char *username, apr_array_header_t **links,
                          const char **why, apr_pool_t *p);

/* Remove a link of this username, unless it is the only one. */
apr_status_t sso_links_remove(sso_store_t *store, const sso_link_t *link, bool *removed,
                              const char **why, apr_pool_t *p);

/* Make a link of this username its active one. */
apr_status_t sso_links_choose(sso_store_t *store, const sso_link_t *link, apr_time_t now,
                              bool *chosen, const char **why, apr_pool_t *p);

/* Note that it was used. */
apr_status_t sso_links_touch(sso_store_t *store, const char *issuer, const char *subject,
                             apr_time_t now, const char **why, apr_pool_t *p);

#endif
