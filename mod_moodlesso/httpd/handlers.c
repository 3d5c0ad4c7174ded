/* SPDX-License-Identifier: Apache-2.0 */
/* handlers.c -- SetHandler moodlesso-...: the table of our handlers, and how they answer. */
#include "httpd/handlers.h"

#include <apr_strings.h>
#include <http_protocol.h>

#define PREFIX "moodlesso-"

static const struct {
    const char *name; /* behind the prefix */
    int (*handle)(request_rec *r);
    const char *methods; /* as Allow lists them */
} handlers[] = {{"whoami", moodlesso_whoami, "GET, HEAD"},
                {"status", moodlesso_status, "GET, HEAD"},
                {"check", moodlesso_check, "GET, HEAD, POST"}};

bool moodlesso_takes(const request_rec *r, const char *methods)
{
    sso_span_t rest = sso_span(methods), method;

    while (sso_span_next(&rest, ',', &method)) {
        if (sso_span_equal(sso_span_trim(method), r->method))
            return true;
    }
    return false;
}

/* Not httpd's own answer: that lists HEAD with GET, and TRACE, whatever is taken. */
int moodlesso_refuse_method(request_rec *r, const char *methods)
{
    apr_table_setn(r->headers_out, "Allow", methods);
    return moodlesso_refuse(r, HTTP_METHOD_NOT_ALLOWED,
                            apr_pstrcat(r->pool, "this address takes ", methods, NULL));
}

int moodlesso_handle(request_rec *r)
{
    const char *name = r->handler;

    /* Of a file it is the type: told from ours by a letter before strncmp is called. */
    if (name == NULL || name[0] != PREFIX[0] || strncmp(name, PREFIX, sizeof(PREFIX) - 1) != 0)
        return DECLINED;
    name += sizeof(PREFIX) - 1;
    for (apr_size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++) {
        if (strcmp(handlers[i].name, name) != 0)
            continue;
        return moodlesso_takes(r, handlers[i].methods)
                   ? handlers[i].handle(r)
                   : moodlesso_refuse_method(r, handlers[i].methods);
    }
    return DECLINED;
}

/* The name by which a definition of this server is told from those of others. */
static const char *name_in(const server_rec *home, const char *name, apr_pool_t *p)
{
    apr_port_t port;

    if (home == NULL || !home->is_virtual)
        return name;
    port = home->addrs ? home->addrs->host_port : 0;
    name = apr_pstrcat(p, name, "@", home->server_hostname, NULL);
    return port != 0 ? apr_psprintf(p, "%s:%d", name, port) : name;
}

void moodlesso_put(json_t *object, const char *name, const void *definition, json_t *value,
                   apr_pool_t *p)
{
    const server_rec *home =
        apr_hash_get(moodlesso_totals()->homes, &definition, sizeof(definition));
    const char *key = name_in(home, name, p), *free_key = key;

    for (int i = 2; json_object_get(object, free_key) != NULL; i++)
        free_key = apr_psprintf(p, "%s#%d", key, i);
    json_object_set_new(object, free_key, value);
}

void moodlesso_store_nowhere(request_rec *r)
{
    apr_table_unset(r->err_headers_out, "Cache-Control");
    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
}

static int write_out(const char *bytes, size_t length, void *of_request)
{
    return ap_rwrite(bytes, (int)length, of_request) < 0 ? -1 : 0;
}

int moodlesso_answer_json(request_rec *r, const char *type, json_t *object)
{
    ap_set_content_type(r, type);
    moodlesso_store_nowhere(r);
    apr_table_setn(r->headers_out, "X-Content-Type-Options", "nosniff");
    json_dump_callback(object, write_out, r, JSON_INDENT(2));
    ap_rputs("\n", r);
    json_decref(object);
    return OK;
}

int moodlesso_refuse(request_rec *r, int status, const char *sentence)
{
    const char *title = ap_get_status_line(status) + 4;
    json_t *detail = json_string(sentence);

    r->status = status;
    /* What was sent along may be no UTF-8. */
    return moodlesso_answer_json(r, "application/problem+json",
                                 json_pack("{s:s, s:i, s:o}", "title", title, "status", status,
                                           "detail", detail ? detail : json_string(title)));
}
