/* SPDX-License-Identifier: Apache-2.0 */
/* duration.c -- "30s", "100ms", "5min": lengths of time as people write them. */
#include "base/duration.h"

static const struct {
    const char *name;
    apr_int64_t microseconds;
} units[] = {
    {"ms", 1000},
    {"s", APR_USEC_PER_SEC},
    {"min", 60 * APR_USEC_PER_SEC},
    {"h", 3600 * APR_USEC_PER_SEC},
    {"d", 86400 * APR_USEC_PER_SEC},
    {"", APR_USEC_PER_SEC},
};

bool sso_duration_parse(const char *text, apr_interval_time_t *duration)
{
    const apr_int64_t longest = 3653 * 86400 * APR_USEC_PER_SEC;
    sso_span_t number = {text, 0}, unit;
    apr_int64_t count;

    while (text[number.len] >= '0' && text[number.len] <= '9')
        number.len++;
    unit = sso_span(text + number.len);
    if (!sso_span_integer(number, &count))
        return false;
    for (apr_size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (sso_span_equal(unit, units[i].name)) {
            if (count > longest / units[i].microseconds)
                return false;
            *duration = count * units[i].microseconds;
            return true;
        }
    }
    return false;
}
