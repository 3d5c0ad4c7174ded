/* SPDX-License-Identifier: Apache-2.0 */
/* publish.h -- a decision as environment variables. */
#ifndef MOODLESSO_PUBLISH_H
#define MOODLESSO_PUBLISH_H

#include "httpd/config.h"
#include "sso/pipeline.h"

/* The variables (apr_table_entry_t) that say who it is, or why it is nobody. */
const apr_array_header_t *moodlesso_variables(request_rec *r, const sso_decision_t *decision);

/* Make the request's environment hold these MOODLESSO_ variables (none for NULL) and no others, so
 * that neither a client nor SetEnvIf on its headers can speak for us. */
void moodlesso_publish(request_rec *r, const apr_array_header_t *variables);

#endif
