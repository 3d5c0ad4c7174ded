/* SPDX-License-Identifier: Apache-2.0 */
/* match.c -- MoodleSSOMatch: which of Moodle's users an identity of another source is.
 *
 * The database finds, we decide: collations take "É" for "e", and "A" for "a". */
#include "sso/match.h"

#include <string.h>

#include <apr_strings.h>

#include "base/domain.h"
#include "sso/match_service.h"
#include "sso/source_moodle.h"

#define VALUE_MAX     255 /* bytes */
#define LOCAL_MIN     3   /* bytes before '@' that make a name of their own */
#define ROWS_MAX      "20"
#define ROWS_TOO_MANY 20

#define USAGE                                                                               \
    "write IDENTITYFIELD username|email|idnumber [verified] [skip-domain=example.edu,...] " \
    "[in=NAME]"

typedef enum { FIELD_USERNAME, FIELD_EMAIL, FIELD_IDNUMBER } field_t;

struct sso_match_t {
    const char *claim;
    field_t field;
    bool is_verified;
    const apr_array_header_t *domains; /* const char *, normal; NULL: the value is taken whole */
    const char *in;
    const sso_source_t *source;   /* whose database; NULL: a web service */
    const sso_service_t *service; /* NULL: a database */
    sso_statement_t by_field, by_username;
};

static const char *const fields[] = {"username", "email", "idnumber"};

/* Columns of both statements. */
enum {
    COLUMN_ID,
    COLUMN_USERNAME,
    COLUMN_VALUE,
    COLUMN_AUTH,
    COLUMN_SUSPENDED,
    COLUMN_CONFIRMED,
    COLUMN_HOST,
    COLUMN_LOCALHOST,
    COLUMN_SITEGUEST,
    COLUMN_EMAIL,
    COLUMN_FIRSTNAME,
    COLUMN_LASTNAME,
    COLUMN_IDNUMBER,
    COLUMN_LANG,
    COLUMNS
};

static const char *read_domains(sso_match_t *rule, const char *list, apr_pool_t *p)
{
    apr_array_header_t *domains = apr_array_make(p, 4, sizeof(const char *));
    sso_span_t rest = sso_span(list), item;

    while (sso_span_next(&rest, ',', &item)) {
        const char *normal = sso_domain_normal(item, p);

        if (normal == NULL)
            return "skip-domain= lists the domains that may be left out, like "
                   "skip-domain=example.edu,example.onmicrosoft.com; without a list anybody of "
                   "any domain would be the user of that name";
        APR_ARRAY_PUSH(domains, const char *) = normal;
    }
    rule->domains = domains;
    return NULL;
}

static const char *read_word(sso_match_t *rule, const char *word, apr_pool_t *p)
{
    if (strcmp(word, "verified") == 0)
        rule->is_verified = true;
    else if (strncmp(word, "in=", 3) == 0 && word[3] != '\0')
        rule->in = word + 3;
    else if (strncmp(word, "skip-domain=", 12) == 0)
        return read_domains(rule, word + 12, p);
    else
        return USAGE;
    return NULL;
}

static const char *check(const sso_match_t *rule)
{
    bool is_email = strcmp(rule->claim, "email") == 0;

    if (is_email && !rule->is_verified)
        return "an e-mail address is whose it says only when it is verified: write email "
               "username|email|idnumber verified";
    if (!is_email && rule->is_verified)
        return "verified is for email";
    if (rule->domains != NULL && rule->field == FIELD_EMAIL)
        return "skip-domain= is for username and idnumber";
    return NULL;
}

const char *sso_match_make(const apr_array_header_t *words, sso_match_t **made, apr_pool_t *p)
{
    sso_match_t *rule = apr_pcalloc(p, sizeof(*rule));
    const char *sentence = NULL;
    int field = 0;

    if (words->nelts < 2)
        return USAGE;
    rule->claim = APR_ARRAY_IDX(words, 0, const char *);
    while (field < 3 && strcmp(fields[field], APR_ARRAY_IDX(words, 1, const char *)) != 0)
        field++;
    if (field == 3)
        return USAGE;
    rule->field = (field_t)field;
    for (int i = 2; i < words->nelts && sentence == NULL; i++)
        sentence = read_word(rule, APR_ARRAY_IDX(words, i, const char *), p);
    *made = rule;
    return sentence ? sentence : check(rule);
}

const char *sso_match_in(const sso_match_t *rule)
{
    return rule->in;
}

const char *sso_match_text(const sso_match_t *rule, apr_pool_t *p)
{
    return apr_pstrcat(p, rule->claim, " to ", fields[rule->field],
                       rule->domains ? " without its domain" : "", NULL);
}

static sso_statement_t statement(sso_database_t *database, const char *prefix, field_t field,
                                 apr_pool_t *p)
{
    const char *column = apr_pstrcat(p, "u.", fields[field], NULL);
    const char *sql =
        apr_psprintf(p,
                     "SELECT u.id, u.username, %s, u.auth, u.suspended, u.confirmed, u.mnethostid, "
                     "(SELECT c.value FROM %sconfig c WHERE c.name='mnet_localhost_id'), "
                     "(SELECT c.value FROM %sconfig c WHERE c.name='siteguest'), "
                     "u.email, u.firstname, u.lastname, u.idnumber, u.lang "
                     "FROM %suser u WHERE %s=%%s AND u.deleted=0 ORDER BY u.id LIMIT " ROWS_MAX,
                     column, prefix, prefix, prefix,
                     field == FIELD_EMAIL ? apr_pstrcat(p, "LOWER(", column, ")", NULL) : column);

    return sso_statement_make(database, sql, COLUMNS);
}

bool sso_match_freeze(sso_match_t *rule, const sso_source_t *moodle, apr_pool_t *p)
{
    sso_database_t *database;
    const char *prefix;

    if (!sso_moodle_tables(moodle, &database, &prefix))
        return false;
    rule->source = moodle;
    rule->by_field = statement(database, prefix, rule->field, p);
    rule->by_username = rule->field == FIELD_USERNAME
                            ? rule->by_field
                            : statement(database, prefix, FIELD_USERNAME, p);
    return true;
}

const sso_source_t *sso_match_source(const sso_match_t *rule)
{
    return rule->source;
}

void sso_match_ask(sso_match_t *rule, const sso_service_t *service)
{
    rule->service = service;
}

/* Names that stand for an office and not for a person: in every domain somebody has them. */
static bool is_office(const char *name)
{
    static const char *const offices[] = {
        "admin",      "administrator", "root",      "guest",    "moodle", "drupal",   "teacher",
        "student",    "manager",       "test",      "user",     "info",   "support",  "webmaster",
        "hostmaster", "postmaster",    "noreply",   "no-reply", "abuse",  "security", "helpdesk",
        "service",    "system",        "anonymous", "nobody",   "office", "mail",     "www"};

    for (apr_size_t i = 0; i < sizeof(offices) / sizeof(offices[0]); i++) {
        if (strcmp(offices[i], name) == 0)
            return true;
    }
    return false;
}

const char *sso_match_own_name(const char *username, apr_pool_t *p)
{
    const char *name = sso_span_lower(sso_span(username), p);

    for (const char *c = name; *c; c++) {
        if (*c <= ' ' || *c > '~')
            return NULL;
    }
    return *name == '\0' || strlen(name) > VALUE_MAX || is_office(name) ? NULL : name;
}

/* Entra's guests: their address at home, '_' for its '@', then this or _EXT_. */
static bool is_guest(const char *name)
{
    return strstr(name, "#ext#") != NULL || strstr(name, "_ext_") != NULL;
}

/* What stands before a domain that is listed. */
static const char *without_domain(const sso_match_t *rule, const char *value, apr_pool_t *p)
{
    sso_span_t local;
    const char *domain = sso_domain_of_email(value, &local, p), *name;
    bool is_listed = false;

    for (int i = 0; domain != NULL && i < rule->domains->nelts && !is_listed; i++)
        is_listed = strcmp(domain, APR_ARRAY_IDX(rule->domains, i, const char *)) == 0;
    if (!is_listed || local.len < LOCAL_MIN)
        return NULL;
    name = sso_span_lower(local, p);
    return is_office(name) || is_guest(name) ? NULL : name;
}

const char *sso_match_prepare(const sso_match_t *rule, const char *text, apr_pool_t *p)
{
    if (strlen(text) > VALUE_MAX)
        return NULL;
    if (rule->domains != NULL)
        return without_domain(rule, text, p);
    return rule->field == FIELD_IDNUMBER ? text : sso_span_lower(sso_span(text), p);
}

const char *sso_match_value(const sso_match_t *rule, const sso_identity_t *who, apr_pool_t *p)
{
    const char *value =
        rule->is_verified ? sso_identity_verified_email(who) : sso_identity_claim(who, rule->claim);

    return value ? sso_match_prepare(rule, value, p) : NULL;
}

typedef struct search_t {
    const sso_match_t *rule;
    const char *value;
    sso_match_user_t user; /* the first who may sign in, else the last who may not */
    int rows, found;       /* all; who may sign in */
    const sso_error_t *else_why;
    apr_pool_t *p;
} search_t;

static bool is_set(const char *flag)
{
    return flag != NULL && strcmp(flag, "0") != 0;
}

static bool is_same(field_t field, const char *found, const char *value)
{
    if (found == NULL)
        return false;
    return field == FIELD_EMAIL ? sso_span_equal_nocase(sso_span(found), sso_span(value))
                                : strcmp(found, value) == 0;
}

/* Of this Moodle itself, and a person. */
static bool is_local(const char *const *row)
{
    const char *host = row[COLUMN_HOST], *local = row[COLUMN_LOCALHOST];

    return host != NULL && local != NULL && strcmp(host, local) == 0 && row[COLUMN_ID] != NULL &&
           (row[COLUMN_SITEGUEST] == NULL || strcmp(row[COLUMN_ID], row[COLUMN_SITEGUEST]) != 0);
}

static const char *copy(const char *text, apr_pool_t *p)
{
    return text ? apr_pstrdup(p, text) : NULL;
}

static void keep(search_t *search, const char *const *row)
{
    search->user = (sso_match_user_t){.id = copy(row[COLUMN_ID], search->p),
                                      .username = copy(row[COLUMN_USERNAME], search->p),
                                      .email = copy(row[COLUMN_EMAIL], search->p),
                                      .given_name = copy(row[COLUMN_FIRSTNAME], search->p),
                                      .family_name = copy(row[COLUMN_LASTNAME], search->p),
                                      .idnumber = copy(row[COLUMN_IDNUMBER], search->p),
                                      .language = copy(row[COLUMN_LANG], search->p)};
}

static void consider(void *of_search, const char *const *row)
{
    search_t *search = of_search;

    search->rows++;
    if (!is_same(search->rule->field, row[COLUMN_VALUE], search->value) ||
        row[COLUMN_USERNAME] == NULL)
        return;
    /* Without that setting nobody could be told from users of other Moodles. */
    if (row[COLUMN_LOCALHOST] == NULL)
        search->else_why = sso_error(SSO_DB_QUERY);
    if (!is_local(row) || !is_set(row[COLUMN_CONFIRMED]))
        return;
    if (search->found == 0)
        keep(search, row);
    if (is_set(row[COLUMN_SUSPENDED]))
        search->else_why = sso_error(SSO_USER_SUSPENDED);
    else if (row[COLUMN_AUTH] == NULL || strcmp(row[COLUMN_AUTH], "nologin") == 0)
        search->else_why = sso_error(SSO_USER_NOLOGIN);
    else
        search->found++;
}

/* Likewise by the web service. */
static const sso_error_t *ask_service(search_t *search, sso_io_t *io)
{
    sso_match_found_t found;

    SSO_TRY(sso_match_service_look(search->rule->service, fields[search->rule->field],
                                   search->value, io, &found, search->p));
    search->found = found.count;
    search->user = found.user;
    search->else_why = found.else_why;
    return found.count > 1 ? sso_error(SSO_AMBIGUOUS_MATCH) : NULL;
}

static const sso_error_t *search_for(search_t *search, sso_io_t *io)
{
    const sso_reader_t reader = {consider, search};

    SSO_TRY(sso_database_error(
        io->each(io, &search->rule->by_field, &search->value, &reader, search->p)));
    /* Among those that were left out there may be another. */
    return search->found > 1 || search->rows >= ROWS_TOO_MANY ? sso_error(SSO_AMBIGUOUS_MATCH)
                                                              : NULL;
}

static const sso_error_t *look(search_t *search, sso_io_t *io)
{
    SSO_TRY(search->rule->service ? ask_service(search, io) : search_for(search, io));
    return search->found == 1 ? NULL : search->else_why;
}

const sso_error_t *sso_match_look(const sso_match_t *rule, const char *value, sso_io_t *io,
                                  const char **username, int *count, apr_pool_t *p)
{
    search_t search = {.rule = rule, .value = value, .p = p};
    const sso_error_t *error = look(&search, io);

    *count = search.found;
    *username = search.found > 0 ? search.user.username : NULL;
    return error;
}

const sso_error_t *sso_match_user(const sso_match_t *rule, const char *value, sso_io_t *io,
                                  sso_match_user_t *user, apr_pool_t *p)
{
    search_t search = {.rule = rule, .value = value, .p = p};
    const sso_error_t *error = look(&search, io);

    *user = search.user;
    return error;
}

apr_interval_time_t sso_match_timeout(const sso_match_t *rule)
{
    /* Whether it shows users may be asked before. */
    return rule->service ? 2 * rule->service->timeout : rule->by_field.database->timeout;
}

const sso_error_t *sso_match(const sso_match_t *rule, const sso_identity_t *who, sso_io_t *io,
                             const char **username, apr_pool_t *p)
{
    const char *value = sso_match_value(rule, who, p);
    int count;

    *username = NULL;
    return value ? sso_match_look(rule, value, io, username, &count, p) : NULL;
}

const sso_error_t *sso_match_is_taken(const sso_match_t *rule, const char *username, sso_io_t *io,
                                      bool *is_taken, apr_pool_t *p)
{
    sso_match_t by_name = *rule;
    search_t search = {.rule = &by_name, .value = username, .p = p};
    const sso_reader_t reader = {consider, &search};

    if (rule->service != NULL)
        return sso_match_service_is_taken(rule->service, username, io, is_taken, p);
    by_name.field = FIELD_USERNAME;
    SSO_TRY(sso_database_error(io->each(io, &rule->by_username, &username, &reader, p)));
    *is_taken = search.rows > 0;
    return NULL;
}
