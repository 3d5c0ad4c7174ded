/* SPDX-License-Identifier: Apache-2.0 */
/* runner.c -- runs the tests of one program: all, those matching argv[1] ('*' and '?'), --list. */
#include "runner.h"

#include <stdio.h>
#include <stdlib.h>

#include <apr_file_io.h>
#include <apr_general.h>
#include <apr_signal.h>

#define MAX_TESTS 200

static struct CMUnitTest tests[MAX_TESTS];
static size_t count;

void runner_register(const char *name, runner_test_t *test)
{
    if (count == MAX_TESTS)
        abort();
    tests[count].name = name;
    tests[count].initial_state = (void *)test;
    count++;
}

static int begin(void **state)
{
    return 0;
}

static void run(void **state)
{
    runner_test_t *test = (runner_test_t *)*state;
    apr_pool_t *p;

    apr_pool_create(&p, NULL);
    test(p);
    apr_pool_destroy(p);
}

sso_span_t runner_vector(const char *path, apr_pool_t *p)
{
    const char *full = apr_pstrcat(p, "tests/vectors/", path, NULL);
    sso_span_t bytes = {NULL, 0};
    apr_file_t *file;
    apr_finfo_t about;
    char *at;

    if (apr_file_open(&file, full, APR_FOPEN_READ, APR_OS_DEFAULT, p) != APR_SUCCESS ||
        apr_file_info_get(&about, APR_FINFO_SIZE, file) != APR_SUCCESS)
        fail_msg("%s cannot be read; run from the top of the project", full);
    bytes.len = (apr_size_t)about.size;
    bytes.at = at = apr_pcalloc(p, bytes.len + 1);
    assert_int_equal(apr_file_read_full(file, at, bytes.len, NULL), APR_SUCCESS);
    apr_file_close(file);
    return bytes;
}

unsigned runner_random(unsigned below)
{
    static apr_uint64_t seed = 88172645463325252ULL;

    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)(seed % below);
}

int main(int argc, char **argv)
{
    int failed;

    apr_app_initialize(&argc, (const char *const **)&argv, NULL);
    apr_signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < count; i++) {
        tests[i].test_func = run;
        tests[i].setup_func = begin;
    }
    if (argc > 1 && strcmp(argv[1], "--list") == 0) {
        for (size_t i = 0; i < count; i++)
            puts(tests[i].name);
        return 0;
    }
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    failed = _cmocka_run_group_tests(argv[0], tests, count, NULL, NULL);
    apr_terminate();
    return failed != 0;
}
