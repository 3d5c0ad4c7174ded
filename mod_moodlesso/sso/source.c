/* SPDX-License-Identifier: Apache-2.0 */
/* source.c -- a configured place that knows users, and the table of kinds of them. */
#include "sso/source.h"

#include <string.h>

#include <apr_strings.h>

#include "base/cookie.h"
#include "base/utf8.h"
#include "sso/definition.h"

static const sso_kind_t *const kinds[] = {&sso_kind_moodle, &sso_kind_drupal, &sso_kind_oidc,
                                          &sso_kind_loginkey};

const sso_kind_t *sso_kind(const char *name)
{
    for (apr_size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i]->name, name) == 0)
            return kinds[i];
    }
    return NULL;
}

const char *sso_source_make(const char *name, const char *kind, sso_options_t *options,
                            sso_source_t **source)
{
    const sso_kind_t *of_kind = sso_kind(kind);

    if (of_kind == NULL)
        return apr_psprintf(
            options->p, "%s is no kind of source; write moodle, drupal, oidc or loginkey", kind);
    *source = apr_pcalloc(options->p, sizeof(**source));
    (*source)->name = name;
    (*source)->kind = of_kind;
    (*source)->issuer = apr_pstrcat(options->p, kind, ":", name, NULL);
    return of_kind->configure(*source, options);
}

/* A username the environment can carry: the source's own, else the subject. */
static void match(sso_identity_t *who)
{
    if (who->claims[SSO_CLAIM_USERNAME] == NULL)
        who->claims[SSO_CLAIM_USERNAME] = who->claims[SSO_CLAIM_SUBJECT];
}

/* A whole name where the source knows its parts only. */
static void join_name(sso_identity_t *who, apr_pool_t *p)
{
    const char *given = who->claims[SSO_CLAIM_GIVEN_NAME];
    const char *family = who->claims[SSO_CLAIM_FAMILY_NAME];

    if (who->claims[SSO_CLAIM_NAME] == NULL && given != NULL && family != NULL)
        who->claims[SSO_CLAIM_NAME] = apr_pstrcat(p, given, " ", family, NULL);
}

static bool is_usable(const char *text)
{
    return text != NULL && sso_utf8_is_clean(sso_span(text));
}

const sso_error_t *sso_source_vouch(const sso_source_t *source, apr_time_t now, sso_identity_t *who,
                                    apr_pool_t *p)
{
    who->claims[SSO_CLAIM_SOURCE] = source->name;
    if (who->claims[SSO_CLAIM_ISSUER] == NULL)
        who->claims[SSO_CLAIM_ISSUER] = source->issuer;
    who->vouched_at = now;
    if (who->expires != 0)
        who->claims[SSO_CLAIM_EXPIRES] =
            apr_psprintf(p, "%" APR_TIME_T_FMT, apr_time_sec(who->expires));
    match(who);
    join_name(who, p);
    if (!is_usable(who->claims[SSO_CLAIM_SUBJECT]) || !is_usable(who->claims[SSO_CLAIM_USERNAME]))
        return sso_error(SSO_IDENTITY_MALFORMED);
    return NULL;
}

const sso_error_t *sso_source_resolve(const sso_source_t *source,
                                      const sso_credential_t *credential, sso_io_t *io,
                                      sso_identity_t **who, apr_pool_t *p)
{
    sso_identity_t *found = NULL;

    SSO_TRY(source->kind->resolve(source, credential, io, &found, p));
    SSO_TRY(sso_source_vouch(source, io->now, found, p));
    *who = found;
    return NULL;
}

const sso_error_t *sso_source_find_cookie(const sso_request_t *request, const char *name,
                                          const char *others, apr_size_t max,
                                          sso_credential_t *credential, apr_pool_t *p)
{
    sso_cookie_state_t state;

    if (request->cookies == NULL)
        return sso_error(SSO_NO_CREDENTIAL);
    state = sso_cookie_find(request->cookies, name, &credential->secret, p);
    if (state == SSO_COOKIE_ABSENT)
        return sso_error(SSO_NO_CREDENTIAL);
    if (state == SSO_COOKIE_AMBIGUOUS)
        return sso_error(SSO_DUPLICATE_COOKIE);
    if (!sso_span_is_word(credential->secret, others, max))
        return sso_error(SSO_COOKIE_MALFORMED);
    credential->name = name;
    credential->https = request->https;
    return NULL;
}

sso_database_t *sso_source_database(const sso_source_t *source,
                                    const sso_definitions_t *definitions, const char *name,
                                    const char **sentence, apr_pool_t *p)
{
    sso_database_t *database = apr_hash_get(definitions->databases, name, APR_HASH_KEY_STRING);

    if (database == NULL)
        *sentence =
            apr_psprintf(p, "MoodleSSOSource %s: there is no MoodleSSODatabase %s%s", source->name,
                         name, sso_definition_names(definitions->databases, p));
    return database;
}
