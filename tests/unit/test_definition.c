/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include <apr_file_io.h>

#include "sso/definition.h"

static const char *secret_file(const char *secret, apr_pool_t *p)
{
    char *path = apr_pstrdup(p, "/tmp/moodlesso-secret-XXXXXX");
    apr_file_t *file;

    assert_int_equal(apr_file_mktemp(&file, path, APR_FOPEN_CREATE | APR_FOPEN_WRITE, p), 0);
    apr_file_puts(apr_pstrcat(p, secret, "\nrest\n", NULL), file);
    apr_file_close(file);
    return path;
}

static const char *make(const char *driver, const char *parameters, const char *option,
                        sso_database_t **database, apr_pool_t *p)
{
    sso_options_t options = {apr_table_make(p, 4), p};

    if (option != NULL)
        assert_null(sso_options_add(&options, option));
    return sso_database_make("m", driver, parameters, &options, database);
}

T(a_database_has_defaults)
{
    sso_database_t *database;

    assert_null(make("mysql", "host=h", NULL, &database, p));
    assert_int_equal(database->dialect, SSO_MYSQL);
    assert_int_equal(database->timeout, apr_time_from_sec(2));
    assert_int_equal(database->max, 8);
    assert_null(make("pgsql", "host=h", "timeout=500ms", &database, p));
    assert_int_equal(database->timeout, 500000);
    assert_sentence(make("oracle", "", NULL, &database, p), "sqlite3, mysql");
    assert_sentence(make("mysql", "", "max=0", &database, p), "from 1 to 1000");
    assert_sentence(make("mysql", "", "maxx=1", &database, p), "maxx= is not known");
}

T(passwords_are_read_from_files_and_quoted)
{
    const char *path = secret_file("o'ne\\two", p),
               *option = apr_pstrcat(p, "password=file:", path, NULL);
    sso_database_t *database;

    assert_null(make("pgsql", "host=h", option, &database, p));
    assert_string_equal(database->parameters, "host=h password='o\\'ne\\\\two'");
    assert_null(make("mysql", "host=h", option, &database, p));
    assert_string_equal(database->parameters, "host=h,pass=o'ne\\two");
    assert_sentence(make("sqlite3", "f", option, &database, p), "no password");
    apr_file_remove(path, p);
    path = secret_file("one,two", p);
    assert_sentence(make("mysql", "h", apr_pstrcat(p, "password=file:", path, NULL), &database, p),
                    "must not hold");
    apr_file_remove(path, p);
}

static const char *redis(const char *address, const char *option, sso_redis_t **made, apr_pool_t *p)
{
    sso_options_t options = {apr_table_make(p, 4), p};

    if (option != NULL)
        assert_null(sso_options_add(&options, option));
    return sso_redis_make("r", address, &options, made);
}

T(a_missing_name_is_told_with_those_there_are)
{
    apr_hash_t *names = apr_hash_make(p);

    assert_string_equal(sso_definition_names(names, p), "");
    apr_hash_set(names, "moodle", APR_HASH_KEY_STRING, "");
    assert_string_equal(sso_definition_names(names, p), "; there are: moodle");
    apr_hash_set(names, "drupal", APR_HASH_KEY_STRING, "");
    apr_hash_set(names, "x", APR_HASH_KEY_STRING, "");
    assert_string_equal(sso_definition_names(names, p), "; there are: drupal, moodle, x");
}

T(a_redis_has_an_address)
{
    sso_redis_t *r;

    assert_null(redis("10.0.0.1:6380", NULL, &r, p));
    assert_string_equal(r->host, "10.0.0.1");
    assert_int_equal(r->port, 6380);
    assert_int_equal(r->timeout, 100000);
    assert_null(redis("[::1]:6379", "db=3", &r, p));
    assert_string_equal(r->host, "::1");
    assert_int_equal(r->db, 3);
    assert_null(redis("unix:/run/redis.sock", NULL, &r, p));
    assert_string_equal(r->path, "/run/redis.sock");
    assert_null(r->host);
    assert_sentence(redis("localhost", NULL, &r, p), "host:port");
    assert_sentence(redis("redis://127.0.0.1:6379", NULL, &r, p),
                    "write 127.0.0.1:6379, without redis://");
    assert_sentence(redis("rediss://h:6379/0", NULL, &r, p), "write h:6379, without rediss://");
    assert_null(strstr(redis("redis://:hunter2@h:6379", NULL, &r, p), "hunter2"));
    assert_sentence(redis("h:0", NULL, &r, p), "host:port");
    assert_sentence(redis("h:1", "user=x", &r, p), "user= without password=");
    assert_sentence(redis("h:1", "tls=on", &r, p), "hiredis 1.0");
}
