/* SPDX-License-Identifier: Apache-2.0 */
/* notes.h -- what was found out lately, for all processes of the server: kept beside the identities
 * seen lately, by nothing but its fingerprint. */
#ifndef SSO_NOTES_H
#define SSO_NOTES_H

#include "io/access.h"

/* Was this text noted, and is that not over? */
bool sso_is_noted(sso_io_t *io, const char *text, apr_pool_t *p);

/* Note it for that long; it may be forgotten early. */
void sso_note(sso_io_t *io, const char *text, apr_interval_time_t keep, apr_pool_t *p);

/* Likewise with something to remember of it, at most 1,000 bytes; NULL when nothing is. */
void sso_note_value(sso_world_t *world, const char *text, const char *value,
                    apr_interval_time_t keep, apr_pool_t *p);
const char *sso_noted_value(sso_world_t *world, const char *text, apr_pool_t *p);

#endif
