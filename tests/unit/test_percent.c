/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "base/percent.h"

T(percent_is_decoded_as_rawurldecode_does)
{
    assert_span(sso_percent_decode(sso_span("a%2Cb%2c"), p), "a,b,");
    assert_span(sso_percent_decode(sso_span("a+b"), p), "a+b");
    assert_span(sso_percent_decode(sso_span("%"), p), "%");
    assert_span(sso_percent_decode(sso_span("%4"), p), "%4");
    assert_span(sso_percent_decode(sso_span("%4g%zz%%41"), p), "%4g%zz%A");
    assert_span(sso_percent_decode(sso_span("%2541"), p), "%41");
    assert_int_equal(sso_percent_decode(sso_span("a%00b"), p).len, 3);
    assert_int_equal(sso_percent_decode(sso_span(""), p).len, 0);
}

T(everything_but_unreserved_is_encoded_and_comes_back)
{
    char all[256];
    sso_span_t span = {all, 255};

    for (int i = 0; i < 255; i++)
        all[i] = (char)(i + 1);
    assert_string_equal(sso_percent_encode(sso_span("a b/c?d&e=f~"), p), "a%20b%2Fc%3Fd%26e%3Df~");
    span = sso_percent_decode(sso_span(sso_percent_encode(span, p)), p);
    assert_int_equal(span.len, 255);
    assert_memory_equal(span.at, all, 255);
}
