/* SPDX-License-Identifier: Apache-2.0 */
/* providers.c -- where people can sign in to this server, in the order in which they are asked. */
#include "httpd/providers.h"

#include "httpd/endpoints.h"
#include "httpd/freeze.h"

int moodlesso_providers(request_rec *r, moodlesso_provider_t *providers)
{
    const sso_source_t *sources[MOODLESSO_MAX_USE];
    int found = moodlesso_token_sources(r, sources), count = 0;

    for (int i = 0; i < found; i++) {
        const sso_client_t *client = sso_source_client(sources[i]);
        int place = count;

        if (client == NULL || moodlesso_is_source_off(sources[i]))
            continue;
        for (; place > 0 && providers[place - 1].client->priority > client->priority; place--)
            providers[place] = providers[place - 1];
        providers[place] = (moodlesso_provider_t){sources[i]->name, client};
        count++;
    }
    return count;
}

json_t *moodlesso_provider_forms(request_rec *r, const moodlesso_provider_t *providers, int count)
{
    json_t *forms = json_pack("[s]", "https:");
    sso_uri_t issuer;

    for (int i = 0; i < count; i++) {
        if (sso_uri_parse(providers[i].client->issuer->issuer, &issuer, r->pool) &&
            strcmp(issuer.scheme, "http") == 0)
            json_array_append_new(forms, json_string(sso_uri_origin(&issuer, r->pool)));
    }
    return forms;
}
