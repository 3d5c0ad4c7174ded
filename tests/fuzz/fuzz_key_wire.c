/* SPDX-License-Identifier: Apache-2.0 */
/* Target functions: sso_key_wire_read, sso_key_wire_check, sso_key_wire_answer, sso_key_wire_fault,
 * sso_key_request_read: what a client of the plugin auth_userkey may send. The first line is the
 * query, the second one the Content-Type. */
#include "fuzz.h"

#include "base/json.h"
#include "sso/key_request.h"
#include "sso/key_wire.h"

static sso_span_t line_of(sso_span_t *rest)
{
    sso_span_t line = {"", 0};

    if (rest->at != NULL)
        sso_span_next(rest, '\n', &line);
    return line;
}

static const sso_error_t *read_request(const sso_key_wire_t *wire, apr_pool_t *p)
{
    apr_array_header_t *fields = apr_array_make(p, 1, sizeof(sso_key_field_t));
    const sso_key_shape_t shape = {fields, false, false, true};
    sso_key_request_t request;

    APR_ARRAY_PUSH(fields, sso_key_field_t) = SSO_KEY_EMAIL;
    SSO_TRY(sso_key_wire_check(wire));
    SSO_TRY(sso_key_request_read(wire->parameters, &shape, &request, p));
    must(request.email != NULL && request.username == NULL && request.wantsurl == NULL);
    return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    apr_pool_t *p = fuzz_pool();
    sso_span_t rest = fuzz_span(bytes, length), query = line_of(&rest), type = line_of(&rest);
    const char *type_text = apr_pstrmemdup(p, type.at, type.len), *text;
    json_t *fields = sso_php_form(p), *form = sso_php_form(p), *answer;
    const sso_error_t *error;
    sso_key_wire_t wire;

    if (!sso_php_form_read(query, fields, p))
        return 0;
    if (type.len > 0 ? sso_php_form_read_multipart(rest, type_text, form, p)
                     : sso_php_form_read(rest, form, p))
        sso_php_form_merge(fields, form);
    sso_key_wire_read(fields, &wire, p);
    must(json_object_get(wire.parameters, "wstoken") == NULL);
    error = read_request(&wire, p);
    text = error ? sso_key_wire_fault(&wire, error, p)
                 : sso_key_wire_answer(&wire, "https://moodle.example/key/K?wantsurl=", p);
    if (wire.is_json)
        must(sso_json_parse(sso_span(text), 65536, &answer, p));
    return 0;
}
