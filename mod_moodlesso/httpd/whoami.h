/* SPDX-License-Identifier: Apache-2.0 */
/* whoami.h -- SetHandler moodlesso-whoami: the decision for this request, as JSON. */
#ifndef MOODLESSO_WHOAMI_H
#define MOODLESSO_WHOAMI_H

#include "httpd/config.h"

/* {"identified": true, "source", "issuer", "subject", ..., "age", "cached"}, or
 * {"identified": false, "reason", "class", "sentence", "source"}. Never a secret. */
int moodlesso_whoami(request_rec *r);

#endif
