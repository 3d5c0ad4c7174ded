/* SPDX-License-Identifier: Apache-2.0 */
/* switches.h -- sources that were switched off at run time, on every node: rows of the store,
 * copied to the shared memory of this one.
 *
 * The row "source:NAME" with the value "off" switches the sources of that name off; every other
 * value, or no row, leaves them on. While the store cannot be asked the copy stays as it is. */
#ifndef SSO_SWITCHES_H
#define SSO_SWITCHES_H

#include <apr_tables.h>

#include "io/store.h"
#include "sso/source.h"

/* Read all rows: off[source->number] becomes 1 or 0 for each of these (const sso_source_t *). One
 * process of the node calls it, each second. */
apr_status_t sso_switches_pull(sso_store_t *store, const apr_array_header_t *sources,
                               apr_uint32_t *off, const char **why, apr_pool_t *p);

/* Switch the sources of this name; every node knows within a second or two. */
apr_status_t sso_switches_set(sso_store_t *store, const char *name, bool is_on, const char **why,
                              apr_pool_t *p);

#endif
