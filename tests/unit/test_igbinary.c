/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "base/igbinary.h"

#define BYTES(text) ((sso_span_t){text, sizeof(text) - 1})

T(integers_of_every_width_are_read)
{
    const struct {
        sso_span_t bytes;
        apr_int64_t n;
    } cases[] = {
        {BYTES("\0\0\0\2\x06\x03"), 3},
        {BYTES("\0\0\0\2\x07\x03"), -3},
        {BYTES("\0\0\0\2\x08\x01\x00"), 256},
        {BYTES("\0\0\0\2\x09\x01\x00"), -256},
        {BYTES("\0\0\0\2\x0a\x6b\x02\x2d\x08"), 0x6b022d08},
        {BYTES("\0\0\0\1\x0b\x00\x00\x00\x01"), -1},
        {BYTES("\0\0\0\2\x20\0\0\0\1\0\0\0\0"), APR_INT64_C(4294967296)},
        {BYTES("\0\0\0\2\x21\0\0\0\0\0\0\0\1"), -1},
    };
    sso_php_value_t v;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_true(sso_igbinary_scalar(cases[i].bytes, &v));
        assert_int_equal(v.type, SSO_PHP_INTEGER);
        assert_true(v.integer == cases[i].n);
    }
}

T(strings_booleans_and_null_are_read)
{
    sso_php_value_t v;

    assert_true(sso_igbinary_scalar(BYTES("\0\0\0\2\x11\x02hi"), &v));
    assert_span(v.string, "hi");
    assert_true(sso_igbinary_scalar(BYTES("\0\0\0\2\x12\0\x02hi"), &v));
    assert_span(v.string, "hi");
    assert_true(sso_igbinary_scalar(BYTES("\0\0\0\2\x0d"), &v) && v.type == SSO_PHP_STRING);
    assert_true(sso_igbinary_scalar(BYTES("\0\0\0\2\x05"), &v) && v.integer == 1);
    assert_true(sso_igbinary_scalar(BYTES("\0\0\0\2\x04"), &v) && v.type == SSO_PHP_BOOLEAN);
    assert_true(sso_igbinary_scalar(BYTES("\0\0\0\2\0"), &v) && v.type == SSO_PHP_NULL);
}

T(anything_else_is_refused)
{
    const sso_span_t wrong[] = {
        BYTES(""),
        BYTES("\0\0\0\2"),
        BYTES("\0\0\0\3\x06\x03"),
        BYTES("i:3;"),
        BYTES("\0\0\0\2\x06"),
        BYTES("\0\0\0\2\x06\x03x"),
        BYTES("\0\0\0\2\x11\x03hi"),
        BYTES("\0\0\0\2\x11\x01hi"),
        BYTES("\0\0\0\2\x0dx"),
        BYTES("\0\0\0\2\x14\x00"),
        BYTES("\0\0\0\2\x0c"),
        BYTES("\0\0\0\2\x20\xff\0\0\0\0\0\0\0"),
    };
    sso_php_value_t v;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_false(sso_igbinary_scalar(wrong[i], &v));
}

/* captures: Moodle 4.5 with SERIALIZER_IGBINARY */
T(real_redis_fields_are_read)
{
    sso_php_value_t v;

    assert_true(sso_igbinary_scalar(runner_vector("redis/igbinary/userid", p), &v));
    assert_int_equal(v.integer, 3);
    assert_true(sso_igbinary_scalar(runner_vector("redis/igbinary/timemodified", p), &v));
    assert_true(v.integer > 1795000000 && v.integer < 1796000000);
    assert_true(sso_igbinary_scalar(runner_vector("redis/igbinary/sessdata", p), &v));
    assert_int_equal(v.type, SSO_PHP_STRING);
}
