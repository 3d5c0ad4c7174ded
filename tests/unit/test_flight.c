/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include <pthread.h>

#include "io/flight.h"
#include "io/shared.h"

typedef struct party_t {
    sso_flights_t *flights;
    int boarded, landed, late;
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
    sso_count(&party->boarded);
    flight = sso_flight_board(party->flights, f, apr_time_now() + apr_time_from_sec(20), &bytes,
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
    while (sso_load(&party.boarded) < 20)
        apr_sleep(1000);
    /* Whoever boards between the count and here waits as well, or flies; give them the time. */
    apr_sleep(20000);
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
