/* SPDX-License-Identifier: Apache-2.0 */
/* source_drupal_sql.c -- Drupal's sessions as rows: one query joins session, user, roles, fields.
 *
 * `sessions.timestamp` is nobody's business but the garbage collector's in Drupal, so we bring our
 * own maximum age. Users are joined and checked because deleting or blocking one may leave rows
 * behind. */
#include <string.h>

#include <apr_strings.h>

#include "sso/drupal_cookie.h"
#include "sso/source_drupal.h"

#define ROLE_SEPARATOR '\x1f' /* unit separator: cannot be typed into a role's name */

enum {
    COLUMN_UID,
    COLUMN_ID, /* sid or ssid as stored */
    COLUMN_TIMESTAMP,
    COLUMN_STATUS,
    COLUMN_NAME,
    COLUMN_MAIL,
    COLUMN_LANGUAGE,
    COLUMN_ROLES,
    COLUMNS /* then one per configured field */
};

/* Roles as one text in SQL of this dialect; `value` and `order` are columns, `from` the rest. */
static const char *roles_select(sso_dialect_t dialect, const char *value, const char *order,
                                const char *from, apr_pool_t *p)
{
    switch (dialect) {
    case SSO_MYSQL:
        return apr_psprintf(p, "(SELECT GROUP_CONCAT(%s ORDER BY %s SEPARATOR '\x1f') %s)", value,
                            order, from);
    case SSO_PGSQL:
        return apr_psprintf(p, "(SELECT string_agg(%s, chr(31) ORDER BY %s) %s)", value, order,
                            from);
    case SSO_SQLITE3:
    default:
        return apr_psprintf(p, "(SELECT group_concat(%s, char(31)) %s)", value, from);
    }
}

static const char *fields_select(const sso_drupal_t *drupal, apr_pool_t *p)
{
    const char *sql = "";

    for (int i = 0; i < drupal->fields->nelts; i++) {
        const sso_drupal_field_t *field = &APR_ARRAY_IDX(drupal->fields, i, sso_drupal_field_t);
        sql = apr_psprintf(p, "%s, f%d.%s_value", sql, i, field->field);
    }
    return sql;
}

/* The value in the user's own language: a translated account has a row per language. */
static const char *fields_join(const sso_drupal_t *drupal, apr_pool_t *p)
{
    const char *sql = "";

    for (int i = 0; i < drupal->fields->nelts; i++) {
        const sso_drupal_field_t *field = &APR_ARRAY_IDX(drupal->fields, i, sso_drupal_field_t);
        sql = drupal->is_7
                  ? apr_psprintf(p,
                                 "%s LEFT JOIN %sfield_data_%s f%d ON f%d.entity_type='user' AND "
                                 "f%d.entity_id=u.uid AND f%d.deleted=0 AND f%d.delta=0 AND "
                                 "f%d.language='und'",
                                 sql, drupal->prefix, field->field, i, i, i, i, i, i)
                  : apr_psprintf(p,
                                 "%s LEFT JOIN %suser__%s f%d ON f%d.entity_id=u.uid AND "
                                 "f%d.deleted=0 AND f%d.delta=0 AND f%d.langcode=u.langcode",
                                 sql, drupal->prefix, field->field, i, i, i, i, i);
    }
    return sql;
}

/* The query by one of the columns sid and ssid. */
static const char *session_select(const sso_drupal_t *drupal, sso_dialect_t dialect,
                                  const char *column, apr_pool_t *p)
{
    const char *from, *roles;

    if (drupal->is_7) {
        from = apr_psprintf(
            p, "FROM %susers_roles ur JOIN %srole r ON r.rid=ur.rid WHERE ur.uid=u.uid",
            drupal->prefix, drupal->prefix);
        roles = roles_select(dialect, "r.name", "r.rid", from, p);
        return apr_psprintf(
            p,
            "SELECT s.uid, s.%s, s.timestamp, u.status, u.name, u.mail, u.language, "
            "%s%s FROM %ssessions s LEFT JOIN %susers u ON u.uid=s.uid%s "
            "WHERE s.%s=%%s",
            column, roles, fields_select(drupal, p), drupal->prefix, drupal->prefix,
            fields_join(drupal, p), column);
    }
    from = apr_psprintf(p, "FROM %suser__roles r WHERE r.entity_id=u.uid AND r.deleted=0",
                        drupal->prefix);
    roles = roles_select(dialect, "r.roles_target_id", "r.delta", from, p);
    return apr_psprintf(p,
                        "SELECT s.uid, s.%s, s.timestamp, u.status, u.name, u.mail, "
                        "COALESCE(u.preferred_langcode, u.langcode), %s%s FROM %ssessions s "
                        "LEFT JOIN %susers_field_data u ON u.uid=s.uid AND u.default_langcode=1%s "
                        "WHERE s.%s=%%s",
                        column, roles, fields_select(drupal, p), drupal->prefix, drupal->prefix,
                        fields_join(drupal, p), column);
}

/* Both are harmless when done twice. */
static sso_statement_t changing(sso_database_t *database, const char *sql)
{
    sso_statement_t statement = sso_statement_make(database, sql, 0);

    statement.is_repeatable = true;
    return statement;
}

static sso_statement_t ending(const sso_drupal_t *drupal, sso_database_t *database,
                              const char *column, apr_pool_t *p)
{
    return changing(database,
                    apr_psprintf(p, "DELETE FROM %ssessions WHERE %s=%%s", drupal->prefix, column));
}

static sso_statement_t touching(const sso_drupal_t *drupal, sso_database_t *database,
                                const char *column, apr_pool_t *p)
{
    return changing(database, apr_psprintf(p, "UPDATE %ssessions SET timestamp=%%lld WHERE %s=%%s",
                                           drupal->prefix, column));
}

static void write_changes(sso_drupal_t *drupal, sso_database_t *database, apr_pool_t *p)
{
    drupal->end_by_sid = ending(drupal, database, "sid", p);
    drupal->touch_by_sid = touching(drupal, database, "sid", p);
    if (drupal->is_7) {
        drupal->end_by_ssid = ending(drupal, database, "ssid", p);
        drupal->touch_by_ssid = touching(drupal, database, "ssid", p);
    }
}

const char *sso_drupal_sql_freeze(sso_source_t *source, const sso_definitions_t *definitions,
                                  apr_pool_t *p)
{
    sso_drupal_t *drupal = source->settings;
    const char *sentence = NULL;
    sso_database_t *database =
        sso_source_database(source, definitions, drupal->database_name, &sentence, p);
    int columns = COLUMNS + drupal->fields->nelts;

    if (database == NULL)
        return sentence;
    source->timeout = database->timeout;
    drupal->by_sid =
        sso_statement_make(database, session_select(drupal, database->dialect, "sid", p), columns);
    if (drupal->is_7)
        drupal->by_ssid = sso_statement_make(
            database, session_select(drupal, database->dialect, "ssid", p), columns);
    write_changes(drupal, database, p);
    drupal->users_exist = sso_statement_make(
        database,
        apr_psprintf(p, "SELECT u.uid FROM %s%s u WHERE u.uid=%%lld", drupal->prefix,
                     drupal->is_7 ? "users_roles" : "users_field_data"),
        1);
    return NULL;
}

/* Drupal 10.3+ makes `sessions` at the first login: then there is no session yet. When the table of
 * users is missing too, prefix= or version= is wrong. */
static const sso_error_t *explain_missing_table(const sso_drupal_t *drupal, sso_io_t *io,
                                                apr_pool_t *p)
{
    const char *uid = "0", *row[1];
    apr_status_t status = io->query(io, &drupal->users_exist, &uid, row, p);

    if (status == SSO_IO_NO_TABLE)
        return sso_error(SSO_DB_QUERY);
    if (status == APR_SUCCESS || status == APR_NOTFOUND)
        return sso_error(SSO_SESSION_UNKNOWN);
    return sso_database_error(status);
}

static void set_claims(const sso_drupal_t *drupal, sso_identity_t *who, const char *const *row,
                       apr_pool_t *p)
{
    sso_identity_set(who, SSO_CLAIM_SUBJECT, row[COLUMN_UID], p);
    sso_identity_set(who, SSO_CLAIM_IDNUMBER, row[COLUMN_UID], p);
    sso_identity_set(who, SSO_CLAIM_USERNAME, row[COLUMN_NAME], p);
    sso_identity_set(who, SSO_CLAIM_EMAIL, row[COLUMN_MAIL], p);
    sso_identity_set(who, SSO_CLAIM_LANGUAGE, row[COLUMN_LANGUAGE], p);
    sso_identity_set_list(who, SSO_CLAIM_ROLES, row[COLUMN_ROLES], ROLE_SEPARATOR, p);
    for (int i = 0; i < drupal->fields->nelts; i++)
        sso_drupal_set_field(who, APR_ARRAY_IDX(drupal->fields, i, sso_drupal_field_t).claim,
                             row[COLUMNS + i], p);
}

static const char *stored_id(const sso_drupal_t *drupal, const sso_credential_t *credential,
                             apr_pool_t *p)
{
    return drupal->is_plain ? apr_pstrmemdup(p, credential->secret.at, credential->secret.len)
                            : sso_drupal_hashed_id(credential->secret, p);
}

/* Drupal's garbage collector goes by the row's timestamp, which only Drupal's own pages renew. When
 * it cannot be written the session is good all the same. */
static void touch(const sso_drupal_t *drupal, const sso_statement_t *statement, const char *id,
                  sso_io_t *io, apr_pool_t *p)
{
    const char *const arguments[] = {apr_psprintf(p, "%" APR_TIME_T_FMT, apr_time_sec(io->now)),
                                     id};

    io->change(io, statement, arguments, p);
}

const sso_error_t *sso_drupal_sql_end(const sso_drupal_t *drupal,
                                      const sso_credential_t *credential, sso_io_t *io,
                                      apr_pool_t *p)
{
    const char *id = stored_id(drupal, credential, p);

    return sso_database_error(io->change(
        io, drupal->is_7 && credential->https ? &drupal->end_by_ssid : &drupal->end_by_sid, &id,
        p));
}

const sso_error_t *sso_drupal_sql_resolve(const sso_drupal_t *drupal,
                                          const sso_credential_t *credential, sso_io_t *io,
                                          sso_identity_t *who, apr_pool_t *p)
{
    const sso_statement_t *statement =
        drupal->is_7 && credential->https ? &drupal->by_ssid : &drupal->by_sid;
    const char *id = stored_id(drupal, credential, p);
    const char **row = apr_pcalloc(p, sizeof(*row) * (apr_size_t)statement->columns);
    apr_status_t status = io->query(io, statement, &id, row, p);
    apr_int64_t timestamp;

    if (status == SSO_IO_NO_TABLE)
        return explain_missing_table(drupal, io, p);
    SSO_TRY(sso_database_error(status));
    /* ascii_general_ci finds "ABC" for "abc". */
    if (!sso_span_equal_constant_time(sso_span(row[COLUMN_ID]), sso_span(id)))
        return sso_error(SSO_SESSION_UNKNOWN);
    if (!sso_span_integer(sso_span(row[COLUMN_TIMESTAMP]), &timestamp) || row[COLUMN_UID] == NULL)
        return sso_error(SSO_DB_QUERY);
    if (strcmp(row[COLUMN_UID], "0") == 0)
        return sso_error(SSO_SESSION_ANONYMOUS);
    if (row[COLUMN_STATUS] == NULL)
        return sso_error(SSO_USER_DELETED);
    if (strcmp(row[COLUMN_STATUS], "1") != 0)
        return sso_error(SSO_USER_SUSPENDED);
    who->expires = apr_time_from_sec(timestamp) + drupal->max_age;
    if (who->expires < io->now)
        return sso_error(SSO_SESSION_TIMED_OUT);
    if (drupal->touch != 0 && apr_time_from_sec(timestamp) + drupal->touch < io->now)
        touch(drupal,
              statement == &drupal->by_ssid ? &drupal->touch_by_ssid : &drupal->touch_by_sid, id,
              io, p);
    set_claims(drupal, who, row, p);
    return NULL;
}
