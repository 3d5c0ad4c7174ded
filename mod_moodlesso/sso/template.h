/* SPDX-License-Identifier: Apache-2.0 */
/* template.h -- "%{given_name} %{family_name}": text with claims in it. */
#ifndef SSO_TEMPLATE_H
#define SSO_TEMPLATE_H

#include "sso/identity.h"

/* One piece: fixed text, or a claim's value. Read-only after parsing. */
typedef struct sso_template_t sso_template_t;

/* Parse a template; answers a sentence when it is wrong. "%%" is a per cent sign. */
const char *sso_template_parse(const char *text, const sso_template_t **compiled, apr_pool_t *p);

/* Fill it in. NULL when a claim in it is unknown: half a text would be a wrong one. */
const char *sso_template_fill(const sso_template_t *compiled, const sso_identity_t *who,
                              apr_pool_t *p);

#endif
