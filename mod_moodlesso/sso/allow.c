/* SPDX-License-Identifier: Apache-2.0 */
/* allow.c -- MoodleSSOAllow: whom of those that a source vouches for a section lets pass. */
#include "sso/allow.h"

#include <string.h>

#include <apr_strings.h>

#include "base/domain.h"
#include "base/pattern.h"

#define GOOGLE "https://accounts.google.com"
#define GMAIL  "gmail.com"

typedef struct value_t {
    const char *text;             /* NULL where there is a pattern */
    const sso_pattern_t *pattern; /* NULL where there is a text */
} value_t;

typedef const char *read_t(const char *word, value_t *value, apr_pool_t *p);
typedef bool hold_t(const sso_allow_t *rule, const sso_identity_t *who, apr_pool_t *p);

typedef struct class_t {
    const char *name;
    read_t *read;
    hold_t *holds;
    int names; /* words before the values */
    sso_code_t refusal;
} class_t;

struct sso_allow_t {
    const class_t *class;
    const char *claim;          /* its name; NULL for the other classes */
    apr_array_header_t *values; /* value_t */
};

static const char *read_tenant(const char *word, value_t *value, apr_pool_t *p)
{
    value->text = word;
    return sso_span_is_guid(sso_span(word))
               ? NULL
               : apr_psprintf(p,
                              "%s is no tenant ID; Entra shows it in its overview, like "
                              "72f988bf-86f1-41af-91ab-2d7cd011db47",
                              word);
}

static const char *read_domain(const char *word, value_t *value, apr_pool_t *p)
{
    bool is_below = strncmp(word, "*.", 2) == 0;
    const char *normal = sso_domain_normal(sso_span(is_below ? word + 2 : word), p);

    value->text = normal ? apr_pstrcat(p, is_below ? "*." : "", normal, NULL) : NULL;
    return normal ? NULL
                  : apr_psprintf(p,
                                 "%s is no domain; write example.edu, or *.example.edu for "
                                 "those below it",
                                 word);
}

static const char *read_pattern(const char *word, value_t *value, apr_pool_t *p)
{
    const char *why = NULL;

    if (sso_pattern_compile(word, &value->pattern, &why, p))
        return NULL;
    return apr_psprintf(p, "%s is no regular expression: %s", word, why);
}

static const char *read_value(const char *word, value_t *value, apr_pool_t *p)
{
    if (word[0] == '~')
        return read_pattern(word + 1, value, p);
    value->text = word;
    return *word ? NULL : "a claim is never empty";
}

static const value_t *value_of(const sso_allow_t *rule, int i)
{
    return &APR_ARRAY_IDX(rule->values, i, value_t);
}

/* The issuer's own name holds the tenant: so it is its word, and not that of another issuer about
 * people of its own. */
static bool is_tenants_issuer(const sso_identity_t *who, const char *tenant)
{
    const char *issuer = who->claims[SSO_CLAIM_ISSUER];
    sso_span_t rest = sso_span(issuer), part;

    while (sso_span_next(&rest, '/', &part)) {
        if (sso_span_equal_nocase(part, sso_span(tenant)))
            return true;
    }
    return false;
}

static bool tenant_holds(const sso_allow_t *rule, const sso_identity_t *who, apr_pool_t *p)
{
    const char *tenant = sso_identity_claim(who, "tid");

    if (tenant == NULL || !is_tenants_issuer(who, tenant))
        return false;
    for (int i = 0; i < rule->values->nelts; i++) {
        if (sso_span_equal_nocase(sso_span(tenant), sso_span(value_of(rule, i)->text)))
            return true;
    }
    return false;
}

static bool is_domain(const sso_allow_t *rule, const char *domain)
{
    for (int i = 0; domain != NULL && i < rule->values->nelts; i++) {
        if (sso_domain_is(domain, value_of(rule, i)->text))
            return true;
    }
    return false;
}

/* Google speaks for an address only where hd says that the domain's people are kept there, and for
 * its own (Google, "Verify the Google ID token": hd, email_verified). */
static bool domain_holds(const sso_allow_t *rule, const sso_identity_t *who, apr_pool_t *p)
{
    const char *issuer = who->claims[SSO_CLAIM_ISSUER], *hd = NULL, *domain;
    bool is_google = issuer != NULL && strcmp(issuer, GOOGLE) == 0;
    sso_span_t local;

    if (is_google)
        hd = sso_identity_claim(who, "hd");
    domain = sso_domain_of_email(sso_identity_verified_email(who), &local, p);
    if (is_google && hd == NULL && domain != NULL && strcmp(domain, GMAIL) != 0)
        return false;
    return is_domain(rule, domain) ||
           (hd != NULL && is_domain(rule, sso_domain_normal(sso_span(hd), p)));
}

static bool text_holds(const sso_allow_t *rule, const char *text, apr_pool_t *p)
{
    for (int i = 0; text != NULL && i < rule->values->nelts; i++) {
        const value_t *value = value_of(rule, i);

        if (value->text ? strcmp(value->text, text) == 0
                        : sso_pattern_matches(value->pattern, text, p))
            return true;
    }
    return false;
}

static bool username_holds(const sso_allow_t *rule, const sso_identity_t *who, apr_pool_t *p)
{
    return text_holds(rule, who->claims[SSO_CLAIM_USERNAME], p);
}

static bool claim_holds(const sso_allow_t *rule, const sso_identity_t *who, apr_pool_t *p)
{
    sso_span_t rest = sso_span(sso_identity_claim(who, rule->claim)), value;

    if (strcmp(rule->claim, "email") == 0 && sso_identity_verified_email(who) == NULL)
        return false;
    while (sso_identity_next(rule->claim, &rest, &value)) {
        if (text_holds(rule, apr_pstrmemdup(p, value.at, value.len), p))
            return true;
    }
    return false;
}

static const class_t classes[] = {
    {"tenant", read_tenant, tenant_holds, 0, SSO_TENANT_NOT_ALLOWED},
    {"domain", read_domain, domain_holds, 0, SSO_DOMAIN_NOT_ALLOWED},
    {"username", read_pattern, username_holds, 0, SSO_USERNAME_NOT_ALLOWED},
    {"claim", read_value, claim_holds, 1, SSO_CLAIM_NOT_ALLOWED},
};

static const class_t *class_of(const apr_array_header_t *words)
{
    const char *name = words->nelts > 0 ? APR_ARRAY_IDX(words, 0, const char *) : "";

    for (apr_size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        if (strcmp(classes[i].name, name) == 0 && words->nelts > classes[i].names + 1)
            return &classes[i];
    }
    return NULL;
}

const char *sso_allow_make(const apr_array_header_t *words, const sso_allow_t **made, apr_pool_t *p)
{
    sso_allow_t *rule = apr_pcalloc(p, sizeof(*rule));
    const char *sentence = NULL;

    if ((rule->class = class_of(words)) == NULL)
        return "write tenant GUID ..., domain NAME ..., username REGEX ..., or claim NAME "
               "VALUE|~REGEX ...";
    if (rule->class->names > 0)
        rule->claim = APR_ARRAY_IDX(words, 1, const char *);
    rule->values = apr_array_make(p, words->nelts, sizeof(value_t));
    for (int i = rule->class->names + 1; i < words->nelts && sentence == NULL; i++) {
        value_t *value = apr_array_push(rule->values);

        memset(value, 0, sizeof(*value));
        sentence = rule->class->read(APR_ARRAY_IDX(words, i, const char *), value, p);
    }
    *made = rule;
    return sentence;
}

const sso_error_t *sso_allow(const apr_array_header_t *rules, const sso_identity_t *who,
                             apr_pool_t *p)
{
    for (int i = 0; rules != NULL && i < rules->nelts; i++) {
        const sso_allow_t *rule = APR_ARRAY_IDX(rules, i, const sso_allow_t *);

        if (!rule->class->holds(rule, who, p))
            return sso_error(rule->class->refusal);
    }
    return NULL;
}
