/* SPDX-License-Identifier: Apache-2.0 */
/* redis.c -- connections of one process to one Redis, with real deadlines. */
#include "io/redis.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>
#include <apr_thread_mutex.h>
#include <hiredis/hiredis.h>

#define MAX_IDLE  16
#define MAX_VALUE (1024 * 1024) /* no field we read is that long; sessdata has 2 to 11 KB */

/* `idle` and `idle_count` are guarded by the mutex. */
struct sso_redis_pool_t {
    const sso_redis_t *redis;
    apr_thread_mutex_t *mutex;
    redisContext *idle[MAX_IDLE];
    int idle_count;
};

apr_status_t sso_redis_pool_create(sso_redis_pool_t **made, const sso_redis_t *redis)
{
    apr_pool_t *memory;
    apr_status_t status = apr_pool_create_unmanaged_ex(&memory, NULL, NULL);

    if (status != APR_SUCCESS)
        return status;
    *made = apr_pcalloc(memory, sizeof(**made));
    (*made)->redis = redis;
    return apr_thread_mutex_create(&(*made)->mutex, APR_THREAD_MUTEX_DEFAULT, memory);
}

/* Wait until the socket can be read or written; TIMEOUT when the time is over. */
static apr_status_t wait_for(redisContext *context, short event, apr_time_t deadline)
{
    struct pollfd waiting = {context->fd, event, 0};
    apr_interval_time_t left = deadline - apr_time_now();
    int ready;

    do {
        ready = poll(&waiting, 1, left > 0 ? (int)((left + 999) / 1000) : 0);
        left = deadline - apr_time_now();
    } while (ready < 0 && errno == EINTR);
    return ready > 0 ? APR_SUCCESS : ready == 0 ? SSO_IO_TIMEOUT : SSO_IO_DOWN;
}

static apr_status_t lost(redisContext *context, const char **why, apr_pool_t *p)
{
    *why = apr_pstrdup(p, context->err ? context->errstr : "connection lost");
    return context->err == REDIS_ERR_PROTOCOL ? SSO_IO_ANSWER : SSO_IO_DOWN;
}

/* Send what is buffered and read one reply; the caller frees it. */
static apr_status_t exchange(redisContext *context, apr_time_t deadline, redisReply **reply,
                             const char **why, apr_pool_t *p)
{
    apr_status_t status;
    void *read = NULL;
    int done = 0;

    while (!done) {
        if ((status = wait_for(context, POLLOUT, deadline)) != APR_SUCCESS)
            return status;
        if (redisBufferWrite(context, &done) != REDIS_OK)
            return lost(context, why, p);
    }
    for (;;) {
        if (redisGetReplyFromReader(context, &read) != REDIS_OK)
            return lost(context, why, p);
        if (read != NULL)
            break;
        if ((status = wait_for(context, POLLIN, deadline)) != APR_SUCCESS)
            return status;
        if (redisBufferRead(context) != REDIS_OK)
            return lost(context, why, p);
    }
    *reply = read;
    return APR_SUCCESS;
}

/* What an error reply means: its first word is a code. */
static apr_status_t refusal(const redisReply *reply, const char **why, apr_pool_t *p)
{
    static const char *const denials[] = {"NOAUTH", "WRONGPASS", "NOPERM", "ERR invalid password",
                                          "ERR AUTH"};
    static const char *const absences[] = {"LOADING", "MASTERDOWN", "CLUSTERDOWN", "BUSY",
                                           "ERR max number of clients"};

    *why = apr_pstrmemdup(p, reply->str, reply->len < 200 ? (apr_size_t)reply->len : 200);
    for (apr_size_t i = 0; i < sizeof(denials) / sizeof(denials[0]); i++) {
        if (strncmp(*why, denials[i], strlen(denials[i])) == 0)
            return SSO_IO_DENIED;
    }
    for (apr_size_t i = 0; i < sizeof(absences) / sizeof(absences[0]); i++) {
        if (strncmp(*why, absences[i], strlen(absences[i])) == 0)
            return SSO_IO_DOWN;
    }
    return SSO_IO_ANSWER;
}

/* Run a command that answers OK. */
static apr_status_t command(redisContext *context, int count, const char **arguments,
                            apr_time_t deadline, const char **why, apr_pool_t *p)
{
    redisReply *reply = NULL;
    apr_status_t status;

    if (redisAppendCommandArgv(context, count, arguments, NULL) != REDIS_OK)
        return lost(context, why, p);
    status = exchange(context, deadline, &reply, why, p);
    if (status != APR_SUCCESS || reply == NULL)
        return status;
    if (reply->type == REDIS_REPLY_ERROR)
        status = refusal(reply, why, p);
    freeReplyObject(reply);
    return status;
}

static apr_status_t greet(const sso_redis_t *redis, redisContext *context, apr_time_t deadline,
                          const char **why, apr_pool_t *p)
{
    const char *auth[] = {"AUTH", redis->user, redis->password};
    const char *auth_without_user[] = {"AUTH", redis->password};
    const char *select[] = {"SELECT", apr_itoa(p, redis->db)};
    apr_status_t status = APR_SUCCESS;

    if (redis->password != NULL)
        status = redis->user ? command(context, 3, auth, deadline, why, p)
                             : command(context, 2, auth_without_user, deadline, why, p);
    if (status == APR_SUCCESS && redis->db != 0)
        status = command(context, 2, select, deadline, why, p);
    return status;
}

static apr_status_t connect_to(const sso_redis_t *redis, apr_time_t deadline, redisContext **made,
                               const char **why, apr_pool_t *p)
{
    redisContext *context = redis->path ? redisConnectUnixNonBlock(redis->path)
                                        : redisConnectNonBlock(redis->host, redis->port);
    apr_status_t status;

    if (context == NULL)
        return SSO_IO_DOWN;
    status = context->err ? lost(context, why, p) : greet(redis, context, deadline, why, p);
    if (status != APR_SUCCESS)
        redisFree(context);
    else
        *made = context;
    return status;
}

static redisContext *take_idle(sso_redis_pool_t *pool)
{
    redisContext *context = NULL;

    apr_thread_mutex_lock(pool->mutex);
    if (pool->idle_count > 0)
        context = pool->idle[--pool->idle_count];
    apr_thread_mutex_unlock(pool->mutex);
    return context;
}

static void give_back(sso_redis_pool_t *pool, redisContext *context)
{
    apr_thread_mutex_lock(pool->mutex);
    if (pool->idle_count < MAX_IDLE) {
        pool->idle[pool->idle_count++] = context;
        context = NULL;
    }
    apr_thread_mutex_unlock(pool->mutex);
    if (context != NULL)
        redisFree(context);
}

static apr_status_t copy_values(const redisReply *reply, int count, sso_span_t *values,
                                const char **why, apr_pool_t *p)
{
    if (reply->type == REDIS_REPLY_ERROR)
        return refusal(reply, why, p);
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != (size_t)count)
        return SSO_IO_ANSWER;
    for (int i = 0; i < count; i++) {
        const redisReply *element = reply->element[i];

        values[i] = (sso_span_t){NULL, 0};
        if (element->type == REDIS_REPLY_NIL)
            continue;
        if (element->type != REDIS_REPLY_STRING || element->len > MAX_VALUE)
            return SSO_IO_ANSWER;
        values[i].at = apr_pstrmemdup(p, element->str, (apr_size_t)element->len);
        values[i].len = (apr_size_t)element->len;
    }
    return APR_SUCCESS;
}

/* `values` is NULL for a command that changes something: only its error counts. */
static apr_status_t attempt(sso_redis_pool_t *pool, redisContext *context, int count,
                            const char **arguments, apr_time_t deadline, sso_span_t *values,
                            const char **why, apr_pool_t *p)
{
    redisReply *reply = NULL;
    apr_status_t status = redisAppendCommandArgv(context, count, arguments, NULL) == REDIS_OK
                              ? exchange(context, deadline, &reply, why, p)
                              : lost(context, why, p);

    if (status != APR_SUCCESS) {
        redisFree(context);
        return status;
    }
    if (values != NULL)
        status = copy_values(reply, count - 2, values, why, p);
    else if (reply->type == REDIS_REPLY_ERROR)
        status = refusal(reply, why, p);
    freeReplyObject(reply);
    give_back(pool, context);
    return status;
}

static apr_status_t ask(sso_redis_pool_t *pool, int count, const char **arguments,
                        apr_time_t deadline, sso_span_t *values, const char **why, apr_pool_t *p)
{
    redisContext *context;
    apr_status_t status;

    /* Connections that Redis closed meanwhile are used up, then a new one is opened. */
    while ((context = take_idle(pool)) != NULL) {
        status = attempt(pool, context, count, arguments, deadline, values, why, p);
        if (status != SSO_IO_DOWN)
            return status;
    }
    if ((status = connect_to(pool->redis, deadline, &context, why, p)) != APR_SUCCESS)
        return status;
    return attempt(pool, context, count, arguments, deadline, values, why, p);
}

apr_status_t sso_redis_hash_get(sso_redis_pool_t *pool, const char *key, const char *const *fields,
                                int count, apr_time_t deadline, sso_span_t *values,
                                const char **why, apr_pool_t *p)
{
    const char **arguments = apr_palloc(p, sizeof(*arguments) * (apr_size_t)(count + 2));

    arguments[0] = "HMGET";
    arguments[1] = key;
    memcpy(arguments + 2, fields, sizeof(*arguments) * (apr_size_t)count);
    return ask(pool, count + 2, arguments, deadline, values, why, p);
}

apr_status_t sso_redis_command(sso_redis_pool_t *pool, const char *const *words, int count,
                               apr_time_t deadline, const char **why, apr_pool_t *p)
{
    return ask(pool, count, (const char **)(apr_uintptr_t)words, deadline, NULL, why, p);
}
