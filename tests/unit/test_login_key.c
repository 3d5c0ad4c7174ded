/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "sso/login_key.h"

#define NOW apr_time_from_sec(1800000000)

static sso_login_key_t key_for(const char *ip)
{
    return (sso_login_key_t){.source = "keys",
                             .client = "portal",
                             .username = "alice",
                             .given_name = "Ünï \"x\"",
                             .ip = ip,
                             .wantsurl = "https://m/my/?a=b&c",
                             .is_new = true,
                             .expires = NOW};
}

T(what_is_kept_is_read_again)
{
    const sso_login_key_t key = key_for("192.0.2.0/24");
    sso_login_key_t read;

    assert_true(sso_login_key_unpack(sso_login_key_pack(&key, p), &read, p));
    assert_string_equal(read.source, "keys");
    assert_string_equal(read.client, "portal");
    assert_string_equal(read.username, "alice");
    assert_null(read.email);
    assert_string_equal(read.given_name, "Ünï \"x\"");
    assert_null(read.family_name);
    assert_string_equal(read.ip, "192.0.2.0/24");
    assert_string_equal(read.wantsurl, "https://m/my/?a=b&c");
    assert_true(read.is_new);
    assert_true(read.expires == NOW);
}

T(what_is_no_utf8_is_not_kept)
{
    sso_login_key_t key = key_for(NULL);

    key.family_name = "\xff";
    assert_null(sso_login_key_pack(&key, p));
}

T(anything_else_is_no_key)
{
    static const char *const wrong[] = {
        "",
        "{}",
        "[]",
        "{\"source\":\"k\",\"client\":\"p\",\"username\":\"a\",\"new\":false}",
        "{\"source\":\"k\",\"client\":\"p\",\"username\":\"\",\"new\":false,\"expires\":1}",
        "{\"client\":\"p\",\"username\":\"a\",\"new\":false,\"expires\":1}",
        "{\"source\":\"k\",\"client\":\"p\",\"username\":\"a\",\"expires\":-1}",
        "{\"source\":\"k\",\"client\":\"p\",\"username\":\"a\",\"expires\":9223372036854775807}",
        /* an address that cannot be read does not become none */
        "{\"source\":\"k\",\"client\":\"p\",\"username\":\"a\",\"expires\":1,\"ip\":7}",
        "{\"source\":\"k\",\"client\":\"p\",\"username\":\"a\",\"expires\":1,\"ip\":\"\"}",
    };
    sso_login_key_t key;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_false(sso_login_key_unpack(wrong[i], &key, p));
}

static const sso_error_t *check(const char *ip, const char *address, apr_time_t now, apr_pool_t *p)
{
    const sso_login_key_t key = key_for(ip);
    apr_sockaddr_t *from;

    assert_int_equal(apr_sockaddr_info_get(&from, address, APR_UNSPEC, 0, 0, p), APR_SUCCESS);
    return sso_login_key_check(&key, from, now, p);
}

T(it_is_good_until_it_expires)
{
    assert_no_error(check(NULL, "192.0.2.1", NOW - 1, p));
    assert_error(check(NULL, "192.0.2.1", NOW, p), LOGINKEY_EXPIRED);
}

T(it_is_good_from_its_address)
{
    assert_no_error(check("192.0.2.1", "192.0.2.1", 0, p));
    assert_error(check("192.0.2.1", "192.0.2.2", 0, p), LOGINKEY_ADDRESS);
    assert_no_error(check("192.0.2.0/24", "192.0.2.2", 0, p));
    assert_error(check("192.0.2.0/24", "192.0.3.2", 0, p), LOGINKEY_ADDRESS);
    assert_no_error(check("2001:db8::/32", "2001:db8::7", 0, p));
    assert_error(check("2001:db8::/32", "2001:db9::7", 0, p), LOGINKEY_ADDRESS);
    assert_error(check("192.0.2.1", "::1", 0, p), LOGINKEY_ADDRESS);
    assert_error(check("nonsense", "192.0.2.1", 0, p), LOGINKEY_ADDRESS);
}

T(its_names_in_the_store_are_of_one_site_and_one_person)
{
    const char *hash = sso_login_key_hash("https://a", "K", p);

    assert_int_equal(strlen(hash), 64);
    assert_string_not_equal(hash, sso_login_key_hash("https://b", "K", p));
    assert_string_not_equal(hash, sso_login_key_hash("https://a", "L", p));
    assert_string_not_equal(sso_login_key_holder("k", "a", p), sso_login_key_holder("k", "b", p));
    assert_string_not_equal(sso_login_key_holder("k", "a", p), sso_login_key_holder("l", "a", p));
}
