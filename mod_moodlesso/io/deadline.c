/* SPDX-License-Identifier: Apache-2.0 */
/* deadline.c -- a bound on calls into libraries that have none.
 *
 * The drivers behind apr_dbd have no common read timeout, and poll() inside them ignores socket
 * options, but every one of them notices a socket that was shut down. One thread per process does
 * that. It wakes every TICK while there was something to watch lately, so that arming needs no
 * system call on a busy server, and sleeps for good when there was not. */
#include "io/deadline.h"

#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>

#define TICK       (100 * 1000) /* microseconds */
#define IDLE_TICKS 50

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static sso_deadline_t armed = {.previous = &armed, .next = &armed}; /* ring */
static bool is_running, is_asleep;
static apr_time_t wakes_at;

/* Shut down what is over; answers when the next one is, at most a tick away. */
static apr_time_t sweep(apr_time_t now)
{
    apr_time_t next = now + TICK;

    for (sso_deadline_t *at = armed.next; at != &armed; at = at->next) {
        if (at->passed)
            continue;
        if (at->when <= now) {
            /* Under the lock: it cannot have been closed and given to somebody else. */
            shutdown(at->socket, SHUT_RDWR);
            at->passed = true;
        }
        else if (at->when < next) {
            next = at->when;
        }
    }
    return next;
}

static void *watch(void *unused)
{
    int idle = 0;

    pthread_mutex_lock(&lock);
    for (;;) {
        struct timespec until;

        wakes_at = sweep(apr_time_now());
        idle = armed.next == &armed ? idle + 1 : 0;
        if (idle > IDLE_TICKS) {
            is_asleep = true;
            while (armed.next == &armed)
                pthread_cond_wait(&changed, &lock);
            is_asleep = false;
            idle = 0;
            continue;
        }
        until.tv_sec = (time_t)apr_time_sec(wakes_at);
        until.tv_nsec = (long)apr_time_usec(wakes_at) * 1000;
        pthread_cond_timedwait(&changed, &lock, &until);
    }
    return unused;
}

/* Signals are for the server's own threads: prefork ends a child inside its handler. */
static void start(void)
{
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t all, before;

    sigfillset(&all);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    is_running = pthread_create(&thread, &attributes, watch, NULL) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
}

void sso_deadline_arm(sso_deadline_t *deadline, int socket, apr_time_t when)
{
    deadline->socket = socket;
    deadline->when = when;
    deadline->passed = false;
    deadline->is_armed = socket >= 0;
    if (!deadline->is_armed)
        return;
    pthread_mutex_lock(&lock);
    if (!is_running)
        start();
    deadline->next = &armed;
    deadline->previous = armed.previous;
    armed.previous->next = deadline;
    armed.previous = deadline;
    if (is_asleep || when < wakes_at)
        pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
}

bool sso_deadline_disarm(sso_deadline_t *deadline)
{
    /* Not by `next`: neighbours that leave write it. */
    if (!deadline->is_armed)
        return false;
    pthread_mutex_lock(&lock);
    deadline->previous->next = deadline->next;
    deadline->next->previous = deadline->previous;
    pthread_mutex_unlock(&lock);
    return deadline->passed;
}
