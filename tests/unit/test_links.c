/* SPDX-License-Identifier: Apache-2.0 */
/* On SQLite; PostgreSQL, MariaDB and several nodes are in tests/httpd/test_58_accounts.py. */
#include "runner.h"

#include "io/links.h"
#include "sqlite_file.h"

#define NOW    apr_time_from_sec(1800000000)
#define ISSUER "https://id.example.edu"

static sso_link_t link_of(const char *subject, const char *username, bool is_made)
{
    return (sso_link_t){username, "idp", ISSUER, subject, "Alice Ünïcode 山田",
                        NOW,      NOW,   0,      is_made};
}

static bool add(sso_store_t *store, const char *subject, const char *username, bool is_made,
                apr_pool_t *p)
{
    sso_link_t link = link_of(subject, username, is_made);
    const char *why = NULL;
    bool added;

    assert_int_equal(sso_links_add(store, &link, &added, &why, p), APR_SUCCESS);
    return added;
}

static const char *username_of(sso_store_t *store, const char *subject, apr_pool_t *p)
{
    sso_linked_t linked;
    const char *why = NULL;
    apr_status_t status = sso_links_find(store, ISSUER, subject, &linked, &why, p);

    return status == APR_SUCCESS ? linked.username : status == APR_NOTFOUND ? "none" : "error";
}

T(an_account_is_linked_once_and_never_moved)
{
    sso_store_t *store = sqlite_store(p);

    assert_string_equal(username_of(store, "s1", p), "none");
    assert_true(add(store, "s1", "alice", false, p));
    assert_string_equal(username_of(store, "s1", p), "alice");
    assert_false(add(store, "s1", "alice", false, p));
    assert_false(add(store, "s1", "bob", false, p));
    assert_string_equal(username_of(store, "s1", p), "alice");
    assert_string_equal(username_of(store, "S1", p), "none");
    assert_true(add(store, "s2", "alice", false, p));
}

T(a_name_is_made_once)
{
    sso_store_t *store = sqlite_store(p);

    assert_true(add(store, "s1", "alice", true, p));
    assert_false(add(store, "s2", "alice", true, p));
    assert_true(add(store, "s2", "Alice", true, p));
    assert_true(add(store, "s3", "alice", false, p));
}

T(the_last_way_in_stays)
{
    sso_store_t *store = sqlite_store(p);
    sso_link_t first = link_of("s1", "alice", false), second = link_of("s2", "alice", false);
    sso_link_t foreign = link_of("s1", "bob", false);
    const char *why = NULL;
    bool removed;

    add(store, "s1", "alice", true, p);
    add(store, "s2", "alice", false, p);
    add(store, "s3", "bob", false, p);
    assert_int_equal(sso_links_remove(store, &foreign, &removed, &why, p), APR_SUCCESS);
    assert_false(removed);
    assert_int_equal(sso_links_remove(store, &first, &removed, &why, p), APR_SUCCESS);
    assert_true(removed);
    assert_int_equal(sso_links_remove(store, &first, &removed, &why, p), APR_SUCCESS);
    assert_false(removed);
    assert_int_equal(sso_links_remove(store, &second, &removed, &why, p), APR_SUCCESS);
    assert_false(removed);
    assert_string_equal(username_of(store, "s2", p), "alice");
}

T(links_are_listed_with_their_texts)
{
    sso_store_t *store = sqlite_store(p);
    apr_array_header_t *links;
    const char *why = NULL;
    sso_link_t *link;

    add(store, "s1", "alice", false, p);
    add(store, "s2", "alice", false, p);
    add(store, "s3", "bob", false, p);
    assert_int_equal(sso_links_of(store, "alice", &links, &why, p), APR_SUCCESS);
    assert_int_equal(links->nelts, 2);
    link = &APR_ARRAY_IDX(links, 0, sso_link_t);
    assert_string_equal(link->issuer, ISSUER);
    assert_string_equal(link->source, "idp");
    assert_string_equal(link->label, "Alice Ünïcode 山田");
    assert_true(link->created == NOW && link->used == NOW && link->chosen == 0);
    assert_int_equal(sso_links_of(store, "ALICE", &links, &why, p), APR_SUCCESS);
    assert_int_equal(links->nelts, 0);
}

T(the_one_chosen_last_is_the_active_one)
{
    sso_store_t *store = sqlite_store(p);
    sso_link_t first = link_of("s1", "alice", false), second = link_of("s2", "alice", false);
    sso_link_t foreign = link_of("s1", "bob", false);
    const char *why = NULL;
    sso_linked_t linked;
    bool chosen;

    add(store, "s1", "alice", false, p);
    add(store, "s2", "alice", false, p);
    assert_int_equal(sso_links_find(store, ISSUER, "s1", &linked, &why, p), APR_SUCCESS);
    assert_null(linked.active_subject);
    assert_int_equal(sso_links_choose(store, &foreign, NOW, &chosen, &why, p), APR_SUCCESS);
    assert_false(chosen);
    assert_int_equal(sso_links_choose(store, &first, NOW, &chosen, &why, p), APR_SUCCESS);
    assert_true(chosen);
    assert_int_equal(sso_links_choose(store, &second, NOW + 1000, &chosen, &why, p), APR_SUCCESS);
    assert_int_equal(sso_links_find(store, ISSUER, "s1", &linked, &why, p), APR_SUCCESS);
    assert_string_equal(linked.active_subject, "s2");
    assert_string_equal(linked.active_issuer, ISSUER);
    assert_string_equal(linked.active_source, "idp");
}

T(its_last_use_is_noted)
{
    sso_store_t *store = sqlite_store(p);
    const char *why = NULL;
    sso_linked_t linked;

    add(store, "s1", "alice", false, p);
    assert_int_equal(sso_links_touch(store, ISSUER, "s1", NOW + apr_time_from_sec(86400), &why, p),
                     APR_SUCCESS);
    assert_int_equal(sso_links_find(store, ISSUER, "s1", &linked, &why, p), APR_SUCCESS);
    assert_true(linked.used == NOW + apr_time_from_sec(86400));
}

T(what_does_not_fit_is_an_error)
{
    sso_store_t *store = sqlite_store(p);
    char text[300];
    sso_link_t link = link_of("s1", text, false);
    const char *why = NULL;
    bool added;

    memset(text, 'a', sizeof(text));
    text[SSO_LINK_USERNAME_MAX + 1] = '\0';
    assert_int_equal(sso_links_add(store, &link, &added, &why, p), SSO_IO_ANSWER);
    text[0] = '\0';
    assert_int_equal(sso_links_add(store, &link, &added, &why, p), SSO_IO_ANSWER);
}

T(a_store_that_is_away_is_no_unknown_account)
{
    sso_store_t *store;
    sso_linked_t linked;
    const char *why = NULL;

    assert_int_equal(sso_store_create(&store, sqlite_database(4, "", p), p), APR_SUCCESS);
    assert_int_equal(sso_store_enter(store), APR_SUCCESS);
    assert_int_equal(sso_links_find(store, ISSUER, "s1", &linked, &why, p), SSO_IO_DOWN);
}
