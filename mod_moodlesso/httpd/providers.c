/* SPDX-License-Identifier: Apache-2.0 */
/* providers.c -- where people can sign in to this server, in the order in which they are asked. */
#include "httpd/providers.h"

#include "httpd/endpoints.h"
#include "sso/provider_look.h"

static moodlesso_provider_t provider_of(const sso_source_t *source)
{
    moodlesso_provider_t provider = {source->name, source->name, NULL, SSO_PROVIDER_COLOR, 0};

    return provider;
}

int moodlesso_providers(request_rec *r, moodlesso_provider_t *providers)
{
    const sso_source_t *sources[MOODLESSO_MAX_USE];
    int found = moodlesso_token_sources(r, sources), count = 0;

    for (int i = 0; i < found; i++) {
        moodlesso_provider_t provider = provider_of(sources[i]);
        int place = count++;

        for (; place > 0 && providers[place - 1].priority > provider.priority; place--)
            providers[place] = providers[place - 1];
        providers[place] = provider;
    }
    return count;
}
