/* SPDX-License-Identifier: Apache-2.0 */
/* key_wire.c -- the wire form of Moodle's REST web service (moodle/webservice/rest/locallib.php).
 */
#include "sso/key_wire.h"

#include <string.h>

#include <apr_strings.h>

#include "base/html.h"
#include "base/json.h"

#define FUNCTION "auth_userkey_request_login_url"

bool sso_key_wire_is_meant(const json_t *fields)
{
    return json_object_get(fields, "wsfunction") != NULL ||
           json_object_get(fields, "wstoken") != NULL;
}

/* A field taken out of the others. Its text lives in the pool of the fields. */
static const char *take(json_t *fields, const char *name, apr_pool_t *p)
{
    const char *text = sso_json_string_at(fields, name);

    text = text ? apr_pstrdup(p, text) : NULL;
    json_object_del(fields, name);
    return text;
}

void sso_key_wire_read(json_t *fields, sso_key_wire_t *wire, apr_pool_t *p)
{
    /* Moodle's own; they change nothing here. */
    static const char *const settings[] = {"moodlewssettingraw", "moodlewssettingfileurl",
                                           "moodlewssettingfilter", "moodlewssettinglang",
                                           "moodlewssettingtimezone"};
    const char *format = take(fields, "moodlewsrestformat", p);

    wire->is_json = format != NULL && strcmp(format, "json") == 0;
    wire->token = take(fields, "wstoken", p);
    wire->function = take(fields, "wsfunction", p);
    wire->parameters = fields;
    for (apr_size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
        json_object_del(fields, settings[i]);
}

const sso_error_t *sso_key_wire_check(const sso_key_wire_t *wire)
{
    if (wire->function == NULL)
        return sso_error(SSO_LOGINKEY_REQUEST);
    return strcmp(wire->function, FUNCTION) == 0 ? NULL : sso_error(SSO_LOGINKEY_FUNCTION);
}

const char *sso_key_wire_answer(const sso_key_wire_t *wire, const char *login_url, apr_pool_t *p)
{
    if (wire->is_json)
        return sso_json_text_as_php(json_pack("{s:s}", "loginurl", login_url), p);
    return apr_pstrcat(p,
                       "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<RESPONSE>\n<SINGLE>\n"
                       "<KEY name=\"loginurl\"><VALUE>",
                       sso_html_escape(login_url, p), "</VALUE>\n</KEY>\n</SINGLE>\n</RESPONSE>\n",
                       NULL);
}

/* What the plugin, or Moodle in front of it, says in such a case (4.5). */
static const struct fault_t {
    sso_code_t code;
    const char *exception, *code_text, *message;
} faults[] = {
    {SSO_LOGINKEY_CLIENT, "core\\exception\\moodle_exception", "invalidtoken",
     "Invalid token - token not found"},
    {SSO_LOGINKEY_TOO_MANY, "core\\exception\\moodle_exception", "invalidtoken",
     "Invalid token - token not found"},
    {SSO_LOGINKEY_FUNCTION, "dml_missing_record_exception", "invalidrecord",
     "Can't find data record in database table external_functions."},
    {SSO_SOURCE_OFF, "webservice_access_exception", "accessexception", "Access control exception"},
};
static const struct fault_t other = {SSO_LOGINKEY_FIELDS,
                                     "core\\exception\\invalid_parameter_exception",
                                     "invalidparameter", "Invalid parameter value detected"};

const char *sso_key_wire_fault(const sso_key_wire_t *wire, const sso_error_t *error, apr_pool_t *p)
{
    const struct fault_t *fault = &other;

    for (apr_size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        if (faults[i].code == error->code)
            fault = &faults[i];
    }
    if (wire->is_json)
        return sso_json_text_as_php(json_pack("{s:s, s:s, s:s}", "exception", fault->exception,
                                              "errorcode", fault->code_text, "message",
                                              fault->message),
                                    p);
    return apr_pstrcat(p, "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<EXCEPTION class=\"",
                       fault->exception, "\">\n<ERRORCODE>", fault->code_text,
                       "</ERRORCODE>\n<MESSAGE>", fault->message, "</MESSAGE>\n</EXCEPTION>\n",
                       NULL);
}

const char *sso_key_wire_type(const sso_key_wire_t *wire)
{
    return wire->is_json ? "application/json" : "application/xml; charset=utf-8";
}
