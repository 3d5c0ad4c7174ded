/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "sso/io.h"

T(what_the_world_answers_has_a_reason_code)
{
    assert_no_error(sso_database_error(APR_SUCCESS));
    assert_error(sso_database_error(APR_NOTFOUND), SESSION_UNKNOWN);
    assert_error(sso_database_error(SSO_IO_DOWN), DB_DOWN);
    assert_error(sso_database_error(SSO_IO_TIMEOUT), DB_TIMEOUT);
    assert_error(sso_database_error(SSO_IO_DENIED), DB_DENIED);
    assert_error(sso_database_error(SSO_IO_NO_TABLE), DB_QUERY);
    assert_error(sso_database_error(APR_EGENERAL), DB_QUERY);
    assert_error(sso_redis_error(SSO_IO_DOWN), REDIS_DOWN);
    assert_error(sso_redis_error(SSO_IO_TIMEOUT), REDIS_TIMEOUT);
    assert_error(sso_redis_error(SSO_IO_DENIED), REDIS_DENIED);
    assert_error(sso_redis_error(SSO_IO_ANSWER), REDIS_ANSWER);
    assert_error(sso_http_error(SSO_IO_DOWN), HTTP_DOWN);
    assert_error(sso_http_error(SSO_IO_TIMEOUT), HTTP_TIMEOUT);
    assert_error(sso_http_error(SSO_IO_ANSWER), HTTP_ANSWER);
}

T(statements_are_numbered_per_database)
{
    sso_database_t database = {.statements = apr_array_make(p, 2, sizeof(const char *))};

    assert_int_equal(sso_statement_make(&database, "SELECT 1", 1).number, 0);
    assert_int_equal(sso_statement_make(&database, "SELECT 2", 1).number, 1);
    assert_string_equal(APR_ARRAY_IDX(database.statements, 1, const char *), "SELECT 2");
}
