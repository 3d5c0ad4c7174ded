/* SPDX-License-Identifier: Apache-2.0 */
/* duration.h -- "30s", "100ms", "5min": lengths of time as people write them. */
#ifndef SSO_DURATION_H
#define SSO_DURATION_H

#include <apr_time.h>

#include "base/text.h"

/* Read a number with the unit ms, s, min, h or d (seconds when there is none) into microseconds.
 * False for anything else, for 0 digits and for more than ten years. */
bool sso_duration_parse(const char *text, apr_interval_time_t *duration);

#endif
