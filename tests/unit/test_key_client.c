/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "base/uri.h"
#include "sso/key_client.h"

/* SHA-256 of "token" and "other". */
#define TOKEN "3c469e9d6c5875d37a43f353d4f88e61fcf812c66eee3457465a40b0da4153e0"
#define OTHER "d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa"

static const apr_array_header_t *fields_of(const char *first, const char *second, apr_pool_t *p)
{
    apr_array_header_t *words = apr_array_make(p, 2, sizeof(const char *));
    const apr_array_header_t *fields = NULL;

    APR_ARRAY_PUSH(words, const char *) = first;
    APR_ARRAY_PUSH(words, const char *) = second;
    assert_null(sso_key_fields_read(words, &fields, p));
    return fields;
}

static const char *try(const char *text, const apr_array_header_t **clients, apr_pool_t *p)
{
    const sso_key_defaults_t defaults = {fields_of("email", "idnumber", p), NULL};

    return sso_key_clients_read(text, &defaults, clients, p);
}

static const apr_array_header_t *clients_of(const char *text, apr_pool_t *p)
{
    const apr_array_header_t *clients = NULL;
    const char *sentence = try(text, &clients, p);

    if (sentence != NULL)
        fail_msg("%s", sentence);
    return clients;
}

static const char *asks(const apr_array_header_t *clients, const char *token, const char *address,
                        apr_pool_t *p)
{
    apr_sockaddr_t *from;
    const sso_key_client_t *client, *elsewhere = NULL;

    assert_int_equal(apr_sockaddr_info_get(&from, address, APR_UNSPEC, 0, 0, p), APR_SUCCESS);
    client = sso_key_client_find(clients, token, from, &elsewhere, p);
    assert_true(client == NULL || elsewhere == NULL);
    if (elsewhere != NULL)
        return apr_pstrcat(p, "not here: ", elsewhere->name, NULL);
    return client ? client->name : "nobody";
}

T(a_client_is_known_by_its_token_and_address)
{
    const apr_array_header_t *clients =
        clients_of("# portals\n\n portal " TOKEN " from=192.0.2.7,2001:db8::/32\r\n"
                   "any\t" OTHER " from=any\n",
                   p);

    assert_string_equal(asks(clients, "token", "192.0.2.7", p), "portal");
    assert_string_equal(asks(clients, "token", "2001:db8::5", p), "portal");
    assert_string_equal(asks(clients, "token", "192.0.2.8", p), "not here: portal");
    assert_string_equal(asks(clients, "other", "198.51.100.1", p), "any");
    assert_string_equal(asks(clients, TOKEN, "192.0.2.7", p), "nobody");
    assert_string_equal(asks(clients, "", "192.0.2.7", p), "nobody");
    assert_string_equal(asks(clients, NULL, "192.0.2.7", p), "nobody");
    assert_string_equal(sso_key_client_named(clients, "any")->hash, OTHER);
    assert_null(sso_key_client_named(clients, "gone"));
}

T(hashes_may_be_written_in_capitals)
{
    const char *upper = apr_pstrdup(p, TOKEN);

    for (char *c = (char *)(apr_uintptr_t)upper; *c; c++)
        *c = (char)(*c >= 'a' ? *c - 32 : *c);
    assert_string_equal(
        asks(clients_of(apr_pstrcat(p, "x ", upper, " from=any", NULL), p), "token", "::1", p),
        "x");
}

T(a_client_has_what_the_source_has_unless_its_line_says_less)
{
    const apr_array_header_t *clients =
        clients_of("a " TOKEN " from=any\n"
                   "b " OTHER " from=any mapping=idnumber users=(alice|b.b) "
                   "wantsurl=https://a.example,https://b.example\n",
                   p);
    const sso_key_client_t *a = sso_key_client_named(clients, "a");
    const sso_key_client_t *b = sso_key_client_named(clients, "b");

    assert_int_equal(APR_ARRAY_IDX(a->fields, 0, sso_key_field_t), SSO_KEY_EMAIL);
    assert_null(a->origins);
    assert_true(sso_key_client_may(a, "anybody", p));
    assert_int_equal(b->fields->nelts, 1);
    assert_int_equal(APR_ARRAY_IDX(b->fields, 0, sso_key_field_t), SSO_KEY_IDNUMBER);
    assert_string_equal(APR_ARRAY_IDX(b->origins, 1, sso_uri_t).host, "b.example");
    assert_true(sso_key_client_may(b, "alice", p));
    assert_true(sso_key_client_may(b, "bob", p));
    assert_false(sso_key_client_may(b, "alice2", p));
    assert_false(sso_key_client_may(b, "admin", p));
}

T(mistakes_name_their_line)
{
    static const char *const wrong[][2] = {
        {"", "lists no client"},
        {"# nothing\n", "lists no client"},
        {"portal", "line 1: write NAME"},
        {"portal secret from=any", "line 1: write NAME"},
        {"\nportal " TOKEN, "line 2: write NAME"},
        {"por.tal " TOKEN " from=any", "line 1: write NAME"},
        {"portal " TOKEN "a from=any", "line 1: write NAME"},
        {"portal " TOKEN " from=any,192.0.2.1", "from= lists addresses"},
        {"portal " TOKEN " from=host.example", "from= lists addresses"},
        {"portal " TOKEN " from=any mapping=phone", "username, email or idnumber"},
        {"portal " TOKEN " from=any mapping=email,username",
         "line 1: mapping=username is not in mapping= of the source"},
        {"portal " TOKEN " from=any wantsurl=https://a/x", "lists origins"},
        {"portal " TOKEN " from=any users=[", "no regular expression"},
        {"portal " TOKEN " from=any create=on", "from, mapping, users and wantsurl"},
        {"portal " TOKEN " from=any\nportal " OTHER " from=any", "line 2: a name and a token"},
        {"portal " TOKEN " from=any\nother " TOKEN " from=any", "line 2: a name and a token"},
    };
    const apr_array_header_t *clients;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_sentence(try(wrong[i][0], &clients, p), wrong[i][1]);
}
