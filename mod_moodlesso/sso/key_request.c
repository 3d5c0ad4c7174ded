/* SPDX-License-Identifier: Apache-2.0 */
/* key_request.c -- what a client asks for: whom to sign in, from where, to which page.
 *
 * Values are checked as Moodle's PARAM_USERNAME, PARAM_EMAIL, PARAM_RAW and PARAM_NOTAGS do, which
 * do not mend but refuse what is not clean (moodle/lib/classes/external/api.php). */
#include "sso/key_request.h"

#include <arpa/inet.h>
#include <string.h>

#include <apr_strings.h>

#include "base/utf8.h"

#define NAME_MAX_LENGTH 100 /* bytes: mdl_user has as many characters */
#define TEXT_MAX        255

static bool is_username(const char *text)
{
    return sso_span_consists_of(sso_span(text), "abcdefghijklmnopqrstuvwxyz0123456789._@-",
                                NAME_MAX_LENGTH);
}

/* One '@' with something on both sides, and nothing that no mail server takes unquoted. */
static bool is_email(const char *text)
{
    const char *at = strchr(text, '@');

    for (const char *c = text; *c; c++) {
        if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7F || strchr("<>()[]\\,;:\"", *c))
            return false;
    }
    return at != NULL && at > text && strchr(at + 1, '@') == NULL && at[1] != '\0' &&
           at[1] != '.' && at[1] != '-' && strlen(text) <= NAME_MAX_LENGTH;
}

static bool is_text(const char *text)
{
    return strlen(text) <= TEXT_MAX && sso_utf8_is_clean(sso_span(text));
}

static bool is_name(const char *text)
{
    return is_text(text) && strpbrk(text, "<>") == NULL;
}

bool sso_key_ip_is_valid(const char *text, bool is_wire, apr_pool_t *p)
{
    const char *slash = strchr(text, '/');
    const char *address =
        slash ? apr_pstrmemdup(p, text, (apr_size_t)(slash - text)) : apr_pstrdup(p, text);
    unsigned char bytes[16];
    bool is_v4 = inet_pton(AF_INET, address, bytes) == 1;
    apr_int64_t bits = 0;

    if (is_wire)
        return is_v4 && slash == NULL;
    if (!is_v4 && inet_pton(AF_INET6, address, bytes) != 1)
        return false;
    return slash == NULL || (sso_span_integer(sso_span(slash + 1), &bits) && bits >= 1 &&
                             bits <= (is_v4 ? 32 : 128));
}

/* The fields of a person, and what may stand in each. */
static const struct {
    const char *name;
    bool (*is_valid)(const char *text);
    sso_key_field_t field; /* SSO_KEY_FIELDS: nobody is named by it */
} members[] = {{"username", is_username, SSO_KEY_USERNAME},
               {"email", is_email, SSO_KEY_EMAIL},
               {"idnumber", is_text, SSO_KEY_IDNUMBER},
               {"firstname", is_name, SSO_KEY_FIELDS},
               {"lastname", is_name, SSO_KEY_FIELDS}};

static bool is_listed(const apr_array_header_t *fields, sso_key_field_t field)
{
    for (int i = 0; i < fields->nelts; i++) {
        if (APR_ARRAY_IDX(fields, i, sso_key_field_t) == field)
            return true;
    }
    return false;
}

/* An idnumber names people; it is no part of their profile. */
static bool is_allowed(const sso_key_shape_t *shape, sso_key_field_t field)
{
    return is_listed(shape->fields, field) || (shape->has_profile && field != SSO_KEY_IDNUMBER);
}

/* Clients that always send all fields leave them empty. */
static const sso_error_t *check_member(const char *name, const char *value,
                                       const sso_key_shape_t *shape)
{
    for (apr_size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        if (strcmp(members[i].name, name) == 0)
            return is_allowed(shape, members[i].field) &&
                           (*value == '\0' || members[i].is_valid(value))
                       ? NULL
                       : sso_error(SSO_LOGINKEY_FIELDS);
    }
    return sso_error(SSO_LOGINKEY_FIELDS);
}

/* The first of the fields that is there. */
static const sso_error_t *name_person(const json_t *user, const sso_key_shape_t *shape,
                                      sso_key_request_t *request)
{
    for (int i = 0; i < shape->fields->nelts; i++) {
        request->field = APR_ARRAY_IDX(shape->fields, i, sso_key_field_t);
        request->value = sso_json_string_at(user, sso_key_field_name(request->field));
        if (request->value != NULL)
            return NULL;
    }
    return sso_error(SSO_LOGINKEY_FIELDS);
}

static const sso_error_t *read_user(json_t *user, const sso_key_shape_t *shape,
                                    sso_key_request_t *request)
{
    const char *name;
    json_t *value;

    if (!json_is_object(user))
        return sso_error(SSO_LOGINKEY_FIELDS);
    json_object_foreach(user, name, value)
    {
        if (!json_is_string(value))
            return sso_error(SSO_LOGINKEY_FIELDS);
        if (shape->is_wire && shape->needs_ip && strcmp(name, "ip") == 0)
            request->ip = json_string_value(value);
        else
            SSO_TRY(check_member(name, json_string_value(value), shape));
    }
    request->username = sso_json_string_at(user, "username");
    request->email = sso_json_string_at(user, "email");
    request->given_name = sso_json_string_at(user, "firstname");
    request->family_name = sso_json_string_at(user, "lastname");
    return name_person(user, shape, request);
}

/* What stands beside `user`. */
static const sso_error_t *read_rest(json_t *asked, const sso_key_shape_t *shape,
                                    sso_key_request_t *request)
{
    const char *name;
    json_t *value;

    json_object_foreach(asked, name, value)
    {
        if (strcmp(name, "user") == 0)
            continue;
        if (shape->is_wire || !json_is_string(value))
            return sso_error(SSO_LOGINKEY_REQUEST);
        if (strcmp(name, "ip") == 0)
            request->ip = json_string_value(value);
        else if (strcmp(name, "wantsurl") == 0)
            request->wantsurl = json_string_value(value);
        else
            return sso_error(SSO_LOGINKEY_REQUEST);
    }
    return NULL;
}

const sso_error_t *sso_key_request_read(const json_t *asked, const sso_key_shape_t *shape,
                                        sso_key_request_t *request, apr_pool_t *p)
{
    /* jansson iterates over what may change only. */
    json_t *object = (json_t *)(apr_uintptr_t)asked;

    memset(request, 0, sizeof(*request));
    if (!json_is_object(object))
        return sso_error(SSO_LOGINKEY_REQUEST);
    SSO_TRY(read_rest(object, shape, request));
    SSO_TRY(read_user(json_object_get(object, "user"), shape, request));
    if (request->ip == NULL ? shape->needs_ip
                            : !sso_key_ip_is_valid(request->ip, shape->is_wire, p))
        return sso_error(SSO_LOGINKEY_IP);
    return NULL;
}
