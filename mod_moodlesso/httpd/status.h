/* SPDX-License-Identifier: Apache-2.0 */
/* status.h -- SetHandler moodlesso-status: sources, circuits and cache of this machine, as JSON. */
#ifndef MOODLESSO_STATUS_H
#define MOODLESSO_STATUS_H

#include "httpd/config.h"

/* {"cache": {...}, "sources": {NAME: {...}}, "databases": {NAME: {...}}, "redises": {...}}. */
int moodlesso_status(request_rec *r);

#endif
