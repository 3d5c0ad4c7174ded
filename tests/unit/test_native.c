/* SPDX-License-Identifier: Apache-2.0 */
/* PostgreSQL's failures by SQLSTATE, whatever the language; MariaDB's are in tests/httpd. */
#include "runner.h"

#include <sys/socket.h>
#include <unistd.h>

#include "io/native.h"

T(sqlstates_are_classified)
{
    const struct {
        const char *text;
        apr_status_t status;
    } cases[] = {
        {"ERROR:  42P01: relation \"sessions\" does not exist\nLINE 1", SSO_IO_NO_TABLE},
        {"FEHLER:  42P01: Relation \xc2\xbbsessions\xc2\xab existiert nicht", SSO_IO_NO_TABLE},
        {"ERROR:  42501: permission denied for table mdl_user", SSO_IO_DENIED},
        {"FATAL:  28P01: password authentication failed", SSO_IO_DENIED},
        {"FATAL:  57P01: terminating connection due to administrator command", SSO_IO_DOWN},
        {"server closed the connection unexpectedly", SSO_IO_DOWN},
        {"", SSO_IO_DOWN},
        {"ERROR:  40001: could not serialize access", SSO_NATIVE_UNDONE},
        {"ERROR:  40P01: deadlock detected", SSO_NATIVE_UNDONE},
        {"ERROR:  57014: canceling statement due to statement timeout", SSO_IO_TIMEOUT},
        {"ERROR:  25006: cannot execute INSERT in a read-only transaction", SSO_IO_DOWN},
        {"ERROR:  42703: column u.lang does not exist", SSO_IO_ANSWER},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(sso_native_failure(SSO_PGSQL, NULL, NULL, cases[i].text), cases[i].status);
}

T(sqlite_is_classified_by_its_words)
{
    assert_int_equal(sso_native_failure(SSO_SQLITE3, NULL, NULL, "no such table: sessions"),
                     SSO_IO_NO_TABLE);
    assert_int_equal(sso_native_failure(SSO_SQLITE3, NULL, NULL, "database is locked"),
                     SSO_IO_TIMEOUT);
    assert_int_equal(sso_native_failure(SSO_SQLITE3, NULL, NULL, "no such column: x"),
                     SSO_IO_ANSWER);
    assert_int_equal(sso_native_failure(SSO_SQLITE3, NULL, NULL, "database schema has changed"),
                     SSO_NATIVE_STALE);
    assert_int_equal(
        sso_native_failure(SSO_SQLITE3, NULL, NULL, "attempt to write a readonly database"),
        SSO_IO_DENIED);
}

T(a_socket_is_open_until_the_other_side_closes_it_or_speaks)
{
    int pair[2];

    assert_true(sso_native_is_open(-1));
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_true(sso_native_is_open(pair[0]));
    assert_int_equal(write(pair[1], "x", 1), 1);
    assert_false(sso_native_is_open(pair[0]));
    close(pair[1]);
    assert_false(sso_native_is_open(pair[0]));
    close(pair[0]);
}
