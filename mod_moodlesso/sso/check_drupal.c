/* SPDX-License-Identifier: Apache-2.0 */
/* check_drupal.c -- what a source of the kind drupal needs: the columns of source_drupal_sql.c,
 * GRANT by GRANT; or its site. */
#include <apr_strings.h>

#include "sso/check_source.h"
#include "sso/source_drupal.h"

typedef struct want_t {
    const char *name, *table, *columns;
} want_t;

static void want_all(const sso_drupal_t *drupal, const want_t *wants, int count,
                     apr_array_header_t *probes)
{
    for (int i = 0; i < count; i++)
        sso_probe_right(probes, SSO_PROBE_SELECT, wants[i].name,
                        apr_pstrcat(probes->pool, drupal->prefix, wants[i].table, NULL),
                        wants[i].columns);
}

static void want_people(const sso_drupal_t *drupal, apr_array_header_t *probes)
{
    static const want_t seven[] = {
        {"select.users", "users", "uid, name, mail, status, language"},
        {"select.users_roles", "users_roles", "uid, rid"},
        {"select.role", "role", "rid, name"},
    };
    static const want_t later[] = {
        {"select.users_field_data", "users_field_data",
         "uid, name, mail, status, langcode, preferred_langcode, default_langcode"},
        {"select.user__roles", "user__roles", "entity_id, deleted, delta, roles_target_id"},
    };

    if (drupal->is_7)
        want_all(drupal, seven, sizeof(seven) / sizeof(seven[0]), probes);
    else
        want_all(drupal, later, sizeof(later) / sizeof(later[0]), probes);
}

static void want_fields(const sso_drupal_t *drupal, apr_array_header_t *probes, apr_pool_t *p)
{
    for (int i = 0; i < drupal->fields->nelts; i++) {
        const char *field = APR_ARRAY_IDX(drupal->fields, i, sso_drupal_field_t).field;
        const char *name = apr_pstrcat(p, drupal->is_7 ? "field_data_" : "user__", field, NULL);

        sso_probe_right(probes, SSO_PROBE_SELECT, apr_pstrcat(p, "select.", name, NULL),
                        apr_pstrcat(p, drupal->prefix, name, NULL),
                        apr_psprintf(p, "%s, %s_value",
                                     drupal->is_7
                                         ? "entity_type, entity_id, deleted, delta, language"
                                         : "entity_id, deleted, delta, langcode",
                                     field));
    }
}

/* Drupal 10.3 and later make the table at the first login. */
static void want_sessions(const sso_drupal_t *drupal, const sso_probe_wants_t *wants,
                          apr_array_header_t *probes, apr_pool_t *p)
{
    const char *sessions = apr_pstrcat(p, drupal->prefix, "sessions", NULL);
    int first = probes->nelts;

    sso_probe_right(probes, SSO_PROBE_SELECT, "select.sessions", sessions,
                    drupal->is_7 ? "uid, sid, ssid, timestamp" : "uid, sid, timestamp");
    if (wants->ends)
        sso_probe_right(probes, SSO_PROBE_DELETE, "delete.sessions", sessions, NULL);
    if (drupal->touch != 0)
        sso_probe_right(probes, SSO_PROBE_UPDATE, "update.sessions", sessions, "timestamp");
    for (int i = first; i < probes->nelts; i++)
        APR_ARRAY_IDX(probes, i, sso_probe_t).is_made_late = !drupal->is_7;
}

void sso_drupal_probes(const sso_source_t *source, const sso_probe_wants_t *wants,
                       apr_array_header_t *probes, apr_pool_t *p)
{
    const sso_drupal_t *drupal = source->settings;

    sso_probe_schema(probes, drupal->by_sid.database->dialect, drupal->prefix);
    want_sessions(drupal, wants, probes, p);
    want_people(drupal, probes);
    want_fields(drupal, probes, p);
}

void sso_drupal_check(sso_check_t *check, const sso_source_t *source)
{
    const sso_drupal_t *drupal = source->settings;
    sso_check_line_t *line;

    if (drupal->cookie != NULL) {
        sso_check_add(check, "cookie", SSO_CHECK_GOOD, SSO_FOUND_GIVEN,
                      apr_pstrcat(check->p, "cookie=", drupal->cookie, NULL));
        return;
    }
    line = sso_check_add(check, "cookie", SSO_CHECK_GOOD, SSO_FOUND_COOKIES, drupal->cookie_https);
    line->why = drupal->cookie_http;
}

/* Whoever answers that an id of our own making is nobody's can be asked. */
bool sso_check_site(sso_check_t *check, const sso_source_t *source, sso_io_t *io,
                    const char *const *why)
{
    static const char id[] = "moodlesso-check";
    const sso_drupal_t *drupal = source->settings;
    sso_credential_t credential = {.secret = {id, sizeof(id) - 1}, .https = true};
    sso_identity_t *who = NULL;
    const sso_error_t *error;
    sso_check_line_t *line;

    if (source->kind != &sso_kind_drupal || drupal->url == NULL)
        return false;
    if (io->deadline == 0) {
        sso_check_add(check, "http", SSO_CHECK_UNTESTED, SSO_FOUND_NO_TIME, NULL);
        return true;
    }
    credential.name = drupal->cookie ? drupal->cookie : drupal->cookie_https;
    error = sso_source_resolve(source, &credential, io, &who, check->p);
    if (error == NULL || error->class <= SSO_REJECTED) {
        sso_check_add(check, "http", SSO_CHECK_GOOD, SSO_FOUND_REACHED, drupal->url);
        return true;
    }
    line = sso_check_add(check, "http", SSO_CHECK_BAD, SSO_FOUND_ERROR, error->name);
    line->why = *why;
    line->fix = error == sso_error(SSO_HTTP_ANSWER) ? SSO_FIX_SITE_ANSWER : SSO_FIX_SITE_DOWN;
    return true;
}
