/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include <dlfcn.h>
#include <pthread.h>

#include <apr_thread_cond.h>

#include "io/flight.h"
#include "io/shared.h"

/* How many threads wait for a flight: in front of APR's own, and with the mutex held, so that
 * nothing lands between the count and the wait. */
static int waiting;

apr_status_t apr_thread_cond_timedwait(apr_thread_cond_t *cond, apr_thread_mutex_t *mutex,
                                       apr_interval_time_t timeout)
{
    static __thread bool is_counted;
    apr_status_t (*wait)(apr_thread_cond_t *, apr_thread_mutex_t *, apr_interval_time_t);

    *(void **)&wait = dlsym(RTLD_NEXT, "apr_thread_cond_timedwait");
    if (!is_counted)
        sso_count(&waiting);
    is_counted = true;
    return wait(cond, mutex, timeout);
}

typedef struct party_t {
    sso_flights_t *flights;
    int landed;
} party_t;

static void *passenger(void *of_party)
{
    party_t *party = of_party;
    sso_fingerprint_t f = {7, 7};
    const char *bytes;
    apr_size_t used;
    apr_pool_t *p;
    sso_flight_t *flight;

    apr_pool_create_unmanaged_ex(&p, NULL, NULL);
    flight = sso_flight_board(party->flights, f, apr_time_now() + apr_time_from_sec(3600), &bytes,
                              &used, p);
    assert_null(flight);
    if (bytes != NULL && used == 6 && memcmp(bytes, "result", 6) == 0)
        sso_count(&party->landed);
    apr_pool_destroy(p);
    return NULL;
}

T(one_flies_and_all_others_get_a_copy)
{
    party_t party = {0};
    sso_fingerprint_t f = {7, 7}, other = {7, 8};
    const char *bytes;
    apr_size_t used;
    pthread_t threads[20];
    sso_flight_t *flight, *second;

    assert_int_equal(sso_flights_create(&party.flights), APR_SUCCESS);
    flight = sso_flight_board(party.flights, f, 0, &bytes, &used, p);
    assert_non_null(flight);
    second = sso_flight_board(party.flights, other, 0, &bytes, &used, p);
    assert_non_null(second);
    sso_flight_land(party.flights, second, "x", 1);
    for (int i = 0; i < 20; i++)
        pthread_create(&threads[i], NULL, passenger, &party);
    while (sso_load(&waiting) < 20)
        apr_sleep(1000);
    sso_flight_land(party.flights, flight, "result", 6);
    for (int i = 0; i < 20; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(party.landed, 20);
    flight = sso_flight_board(party.flights, f, 0, &bytes, &used, p);
    assert_non_null(flight);
    sso_flight_land(party.flights, flight, "x", 1);
}

T(waiting_ends_at_the_deadline)
{
    sso_flights_t *flights;
    sso_fingerprint_t f = {1, 2};
    const char *bytes = "x";
    apr_size_t used;
    sso_flight_t *flight;

    sso_flights_create(&flights);
    flight = sso_flight_board(flights, f, 0, &bytes, &used, p);
    assert_null(sso_flight_board(flights, f, apr_time_now() + 20000, &bytes, &used, p));
    assert_null(bytes);
    sso_flight_land(flights, flight, "late", 4);
}
