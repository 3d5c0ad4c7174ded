/* SPDX-License-Identifier: Apache-2.0 */
/* login_page.c -- GET login, GET login.json: choose where to sign in. */
#include <httpd.h>

#include <apr_strings.h>
#include <http_protocol.h>

#include "base/percent.h"
#include "httpd/endpoints.h"
#include "httpd/frame_request.h"
#include "httpd/handlers.h"
#include "httpd/page.h"
#include "httpd/providers.h"

static const char *start_url(request_rec *r, const moodlesso_provider_t *provider, const char *more)
{
    return apr_pstrcat(r->pool, moodlesso_endpoint_url(r, "start/"), provider->name,
                       "?return=", sso_percent_encode(sso_span(moodlesso_return_url(r)), r->pool),
                       more, NULL);
}

static json_t *list(request_rec *r, const moodlesso_provider_t *providers, int count)
{
    json_t *all = json_array();

    for (int i = 0; i < count; i++) {
        const sso_client_t *client = providers[i].client;

        json_array_append_new(all,
                              json_pack("{s:s, s:s, s:s?, s:s, s:s}", "name", providers[i].name,
                                        "title", client->title, "icon", client->icon, "color",
                                        client->color, "url", start_url(r, &providers[i], "")));
    }
    return all;
}

static bool is_popup(request_rec *r)
{
    const char *display = moodlesso_parameter(r, r->args, "display");

    return display != NULL && strcmp(display, "popup") == 0;
}

int moodlesso_login_page(request_rec *r)
{
    moodlesso_provider_t providers[MOODLESSO_MAX_USE];
    int count = moodlesso_providers(r, providers);
    bool is_framed = moodlesso_is_embedded(r), in_popup = is_popup(r);

    /* Providers do not show in frames: there it takes a click to open a window. */
    if (count == 1 && !is_framed) {
        apr_table_setn(r->err_headers_out, "Location",
                       start_url(r, &providers[0], in_popup ? "&display=popup" : ""));
        apr_table_setn(r->err_headers_out, "Cache-Control", "no-store");
        return HTTP_SEE_OTHER;
    }
    return moodlesso_page(
        r, HTTP_OK, "login",
        json_pack("{s:o, s:b, s:b, s:s, s:s}", "providers", list(r, providers, count), "popup",
                  in_popup || is_framed, "frame", is_framed, "exchange",
                  moodlesso_endpoint_url(r, "teams"), "return", moodlesso_return_url(r)));
}

int moodlesso_login_json(request_rec *r)
{
    moodlesso_provider_t providers[MOODLESSO_MAX_USE];
    int count = moodlesso_providers(r, providers);

    return moodlesso_answer_json(r, MOODLESSO_JSON, list(r, providers, count));
}
