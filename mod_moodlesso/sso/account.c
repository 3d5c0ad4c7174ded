/* SPDX-License-Identifier: Apache-2.0 */
/* account.c -- as whom an identity is known here: by its link, else by what rules find, else by a
 * name made for it.
 *
 * The credential is text: number of the rules, may names be made, identity as packed. */
#include "sso/account.h"

#include <string.h>

#include <apr_strings.h>

#define TOUCH_EVERY apr_time_from_sec(86400)
#define HEAD        2 /* bytes before the packed identity */

typedef struct accounts_t {
    const apr_array_header_t *lists;
} accounts_t;

const char *sso_account_label(const sso_identity_t *who, apr_pool_t *p)
{
    const char *label = who->claims[SSO_CLAIM_EMAIL];
    apr_size_t length;

    if (label == NULL)
        label = who->claims[SSO_CLAIM_USERNAME];
    length = strlen(label);
    if (length <= SSO_LINK_LABEL_MAX)
        return label;
    /* Not in the middle of a character. */
    for (length = SSO_LINK_LABEL_MAX; length > 0 && (label[length] & 0xC0) == 0x80; length--)
        ;
    return apr_pstrmemdup(p, label, length);
}

/* What the look-up needs, and nothing that changes from one request to the next. */
static sso_span_t credential_of(const sso_account_rules_t *rules, const sso_identity_t *who,
                                apr_pool_t *p)
{
    sso_identity_t known = *who;
    apr_size_t used = 0;
    char *bytes;

    known.claims[SSO_CLAIM_ROLES] = known.claims[SSO_CLAIM_EXPIRES] = NULL;
    known.expires = known.vouched_at = 0;
    sso_identity_pack(&known, NULL, NULL, 0, &used);
    bytes = apr_palloc(p, HEAD + used);
    bytes[0] = (char)rules->number;
    bytes[1] = (char)rules->creates;
    sso_identity_pack(&known, NULL, bytes + HEAD, used, &used);
    return (sso_span_t){bytes, HEAD + used};
}

static bool read_credential(const accounts_t *accounts, sso_span_t secret,
                            sso_account_rules_t *rules, sso_identity_t **who, apr_pool_t *p)
{
    const sso_error_t *error;

    rules->number = (unsigned char)secret.at[0];
    rules->creates = secret.at[1] != 0;
    rules->match = rules->number > 0 ? APR_ARRAY_IDX(accounts->lists, rules->number - 1,
                                                     const apr_array_header_t *)
                                     : NULL;
    /* Aligned as unpacking wants it. */
    return sso_identity_unpack(apr_pmemdup(p, secret.at + HEAD, secret.len - HEAD),
                               secret.len - HEAD, who, &error, p) &&
           *who != NULL;
}

static const sso_error_t *find_link(const sso_identity_t *who, sso_io_t *io, sso_linked_t *linked,
                                    bool *is_linked, apr_pool_t *p)
{
    apr_status_t status =
        io->link_find(io, who->claims[SSO_CLAIM_ISSUER], who->claims[SSO_CLAIM_SUBJECT], linked, p);

    *is_linked = status == APR_SUCCESS;
    return sso_store_error(status);
}

/* The first rule that finds somebody. */
static const sso_error_t *match(const sso_account_rules_t *rules, const sso_identity_t *who,
                                sso_io_t *io, const char **username, apr_pool_t *p)
{
    *username = NULL;
    for (int i = 0; rules->match != NULL && i < rules->match->nelts && *username == NULL; i++)
        SSO_TRY(sso_match(APR_ARRAY_IDX(rules->match, i, sso_match_t *), who, io, username, p));
    return NULL;
}

/* A name that nobody has yet: neither by a link, nor in Moodle. */
static const sso_error_t *make(const sso_account_rules_t *rules, const sso_identity_t *who,
                               sso_io_t *io, const char **username, apr_pool_t *p)
{
    const char *name = sso_match_own_name(who->claims[SSO_CLAIM_USERNAME], p);
    apr_array_header_t *links;
    bool is_taken = false;

    if (!rules->creates || name == NULL)
        return sso_error(SSO_NOT_LINKED);
    SSO_TRY(sso_store_error(io->links_of(io, name, &links, p)));
    if (links->nelts == 0 && rules->match != NULL)
        SSO_TRY(sso_match_is_taken(APR_ARRAY_IDX(rules->match, 0, sso_match_t *), name, io,
                                   &is_taken, p));
    *username = name;
    return links->nelts > 0 || is_taken ? sso_error(SSO_USERNAME_TAKEN) : NULL;
}

/* Somebody may have linked it meanwhile: then that counts. */
static const sso_error_t *keep(const sso_identity_t *who, const char *username, bool is_made,
                               sso_io_t *io, sso_linked_t *linked, apr_pool_t *p)
{
    const sso_link_t link = {username,
                             who->claims[SSO_CLAIM_SOURCE],
                             who->claims[SSO_CLAIM_ISSUER],
                             who->claims[SSO_CLAIM_SUBJECT],
                             sso_account_label(who, p),
                             io->now,
                             io->now,
                             0,
                             is_made};
    bool added, is_linked;

    SSO_TRY(sso_store_error(io->link_add(io, &link, &added, p)));
    linked->username = username;
    if (added)
        return NULL;
    SSO_TRY(find_link(who, io, linked, &is_linked, p));
    return is_linked ? NULL : sso_error(SSO_USERNAME_TAKEN);
}

static const sso_error_t *know(const sso_account_rules_t *rules, const sso_identity_t *who,
                               sso_io_t *io, sso_linked_t *linked, apr_pool_t *p)
{
    const char *username;
    bool is_linked, is_made = false;

    SSO_TRY(find_link(who, io, linked, &is_linked, p));
    if (is_linked) {
        /* Late by a day at most; that it could not be noted keeps nobody out. */
        if (linked->used < io->now - TOUCH_EVERY)
            io->link_touch(io, who->claims[SSO_CLAIM_ISSUER], who->claims[SSO_CLAIM_SUBJECT], p);
        return NULL;
    }
    SSO_TRY(match(rules, who, io, &username, p));
    if (username == NULL) {
        is_made = true;
        SSO_TRY(make(rules, who, io, &username, p));
    }
    return keep(who, username, is_made, io, linked, p);
}

static const sso_error_t *resolve(const sso_source_t *source, const sso_credential_t *credential,
                                  sso_io_t *io, sso_identity_t **who, apr_pool_t *p)
{
    sso_linked_t linked = {0};
    sso_account_rules_t rules;
    sso_identity_t *asked, *here = apr_pcalloc(p, sizeof(*here));

    if (!read_credential(source->settings, credential->secret, &rules, &asked, p))
        return sso_error(SSO_IDENTITY_MALFORMED);
    SSO_TRY(know(&rules, asked, io, &linked, p));
    here->claims[SSO_CLAIM_SUBJECT] = asked->claims[SSO_CLAIM_SUBJECT];
    here->claims[SSO_CLAIM_USERNAME] = linked.username;
    here->claims[SSO_CLAIM_ACTIVE_SOURCE] = linked.active_source;
    here->claims[SSO_CLAIM_ACTIVE_ISSUER] = linked.active_issuer;
    here->claims[SSO_CLAIM_ACTIVE_SUBJECT] = linked.active_subject;
    *who = here;
    return NULL;
}

static const sso_kind_t kind = {"accounts", false, NULL, NULL, NULL, resolve, NULL};

sso_source_t *sso_account_source(const apr_array_header_t *lists, int number,
                                 apr_interval_time_t timeout, apr_pool_t *p)
{
    sso_source_t *source = apr_pcalloc(p, sizeof(*source));
    accounts_t *accounts = apr_palloc(p, sizeof(*accounts));

    accounts->lists = lists;
    /* No name that MoodleSSOSource takes. */
    source->name = "(accounts)";
    source->issuer = "accounts";
    source->kind = &kind;
    source->settings = accounts;
    source->is_frozen = true;
    source->number = number;
    source->timeout = timeout;
    return source;
}

const sso_error_t *sso_account(const sso_source_t *accounts, const sso_account_rules_t *rules,
                               const sso_identity_t *who, sso_io_t *io,
                               const sso_identity_t **judged, apr_pool_t *p)
{
    const sso_credential_t credential = {.name = "account", .secret = credential_of(rules, who, p)};
    sso_identity_t *here, *copy;
    bool cached;

    SSO_TRY(io->lookup(io, accounts, &credential, &here, &cached, p));
    copy = apr_pmemdup(p, who, sizeof(*who));
    copy->claims[SSO_CLAIM_USERNAME] = here->claims[SSO_CLAIM_USERNAME];
    for (int i = SSO_CLAIM_ACTIVE_SOURCE; i <= SSO_CLAIM_ACTIVE_SUBJECT; i++)
        copy->claims[i] = here->claims[i];
    *judged = copy;
    return NULL;
}
