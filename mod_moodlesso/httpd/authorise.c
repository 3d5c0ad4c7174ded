/* SPDX-License-Identifier: Apache-2.0 */
/* authorise.c -- AuthType MoodleSSO and the Require providers. */
#include "httpd/authorise.h"

#include <ap_provider.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>
#include <mod_auth.h>

#include "httpd/context.h"
#include "httpd/endpoints.h"
#include "httpd/identify.h"
#include "httpd/sign_in.h"
#include "sso/login_state.h"

APLOG_USE_MODULE(moodlesso);

/* Does somebody else authenticate here? */
static bool is_not_ours(request_rec *r)
{
    const char *type = ap_auth_type(r);

    return type != NULL && ap_cstr_casecmp(type, "MoodleSSO") != 0;
}

int moodlesso_note_failure(request_rec *r, const char *auth_type)
{
    const sso_decision_t *decision;
    const char *name, *reason;

    if (ap_cstr_casecmp(auth_type, "MoodleSSO") != 0)
        return DECLINED;
    decision = moodlesso_decision(r);
    name = ap_auth_name(r);
    reason = decision && decision->why ? decision->why->name : NULL;
    apr_table_setn(r->err_headers_out, "WWW-Authenticate",
                   apr_pstrcat(r->pool, "MoodleSSO realm=\"", name ? name : "MoodleSSO",
                               reason ? "\", error=\"" : "\"", reason ? reason : "",
                               reason ? "\"" : "", NULL));
    moodlesso_challenge_bearer(r, decision);
    return OK;
}

static int refuse_unproven(request_rec *r)
{
    switch (moodlesso_directory(r)->unauthenticated) {
    case MOODLESSO_UNAUTHENTICATED_PASS:
        /* httpd insists on a user from this hook; the next one, ours, takes it back. */
        r->user = apr_pstrdup(r->pool, "");
        return OK;
    case MOODLESSO_UNAUTHENTICATED_403:
        return HTTP_FORBIDDEN;
    case MOODLESSO_UNAUTHENTICATED_401:
        moodlesso_note_failure(r, "MoodleSSO");
        return HTTP_UNAUTHORIZED;
    case MOODLESSO_UNAUTHENTICATED_UNSET:
    case MOODLESSO_UNAUTHENTICATED_AUTO:
    case MOODLESSO_UNAUTHENTICATED_LOGIN:
    default:
        return moodlesso_ask_to_sign_in(r);
    }
}

int moodlesso_status_of(const sso_error_t *error)
{
    switch (error->class) {
    case SSO_FORBIDDEN:
        return HTTP_FORBIDDEN;
    case SSO_UNAVAILABLE:
        return HTTP_SERVICE_UNAVAILABLE;
    case SSO_BROKEN:
        return HTTP_INTERNAL_SERVER_ERROR;
    case SSO_ABSENT:
    case SSO_REJECTED:
    default:
        return HTTP_UNAUTHORIZED;
    }
}

void moodlesso_say_when(request_rec *r, int status)
{
    if (status == HTTP_SERVICE_UNAVAILABLE)
        apr_table_setn(r->err_headers_out, "Retry-After", MOODLESSO_RETRY_AFTER);
}

/* httpd would say that a module is missing (AH01796). */
static int tell_unused(request_rec *r)
{
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                  "moodlesso: AuthType MoodleSSO at %s, but MoodleSSOUse names no source here (or "
                  "MoodleSSO is Off): write MoodleSSOUse NAME",
                  r->uri);
    return HTTP_INTERNAL_SERVER_ERROR;
}

int moodlesso_check_user(request_rec *r)
{
    const sso_decision_t *decision;
    const moodlesso_context_t *context;
    int status;

    if (moodlesso_is_endpoint(r)) {
        r->user = apr_pstrdup(r->pool, "");
        return OK;
    }
    if (is_not_ours(r))
        return DECLINED;
    if ((decision = moodlesso_decision(r)) == NULL)
        return ap_auth_type(r) ? tell_unused(r) : DECLINED;
    context = moodlesso_context_of(r);
    /* No login meets two of them at once: that would go on for ever. */
    if (decision->who != NULL && context->acr != NULL)
        return context->is_acr_met ? HTTP_FORBIDDEN
                                   : moodlesso_ask_to_step_up(r, decision, context->acr);
    if (decision->who != NULL)
        return OK;
    status = moodlesso_status_of(decision->why);
    moodlesso_say_when(r, status);
    return status == HTTP_UNAUTHORIZED ? refuse_unproven(r) : status;
}

int moodlesso_check_authorisation(request_rec *r)
{
    const sso_decision_t *decision;

    /* Whoever is to sign in is not signed in yet. */
    if (moodlesso_is_endpoint(r)) {
        r->user = NULL;
        return OK;
    }
    if (moodlesso_directory(r)->unauthenticated != MOODLESSO_UNAUTHENTICATED_PASS ||
        is_not_ours(r) || (decision = moodlesso_decision(r)) == NULL)
        return DECLINED;
    if (decision->who != NULL || decision->why->class > SSO_REJECTED)
        return DECLINED;
    r->user = NULL;
    return OK;
}

/* The identity that Require looks at; *status is what to answer when there is none. */
static const sso_identity_t *required(request_rec *r, authz_status *status)
{
    const sso_decision_t *decision = moodlesso_decision(r);

    *status = AUTHZ_DENIED_NO_USER;
    return decision ? decision->who : NULL;
}

static authz_status check_source(request_rec *r, const char *line, const void *parsed)
{
    authz_status status;
    const sso_identity_t *who = required(r, &status);
    sso_span_t rest = sso_span(line), word;

    while (who != NULL && sso_span_word(&rest, &word)) {
        if (sso_span_equal(word, who->claims[SSO_CLAIM_SOURCE]))
            return AUTHZ_GRANTED;
    }
    return who ? AUTHZ_DENIED : status;
}

/* Of any server: a section of the main server counts for all. */
static bool is_defined(sso_span_t name)
{
    const apr_array_header_t *sources = moodlesso_totals()->inventory.sources;

    for (int i = 0; i < sources->nelts; i++) {
        if (sso_span_equal(name, APR_ARRAY_IDX(sources, i, const sso_source_t *)->name))
            return true;
    }
    return false;
}

static const char *find_undefined(const char *names, apr_pool_t *p)
{
    sso_span_t rest = sso_span(names), word;

    while (sso_span_word(&rest, &word)) {
        if (!is_defined(word))
            return apr_pstrcat(p, "there is no MoodleSSOSource ",
                               apr_pstrmemdup(p, word.at, word.len), moodlesso_source_names(p),
                               NULL);
    }
    return NULL;
}

/* A .htaccess file is read when everything is known, and nothing may be kept. */
static const char *parse_source(cmd_parms *cmd, const char *line, const void **parsed)
{
    moodlesso_required_t *required;
    const char *sentence;

    *parsed = NULL;
    if (*line == '\0')
        return "Require moodlesso-source: write the name of a MoodleSSOSource";
    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_RUN_MPM) {
        sentence = find_undefined(line, cmd->pool);
        return sentence ? apr_pstrcat(cmd->pool, "Require moodlesso-source: ", sentence, NULL)
                        : NULL;
    }
    required = apr_array_push(moodlesso_totals()->required);
    required->names = apr_pstrdup(cmd->pool, line);
    required->where =
        apr_psprintf(cmd->pool, "%s:%d", cmd->directive->filename, cmd->directive->line_num);
    return NULL;
}

const char *moodlesso_requirements_freeze(apr_pool_t *p)
{
    const apr_array_header_t *all = moodlesso_totals()->required;

    for (int i = 0; i < all->nelts; i++) {
        const moodlesso_required_t *required = &APR_ARRAY_IDX(all, i, moodlesso_required_t);
        const char *sentence = find_undefined(required->names, p);

        if (sentence != NULL)
            return apr_psprintf(p, "Require moodlesso-source %s (%s): %s", required->names,
                                required->where, sentence);
    }
    return NULL;
}

static const char *parse_role(cmd_parms *cmd, const char *line, const void **parsed)
{
    *parsed = NULL;
    return *line != '\0' ? NULL : "Require moodlesso-role: write the name of a role";
}

static authz_status check_role(request_rec *r, const char *line, const void *parsed)
{
    authz_status status;
    const sso_identity_t *who = required(r, &status);

    /* Drupal 7 names roles freely, so a role may be quoted. */
    while (who != NULL && *line != '\0') {
        if (sso_identity_has(who, "roles", ap_getword_conf(r->pool, &line)))
            return AUTHZ_GRANTED;
    }
    return who ? AUTHZ_DENIED : status;
}

/* One argument of Require moodlesso-claim. */
typedef struct claim_rule_t {
    const char *name;
    const char *value;   /* NAME:VALUE */
    ap_regex_t *pattern; /* NAME~REGEX, anchored at both ends */
} claim_rule_t;

/* Require moodlesso-claim */
typedef struct claims_t {
    apr_array_header_t *rules; /* claim_rule_t; one is to hold */
    const char *acr; /* values of acr with blanks between, each of which would do here; NULL:
                        there is none that a login could be asked for */
} claims_t;

/* Does the line let in whom it holds for? Not where it is turned round; nor, for all that is known
 * here, in an alias, which may be. */
static bool lets_in(const cmd_parms *cmd)
{
    const char *line = cmd->directive->args;

    if (ap_cstr_casecmp(cmd->directive->directive, "Require") != 0 ||
        ap_cstr_casecmp(ap_getword_conf(cmd->temp_pool, &line), "not") == 0)
        return false;
    for (const ap_directive_t *at = cmd->directive->parent; at != NULL; at = at->parent) {
        if (ap_cstr_casecmp(at->directive, "<RequireNone") == 0)
            return false;
    }
    return true;
}

static void add_acr(claims_t *claims, const claim_rule_t *rule, apr_pool_t *p)
{
    const char *all = claims->acr;

    if (rule->value == NULL || strcmp(rule->name, "acr") != 0 || strchr(rule->value, ' ') != NULL)
        return;
    all = all ? apr_pstrcat(p, all, " ", rule->value, NULL) : rule->value;
    if (*rule->value != '\0' && sso_login_is_acr(all))
        claims->acr = all;
}

static const char *parse_claims(cmd_parms *cmd, const char *line, const void **parsed)
{
    claims_t *claims = apr_pcalloc(cmd->pool, sizeof(*claims));
    apr_array_header_t *rules = apr_array_make(cmd->pool, 2, sizeof(claim_rule_t));
    const bool steps_up = lets_in(cmd);
    const char *word;

    claims->rules = rules;
    *parsed = claims;
    while (*(word = ap_getword_conf(cmd->pool, &line)) != '\0') {
        apr_size_t length = strcspn(word, ":~");
        claim_rule_t *rule = apr_array_push(rules);

        if (length == 0 || word[length] == '\0' || word[length + 1] == '\0')
            return apr_psprintf(cmd->pool,
                                "Require moodlesso-claim %s: write NAME:VALUE or NAME~REGEX", word);
        rule->name = apr_pstrmemdup(cmd->pool, word, length);
        rule->value = word[length] == ':' ? word + length + 1 : NULL;
        rule->pattern = NULL;
        if (rule->value == NULL)
            rule->pattern = ap_pregcomp(
                cmd->pool, apr_pstrcat(cmd->pool, "\\A(?:", word + length + 1, ")\\z", NULL), 0);
        if (rule->value == NULL && rule->pattern == NULL)
            return apr_psprintf(cmd->pool, "Require moodlesso-claim %s: no regular expression",
                                word);
        if (steps_up)
            add_acr(claims, rule, cmd->pool);
    }
    return rules->nelts > 0 ? NULL : "Require moodlesso-claim: write NAME:VALUE or NAME~REGEX";
}

static bool rule_holds(const claim_rule_t *rule, const sso_identity_t *who, apr_pool_t *p)
{
    sso_span_t rest = sso_span(sso_identity_claim(who, rule->name)), value;

    if (rule->value != NULL)
        return sso_identity_has(who, rule->name, rule->value);
    while (sso_identity_next(rule->name, &rest, &value)) {
        if (ap_regexec(rule->pattern, apr_pstrmemdup(p, value.at, value.len), 0, NULL, 0) == 0)
            return true;
    }
    return false;
}

/* Of a source whose people sign in by a provider. To httpd that is as if nobody were known yet: so
 * it is combined with other rules, and asked about in moodlesso_check_user. */
static authz_status deny_claim(request_rec *r, const claims_t *claims)
{
    moodlesso_context_t *context = moodlesso_context(r);
    const sso_decision_t *decision = moodlesso_decision(r);

    if (claims->acr == NULL || is_not_ours(r) || sso_source_issuers(decision->source) == NULL)
        return AUTHZ_DENIED;
    if (context->acr == NULL)
        context->acr = claims->acr;
    return AUTHZ_DENIED_NO_USER;
}

static authz_status check_claim(request_rec *r, const char *line, const void *parsed)
{
    const claims_t *claims = parsed;
    authz_status status;
    const sso_identity_t *who = required(r, &status);

    for (int i = 0; who != NULL && i < claims->rules->nelts; i++) {
        const claim_rule_t *rule = &APR_ARRAY_IDX(claims->rules, i, claim_rule_t);

        if (!rule_holds(rule, who, r->pool))
            continue;
        if (claims->acr != NULL && strcmp(rule->name, "acr") == 0)
            moodlesso_context(r)->is_acr_met = true;
        return AUTHZ_GRANTED;
    }
    return who ? deny_claim(r, claims) : status;
}

static const authz_provider source_provider = {check_source, parse_source};
static const authz_provider role_provider = {check_role, parse_role};
static const authz_provider claim_provider = {check_claim, parse_claims};

void moodlesso_register_requirements(apr_pool_t *p)
{
    ap_register_auth_provider(p, AUTHZ_PROVIDER_GROUP, "moodlesso-source", AUTHZ_PROVIDER_VERSION,
                              &source_provider, AP_AUTH_INTERNAL_PER_CONF);
    ap_register_auth_provider(p, AUTHZ_PROVIDER_GROUP, "moodlesso-role", AUTHZ_PROVIDER_VERSION,
                              &role_provider, AP_AUTH_INTERNAL_PER_CONF);
    ap_register_auth_provider(p, AUTHZ_PROVIDER_GROUP, "moodlesso-claim", AUTHZ_PROVIDER_VERSION,
                              &claim_provider, AP_AUTH_INTERNAL_PER_CONF);
}
