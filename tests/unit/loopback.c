/* SPDX-License-Identifier: Apache-2.0 */
/* loopback.c -- a server of one thread on 127.0.0.1 that plays a script to each connection. */
#include "loopback.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct loopback_t {
    const loopback_step_t *steps;
    int count, listener, wake[2], connections;
    pthread_t thread;
    pthread_mutex_t lock;
    char heard[65536];
    size_t heard_bytes;
};

/* Wait for the socket or for the end; false at the end. */
static bool ready(loopback_t *server, int socket)
{
    struct pollfd waiting[] = {{socket, POLLIN, 0}, {server->wake[0], POLLIN, 0}};

    poll(waiting, 2, -1);
    return waiting[1].revents == 0;
}

static bool hear(loopback_t *server, int socket)
{
    char bytes[8192];
    ssize_t n;

    if (!ready(server, socket) || (n = read(socket, bytes, sizeof(bytes))) <= 0)
        return false;
    pthread_mutex_lock(&server->lock);
    if (server->heard_bytes + (size_t)n < sizeof(server->heard)) {
        memcpy(server->heard + server->heard_bytes, bytes, (size_t)n);
        server->heard_bytes += (size_t)n;
    }
    pthread_mutex_unlock(&server->lock);
    return true;
}

/* Say the n-th part of the answer. */
static void say(const loopback_step_t *step, int part, int socket)
{
    const char *answer = step->answer;
    size_t length, sent = 0;

    for (; part > 0 && strchr(answer, '\f') != NULL; part--)
        answer = strchr(answer, '\f') + 1;
    length = strcspn(answer, "\f");
    while (sent < length) {
        ssize_t n = send(socket, answer + sent, step->drip ? 1 : length - sent, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        sent += (size_t)n;
        if (step->drip)
            usleep((useconds_t)step->drip);
    }
}

static void *serve(void *of_server)
{
    loopback_t *server = of_server;

    while (ready(server, server->listener)) {
        int socket = accept(server->listener, NULL, NULL);
        int n = __atomic_fetch_add(&server->connections, 1, __ATOMIC_ACQ_REL);
        const loopback_step_t *step = &server->steps[n < server->count ? n : server->count - 1];

        if (step->silent)
            ready(server, server->wake[0]);
        else if (step->answer != NULL) {
            for (int part = 0; (part == 0 || step->keep) && hear(server, socket); part++)
                say(step, part, socket);
        }
        close(socket);
    }
    return NULL;
}

loopback_t *loopback_start(const loopback_step_t *steps, int count, int *port)
{
    loopback_t *server = calloc(1, sizeof(*server));
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);

    server->steps = steps;
    server->count = count;
    pthread_mutex_init(&server->lock, NULL);
    server->listener = socket(AF_INET, SOCK_STREAM, 0);
    if (pipe(server->wake) != 0 ||
        bind(server->listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(server->listener, 64) != 0 ||
        getsockname(server->listener, (struct sockaddr *)&address, &length) != 0 ||
        pthread_create(&server->thread, NULL, serve, server) != 0)
        abort();
    *port = ntohs(address.sin_port);
    return server;
}

const char *loopback_heard(loopback_t *server)
{
    return server->heard;
}

int loopback_connections(loopback_t *server)
{
    return __atomic_load_n(&server->connections, __ATOMIC_ACQUIRE);
}

void loopback_stop(loopback_t *server)
{
    if (write(server->wake[1], "x", 1) != 1)
        abort();
    pthread_join(server->thread, NULL);
    close(server->listener);
    close(server->wake[0]);
    close(server->wake[1]);
    free(server);
}
