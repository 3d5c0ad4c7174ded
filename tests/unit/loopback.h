/* SPDX-License-Identifier: Apache-2.0 */
/* loopback.h -- a server of one thread on 127.0.0.1 that plays a script to each connection. */
#ifndef LOOPBACK_H
#define LOOPBACK_H

#include <stdbool.h>

/* What to do with one connection, in order; the last step of a server repeats for later ones. */
typedef struct loopback_step_t {
    bool silent;        /* accept, read nothing, answer nothing until the server stops */
    int drip;           /* microseconds between bytes of the answer; 0: all at once */
    const char *answer; /* after anything was read; NULL: close at once */
    bool keep;          /* answer again to what is read next, instead of closing; the answer's parts
                           between form feeds are said in turn */
} loopback_step_t;

typedef struct loopback_t loopback_t;

/* Start; `port` gets its number. */
loopback_t *loopback_start(const loopback_step_t *steps, int count, int *port);

/* Everything that was read so far, NUL-terminated; and how many connections there were. */
const char *loopback_heard(loopback_t *server);
int loopback_connections(loopback_t *server);

void loopback_stop(loopback_t *server);

#endif
