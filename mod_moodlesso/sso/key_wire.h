/* SPDX-License-Identifier: Apache-2.0 */
/* key_wire.h -- the wire form of Moodle's REST web service, as far as clients of its plugin
 * auth_userkey use it: one function, answers in JSON or XML, faults with the same codes.
 *
 * Faults have status 200, as Moodle's have: many clients take every other one for a broken line. */
#ifndef SSO_KEY_WIRE_H
#define SSO_KEY_WIRE_H

#include "base/php_form.h"
#include "sso/error.h"

typedef struct sso_key_wire_t {
    bool is_json;         /* else XML, which is Moodle's default */
    const char *token;    /* NULL: none came */
    const char *function; /* NULL: none came */
    json_t *parameters;   /* of the function */
} sso_key_wire_t;

/* Is a request with these fields meant so? */
bool sso_key_wire_is_meant(const json_t *fields);

/* Take the fields of a request apart: `fields` keeps the parameters of the function. */
void sso_key_wire_read(json_t *fields, sso_key_wire_t *wire, apr_pool_t *p);

/* Is it the one function that there is? Answers LOGINKEY_REQUEST when none is named,
 * LOGINKEY_FUNCTION for others. */
const sso_error_t *sso_key_wire_check(const sso_key_wire_t *wire);

/* The answer with a login URL. */
const char *sso_key_wire_answer(const sso_key_wire_t *wire, const char *login_url, apr_pool_t *p);

/* The fault that the plugin has for such an error. */
const char *sso_key_wire_fault(const sso_key_wire_t *wire, const sso_error_t *error, apr_pool_t *p);

/* Its Content-Type. */
const char *sso_key_wire_type(const sso_key_wire_t *wire);

#endif
