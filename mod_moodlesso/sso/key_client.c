/* SPDX-License-Identifier: Apache-2.0 */
/* key_client.c -- the applications that may ask for login URLs: a file, a line each. */
#include "sso/key_client.h"

#include <string.h>

#include <apr_escape.h>
#include <apr_strings.h>
#include <openssl/evp.h>

#include "base/uri.h"

#define DIGEST_HEX 64
#define LINE_USAGE                                                                              \
    "write NAME, the SHA-256 of its token (printf %s TOKEN | sha256sum), and from=ADDRESS,... " \
    "or from=any"

static const char *const names[] = {"username", "email", "idnumber"};

const char *sso_key_field_name(sso_key_field_t field)
{
    return names[field];
}

const char *sso_key_fields_read(const apr_array_header_t *words, const apr_array_header_t **fields,
                                apr_pool_t *p)
{
    apr_array_header_t *read = apr_array_make(p, SSO_KEY_FIELDS, sizeof(sso_key_field_t));

    for (int i = 0; i < words->nelts; i++) {
        int field = 0;

        while (field < SSO_KEY_FIELDS &&
               strcmp(names[field], APR_ARRAY_IDX(words, i, const char *)) != 0)
            field++;
        if (field == SSO_KEY_FIELDS)
            return "mapping= lists fields of Moodle's users: username, email or idnumber";
        APR_ARRAY_PUSH(read, sso_key_field_t) = (sso_key_field_t)field;
    }
    *fields = read;
    return NULL;
}

const char *sso_key_origins_read(const apr_array_header_t *words,
                                 const apr_array_header_t **origins, apr_pool_t *p)
{
    apr_array_header_t *read = apr_array_make(p, 2, sizeof(sso_uri_t));

    for (int i = 0; i < words->nelts; i++) {
        sso_uri_t *origin = apr_array_push(read);

        if (!sso_uri_parse(APR_ARRAY_IDX(words, i, const char *), origin, p) ||
            (origin->path[0] != '\0' && strcmp(origin->path, "/") != 0))
            return "wantsurl= lists origins, like https://portal.example.edu";
    }
    *origins = read;
    return NULL;
}

static bool has_field(const apr_array_header_t *fields, sso_key_field_t field)
{
    for (int i = 0; i < fields->nelts; i++) {
        if (APR_ARRAY_IDX(fields, i, sso_key_field_t) == field)
            return true;
    }
    return false;
}

/* A line may take away of what the source allows. */
static const char *narrow(sso_key_client_t *client, const apr_array_header_t *words, apr_pool_t *p)
{
    const apr_array_header_t *fields;
    const char *sentence = sso_key_fields_read(words, &fields, p);

    for (int i = 0; sentence == NULL && i < fields->nelts; i++) {
        sso_key_field_t field = APR_ARRAY_IDX(fields, i, sso_key_field_t);

        if (!has_field(client->fields, field))
            return apr_psprintf(p, "mapping=%s is not in mapping= of the source", names[field]);
    }
    if (sentence == NULL)
        client->fields = fields;
    return sentence;
}

/* What the line says in place of the source. */
static const char *take_limits(sso_key_client_t *client, sso_options_t *options)
{
    const apr_array_header_t *fields = NULL, *origins = NULL;
    const char *sentence;

    if ((sentence = sso_options_take_list(options, "mapping", &fields)) ||
        (sentence = sso_options_take_list(options, "wantsurl", &origins)) ||
        (fields && (sentence = narrow(client, fields, options->p))) ||
        (origins && (sentence = sso_key_origins_read(origins, &client->origins, options->p))))
        return sentence;
    return NULL;
}

static const char *take_addresses(sso_key_client_t *client, sso_options_t *options)
{
    const apr_array_header_t *words = NULL;
    apr_array_header_t *from = apr_array_make(options->p, 2, sizeof(apr_ipsubnet_t *));
    const char *sentence = sso_options_take_list(options, "from", &words);

    if (sentence != NULL || words == NULL)
        return sentence ? sentence : LINE_USAGE;
    if (words->nelts == 1 && strcmp(APR_ARRAY_IDX(words, 0, const char *), "any") == 0)
        return NULL;
    for (int i = 0; i < words->nelts; i++) {
        char *address = apr_pstrdup(options->p, APR_ARRAY_IDX(words, i, const char *));
        char *bits = strchr(address, '/');

        if (bits != NULL)
            *bits++ = '\0';
        if (apr_ipsubnet_create(apr_array_push(from), address, bits, options->p) != APR_SUCCESS)
            return "from= lists addresses and networks, like 192.0.2.7 or 192.0.2.0/24; or any";
    }
    client->from = from;
    return NULL;
}

static const char *take_users(sso_key_client_t *client, sso_options_t *options)
{
    const char *text = sso_options_take(options, "users", NULL), *why = NULL;

    if (text != NULL && !sso_pattern_compile(text, &client->users, &why, options->p))
        return apr_psprintf(options->p, "users= is no regular expression: %s", why);
    return NULL;
}

static bool is_hash(sso_span_t word)
{
    return word.len == DIGEST_HEX &&
           sso_span_consists_of(word, "0123456789abcdefABCDEF", DIGEST_HEX);
}

/* One line that is neither empty nor a comment. */
static const char *read_line(sso_span_t line, sso_key_client_t *client, apr_pool_t *p)
{
    sso_options_t options = {apr_table_make(p, 4), p};
    const char *sentence = NULL;
    sso_span_t name, hash, word;

    if (!sso_span_word(&line, &name) || !sso_span_word(&line, &hash) ||
        !sso_span_is_word(name, "_-", 32) || !is_hash(hash))
        return LINE_USAGE;
    client->name = apr_pstrmemdup(p, name.at, name.len);
    client->hash = sso_span_lower(hash, p);
    while (sentence == NULL && sso_span_word(&line, &word))
        sentence = sso_options_add(&options, apr_pstrmemdup(p, word.at, word.len));
    if (sentence != NULL || (sentence = take_addresses(client, &options)) ||
        (sentence = take_limits(client, &options)) || (sentence = take_users(client, &options)))
        return sentence;
    return sso_options_done(&options, "from, mapping, users and wantsurl");
}

static const char *check_twice(const apr_array_header_t *clients, const sso_key_client_t *client)
{
    for (int i = 0; i < clients->nelts; i++) {
        const sso_key_client_t *other = APR_ARRAY_IDX(clients, i, const sso_key_client_t *);

        if (strcmp(other->name, client->name) == 0 || strcmp(other->hash, client->hash) == 0)
            return "a name and a token are there once";
    }
    return NULL;
}

const char *sso_key_clients_read(const char *text, const sso_key_defaults_t *defaults,
                                 const apr_array_header_t **read, apr_pool_t *p)
{
    apr_array_header_t *clients = apr_array_make(p, 4, sizeof(const sso_key_client_t *));
    sso_span_t rest = sso_span(text), line;

    for (int number = 1; sso_span_next(&rest, '\n', &line); number++) {
        sso_key_client_t *client = apr_pcalloc(p, sizeof(*client));
        const char *sentence;

        line = sso_span_trim(line);
        if (line.len == 0 || line.at[0] == '#')
            continue;
        client->fields = defaults->fields;
        client->origins = defaults->origins;
        if ((sentence = read_line(line, client, p)) || (sentence = check_twice(clients, client)))
            return apr_psprintf(p, "tokens=: line %d: %s", number, sentence);
        APR_ARRAY_PUSH(clients, const sso_key_client_t *) = client;
    }
    *read = clients;
    return clients->nelts > 0 ? NULL : "tokens=: the file lists no client; " LINE_USAGE;
}

static const char *hash_of(const char *token, apr_pool_t *p)
{
    unsigned char digest[DIGEST_HEX / 2];

    return EVP_Digest(token, strlen(token), digest, NULL, EVP_sha256(), NULL) == 1
               ? apr_pescape_hex(p, digest, sizeof(digest), 0)
               : NULL;
}

static bool is_from(const sso_key_client_t *client, apr_sockaddr_t *from)
{
    for (int i = 0; client->from != NULL && i < client->from->nelts; i++) {
        if (apr_ipsubnet_test(APR_ARRAY_IDX(client->from, i, apr_ipsubnet_t *), from))
            return true;
    }
    return client->from == NULL;
}

const sso_key_client_t *sso_key_client_find(const apr_array_header_t *clients, const char *token,
                                            apr_sockaddr_t *from,
                                            const sso_key_client_t **elsewhere, apr_pool_t *p)
{
    const char *hash = token ? hash_of(token, p) : NULL;
    const sso_key_client_t *found = NULL;

    for (int i = 0; hash != NULL && i < clients->nelts; i++) {
        const sso_key_client_t *client = APR_ARRAY_IDX(clients, i, const sso_key_client_t *);

        if (sso_span_equal_constant_time(sso_span(client->hash), sso_span(hash)))
            found = client;
    }
    if (found == NULL || is_from(found, from))
        return found;
    *elsewhere = found;
    return NULL;
}

const sso_key_client_t *sso_key_client_named(const apr_array_header_t *clients, const char *name)
{
    for (int i = 0; i < clients->nelts; i++) {
        const sso_key_client_t *client = APR_ARRAY_IDX(clients, i, const sso_key_client_t *);

        if (strcmp(client->name, name) == 0)
            return client;
    }
    return NULL;
}

bool sso_key_client_may(const sso_key_client_t *client, const char *username, apr_pool_t *p)
{
    return client->users == NULL || sso_pattern_matches(client->users, username, p);
}
