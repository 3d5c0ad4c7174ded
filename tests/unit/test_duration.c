/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "base/duration.h"

T(lengths_of_time_have_units)
{
    apr_interval_time_t t;

    assert_true(sso_duration_parse("100ms", &t) && t == 100000);
    assert_true(sso_duration_parse("2s", &t) && t == 2000000);
    assert_true(sso_duration_parse("2", &t) && t == 2000000);
    assert_true(sso_duration_parse("5min", &t) && t == APR_INT64_C(300000000));
    assert_true(sso_duration_parse("1h", &t) && t == APR_INT64_C(3600000000));
    assert_true(sso_duration_parse("3d", &t) && t == APR_INT64_C(259200000000));
    assert_true(sso_duration_parse("0s", &t) && t == 0);
}

T(anything_else_is_no_length_of_time)
{
    const char *wrong[] = {"", "s", "-1s", "1.5s", "1 s", "1m", "1S", "999999999999h", "4000d"};
    apr_interval_time_t t;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_false(sso_duration_parse(wrong[i], &t));
}
