/* SPDX-License-Identifier: Apache-2.0 */
/* flight.c -- one look-up per credential and process: the first flies, the others wait for it. */
#include "io/flight.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>
#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>

#define BUCKETS 64

/* Guarded by the mutex of flights_t. Recycled, never freed: their number is bounded by that of
 * threads. */
struct sso_flight_t {
    sso_fingerprint_t fingerprint;
    apr_thread_cond_t *landed;
    int waiting;
    bool has_landed;
    char *bytes; /* malloc; freed by whoever leaves last */
    apr_size_t used;
    sso_flight_t *next;
};

struct sso_flights_t {
    apr_pool_t *pool;
    apr_thread_mutex_t *mutex;
    sso_flight_t *under_way[BUCKETS], *spare;
};

apr_status_t sso_flights_create(sso_flights_t **made)
{
    apr_pool_t *pool;
    sso_flights_t *flights;
    apr_status_t status = apr_pool_create_unmanaged_ex(&pool, NULL, NULL);

    if (status != APR_SUCCESS)
        return status;
    flights = apr_pcalloc(pool, sizeof(*flights));
    flights->pool = pool;
    *made = flights;
    return apr_thread_mutex_create(&flights->mutex, APR_THREAD_MUTEX_DEFAULT, pool);
}

static sso_flight_t *take_spare(sso_flights_t *flights)
{
    sso_flight_t *flight = flights->spare;

    if (flight != NULL) {
        flights->spare = flight->next;
        return flight;
    }
    flight = apr_pcalloc(flights->pool, sizeof(*flight));
    if (apr_thread_cond_create(&flight->landed, flights->pool) != APR_SUCCESS)
        return NULL;
    return flight;
}

static void put_back(sso_flights_t *flights, sso_flight_t *flight)
{
    free(flight->bytes);
    flight->bytes = NULL;
    flight->has_landed = false;
    flight->next = flights->spare;
    flights->spare = flight;
}

static void wait_for(sso_flights_t *flights, sso_flight_t *flight, apr_time_t deadline,
                     const char **bytes, apr_size_t *used, apr_pool_t *p)
{
    apr_time_t now;

    flight->waiting++;
    while (!flight->has_landed && (now = apr_time_now()) < deadline)
        apr_thread_cond_timedwait(flight->landed, flights->mutex, deadline - now);
    if (flight->has_landed && flight->bytes != NULL) {
        *bytes = apr_pmemdup(p, flight->bytes, flight->used);
        *used = flight->used;
    }
    if (--flight->waiting == 0 && flight->has_landed)
        put_back(flights, flight);
}

sso_flight_t *sso_flight_board(sso_flights_t *flights, sso_fingerprint_t fingerprint,
                               apr_time_t deadline, const char **bytes, apr_size_t *used,
                               apr_pool_t *p)
{
    sso_flight_t **bucket = &flights->under_way[fingerprint.low % BUCKETS], *flight;

    *bytes = NULL;
    apr_thread_mutex_lock(flights->mutex);
    for (flight = *bucket; flight != NULL; flight = flight->next) {
        if (flight->fingerprint.low == fingerprint.low &&
            flight->fingerprint.high == fingerprint.high) {
            wait_for(flights, flight, deadline, bytes, used, p);
            apr_thread_mutex_unlock(flights->mutex);
            return NULL;
        }
    }
    flight = take_spare(flights);
    if (flight != NULL) {
        flight->fingerprint = fingerprint;
        flight->next = *bucket;
        *bucket = flight;
    }
    apr_thread_mutex_unlock(flights->mutex);
    return flight;
}

void sso_flight_land(sso_flights_t *flights, sso_flight_t *flight, const char *bytes,
                     apr_size_t used)
{
    sso_flight_t **at = &flights->under_way[flight->fingerprint.low % BUCKETS];

    apr_thread_mutex_lock(flights->mutex);
    while (*at != flight)
        at = &(*at)->next;
    *at = flight->next;
    flight->has_landed = true;
    if (flight->waiting == 0) {
        put_back(flights, flight);
    }
    else {
        flight->bytes = malloc(used);
        if (flight->bytes != NULL)
            memcpy(flight->bytes, bytes, used);
        flight->used = used;
        apr_thread_cond_broadcast(flight->landed);
    }
    apr_thread_mutex_unlock(flights->mutex);
}
