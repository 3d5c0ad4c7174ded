/* SPDX-License-Identifier: Apache-2.0 */
/* On SQLite; PostgreSQL, MariaDB and several nodes are in tests/httpd/test_82_login_key_races.py.
 */
#include "runner.h"

#include "io/login_keys.h"
#include "sqlite_file.h"

#define NOW apr_time_from_sec(1800000000)

static void add(sso_store_t *store, const char *hash, const char *holder, apr_pool_t *p)
{
    const char *why = NULL;

    assert_int_equal(
        sso_login_keys_add(store, hash, holder, apr_pstrcat(p, "of ", hash, NULL), NOW, &why, p),
        APR_SUCCESS);
}

static const char *take(sso_store_t *store, const char *hash, apr_pool_t *p)
{
    const char *payload = "untouched", *why = NULL;
    apr_status_t status = sso_login_keys_take(store, hash, &payload, &why, p);

    if (status == APR_NOTFOUND)
        assert_string_equal(payload, "untouched");
    return status == APR_SUCCESS ? payload : status == APR_NOTFOUND ? "none" : "error";
}

T(a_key_is_taken_once)
{
    sso_store_t *store = sqlite_store(p);

    add(store, "k1", "alice", p);
    add(store, "k2", "alice", p);
    assert_string_equal(take(store, "k1", p), "of k1");
    assert_string_equal(take(store, "k1", p), "none");
    assert_string_equal(take(store, "k2", p), "of k2");
    assert_string_equal(take(store, "k3", p), "none");
}

T(a_key_is_added_once)
{
    sso_store_t *store = sqlite_store(p);
    const char *why = NULL;

    add(store, "k1", "alice", p);
    assert_int_not_equal(sso_login_keys_add(store, "k1", "bob", "of bob", NOW, &why, p),
                         APR_SUCCESS);
    assert_string_equal(take(store, "k1", p), "of k1");
}

T(all_keys_of_a_person_are_burnt)
{
    sso_store_t *store = sqlite_store(p);
    const char *why = NULL;

    add(store, "k1", "alice", p);
    add(store, "k2", "alice", p);
    add(store, "k3", "bob", p);
    assert_int_equal(sso_login_keys_burn(store, "alice", &why, p), APR_SUCCESS);
    assert_int_equal(sso_login_keys_burn(store, "alice", &why, p), APR_SUCCESS);
    assert_string_equal(take(store, "k1", p), "none");
    assert_string_equal(take(store, "k2", p), "none");
    assert_string_equal(take(store, "k3", p), "of k3");
}

T(what_expired_is_forgotten_after_an_hour)
{
    sso_store_t *store = sqlite_store(p);
    const char *why = NULL;

    add(store, "k1", "alice", p);
    assert_int_equal(sso_store_purge(store, NOW + apr_time_from_sec(3600), &why, p), APR_SUCCESS);
    assert_string_equal(take(store, "k1", p), "of k1");
    add(store, "k1", "alice", p);
    assert_int_equal(sso_store_purge(store, NOW + apr_time_from_sec(3602), &why, p), APR_SUCCESS);
    assert_string_equal(take(store, "k1", p), "none");
}
