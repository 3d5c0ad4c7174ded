/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "io/throttle.h"

#define NOW apr_time_from_sec(1800000000)

static apr_sockaddr_t *address(const char *text, apr_pool_t *p)
{
    apr_sockaddr_t *made;

    assert_int_equal(apr_sockaddr_info_get(&made, text, APR_UNSPEC, 0, 0, p), APR_SUCCESS);
    return made;
}

static sso_throttle_t *make(apr_pool_t *p)
{
    sso_throttle_t *throttle;

    assert_int_equal(sso_throttle_create(&throttle, 3, p), APR_SUCCESS);
    return throttle;
}

T(an_address_may_be_wrong_so_often_within_a_minute)
{
    sso_throttle_t *throttle = make(p);
    apr_sockaddr_t *one = address("192.0.2.1", p), *other = address("192.0.2.2", p);

    for (int i = 0; i < 3; i++) {
        assert_true(sso_throttle_admits(throttle, one, NOW));
        sso_throttle_count(throttle, one, NOW);
    }
    assert_false(sso_throttle_admits(throttle, one, NOW));
    assert_true(sso_throttle_admits(throttle, other, NOW));
    assert_true(sso_throttle_admits(throttle, one, NOW + apr_time_from_sec(60)));
    sso_throttle_count(throttle, one, NOW + apr_time_from_sec(60));
    assert_true(sso_throttle_admits(throttle, one, NOW + apr_time_from_sec(60)));
}

/* Wherever the minutes of the clock, and the seconds of the place, begin. */
T(the_minute_begins_with_the_first_mistake)
{
    for (int second = 0; second < 60; second++) {
        const apr_time_t begins[] = {NOW + apr_time_from_sec(second),
                                     apr_time_from_sec((1 << 22) * 430LL - 30 + second)};

        for (int i = 0; i < 2; i++) {
            sso_throttle_t *throttle = make(p);
            apr_sockaddr_t *one = address("192.0.2.1", p);

            sso_throttle_count(throttle, one, begins[i]);
            sso_throttle_count(throttle, one, begins[i] + apr_time_from_sec(30));
            sso_throttle_count(throttle, one, begins[i] + apr_time_from_sec(59));
            assert_false(sso_throttle_admits(throttle, one, begins[i] + apr_time_from_sec(59)));
            assert_true(sso_throttle_admits(throttle, one, begins[i] + apr_time_from_sec(60)));
        }
    }
}

/* Of slow requests the times when they began come in any order. */
T(requests_that_began_earlier_count_too)
{
    sso_throttle_t *throttle = make(p);
    apr_sockaddr_t *one = address("192.0.2.1", p);

    for (int i = 0; i < 3; i++)
        sso_throttle_count(throttle, one, NOW - apr_time_from_sec(i * 100));
    assert_false(sso_throttle_admits(throttle, one, NOW));
    assert_false(sso_throttle_admits(throttle, one, NOW - apr_time_from_sec(200)));
    /* a clock that was wrong by a day keeps nobody out for a day */
    assert_true(sso_throttle_admits(throttle, one, NOW - apr_time_from_sec(86400)));
}

T(of_ipv6_a_household_counts)
{
    sso_throttle_t *throttle = make(p);

    for (int i = 0; i < 3; i++)
        sso_throttle_count(throttle, address(apr_psprintf(p, "2001:db8::%d", i), p), NOW);
    assert_false(sso_throttle_admits(throttle, address("2001:db8::99", p), NOW));
    assert_true(sso_throttle_admits(throttle, address("2001:db8:0:1::1", p), NOW));
}

T(ipv4_is_ipv4_on_a_socket_of_ipv6_too)
{
    sso_throttle_t *throttle = make(p);

    for (int i = 0; i < 3; i++)
        sso_throttle_count(throttle, address("::ffff:192.0.2.1", p), NOW);
    assert_false(sso_throttle_admits(throttle, address("::ffff:192.0.2.1", p), NOW));
    assert_false(sso_throttle_admits(throttle, address("192.0.2.1", p), NOW));
    assert_true(sso_throttle_admits(throttle, address("::ffff:192.0.2.2", p), NOW));
}

T(the_count_does_not_wrap)
{
    sso_throttle_t *throttle = make(p);
    apr_sockaddr_t *one = address("192.0.2.1", p);

    for (int i = 0; i < 70000; i++)
        sso_throttle_count(throttle, one, NOW);
    assert_false(sso_throttle_admits(throttle, one, NOW));
}

/* So many that they meet in one place. */
T(others_do_not_free_an_address_that_is_busy)
{
    sso_throttle_t *throttle = make(p);
    apr_sockaddr_t *one = address("192.0.2.1", p), *other = address("10.0.0.0", p);
    int admitted = 0;

    for (int i = 0; i < 100; i++)
        sso_throttle_count(throttle, one, NOW);
    for (apr_uint32_t i = 0; i < SSO_THROTTLE_PLACES; i++) {
        memcpy(other->ipaddr_ptr, &i, sizeof(i));
        sso_throttle_count(throttle, other, NOW);
        admitted += sso_throttle_admits(throttle, other, NOW);
    }
    assert_false(sso_throttle_admits(throttle, one, NOW));
    assert_int_equal(admitted, SSO_THROTTLE_PLACES);
}
