/* SPDX-License-Identifier: Apache-2.0 */
/* check_redis.c -- what is asked of a Redis about a user's rights, and what that tells. */
#include "sso/check_redis.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

void sso_redis_probe(apr_array_header_t *probes, const char *name, const char *command,
                     const char *key, const char *field, const char *keys)
{
    sso_redis_probe_t *probe = apr_array_push(probes);

    *probe = (sso_redis_probe_t){
        .name = name, .words = {command, key, field}, .count = field ? 3 : 2, .keys = keys};
}

static const char *user_of(const sso_redis_t *redis)
{
    return redis->user ? redis->user : "default";
}

static const char *small(const char *word, apr_pool_t *p)
{
    char *letters = apr_pstrdup(p, word);

    for (char *at = letters; *at != '\0'; at++)
        *at = (char)apr_tolower(*at);
    return letters;
}

static bool lacks_right(const sso_redis_probe_t *probe)
{
    return probe->status == SSO_IO_DENIED && probe->why != NULL &&
           strncmp(probe->why, "NOPERM", 6) == 0;
}

/* db= is chosen before anything else is asked. */
static bool lacks_select(const sso_redis_t *redis, const sso_redis_probe_t *probe, apr_pool_t *p)
{
    return lacks_right(probe) && redis->db != 0 && strstr(small(probe->why, p), "'select'") != NULL;
}

/* False: nothing can be asked. */
static bool judge_connection(sso_check_t *check, const sso_redis_t *redis,
                             const sso_redis_probe_t *probe)
{
    sso_check_line_t *line;
    bool is_denied = probe->status == SSO_IO_DENIED;

    if (probe->status == APR_SUCCESS || probe->status == SSO_IO_ANSWER ||
        (lacks_right(probe) && !lacks_select(redis, probe, check->p))) {
        sso_check_add(check, "redis.connect", SSO_CHECK_GOOD, SSO_FOUND_CONNECTED, user_of(redis));
        return true;
    }
    line = sso_check_add(check, "redis.connect", SSO_CHECK_BAD, SSO_FOUND_ERROR,
                         sso_redis_error(probe->status)->name);
    line->why = probe->why;
    line->fix = is_denied ? SSO_FIX_REDIS_DENIED : SSO_FIX_REDIS_DOWN;
    if (lacks_select(redis, probe, check->p)) {
        line->fix = SSO_FIX_ACL;
        line->run = apr_pstrcat(check->p, "ACL SETUSER ", user_of(redis), " +select", NULL);
    }
    return false;
}

static const char *allowing(const sso_redis_t *redis, const sso_redis_probe_t *probe, apr_pool_t *p)
{
    return apr_pstrcat(p, user_of(redis), " ", probe->keys, " +", small(probe->words[0], p), NULL);
}

static void judge(sso_check_t *check, const sso_redis_t *redis, const sso_redis_probe_t *probe)
{
    sso_check_line_t *line;

    if (probe->status == APR_SUCCESS) {
        sso_check_add(check, probe->name, SSO_CHECK_GOOD, SSO_FOUND_GRANTED,
                      allowing(redis, probe, check->p));
        return;
    }
    line = sso_check_add(check, probe->name, SSO_CHECK_BAD, SSO_FOUND_ERROR,
                         sso_redis_error(probe->status)->name);
    line->why = probe->why;
    line->fix = lacks_right(probe) ? SSO_FIX_ACL : SSO_FIX_REDIS_DOWN;
    if (lacks_right(probe))
        line->run = apr_pstrcat(check->p, "ACL SETUSER ", allowing(redis, probe, check->p), NULL);
}

void sso_redis_judge(sso_check_t *check, const sso_redis_t *redis, const apr_array_header_t *probes)
{
    const char *because = NULL;

    for (int i = 0; i < probes->nelts; i++) {
        const sso_redis_probe_t *probe = &APR_ARRAY_IDX(probes, i, sso_redis_probe_t);

        if (i == 0 && probe->is_asked && !judge_connection(check, redis, probe))
            because = apr_pstrcat(check->p, check->kind, ".", check->thing, ".redis.connect", NULL);
        if (because != NULL || !probe->is_asked)
            sso_check_add(check, probe->name, SSO_CHECK_UNTESTED,
                          because ? SSO_FOUND_BECAUSE : SSO_FOUND_NO_TIME, because);
        else
            judge(check, redis, probe);
    }
}
