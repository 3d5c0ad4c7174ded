/* SPDX-License-Identifier: Apache-2.0 */
/* publish.c -- a decision as environment variables. */
#include "httpd/publish.h"

#include "base/seldom.h"

#define OURS "MOODLESSO_"

static void push(apr_array_header_t *variables, const char *name, const char *value)
{
    apr_table_entry_t *entry = apr_array_push(variables);

    entry->key = (char *)(apr_uintptr_t)name;
    entry->val = (char *)(apr_uintptr_t)value;
}

/* Of most requests: nothing to check, made once for all. */
static const apr_array_header_t *of_a_stranger(void)
{
    static char name[] = OURS "REASON", code[] = "NO_CREDENTIAL";
    static apr_table_entry_t entry = {name, code, 0};
    static const apr_array_header_t variables = {NULL, sizeof(entry), 1, 1, (char *)&entry};

    return &variables;
}

SSO_SELDOM static const apr_array_header_t *make_variables(request_rec *r,
                                                           const sso_decision_t *decision)
{
    apr_array_header_t *variables =
        apr_array_make(r->pool, SSO_CLAIM_COUNT, sizeof(apr_table_entry_t));
    const apr_array_header_t *more = moodlesso_directory(r)->publish;

    if (decision->who == NULL) {
        push(variables, OURS "REASON", decision->why->name);
        return variables;
    }
    for (int i = 0; i < SSO_CLAIM_COUNT; i++) {
        if (decision->who->claims[i] != NULL)
            push(variables, sso_claim_variable((sso_claim_t)i), decision->who->claims[i]);
    }
    for (int i = 0; more != NULL && i < more->nelts; i++) {
        const moodlesso_variable_t *variable = &APR_ARRAY_IDX(more, i, moodlesso_variable_t);
        const char *value = sso_template_fill(variable->value, decision->who, r->pool);
        if (value != NULL)
            push(variables, variable->name, value);
    }
    return variables;
}

const apr_array_header_t *moodlesso_variables(request_rec *r, const sso_decision_t *decision)
{
    if (decision->who == NULL && decision->why->code == SSO_NO_CREDENTIAL)
        return of_a_stranger();
    return make_variables(r, decision);
}

/* Tables ignore case, and so do some readers of the environment. */
static inline bool may_be_ours(const char *name)
{
    return (name[0] | 0x20) == 'm';
}

static bool is_ours(const char *name)
{
    return may_be_ours(name) && strncasecmp(name, OURS, sizeof(OURS) - 1) == 0;
}

/* Are exactly these there already, by pointer? No other that may be ours, told by a letter. */
static bool is_published(const apr_array_header_t *environment, const apr_array_header_t *variables)
{
    const apr_table_entry_t *entries = (const apr_table_entry_t *)(void *)environment->elts;
    int matched = 0, wanted = variables ? variables->nelts : 0;

    for (int i = 0; i < environment->nelts; i++) {
        const apr_table_entry_t *variable =
            matched < wanted ? &APR_ARRAY_IDX(variables, matched, apr_table_entry_t) : NULL;

        if (variable != NULL && entries[i].key == variable->key && entries[i].val == variable->val)
            matched++;
        else if (may_be_ours(entries[i].key))
            return false;
    }
    return matched == wanted;
}

/* In place of whatever is there of ours. */
SSO_SELDOM static void replace(request_rec *r, const apr_array_header_t *variables)
{
    const apr_array_header_t *environment = apr_table_elts(r->subprocess_env);
    const apr_table_entry_t *entries = (const apr_table_entry_t *)(void *)environment->elts;
    bool has_others = environment->nelts > 0;

    for (int i = 0; i < environment->nelts; i++) {
        if (is_ours(entries[i].key)) {
            apr_table_unset(r->subprocess_env, entries[i].key);
            i = -1; /* entries moved */
        }
    }
    for (int i = 0; variables != NULL && i < variables->nelts; i++) {
        const apr_table_entry_t *variable = &APR_ARRAY_IDX(variables, i, apr_table_entry_t);
        /* None of ours is left; a name of MoodleSSOPublish may be somebody else's too. */
        if (has_others && !is_ours(variable->key))
            apr_table_unset(r->subprocess_env, variable->key);
        apr_table_addn(r->subprocess_env, variable->key, variable->val);
    }
}

void moodlesso_publish(request_rec *r, const apr_array_header_t *variables)
{
    if (!is_published(apr_table_elts(r->subprocess_env), variables))
        replace(r, variables);
}
