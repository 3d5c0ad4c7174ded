/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "io/breaker.h"

#define SECOND APR_USEC_PER_SEC

T(three_failures_in_a_row_open_it)
{
    sso_breaker_t b = {0};

    assert_int_equal(sso_breaker_failed(&b, 0), SSO_BREAKER_SAME);
    assert_int_equal(sso_breaker_failed(&b, 0), SSO_BREAKER_SAME);
    assert_int_equal(sso_breaker_answered(&b), SSO_BREAKER_SAME);
    assert_int_equal(sso_breaker_failed(&b, 0), SSO_BREAKER_SAME);
    assert_int_equal(sso_breaker_failed(&b, 0), SSO_BREAKER_SAME);
    assert_true(sso_breaker_admits(&b, 0));
    assert_int_equal(sso_breaker_failed(&b, 0), SSO_BREAKER_OPENED);
    assert_true(sso_breaker_is_open(&b));
    assert_false(sso_breaker_admits(&b, SECOND - 1));
}

T(one_probe_a_second_until_it_answers)
{
    sso_breaker_t b = {0};

    for (int i = 0; i < 3; i++)
        sso_breaker_failed(&b, 0);
    for (int second = 1; second < 4; second++) {
        assert_true(sso_breaker_admits(&b, second * SECOND));
        assert_false(sso_breaker_admits(&b, second * SECOND));
        assert_int_equal(sso_breaker_failed(&b, second * SECOND), SSO_BREAKER_SAME);
    }
    assert_int_equal(sso_breaker_answered(&b), SSO_BREAKER_CLOSED);
    assert_int_equal(sso_breaker_answered(&b), SSO_BREAKER_SAME);
    assert_true(sso_breaker_admits(&b, 3 * SECOND));
    assert_int_equal(b.failed, 6);
    assert_int_equal(b.refused, 3);
    assert_int_equal(b.asked, 4);
}
