/* SPDX-License-Identifier: Apache-2.0 */
/* handlers.c -- SetHandler moodlesso-...: the table of our handlers, and how they answer. */
#include "httpd/handlers.h"

#include <apr_strings.h>
#include <http_protocol.h>

#define PREFIX "moodlesso-"

static const struct {
    const char *name; /* behind the prefix */
    int (*handle)(request_rec *r);
    bool takes_post;
} handlers[] = {{"whoami", moodlesso_whoami, false},
                {"status", moodlesso_status, false},
                {"check", moodlesso_check, true}};

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
        if (r->method_number == M_GET || (r->method_number == M_POST && handlers[i].takes_post))
            return handlers[i].handle(r);
        if (handlers[i].takes_post)
            r->allowed |= (AP_METHOD_BIT << M_POST);
        r->allowed |= (AP_METHOD_BIT << M_GET);
        return HTTP_METHOD_NOT_ALLOWED;
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

static int write_out(const char *bytes, size_t length, void *of_request)
{
    return ap_rwrite(bytes, (int)length, of_request) < 0 ? -1 : 0;
}

int moodlesso_answer_json(request_rec *r, const char *type, json_t *object)
{
    ap_set_content_type(r, type);
    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    apr_table_setn(r->headers_out, "X-Content-Type-Options", "nosniff");
    json_dump_callback(object, write_out, r, JSON_INDENT(2));
    ap_rputs("\n", r);
    json_decref(object);
    return OK;
}
