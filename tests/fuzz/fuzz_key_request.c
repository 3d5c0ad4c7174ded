/* SPDX-License-Identifier: Apache-2.0 */
/* Target functions: sso_key_request_read, sso_login_key_unpack, sso_login_key_pack, sso_return_url:
 * what a client of login keys may send as JSON. */
#include "fuzz.h"

#include "sso/key_request.h"
#include "sso/login_key.h"
#include "sso/return_url.h"

static void read_key(sso_span_t text, apr_pool_t *p)
{
    sso_login_key_t key, again;

    if (!sso_login_key_unpack(apr_pstrmemdup(p, text.at, text.len), &key, p))
        return;
    must(key.source && key.client && key.username);
    must(sso_login_key_unpack(sso_login_key_pack(&key, p), &again, p));
    must(again.expires == key.expires && strcmp(again.username, key.username) == 0);
    must((again.ip == NULL) == (key.ip == NULL));
}

static void read_request(const json_t *asked, bool has_profile, bool is_wire, apr_pool_t *p)
{
    static const sso_uri_t own = {"https", "moodle.example", 443, ""};
    apr_array_header_t *fields = apr_array_make(p, 2, sizeof(sso_key_field_t));
    sso_key_shape_t shape = {fields, has_profile, is_wire, is_wire};
    sso_key_request_t request;
    const char *url;

    APR_ARRAY_PUSH(fields, sso_key_field_t) = SSO_KEY_EMAIL;
    APR_ARRAY_PUSH(fields, sso_key_field_t) = SSO_KEY_IDNUMBER;
    if (sso_key_request_read(asked, &shape, &request, p) != NULL)
        return;
    must(request.value != NULL && request.value[0] != '\0');
    must(has_profile || (request.username == NULL && request.given_name == NULL));
    must(!is_wire || (request.ip != NULL && request.wantsurl == NULL));
    url = sso_return_url(request.wantsurl, &own, NULL, p);
    must(url == NULL || strncmp(url, "https://moodle.example/", 23) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    apr_pool_t *p = fuzz_pool();
    sso_span_t text = fuzz_span(bytes, length);
    json_t *asked;

    read_key(text, p);
    if (!sso_json_parse(text, 65536, &asked, p))
        return 0;
    for (int i = 0; i < 4; i++)
        read_request(asked, i & 1, i & 2, p);
    return 0;
}
