/* SPDX-License-Identifier: Apache-2.0 */
/* links.c -- which accounts of providers stand for which username, in the store. */
#include "io/links.h"

#include <string.h>

#include <apr_strings.h>

#include "sso/imprint.h"

/* No issuer holds a newline. */
static const char *hash_of(const char *issuer, const char *subject, apr_pool_t *p)
{
    return sso_imprint_hex("link", apr_pstrcat(p, issuer, "\n", subject, NULL), p);
}

static const char *seconds(apr_time_t time, apr_pool_t *p)
{
    return apr_psprintf(p, "%" APR_TIME_T_FMT, apr_time_sec(time));
}

static apr_int64_t number_of(const char *text)
{
    apr_int64_t number = 0;

    sso_span_integer(sso_span(text), &number);
    return number;
}

static apr_time_t time_of(const char *text)
{
    return apr_time_from_sec(number_of(text));
}

/* PostgreSQL's driver writes NULL for "". */
static const char *text_of(const char *text, apr_pool_t *p)
{
    return text ? apr_pstrdup(p, text) : "";
}

static apr_status_t change(sso_store_t *store, sso_sql_t what, const char *const *arguments,
                           bool *changed, const char **why, apr_pool_t *p)
{
    int affected = 0;
    apr_status_t status = SSO_IO_ANSWER;

    *why = "the account cannot be hashed";
    if (arguments[0] != NULL)
        status = sso_store_execute(store, what, arguments, &affected, why, p);
    *changed = status == APR_SUCCESS && affected == 1;
    return status;
}

apr_status_t sso_links_find(sso_store_t *store, const char *issuer, const char *subject,
                            sso_linked_t *linked, const char **why, apr_pool_t *p)
{
    const char *hash = hash_of(issuer, subject, p), *row[5];
    apr_status_t status = SSO_IO_ANSWER;

    *why = "the account cannot be hashed";
    if (hash != NULL)
        status = sso_store_query(store, SSO_SQL_LINK_FIND, &hash, row, why, p);
    if (status != APR_SUCCESS)
        return status;
    linked->username = row[0];
    linked->used = time_of(row[1]);
    linked->active_source = row[2];
    linked->active_issuer = row[3];
    linked->active_subject = row[4];
    return row[0] != NULL ? APR_SUCCESS : SSO_IO_ANSWER;
}

static bool fits(const char *text, apr_size_t max)
{
    apr_size_t length = strlen(text);

    return length > 0 && length <= max;
}

apr_status_t sso_links_add(sso_store_t *store, const sso_link_t *link, bool *added,
                           const char **why, apr_pool_t *p)
{
    const char *hash = hash_of(link->issuer, link->subject, p);
    const char *made = link->is_made ? sso_imprint_hex("made", link->username, p) : hash;
    const char *arguments[] = {hash,
                               made ? made : "",
                               link->username,
                               link->source,
                               link->issuer,
                               link->subject,
                               link->label,
                               seconds(link->created, p),
                               seconds(link->used, p)};

    *added = false;
    *why = "a name of the account is empty or too long";
    if (!fits(link->username, SSO_LINK_USERNAME_MAX) || !fits(link->issuer, SSO_LINK_ISSUER_MAX) ||
        !fits(link->subject, SSO_LINK_SUBJECT_MAX) || strlen(link->label) > SSO_LINK_LABEL_MAX ||
        made == NULL)
        return SSO_IO_ANSWER;
    return change(store, SSO_SQL_LINK_ADD, arguments, added, why, p);
}

typedef struct list_t {
    apr_array_header_t *links;
    const char *username;
    apr_pool_t *p;
} list_t;

/* Some databases take "a " for "a". */
static void keep(void *of_list, const char *const *row)
{
    list_t *list = of_list;
    sso_link_t *link;

    if (row[0] == NULL || strcmp(row[0], list->username) != 0)
        return;
    link = apr_array_push(list->links);
    link->username = list->username;
    link->source = text_of(row[1], list->p);
    link->issuer = text_of(row[2], list->p);
    link->subject = text_of(row[3], list->p);
    link->label = text_of(row[4], list->p);
    link->created = time_of(row[5]);
    link->used = time_of(row[6]);
    link->chosen = number_of(row[7]);
    link->is_made = false;
}

apr_status_t sso_links_of(sso_store_t *store, const char *username, apr_array_header_t **links,
                          const char **why, apr_pool_t *p)
{
    list_t list = {apr_array_make(p, 4, sizeof(sso_link_t)), username, p};
    const sso_reader_t reader = {keep, &list};

    *links = list.links;
    return sso_store_each(store, SSO_SQL_LINKS_OF, &username, &reader, why, p);
}

apr_status_t sso_links_remove(sso_store_t *store, const sso_link_t *link, bool *removed,
                              const char **why, apr_pool_t *p)
{
    const char *arguments[] = {hash_of(link->issuer, link->subject, p), link->username,
                               link->username};

    return change(store, SSO_SQL_LINK_REMOVE, arguments, removed, why, p);
}

apr_status_t sso_links_choose(sso_store_t *store, const sso_link_t *link, apr_time_t now,
                              bool *chosen, const char **why, apr_pool_t *p)
{
    /* In milliseconds: of two choices within a second the later one counts. */
    const char *arguments[] = {apr_psprintf(p, "%" APR_TIME_T_FMT, apr_time_as_msec(now)),
                               hash_of(link->issuer, link->subject, p), link->username};

    *chosen = false;
    *why = "the account cannot be hashed";
    return arguments[1] ? change(store, SSO_SQL_LINK_CHOOSE, arguments, chosen, why, p)
                        : SSO_IO_ANSWER;
}

apr_status_t sso_links_touch(sso_store_t *store, const char *issuer, const char *subject,
                             apr_time_t now, const char **why, apr_pool_t *p)
{
    const char *arguments[] = {seconds(now, p), hash_of(issuer, subject, p)};
    bool changed;

    *why = "the account cannot be hashed";
    return arguments[1] ? change(store, SSO_SQL_LINK_TOUCH, arguments, &changed, why, p)
                        : SSO_IO_ANSWER;
}
