/* SPDX-License-Identifier: Apache-2.0 */
/* switches.c -- sources that were switched off at run time. */
#include "io/switches.h"

#include <string.h>

#include <apr_strings.h>

#include "io/shared.h"

#define PREFIX "source:"

typedef struct pull_t {
    const apr_array_header_t *sources;
    apr_uint32_t *wanted; /* by place in `sources` */
} pull_t;

static void note(void *of_pull, const char *const *row)
{
    pull_t *pull = of_pull;

    if (row[0] == NULL || row[1] == NULL || strncmp(row[0], PREFIX, sizeof(PREFIX) - 1) != 0)
        return;
    for (int i = 0; i < pull->sources->nelts; i++) {
        const sso_source_t *source = APR_ARRAY_IDX(pull->sources, i, const sso_source_t *);

        if (strcmp(source->name, row[0] + sizeof(PREFIX) - 1) == 0)
            pull->wanted[i] = strcmp(row[1], "off") == 0;
    }
}

apr_status_t sso_switches_pull(sso_store_t *store, const apr_array_header_t *sources,
                               apr_uint32_t *off, const char **why, apr_pool_t *p)
{
    pull_t pull = {sources,
                   apr_pcalloc(p, sizeof(*pull.wanted) * (apr_size_t)(sources->nelts + 1))};
    const sso_reader_t reader = {note, &pull};
    const char *none = NULL;
    apr_status_t status = sso_store_each(store, SSO_SQL_SWITCHES, &none, &reader, why, p);

    for (int i = 0; i < sources->nelts && status == APR_SUCCESS; i++)
        sso_store(&off[APR_ARRAY_IDX(sources, i, const sso_source_t *)->number], pull.wanted[i]);
    return status;
}

apr_status_t sso_switches_set(sso_store_t *store, const char *name, bool is_on, const char **why,
                              apr_pool_t *p)
{
    const char *arguments[] = {apr_pstrcat(p, PREFIX, name, NULL), is_on ? "on" : "off"};
    int affected;

    return sso_store_execute(store, SSO_SQL_SWITCH, arguments, &affected, why, p);
}
