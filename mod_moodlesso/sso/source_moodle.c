/* SPDX-License-Identifier: Apache-2.0 */
/* source_moodle.c -- Moodle's sessions: the row of mdl_sessions, or the Redis hash of Moodle
 * >= 4.5.
 *
 * Moodle keeps (sid -> userid, timemodified) in mdl_sessions for every session handler but Redis
 * since 4.5, which keeps a hash "<prefix>session_<sid>" instead. The user is read in the same query
 * (or by id, for Redis) and checked, because core does not look at `suspended` again once a session
 * exists. Under "log in as" both places hold the real user, so that is who we vouch for. */
#include <string.h>

#include <apr_base64.h>
#include <apr_strings.h>

#include "base/cookie.h"
#include "base/igbinary.h"
#include "sso/definition.h"
#include "sso/moodle_admin.h"
#include "sso/source_moodle.h"

/* PHP's session_id() accepts these (ext/session/session.c); mdl_sessions.sid has 128 characters. */
#define SID_OTHERS ",-" /* beside letters and digits */
#define SID_MAX    128

#define KEYS "database, prefix, cookie, handler, redis, redis_prefix, timeout, mfa and guest"

/* The columns of both statements, in their order. */
enum {
    COLUMN_USERID,
    COLUMN_USERNAME,
    COLUMN_EMAIL,
    COLUMN_IDNUMBER,
    COLUMN_FIRSTNAME,
    COLUMN_LASTNAME,
    COLUMN_LANG,
    COLUMN_AUTH,
    COLUMN_SUSPENDED,
    COLUMN_DELETED,
    COLUMN_CONFIRMED,
    COLUMN_SITEGUEST,
    COLUMN_SESSIONTIMEOUT,
    COLUMNS_USER,
    COLUMN_SID = COLUMNS_USER, /* by_session only, from here */
    COLUMN_TIMEMODIFIED,
    COLUMN_SESSDATA,
    COLUMNS_SESSION
};

static const char *configure(sso_source_t *source, sso_options_t *options)
{
    sso_moodle_t *moodle = apr_pcalloc(options->p, sizeof(*moodle));
    const char *sentence;

    source->settings = moodle;
    moodle->database_name = sso_options_take(options, "database", NULL);
    moodle->prefix = sso_options_take(options, "prefix", "mdl_");
    moodle->cookie = sso_options_take(options, "cookie", "MoodleSession");
    moodle->redis_name = sso_options_take(options, "redis", NULL);
    moodle->redis_prefix = sso_options_take(options, "redis_prefix", "");
    if ((sentence = sso_options_take_choice(options, "handler", "sql|redis4.5", &moodle->handler)))
        return sentence;
    if ((sentence = sso_options_take_choice(options, "mfa", "ignore|required", &moodle->mfa)))
        return sentence;
    if ((sentence = sso_options_take_choice(options, "guest", "no|yes", &moodle->guest)))
        return sentence;
    if ((sentence = sso_options_take_duration(options, "timeout", &moodle->session_timeout)))
        return sentence;
    if (moodle->database_name == NULL)
        return "database= is missing: name the MoodleSSODatabase that holds Moodle's tables";
    if (!sso_options_is_sql_name(moodle->prefix, true))
        return "prefix= may hold letters, digits, _ and $ only";
    if (!sso_span_is_word(sso_span(moodle->cookie), "-_", 128))
        return "cookie= may hold letters, digits, - and _ only";
    source->sign = sso_cookie_sign(moodle->cookie, options->p);
    if ((moodle->handler == SSO_MOODLE_REDIS) != (moodle->redis_name != NULL))
        return "handler=redis4.5 and redis=NAME belong together";
    return sso_options_done(options, KEYS);
}

/* mdl_config holds one value per name (unique index), so this is one row or NULL. */
static const char *config_value(const sso_moodle_t *moodle, const char *name, apr_pool_t *p)
{
    return apr_psprintf(p, "(SELECT c.value FROM %sconfig c WHERE c.name='%s')", moodle->prefix,
                        name);
}

static const char *freeze(sso_source_t *source, const sso_definitions_t *definitions, apr_pool_t *p)
{
    sso_moodle_t *moodle = source->settings;
    const char *sentence = NULL, *columns;
    sso_database_t *database =
        sso_source_database(source, definitions, moodle->database_name, &sentence, p);

    if (database == NULL)
        return sentence;
    source->timeout = database->timeout;
    moodle->database = database;
    if (moodle->redis_name != NULL) {
        moodle->redis = apr_hash_get(definitions->redises, moodle->redis_name, APR_HASH_KEY_STRING);
        if (moodle->redis == NULL)
            return apr_psprintf(p, "MoodleSSOSource %s: there is no MoodleSSORedis %s%s",
                                source->name, moodle->redis_name,
                                sso_definition_names(definitions->redises, p));
        source->timeout += moodle->redis->timeout;
    }
    columns = apr_pstrcat(p,
                          "u.username, u.email, u.idnumber, u.firstname, u.lastname, u.lang, "
                          "u.auth, u.suspended, u.deleted, u.confirmed, ",
                          config_value(moodle, "siteguest", p), ", ",
                          config_value(moodle, "sessiontimeout", p), NULL);
    if (moodle->handler == SSO_MOODLE_REDIS) {
        /* The text is compared as text by no database here: id is the primary key, a number. */
        moodle->by_user =
            sso_statement_make(database,
                               apr_psprintf(p, "SELECT u.id, %s FROM %suser u WHERE u.id=%%lld",
                                            columns, moodle->prefix),
                               COLUMNS_USER);
        moodle->admins = sso_moodle_admin_statement(database, moodle->prefix, p);
        return NULL;
    }
    /* LEFT JOIN: a session of nobody (userid 0) is told from no session. */
    moodle->by_session = sso_statement_make(
        database,
        apr_psprintf(p,
                     "SELECT s.userid, %s, s.sid, s.timemodified, %s FROM %ssessions s "
                     "LEFT JOIN %suser u ON u.id=s.userid WHERE s.sid=%%s",
                     columns, moodle->mfa == SSO_MOODLE_MFA_REQUIRED ? "s.sessdata" : "NULL",
                     moodle->prefix, moodle->prefix),
        COLUMNS_SESSION);
    moodle->end_session = sso_statement_make(
        database, apr_psprintf(p, "DELETE FROM %ssessions WHERE sid=%%s", moodle->prefix), 0);
    moodle->end_session.is_repeatable = true;
    moodle->admins = sso_moodle_admin_statement(database, moodle->prefix, p);
    return NULL;
}

static const sso_error_t *find(const sso_source_t *source, const sso_request_t *request,
                               sso_credential_t *credential, apr_pool_t *p)
{
    const sso_moodle_t *moodle = source->settings;

    return sso_source_find_cookie(request, moodle->cookie, SID_OTHERS, SID_MAX, credential, p);
}

static bool is_set(const char *flag)
{
    return flag != NULL && strcmp(flag, "0") != 0 && *flag != '\0';
}

static const sso_error_t *check_user(const sso_moodle_t *moodle, const char *const *row)
{
    if (row[COLUMN_SITEGUEST] && strcmp(row[COLUMN_USERID], row[COLUMN_SITEGUEST]) == 0 &&
        !moodle->guest)
        return sso_error(SSO_SESSION_GUEST);
    if (is_set(row[COLUMN_DELETED]))
        return sso_error(SSO_USER_DELETED);
    if (is_set(row[COLUMN_SUSPENDED]))
        return sso_error(SSO_USER_SUSPENDED);
    if (!is_set(row[COLUMN_CONFIRMED]))
        return sso_error(SSO_USER_UNCONFIRMED);
    if (row[COLUMN_AUTH] == NULL || strcmp(row[COLUMN_AUTH], "nologin") == 0)
        return sso_error(SSO_USER_NOLOGIN);
    return NULL;
}

/* moodle/lib/classes/session/manager.php: timed out when timemodified is
 * smaller than now less sessiontimeout. */
static const sso_error_t *check_age(const sso_moodle_t *moodle, const char *const *row,
                                    apr_int64_t timemodified, apr_time_t now, apr_time_t *expires)
{
    apr_interval_time_t timeout = moodle->session_timeout;
    apr_int64_t seconds;

    if (timeout == 0) {
        /* A value that is missing or no number: fail closed, as no session lasts 0 seconds. */
        if (!sso_span_integer(sso_span(row[COLUMN_SESSIONTIMEOUT]), &seconds) || seconds <= 0 ||
            seconds > 10 * 366 * 86400)
            return sso_error(SSO_DB_QUERY);
        timeout = apr_time_from_sec(seconds);
    }
    *expires = apr_time_from_sec(timemodified) + timeout;
    return apr_time_sec(*expires) < apr_time_sec(now) ? sso_error(SSO_SESSION_TIMED_OUT) : NULL;
}

/* tool_mfa keeps $SESSION->tool_mfa_authenticated (moodle/admin/tool/mfa/classes/manager.php). */
static bool has_passed_mfa(sso_span_t session)
{
    sso_php_value_t flag = {0};

    return sso_php_session_find(session, "SESSION", "tool_mfa_authenticated", &flag) &&
           flag.type == SSO_PHP_BOOLEAN && flag.integer == 1;
}

/* Only handler "database" fills the column; with the others the flag cannot be seen. */
static bool has_passed_mfa_sql(const char *sessdata, apr_pool_t *p)
{
    char *session;

    if (sessdata == NULL)
        return false;
    session = apr_palloc(p, (apr_size_t)apr_base64_decode_len(sessdata) + 1);
    return has_passed_mfa((sso_span_t){session, (apr_size_t)apr_base64_decode(session, sessdata)});
}

static void set_claims(const sso_moodle_t *moodle, sso_identity_t *who, const char *const *row,
                       apr_pool_t *p)
{
    if (moodle->tells_auth)
        sso_identity_add(who, "auth", row[COLUMN_AUTH], p);
    sso_identity_set(who, SSO_CLAIM_SUBJECT, row[COLUMN_USERID], p);
    sso_identity_set(who, SSO_CLAIM_USERNAME, row[COLUMN_USERNAME], p);
    sso_identity_set(who, SSO_CLAIM_EMAIL, row[COLUMN_EMAIL], p);
    sso_identity_set(who, SSO_CLAIM_IDNUMBER, row[COLUMN_IDNUMBER], p);
    sso_identity_set(who, SSO_CLAIM_GIVEN_NAME, row[COLUMN_FIRSTNAME], p);
    sso_identity_set(who, SSO_CLAIM_FAMILY_NAME, row[COLUMN_LASTNAME], p);
    sso_identity_set(who, SSO_CLAIM_LANGUAGE, row[COLUMN_LANG], p);
}

static const sso_error_t *resolve_sql(const sso_moodle_t *moodle,
                                      const sso_credential_t *credential, sso_io_t *io,
                                      sso_identity_t *who, bool *is_pending, apr_pool_t *p)
{
    const char *sid = apr_pstrmemdup(p, credential->secret.at, credential->secret.len);
    const char *row[COLUMNS_SESSION];
    apr_int64_t timemodified;

    SSO_TRY(sso_database_error(io->query(io, &moodle->by_session, &sid, row, p)));
    /* utf8mb4_unicode_ci finds "ABC" for "abc"; Moodle on MySQL does too, we do not. */
    if (!sso_span_equal_constant_time(sso_span(row[COLUMN_SID]), credential->secret))
        return sso_error(SSO_SESSION_UNKNOWN);
    if (!sso_span_integer(sso_span(row[COLUMN_TIMEMODIFIED]), &timemodified) ||
        row[COLUMN_USERID] == NULL)
        return sso_error(SSO_DB_QUERY);
    if (strcmp(row[COLUMN_USERID], "0") == 0)
        return sso_error(SSO_SESSION_ANONYMOUS);
    if (row[COLUMN_USERNAME] == NULL)
        return sso_error(SSO_USER_DELETED);
    SSO_TRY(check_user(moodle, row));
    SSO_TRY(check_age(moodle, row, timemodified, io->now, &who->expires));
    *is_pending =
        moodle->mfa == SSO_MOODLE_MFA_REQUIRED && !has_passed_mfa_sql(row[COLUMN_SESSDATA], p);
    set_claims(moodle, who, row, p);
    return NULL;
}

/* A field as phpredis wrote it: serialize(), igbinary, or bare digits. */
static bool field_scalar(sso_span_t field, sso_php_value_t *value)
{
    if (field.at == NULL)
        return false;
    return sso_igbinary_is(field) ? sso_igbinary_scalar(field, value)
                                  : sso_php_scalar(field, value);
}

static bool field_integer(sso_span_t field, apr_int64_t *integer)
{
    sso_php_value_t value = {0};

    return field_scalar(field, &value) && sso_php_integer(&value, integer);
}

/* moodle/lib/classes/session/redis.php (4.5): hash of id, sid, userid, timemodified, sessdata ...
 * A hash without userid was re-created by a request in flight after its logout: no session. */
static const sso_error_t *resolve_redis(const sso_moodle_t *moodle,
                                        const sso_credential_t *credential, sso_io_t *io,
                                        sso_identity_t *who, bool *is_pending, apr_pool_t *p)
{
    static const char *const fields[] = {"userid", "timemodified", "sessdata"};
    const char *key =
        apr_pstrcat(p, moodle->redis_prefix, "session_",
                    apr_pstrmemdup(p, credential->secret.at, credential->secret.len), NULL);
    sso_span_t values[3] = {{NULL, 0}, {NULL, 0}, {NULL, 0}};
    const char *row[COLUMNS_USER], *id;
    apr_int64_t userid, timemodified;
    sso_php_value_t session = {0};
    apr_status_t status;

    SSO_TRY(
        sso_redis_error(io->hash_get(io, moodle->redis, key, fields,
                                     moodle->mfa == SSO_MOODLE_MFA_REQUIRED ? 3 : 2, values, p)));
    if (values[0].at == NULL || values[1].at == NULL)
        return sso_error(SSO_SESSION_UNKNOWN);
    if (!field_integer(values[0], &userid) || !field_integer(values[1], &timemodified))
        return sso_error(SSO_REDIS_ANSWER);
    if (userid <= 0)
        return sso_error(SSO_SESSION_ANONYMOUS);
    id = apr_psprintf(p, "%" APR_INT64_T_FMT, userid);
    status = io->query(io, &moodle->by_user, &id, row, p);
    if (status == APR_NOTFOUND)
        return sso_error(SSO_USER_DELETED);
    SSO_TRY(sso_database_error(status));
    SSO_TRY(check_user(moodle, row));
    SSO_TRY(check_age(moodle, row, timemodified, io->now, &who->expires));
    *is_pending = moodle->mfa == SSO_MOODLE_MFA_REQUIRED &&
                  !(field_scalar(values[2], &session) && session.type == SSO_PHP_STRING &&
                    has_passed_mfa(session.string));
    set_claims(moodle, who, row, p);
    return NULL;
}

static const sso_error_t *resolve(const sso_source_t *source, const sso_credential_t *credential,
                                  sso_io_t *io, sso_identity_t **who, apr_pool_t *p)
{
    const sso_moodle_t *moodle = source->settings;
    bool is_pending = true;

    *who = apr_pcalloc(p, sizeof(**who));
    if (moodle->handler == SSO_MOODLE_REDIS)
        SSO_TRY(resolve_redis(moodle, credential, io, *who, &is_pending, p));
    else
        SSO_TRY(resolve_sql(moodle, credential, io, *who, &is_pending, p));
    return is_pending ? sso_error(SSO_MFA_PENDING) : NULL;
}

const sso_error_t *sso_moodle_holder(const sso_source_t *source, const sso_credential_t *credential,
                                     sso_io_t *io, sso_identity_t **who, bool *is_pending,
                                     apr_pool_t *p)
{
    sso_identity_t *found;
    const sso_error_t *error = resolve(source, credential, io, &found, p);

    *is_pending = error != NULL && error->code == SSO_MFA_PENDING;
    if (error != NULL && !*is_pending)
        return error;
    SSO_TRY(sso_source_vouch(source, io->now, found, p));
    *who = found;
    return NULL;
}

bool sso_moodle_tables(const sso_source_t *source, sso_database_t **database, const char **prefix)
{
    const sso_moodle_t *moodle = source->settings;

    if (source->kind != &sso_kind_moodle)
        return false;
    *database = moodle->database;
    *prefix = moodle->prefix;
    return true;
}

/* moodle/lib/classes/session/redis.php, destroy(): the session, and its place among the user's. */
static const sso_error_t *end_redis(const sso_moodle_t *moodle, const char *sid, const char *userid,
                                    sso_io_t *io, apr_pool_t *p)
{
    const char *const unlink[] = {"UNLINK",
                                  apr_pstrcat(p, moodle->redis_prefix, "session_", sid, NULL)};
    const char *const remove[] = {"HDEL",
                                  apr_pstrcat(p, moodle->redis_prefix, "user_", userid, NULL), sid};

    SSO_TRY(sso_redis_error(io->hash_change(io, moodle->redis, unlink, 2, p)));
    return userid[0] == '\0' ? NULL
                             : sso_redis_error(io->hash_change(io, moodle->redis, remove, 3, p));
}

static const sso_error_t *end(const sso_source_t *source, const sso_credential_t *credential,
                              const sso_identity_t *who, sso_io_t *io, const char **set_cookie,
                              apr_pool_t *p)
{
    const sso_moodle_t *moodle = source->settings;
    const char *sid = apr_pstrmemdup(p, credential->secret.at, credential->secret.len);

    *set_cookie = NULL;
    if (moodle->handler == SSO_MOODLE_REDIS)
        return end_redis(moodle, sid, who ? who->claims[SSO_CLAIM_SUBJECT] : "", io, p);
    return sso_database_error(io->change(io, &moodle->end_session, &sid, p));
}

void sso_moodle_tell_auth(sso_source_t *source)
{
    ((sso_moodle_t *)source->settings)->tells_auth = true;
}

const char *sso_moodle_cookie(const sso_source_t *source)
{
    return ((const sso_moodle_t *)source->settings)->cookie;
}

const sso_kind_t sso_kind_moodle = {"moodle", false, configure, freeze, find, resolve, end};
