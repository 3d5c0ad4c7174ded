/* SPDX-License-Identifier: Apache-2.0 */
/* throttle.c -- how often an address may be wrong within a minute, on this machine. */
#include "io/throttle.h"

#include <string.h>

#include <apr_general.h>
#include <apr_shm.h>
#include <apr_siphash.h>

#include "base/text.h"
#include "io/shared.h"

#define MINUTE apr_time_from_sec(60)

typedef struct count_t {
    apr_uint32_t tag;
    apr_uint16_t minute, mistakes;
} count_t;

static apr_uint64_t pack(count_t count)
{
    return (apr_uint64_t)count.tag << 32 | (apr_uint64_t)count.minute << 16 | count.mistakes;
}

static count_t unpack(apr_uint64_t place)
{
    return (count_t){(apr_uint32_t)(place >> 32), (apr_uint16_t)(place >> 16), (apr_uint16_t)place};
}

apr_status_t sso_throttle_create(sso_throttle_t **made, int most, apr_pool_t *p)
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

static apr_uint16_t minute_of(apr_time_t now)
{
    return (apr_uint16_t)(now / MINUTE);
}

bool sso_throttle_admits(const sso_throttle_t *throttle, const apr_sockaddr_t *address,
                         apr_time_t now)
{
    apr_uint32_t tag;
    count_t count = unpack(sso_load(place_of(throttle, address, &tag)));

    return count.tag != tag || count.minute != minute_of(now) || count.mistakes < throttle->most;
}

/* What the place says after one more mistake of this address. */
static count_t next(count_t count, apr_uint32_t tag, apr_uint16_t minute)
{
    if (count.minute != minute)
        return (count_t){tag, minute, 1};
    if (count.tag == tag && count.mistakes < APR_UINT16_MAX)
        count.mistakes++;
    else if (count.tag != tag && count.mistakes > 1)
        count.mistakes--;
    else if (count.tag != tag)
        count = (count_t){tag, minute, 1};
    return count;
}

void sso_throttle_count(sso_throttle_t *throttle, const apr_sockaddr_t *address, apr_time_t now)
{
    apr_uint32_t tag;
    apr_uint64_t *place = place_of(throttle, address, &tag), before;

    do
        before = sso_load(place);
    while (!sso_swap(place, before, pack(next(unpack(before), tag, minute_of(now)))));
}
