/* SPDX-License-Identifier: Apache-2.0 */
/* throttle.c -- how often an address may be wrong within a minute, on this machine. */
#include "io/throttle.h"

#include <string.h>

#include <apr_general.h>
#include <apr_shm.h>
#include <apr_siphash.h>

#include "base/text.h"
#include "io/shared.h"

#define MINUTE        60  /* seconds */
#define EARLIER       300 /* so much older a request may be that is counted late */
#define SECOND_BITS   22  /* come round after 48 days */
#define MISTAKE_BITS  10
#define SECONDS       ((1u << SECOND_BITS) - 1)
#define MOST_MISTAKES ((1u << MISTAKE_BITS) - 1)

typedef struct count_t {
    apr_uint32_t tag;
    apr_uint32_t since; /* second of the first mistake, SECOND_BITS of it */
    apr_uint32_t mistakes;
} count_t;

static apr_uint64_t pack(count_t count)
{
    return (apr_uint64_t)count.tag << 32 | (apr_uint64_t)count.since << MISTAKE_BITS |
           count.mistakes;
}

static count_t unpack(apr_uint64_t place)
{
    return (count_t){(apr_uint32_t)(place >> 32), (apr_uint32_t)(place >> MISTAKE_BITS) & SECONDS,
                     (apr_uint32_t)place & MOST_MISTAKES};
}

apr_status_t sso_throttle_create(sso_throttle_t **made, apr_uint32_t most, apr_pool_t *p)
{
    sso_throttle_t *throttle = apr_pcalloc(p, sizeof(*throttle));
    const apr_size_t bytes = SSO_THROTTLE_PLACES * sizeof(*throttle->place);
    apr_shm_t *memory;
    apr_status_t status = apr_generate_random_bytes(throttle->key, sizeof(throttle->key));

    if (status == APR_SUCCESS)
        status = apr_shm_create(&memory, bytes, NULL, p);
    if (status != APR_SUCCESS)
        return status;
    throttle->most = most;
    throttle->place = memset(apr_shm_baseaddr_get(memory), 0, bytes);
    *made = throttle;
    return APR_SUCCESS;
}

/* An IPv4 address that came to a socket of IPv6 has its own four bytes at the end. */
static sso_span_t household_of(const apr_sockaddr_t *address)
{
    static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    const char *bytes = address->ipaddr_ptr;

    if (address->ipaddr_len != 16)
        return (sso_span_t){bytes, (apr_size_t)address->ipaddr_len};
    return memcmp(bytes, mapped, sizeof(mapped)) == 0 ? (sso_span_t){bytes + 12, 4}
                                                      : (sso_span_t){bytes, 8};
}

static apr_uint64_t *place_of(const sso_throttle_t *throttle, const apr_sockaddr_t *address,
                              apr_uint32_t *tag)
{
    const sso_span_t household = household_of(address);
    const apr_uint64_t hash = apr_siphash24(household.at, household.len, throttle->key);

    *tag = (apr_uint32_t)(hash >> 32);
    return &throttle->place[hash % SSO_THROTTLE_PLACES];
}

static apr_uint32_t second_of(apr_time_t now)
{
    return (apr_uint32_t)apr_time_sec(now) & SECONDS;
}

/* Is the minute of these mistakes over? Not for a request that began before them and is counted
 * now; all the same for a clock that was set back by far. */
static bool is_over(count_t count, apr_uint32_t second)
{
    apr_uint32_t later = (second - count.since) & SECONDS;

    return later >= MINUTE && later < SECONDS - EARLIER;
}

bool sso_throttle_admits(const sso_throttle_t *throttle, const apr_sockaddr_t *address,
                         apr_time_t now)
{
    apr_uint32_t tag;
    count_t count = unpack(sso_load(place_of(throttle, address, &tag)));

    return count.tag != tag || is_over(count, second_of(now)) || count.mistakes < throttle->most;
}

/* What the place says after one more mistake of this address. */
static count_t next(count_t count, apr_uint32_t tag, apr_uint32_t second)
{
    if (is_over(count, second))
        return (count_t){tag, second, 1};
    if (count.tag == tag && count.mistakes < MOST_MISTAKES)
        count.mistakes++;
    else if (count.tag != tag && count.mistakes > 1)
        count.mistakes--;
    else if (count.tag != tag)
        count = (count_t){tag, second, 1};
    return count;
}

void sso_throttle_count(sso_throttle_t *throttle, const apr_sockaddr_t *address, apr_time_t now)
{
    apr_uint32_t tag;
    apr_uint64_t *place = place_of(throttle, address, &tag), before;

    do
        before = sso_load(place);
    while (!sso_swap(place, before, pack(next(unpack(before), tag, second_of(now)))));
}
