/* SPDX-License-Identifier: Apache-2.0 */
/* match_service.c -- MoodleSSOMatch among the users that Moodle's web service shows. */
#include "sso/match_service.h"

#include <string.h>

#include <apr_strings.h>

#include "base/form.h"

#define GUEST    "guest" /* Moodle lets nobody rename or delete it */
#define SEEN_FOR apr_time_from_sec(300)

static const char *const fields[SSO_MATCH_SERVICE_FIELDS] = {"username", "email", "idnumber"};

static const sso_error_t *users_by(const sso_service_t *service, const char *field,
                                   const char *value, sso_io_t *io, json_t **users, apr_pool_t *p)
{
    const char *form = sso_form_add("", "field", field, p);

    form = sso_form_add(form, "values%5B0%5D", value, p);
    SSO_TRY(sso_service_call(service, "core_user_get_users_by_field", form, io, users, p));
    return json_is_array(*users) ? NULL : sso_error(SSO_MOODLE_SERVICE_ANSWER);
}

/* Is all there that tells whether a user may sign in, and as whom? */
static const sso_error_t *judge_view(const json_t *user)
{
    if (sso_json_string_at(user, "username") == NULL || sso_json_string_at(user, "auth") == NULL ||
        !json_is_boolean(sso_json_at(user, "confirmed")))
        return sso_error(SSO_MOODLE_SERVICE_DETAILS);
    if (!json_is_boolean(sso_json_at(user, "suspended")))
        return sso_error(SSO_MOODLE_SERVICE_HIDDEN);
    return NULL;
}

/* What the guest account, as it was shown, proves of this field of others: idnumbers are shown to
 * whoever is shown usernames. */
static const sso_error_t *judge_guest(const json_t *users, const char *field)
{
    const json_t *guest = json_array_get(users, 0);

    if (guest == NULL)
        return sso_error(SSO_MOODLE_SERVICE_DETAILS);
    SSO_TRY(judge_view(guest));
    if (strcmp(sso_json_string_at(guest, "username"), GUEST) != 0)
        return sso_error(SSO_MOODLE_SERVICE_ANSWER);
    if (strcmp(field, "email") == 0 && sso_json_string_at(guest, "email") == NULL)
        return sso_error(SSO_MOODLE_SERVICE_IDENTITY);
    return NULL;
}

/* Would it show a user whom it has? */
static const sso_error_t *make_sure(const sso_service_t *service, const char *field, sso_io_t *io,
                                    apr_pool_t *p)
{
    const char *note = apr_pstrcat(p, service->url, " ", service->token, " ", field, NULL);
    json_t *users;

    if (io->is_noted(io, note, p))
        return NULL;
    SSO_TRY(users_by(service, "username", GUEST, io, &users, p));
    SSO_TRY(judge_guest(users, field));
    io->note(io, note, SEEN_FOR, p);
    return NULL;
}

static bool is_same(const char *field, const char *found, const char *value)
{
    if (found == NULL)
        return false;
    return strcmp(field, "email") == 0 ? sso_span_equal_nocase(sso_span(found), sso_span(value))
                                       : strcmp(found, value) == 0;
}

/* A person, of this Moodle itself: users of other Moodles have auth mnet. */
static bool is_local(const json_t *user)
{
    return strcmp(sso_json_string_at(user, "username"), GUEST) != 0 &&
           strcmp(sso_json_string_at(user, "auth"), "mnet") != 0 &&
           json_is_true(sso_json_at(user, "confirmed")) &&
           !json_is_true(sso_json_at(user, "deleted"));
}

static void keep(const json_t *user, sso_match_user_t *kept, apr_pool_t *p)
{
    apr_int64_t id = 0;

    sso_json_integer_at(user, "id", &id);
    *kept = (sso_match_user_t){.id = apr_psprintf(p, "%" APR_INT64_T_FMT, id),
                               .username = sso_json_string_at(user, "username"),
                               .email = sso_json_string_at(user, "email"),
                               .given_name = sso_json_string_at(user, "firstname"),
                               .family_name = sso_json_string_at(user, "lastname"),
                               .idnumber = sso_json_string_at(user, "idnumber"),
                               .language = sso_json_string_at(user, "lang")};
}

static const sso_error_t *consider(const json_t *user, const char *field, const char *value,
                                   sso_match_found_t *found, apr_pool_t *p)
{
    SSO_TRY(judge_view(user));
    if (!is_same(field, sso_json_string_at(user, field), value) || !is_local(user))
        return NULL;
    if (found->count == 0)
        keep(user, &found->user, p);
    if (json_is_true(sso_json_at(user, "suspended")))
        found->else_why = sso_error(SSO_USER_SUSPENDED);
    else if (strcmp(sso_json_string_at(user, "auth"), "nologin") == 0)
        found->else_why = sso_error(SSO_USER_NOLOGIN);
    else
        found->count++;
    return NULL;
}

/* Moodle refuses a value that the field cannot hold. */
static bool is_impossible(const sso_error_t *error, const json_t *answer)
{
    const char *code = sso_service_exception(answer);

    return error == sso_error(SSO_MOODLE_SERVICE_ANSWER) && code != NULL &&
           strcmp(code, "invalidparameter") == 0;
}

const sso_error_t *sso_match_service_look(const sso_service_t *service, const char *field,
                                          const char *value, sso_io_t *io, sso_match_found_t *found,
                                          apr_pool_t *p)
{
    const sso_error_t *error;
    json_t *users;

    *found = (sso_match_found_t){0};
    SSO_TRY(make_sure(service, field, io, p));
    error = users_by(service, field, value, io, &users, p);
    if (error != NULL)
        return is_impossible(error, users) ? NULL : error;
    for (apr_size_t i = 0; i < json_array_size(users); i++)
        SSO_TRY(consider(json_array_get(users, i), field, value, found, p));
    return NULL;
}

const sso_error_t *sso_match_service_is_taken(const sso_service_t *service, const char *username,
                                              sso_io_t *io, bool *is_taken, apr_pool_t *p)
{
    const sso_error_t *error;
    json_t *users;

    SSO_TRY(make_sure(service, "username", io, p));
    error = users_by(service, "username", username, io, &users, p);
    if (error != NULL)
        return is_impossible(error, users) ? sso_error(SSO_MOODLE_USERNAME) : error;
    *is_taken = json_array_size(users) > 0;
    return NULL;
}

const sso_error_t *sso_match_service_test(const sso_service_t *service, sso_io_t *io,
                                          sso_service_report_t *report, apr_pool_t *p)
{
    const sso_error_t *error;
    json_t *site, *users;

    memset(report, 0, sizeof(*report));
    memcpy(report->fields, fields, sizeof(fields));
    SSO_TRY(sso_service_call(service, "core_webservice_get_site_info", "", io, &site, p));
    report->username = sso_json_string_at(site, "username");
    report->release = sso_json_string_at(site, "release");
    if (report->username == NULL)
        return sso_error(SSO_MOODLE_SERVICE_ANSWER);
    error = users_by(service, "username", GUEST, io, &users, p);
    for (int i = 0; i < SSO_MATCH_SERVICE_FIELDS; i++)
        report->errors[i] = error ? error : judge_guest(users, fields[i]);
    return NULL;
}
