/* SPDX-License-Identifier: Apache-2.0 */
/* source_loginkey.c -- a source whose people come with a one-time login key.
 *
 * No request carries its credential: what is looked up, through the cache like any other, is a user
 * of Moodle by a field, "email\nalice@example.edu". */
#include "sso/source_loginkey.h"

#include <string.h>

#include <apr_strings.h>

#include "base/cookie.h"
#include "base/uri.h"
#include "sso/session.h"

#define KEYS "mapping, tokens, in, lifetime, ip, wantsurl, create, update and logout_redirect"

#define LIFETIME       apr_time_from_sec(60)
#define LIFETIME_LEAST apr_time_from_sec(5)
#define LIFETIME_MOST  apr_time_from_sec(86400)

/* Its sessions are for this site, whoever asked for the key. */
#define AUDIENCE "loginkey"

static const char *make_rules(sso_loginkey_t *loginkey, const char *in, apr_pool_t *p)
{
    for (int i = 0; i < SSO_KEY_FIELDS; i++) {
        const char *name = sso_key_field_name((sso_key_field_t)i), *sentence;
        apr_array_header_t *words = apr_array_make(p, 4, sizeof(const char *));

        APR_ARRAY_PUSH(words, const char *) = name;
        APR_ARRAY_PUSH(words, const char *) = name;
        /* The client vouches for it. */
        if (i == SSO_KEY_EMAIL)
            APR_ARRAY_PUSH(words, const char *) = "verified";
        if (in != NULL)
            APR_ARRAY_PUSH(words, const char *) = apr_pstrcat(p, "in=", in, NULL);
        if ((sentence = sso_match_make(words, &loginkey->rules[i], p)))
            return sentence;
    }
    return NULL;
}

static const char *read_clients(sso_loginkey_t *loginkey, sso_options_t *options)
{
    sso_key_defaults_t defaults = {loginkey->fields, NULL};
    const apr_array_header_t *origins = NULL;
    const char *text = NULL, *sentence;

    if ((sentence = sso_options_take_list(options, "wantsurl", &origins)) ||
        (origins && (sentence = sso_key_origins_read(origins, &defaults.origins, options->p))) ||
        (sentence = sso_options_take_file(options, "tokens", &text)))
        return sentence;
    if (text == NULL)
        return "tokens= is missing: file:/path of the applications that may ask, a line each";
    return sso_key_clients_read(text, &defaults, &loginkey->clients, options->p);
}

static const char *read_rest(sso_loginkey_t *loginkey, sso_options_t *options)
{
    const char *sentence;
    sso_uri_t url;

    if ((sentence = sso_options_take_duration(options, "lifetime", &loginkey->lifetime)) ||
        (sentence = sso_options_take_choice(options, "ip", "off|on", &loginkey->asks_ip)) ||
        (sentence = sso_options_take_choice(options, "create", "off|on", &loginkey->creates)) ||
        (sentence = sso_options_take_choice(options, "update", "off|on", &loginkey->updates)))
        return sentence;
    if (loginkey->lifetime < LIFETIME_LEAST || loginkey->lifetime > LIFETIME_MOST)
        return "lifetime= is from 5s to 24h";
    loginkey->logout_redirect = sso_options_take(options, "logout_redirect", NULL);
    if (loginkey->logout_redirect != NULL &&
        !sso_uri_parse(loginkey->logout_redirect, &url, options->p))
        return "logout_redirect= is a whole URL, like https://portal.example.edu/bye";
    return sso_options_done(options, KEYS);
}

static const char *configure(sso_source_t *source, sso_options_t *options)
{
    sso_loginkey_t *loginkey = apr_pcalloc(options->p, sizeof(*loginkey));
    const apr_array_header_t *fields = NULL;
    const char *sentence;

    source->settings = loginkey;
    source->audience = AUDIENCE;
    source->sign = sso_cookie_sign(SSO_SESSION_COOKIE, options->p);
    loginkey->lifetime = LIFETIME;
    if ((sentence = sso_options_take_list(options, "mapping", &fields)) ||
        (fields && (sentence = sso_key_fields_read(fields, &loginkey->fields, options->p))))
        return sentence;
    if (fields == NULL)
        return "mapping= is missing: by which fields of Moodle's users the applications may name "
               "people: username, email or idnumber";
    if ((sentence = make_rules(loginkey, sso_options_take(options, "in", NULL), options->p)) ||
        (sentence = read_clients(loginkey, options)))
        return sentence;
    return read_rest(loginkey, options);
}

/* Whose users they are is found when all sources are known (httpd/judge_directives.c). */
static const char *freeze(sso_source_t *source, const sso_definitions_t *definitions, apr_pool_t *p)
{
    return NULL;
}

static const sso_error_t *find(const sso_source_t *source, const sso_request_t *request,
                               sso_credential_t *credential, apr_pool_t *p)
{
    return sso_error(SSO_NO_CREDENTIAL);
}

static sso_identity_t *identity_of(const sso_match_user_t *user, apr_pool_t *p)
{
    sso_identity_t *who = apr_pcalloc(p, sizeof(*who));

    sso_identity_set(who, SSO_CLAIM_SUBJECT, user->id, p);
    sso_identity_set(who, SSO_CLAIM_USERNAME, user->username, p);
    sso_identity_set(who, SSO_CLAIM_EMAIL, user->email, p);
    sso_identity_set(who, SSO_CLAIM_GIVEN_NAME, user->given_name, p);
    sso_identity_set(who, SSO_CLAIM_FAMILY_NAME, user->family_name, p);
    sso_identity_set(who, SSO_CLAIM_IDNUMBER, user->idnumber, p);
    sso_identity_set(who, SSO_CLAIM_LANGUAGE, user->language, p);
    return who;
}

/* The rule of a credential, and what it looks for. */
static const sso_match_t *rule_of(const sso_loginkey_t *loginkey, sso_span_t secret,
                                  const char **value, apr_pool_t *p)
{
    sso_span_t name;

    if (!sso_span_next(&secret, '\n', &name) || secret.at == NULL)
        return NULL;
    *value = apr_pstrmemdup(p, secret.at, secret.len);
    for (int i = 0; i < SSO_KEY_FIELDS; i++) {
        if (sso_span_equal(name, sso_key_field_name((sso_key_field_t)i)))
            return loginkey->rules[i];
    }
    return NULL;
}

static const sso_error_t *resolve(const sso_source_t *source, const sso_credential_t *credential,
                                  sso_io_t *io, sso_identity_t **who, apr_pool_t *p)
{
    sso_match_user_t user;
    const char *value;
    const sso_match_t *rule = rule_of(source->settings, credential->secret, &value, p);

    if (rule == NULL || (value = sso_match_prepare(rule, value, p)) == NULL)
        return sso_error(SSO_LOGINKEY_NO_USER);
    SSO_TRY(sso_match_user(rule, value, io, &user, p));
    if (user.username == NULL)
        return sso_error(SSO_LOGINKEY_NO_USER);
    *who = identity_of(&user, p);
    return NULL;
}

const sso_loginkey_t *sso_source_loginkey(const sso_source_t *source)
{
    return source->kind == &sso_kind_loginkey ? source->settings : NULL;
}

sso_key_shape_t sso_loginkey_shape(const sso_source_t *source, const sso_key_client_t *client,
                                   bool is_wire)
{
    const sso_loginkey_t *loginkey = source->settings;

    return (sso_key_shape_t){client->fields, loginkey->creates || loginkey->updates,
                             loginkey->asks_ip != 0, is_wire};
}

static const sso_error_t *look_up(const sso_source_t *source, sso_key_field_t field,
                                  const char *value, sso_io_t *io, sso_identity_t **who,
                                  apr_pool_t *p)
{
    const char *secret = apr_pstrcat(p, sso_key_field_name(field), "\n", value, NULL);
    const sso_credential_t credential = {.name = "user", .secret = sso_span(secret)};
    bool cached;

    return io->lookup(io, source, &credential, who, &cached, p);
}

const sso_error_t *sso_loginkey_user(const sso_source_t *source, const sso_key_client_t *client,
                                     const sso_key_request_t *request, sso_io_t *io,
                                     sso_identity_t **who, apr_pool_t *p)
{
    SSO_TRY(look_up(source, request->field, request->value, io, who, p));
    return sso_key_client_may(client, (*who)->claims[SSO_CLAIM_USERNAME], p)
               ? NULL
               : sso_error(SSO_LOGINKEY_USER);
}

static const char *username_of(const sso_key_request_t *request)
{
    return request->field == SSO_KEY_USERNAME ? request->value : request->username;
}

/* Somebody may have URLs, and sessions, before Moodle knows them: a name that is nobody's. */
static const sso_error_t *find_new(const sso_loginkey_t *loginkey, const sso_key_request_t *request,
                                   sso_io_t *io, const char **username, apr_pool_t *p)
{
    const char *name = username_of(request);
    bool is_taken = false;

    if (!loginkey->creates || name == NULL || sso_match_own_name(name, p) == NULL)
        return NULL;
    SSO_TRY(sso_match_is_taken(loginkey->rules[SSO_KEY_USERNAME], name, io, &is_taken, p));
    if (!is_taken)
        *username = name;
    return NULL;
}

const sso_error_t *sso_loginkey_known(const sso_source_t *source, const sso_key_client_t *client,
                                      const sso_key_request_t *request, sso_io_t *io,
                                      sso_match_user_t *user, apr_pool_t *p)
{
    const sso_loginkey_t *loginkey = source->settings;
    const sso_match_t *rule = loginkey->rules[request->field];
    const char *value = sso_match_prepare(rule, request->value, p);
    sso_match_user_t found = {.username = NULL};
    const sso_error_t *error = value ? sso_match_user(rule, value, io, &found, p) : NULL;

    if (error != NULL && error->code != SSO_USER_SUSPENDED && error->code != SSO_USER_NOLOGIN)
        return error;
    if (found.username == NULL)
        SSO_TRY(find_new(loginkey, request, io, &found.username, p));
    if (found.username == NULL)
        return sso_error(SSO_LOGINKEY_NO_USER);
    *user = found;
    return sso_key_client_may(client, found.username, p) ? NULL : sso_error(SSO_LOGINKEY_USER);
}

/* Of somebody whom Moodle does not know yet: auth_shibboleth makes the account at the first login.
 */
static const sso_error_t *make(const sso_source_t *source, const sso_key_client_t *client,
                               const sso_key_request_t *request, sso_io_t *io, sso_login_key_t *key,
                               apr_pool_t *p)
{
    const sso_loginkey_t *loginkey = source->settings;
    const char *username = username_of(request);
    bool is_taken = false;

    if (username == NULL || request->email == NULL || request->given_name == NULL ||
        request->family_name == NULL)
        return sso_error(SSO_LOGINKEY_NO_USER);
    /* Nobody is made who would look like an office. */
    if (sso_match_own_name(username, p) == NULL)
        return sso_error(SSO_LOGINKEY_FIELDS);
    if (!sso_key_client_may(client, username, p))
        return sso_error(SSO_LOGINKEY_USER);
    SSO_TRY(sso_match_is_taken(loginkey->rules[SSO_KEY_USERNAME], username, io, &is_taken, p));
    if (is_taken)
        return sso_error(SSO_USERNAME_TAKEN);
    key->username = username;
    key->is_new = true;
    return NULL;
}

const sso_error_t *sso_loginkey_issue(const sso_source_t *source, const sso_key_client_t *client,
                                      const sso_key_request_t *request, sso_io_t *io,
                                      sso_login_key_t *key, apr_pool_t *p)
{
    const sso_loginkey_t *loginkey = source->settings;
    sso_identity_t *who = NULL;
    const sso_error_t *error = sso_loginkey_user(source, client, request, io, &who, p);

    *key = (sso_login_key_t){.source = source->name,
                             .client = client->name,
                             .ip = request->ip,
                             .expires = io->now + loginkey->lifetime};
    if (error != NULL && error->code == SSO_LOGINKEY_NO_USER && loginkey->creates)
        SSO_TRY(make(source, client, request, io, key, p));
    else
        SSO_TRY(error);
    if (!key->is_new)
        key->username = who->claims[SSO_CLAIM_USERNAME];
    if (key->is_new || loginkey->updates) {
        key->email = request->field == SSO_KEY_EMAIL ? request->value : request->email;
        key->given_name = request->given_name;
        key->family_name = request->family_name;
    }
    return NULL;
}

const char *sso_loginkey_new_subject(const char *username, apr_pool_t *p)
{
    return apr_pstrcat(p, "new:", username, NULL);
}

/* What the client said of the person, where it said something. */
static void tell(sso_identity_t *who, const sso_login_key_t *key, apr_pool_t *p)
{
    if (key->email != NULL)
        sso_identity_set(who, SSO_CLAIM_EMAIL, key->email, p);
    if (key->given_name != NULL)
        sso_identity_set(who, SSO_CLAIM_GIVEN_NAME, key->given_name, p);
    if (key->family_name != NULL)
        sso_identity_set(who, SSO_CLAIM_FAMILY_NAME, key->family_name, p);
    /* Made anew of its parts. */
    who->claims[SSO_CLAIM_NAME] = NULL;
}

/* Of a name that nobody had when the key was made: was the account made for this person? */
static bool is_the_one(const sso_identity_t *who, const sso_login_key_t *key)
{
    return sso_span_equal_nocase(sso_span(who->claims[SSO_CLAIM_EMAIL]), sso_span(key->email));
}

const sso_error_t *sso_loginkey_sign_in(const sso_source_t *source, const sso_login_key_t *key,
                                        sso_io_t *io, sso_identity_t **signed_in, apr_pool_t *p)
{
    const sso_loginkey_t *loginkey = source->settings;
    const sso_key_client_t *client = sso_key_client_named(loginkey->clients, key->client);
    sso_identity_t *who = NULL, *copy;
    const sso_error_t *error;

    if (client == NULL)
        return sso_error(SSO_LOGINKEY_CLIENT);
    if (!sso_key_client_may(client, key->username, p))
        return sso_error(SSO_LOGINKEY_USER);
    error = look_up(source, SSO_KEY_USERNAME, key->username, io, &who, p);
    if (error != NULL && (error->code != SSO_LOGINKEY_NO_USER || !key->is_new))
        return error;
    if (who != NULL && key->is_new && !is_the_one(who, key))
        return sso_error(SSO_USERNAME_TAKEN);
    copy = who ? apr_pmemdup(p, who, sizeof(*who)) : apr_pcalloc(p, sizeof(*copy));
    if (who == NULL) {
        copy->claims[SSO_CLAIM_USERNAME] = key->username;
        copy->claims[SSO_CLAIM_SUBJECT] = sso_loginkey_new_subject(key->username, p);
    }
    tell(copy, key, p);
    *signed_in = copy;
    return sso_source_vouch(source, io->now, copy, p);
}

const sso_kind_t sso_kind_loginkey = {"loginkey", false, configure, freeze, find, resolve, NULL};
