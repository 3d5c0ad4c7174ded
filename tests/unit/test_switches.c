/* SPDX-License-Identifier: Apache-2.0 */
/* On SQLite; the other stores and several nodes: tests/httpd/test_59_switches.py. */
#include "runner.h"

#include "io/switches.h"
#include "sqlite_file.h"

static apr_array_header_t *sources_of(apr_pool_t *p)
{
    apr_array_header_t *sources = apr_array_make(p, 3, sizeof(sso_source_t *));
    const char *names[] = {"idp", "drupal", "idp"};

    for (int i = 0; i < 3; i++) {
        sso_source_t *source = apr_pcalloc(p, sizeof(*source));
        source->name = names[i];
        source->number = i;
        APR_ARRAY_PUSH(sources, sso_source_t *) = source;
    }
    return sources;
}

static void set(sso_store_t *store, const char *name, bool is_on, apr_pool_t *p)
{
    const char *why = NULL;

    assert_int_equal(sso_switches_set(store, name, is_on, &why, p), APR_SUCCESS);
}

static const char *pulled(sso_store_t *store, apr_uint32_t *off, apr_pool_t *p)
{
    const char *why = NULL;

    assert_int_equal(sso_switches_pull(store, sources_of(p), off, &why, p), APR_SUCCESS);
    return apr_psprintf(p, "%d%d%d", (int)off[0], (int)off[1], (int)off[2]);
}

T(every_source_of_the_name_is_switched)
{
    sso_store_t *store = sqlite_store(p);
    apr_uint32_t off[3] = {0, 0, 1};

    assert_string_equal(pulled(store, off, p), "000");
    set(store, "idp", false, p);
    assert_string_equal(pulled(store, off, p), "101");
    set(store, "drupal", false, p);
    set(store, "idp", true, p);
    set(store, "nobody", false, p);
    assert_string_equal(pulled(store, off, p), "010");
    set(store, "drupal", true, p);
    assert_string_equal(pulled(store, off, p), "000");
}

T(while_the_store_is_away_the_copy_stays)
{
    apr_uint32_t off[3] = {1, 0, 1};
    const char *why = NULL;
    sso_store_t *store;

    assert_int_equal(sso_store_create(&store, sqlite_database(4, "", p), p), APR_SUCCESS);
    assert_int_equal(sso_store_enter(store), APR_SUCCESS);
    assert_int_equal(sso_switches_pull(store, sources_of(p), off, &why, p), SSO_IO_DOWN);
    assert_true(off[0] == 1 && off[1] == 0 && off[2] == 1);
}
