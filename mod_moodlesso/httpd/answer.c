/* SPDX-License-Identifier: Apache-2.0 */
/* answer.c -- JSON as the answer of a handler. */
#include "httpd/answer.h"

#include <http_protocol.h>

bool moodlesso_is_handler(request_rec *r, const char *name, int *status)
{
    *status = DECLINED;
    if (r->handler == NULL || strcmp(r->handler, name) != 0)
        return false;
    if (r->method_number == M_GET)
        return true;
    r->allowed |= (AP_METHOD_BIT << M_GET);
    *status = HTTP_METHOD_NOT_ALLOWED;
    return false;
}

static int write_out(const char *bytes, size_t length, void *of_request)
{
    return ap_rwrite(bytes, (int)length, of_request) < 0 ? -1 : 0;
}

int moodlesso_answer_json(request_rec *r, json_t *object)
{
    ap_set_content_type(r, "application/json");
    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    apr_table_setn(r->headers_out, "X-Content-Type-Options", "nosniff");
    json_dump_callback(object, write_out, r, JSON_INDENT(2));
    ap_rputs("\n", r);
    json_decref(object);
    return OK;
}
