/* SPDX-License-Identifier: Apache-2.0 */
/* check_moodle.c -- what a source of the kind moodle needs of its database and its Redis: the
 * columns of source_moodle.c and match.c, GRANT by GRANT. */
#include <apr_strings.h>

#include "sso/check_redis.h"
#include "sso/check_source.h"
#include "sso/source_moodle.h"

static const char *table(const sso_moodle_t *moodle, const char *name, apr_pool_t *p)
{
    return apr_pstrcat(p, moodle->prefix, name, NULL);
}

static void want_sessions(const sso_moodle_t *moodle, const sso_probe_wants_t *wants,
                          apr_array_header_t *probes, apr_pool_t *p)
{
    const char *sessions = table(moodle, "sessions", p);

    sso_probe_right(probes, SSO_PROBE_SELECT, "select.sessions", sessions,
                    "sid, userid, timemodified");
    if (moodle->mfa == SSO_MOODLE_MFA_REQUIRED)
        sso_probe_right(probes, SSO_PROBE_SELECT, "select.sessions.sessdata", sessions, "sessdata");
    if (wants->ends)
        sso_probe_right(probes, SSO_PROBE_DELETE, "delete.sessions", sessions, NULL);
}

/* A row of mdl_config that must be there, and be a number. */
static void want_setting(const sso_moodle_t *moodle, sso_probe_kind_t kind, const char *name,
                         const char *setting, apr_array_header_t *probes)
{
    sso_probe_value(probes, kind, name, setting,
                    apr_psprintf(probes->pool, "SELECT value FROM %sconfig WHERE name='%s'",
                                 moodle->prefix, setting));
}

void sso_moodle_probes(const sso_source_t *source, const sso_probe_wants_t *wants,
                       apr_array_header_t *probes, apr_pool_t *p)
{
    const sso_moodle_t *moodle = source->settings;
    bool has_rows = moodle->handler == SSO_MOODLE_SQL;

    sso_probe_schema(probes, moodle->database->dialect, moodle->prefix);
    if (has_rows)
        want_sessions(moodle, wants, probes, p);
    sso_probe_right(probes, SSO_PROBE_SELECT, "select.user", table(moodle, "user", p),
                    "id, username, email, idnumber, firstname, lastname, lang, auth, suspended, "
                    "deleted, confirmed");
    if (wants->matches)
        sso_probe_right(probes, SSO_PROBE_SELECT, "select.user.mnethostid",
                        table(moodle, "user", p), "mnethostid");
    sso_probe_right(probes, SSO_PROBE_SELECT, "select.config", table(moodle, "config", p),
                    "name, value");
    if (moodle->session_timeout == 0)
        want_setting(moodle, SSO_PROBE_TIMEOUT, "timeout", "sessiontimeout", probes);
    want_setting(moodle, SSO_PROBE_SETTING, "guest", "siteguest", probes);
    if (wants->matches)
        want_setting(moodle, SSO_PROBE_SETTING, "localhost", "mnet_localhost_id", probes);
    if (has_rows)
        sso_probe_value(
            probes, SSO_PROBE_LATEST, "handler", NULL,
            apr_psprintf(p, "SELECT MAX(timemodified) FROM %ssessions", moodle->prefix));
}

void sso_moodle_check(sso_check_t *check, const sso_source_t *source)
{
    const sso_moodle_t *moodle = source->settings;

    if (moodle->session_timeout != 0)
        sso_check_add(check, "timeout", SSO_CHECK_GOOD, SSO_FOUND_GIVEN,
                      apr_psprintf(check->p, "timeout=%" APR_INT64_T_FMT "s",
                                   (apr_int64_t)apr_time_sec(moodle->session_timeout)));
}

/* A key that no session id and no user's id makes. */
static const char *nobody(const sso_moodle_t *moodle, const char *kind, apr_pool_t *p)
{
    return apr_pstrcat(p, moodle->redis_prefix, kind, "_moodlesso.check", NULL);
}

static const char *keys(const sso_moodle_t *moodle, const char *kind, apr_pool_t *p)
{
    return apr_pstrcat(p, "~", moodle->redis_prefix, kind, "_*", NULL);
}

const sso_redis_t *sso_moodle_redis_probes(const sso_source_t *source,
                                           const sso_probe_wants_t *wants,
                                           apr_array_header_t *probes, apr_pool_t *p)
{
    const sso_moodle_t *moodle = source->settings;

    if (source->kind != &sso_kind_moodle || moodle->redis == NULL)
        return NULL;
    sso_redis_probe(probes, "redis.hmget", "HMGET", nobody(moodle, "session", p), "userid",
                    keys(moodle, "session", p));
    if (wants->ends) {
        sso_redis_probe(probes, "redis.unlink", "UNLINK", nobody(moodle, "session", p), NULL,
                        keys(moodle, "session", p));
        sso_redis_probe(probes, "redis.hdel", "HDEL", nobody(moodle, "user", p), "none",
                        keys(moodle, "user", p));
    }
    return moodle->redis;
}
