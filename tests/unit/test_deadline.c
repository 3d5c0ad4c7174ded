/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/deadline.h"

/* A read that would never come back does, soon after its time, because the socket is shut down. */
T(a_read_comes_back_when_its_time_is_over)
{
    int pair[2];
    char byte;
    sso_deadline_t deadline;
    apr_time_t began = apr_time_now();

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    sso_deadline_arm(&deadline, pair[0], began + 30000);
    assert_int_equal(read(pair[0], &byte, 1), 0);
    assert_true(sso_deadline_disarm(&deadline));
    assert_true(apr_time_now() - began >= 30000);
    close(pair[0]);
    close(pair[1]);
}

T(what_ends_in_time_is_left_alone)
{
    int pair[2];
    char byte = 'x';
    sso_deadline_t deadlines[50], passing;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    for (int i = 0; i < 50; i++)
        sso_deadline_arm(&deadlines[i], pair[0], apr_time_now() + apr_time_from_sec(60));
    assert_int_equal(write(pair[1], &byte, 1), 1);
    assert_int_equal(read(pair[0], &byte, 1), 1);
    for (int i = 0; i < 50; i += 2)
        assert_false(sso_deadline_disarm(&deadlines[i]));
    for (int i = 49; i > 0; i -= 2)
        assert_false(sso_deadline_disarm(&deadlines[i]));
    /* An earlier one wakes the thread although it waits for nothing or for longer. */
    sso_deadline_arm(&passing, pair[0], apr_time_now() + 1000);
    assert_int_equal(read(pair[0], &byte, 1), 0);
    assert_true(sso_deadline_disarm(&passing));
    close(pair[0]);
    close(pair[1]);
}

T(no_socket_needs_no_watching)
{
    sso_deadline_t deadline;

    sso_deadline_arm(&deadline, -1, 0);
    assert_false(sso_deadline_disarm(&deadline));
}

/* Would this thread (of /proc) run the handler of a signal? SigBlk is hexadecimal, a bit for each.
 */
static bool takes_signal(const char *thread, int signal, apr_pool_t *p)
{
    FILE *file = fopen(apr_pstrcat(p, "/proc/self/task/", thread, "/status", NULL), "r");
    char line[256];
    unsigned long long blocked = 0;

    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        if (sscanf(line, "SigBlk: %llx", &blocked) == 1)
            break;
    }
    fclose(file);
    return !(blocked >> (signal - 1) & 1);
}

T(its_thread_leaves_signals_to_the_others)
{
    const char *own = apr_psprintf(p, "%d", (int)getpid());
    DIR *threads = opendir("/proc/self/task");
    const struct dirent *thread;
    sso_deadline_t deadline;
    int pair[2], others = 0;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    sso_deadline_arm(&deadline, pair[0], apr_time_now() + apr_time_from_sec(60));
    while ((thread = readdir(threads)) != NULL) {
        if (thread->d_name[0] == '.' || strcmp(thread->d_name, own) == 0)
            continue;
        others++;
        assert_false(takes_signal(thread->d_name, SIGTERM, p));
        assert_false(takes_signal(thread->d_name, SIGHUP, p));
    }
    assert_int_equal(others, 1);
    assert_true(takes_signal(own, SIGTERM, p));
    assert_false(sso_deadline_disarm(&deadline));
    closedir(threads);
    close(pair[0]);
    close(pair[1]);
}
