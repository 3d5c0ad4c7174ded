/* SPDX-License-Identifier: Apache-2.0 */
/* flight.h -- one look-up per credential and process: the first flies, the others wait for it. */
#ifndef SSO_FLIGHT_H
#define SSO_FLIGHT_H

#include "io/fingerprint.h"

/* The look-ups under way in this process. */
typedef struct sso_flights_t sso_flights_t;
typedef struct sso_flight_t sso_flight_t;

/* They live as long as the process: a thread may still wait while pools go. */
apr_status_t sso_flights_create(sso_flights_t **flights);

/* Board the look-up of a fingerprint. Answers a flight to be landed by the caller, or NULL when
 * another thread flew: then `bytes` is what it brought, or NULL when `deadline` passed first. */
sso_flight_t *sso_flight_board(sso_flights_t *flights, sso_fingerprint_t fingerprint,
                               apr_time_t deadline, const char **bytes, apr_size_t *used,
                               apr_pool_t *p);

/* Give everybody who waits a copy of the result. */
void sso_flight_land(sso_flights_t *flights, sso_flight_t *flight, const char *bytes,
                     apr_size_t used);

#endif
