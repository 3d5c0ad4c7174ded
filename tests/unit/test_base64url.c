/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "base/base64url.h"

static bool decodes(const char *text, const char *bytes, apr_size_t length, apr_pool_t *p)
{
    sso_span_t made;

    return sso_base64url_decode(sso_span(text), &made, p) && made.len == length &&
           memcmp(made.at, bytes, length) == 0;
}

/* RFC 4648 10, without padding. */
T(the_examples_of_the_standard)
{
    static const char *const texts[] = {"", "Zg", "Zm8", "Zm9v", "Zm9vYg", "Zm9vYmE", "Zm9vYmFy"};

    for (apr_size_t i = 0; i < 7; i++) {
        assert_string_equal(sso_base64url_encode("foobar", i, p), texts[i]);
        assert_true(decodes(texts[i], "foobar", i, p));
    }
}

T(one_text_for_each_sequence_of_bytes)
{
    static const char *const wrong[] = {"Z",
                                        "Zg==",
                                        "Zm9v\n",
                                        "Zm 9",
                                        "Zm9+",
                                        "Zm/v",
                                        "Zh",
                                        "Zm9",
                                        "Zm9vYh",
                                        "A",
                                        "AAAAA",
                                        "Zm9v=",
                                        "\x80"
                                        "AAA"};
    sso_span_t made;

    for (apr_size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        if (sso_base64url_decode(sso_span(wrong[i]), &made, p))
            fail_msg("%s was decoded", wrong[i]);
    }
}

T(random_bytes_come_back)
{
    for (apr_size_t length = 0; length < 300; length++) {
        char *bytes = apr_palloc(p, length + 1);
        for (apr_size_t i = 0; i < length; i++)
            bytes[i] = (char)runner_random(256);
        assert_true(decodes(sso_base64url_encode(bytes, length, p), bytes, length, p));
    }
}

/* Every letter stands for itself alone. */
T(all_letters)
{
    const char *all = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    sso_span_t bytes;
    char text[5] = "AAAA";

    assert_true(sso_base64url_decode(sso_span(all), &bytes, p));
    assert_string_equal(sso_base64url_encode(bytes.at, bytes.len, p), all);
    for (int byte = 1; byte < 256; byte++) {
        text[3] = (char)byte;
        assert_true(sso_base64url_decode(sso_span(text), &bytes, p) == (strchr(all, byte) != NULL));
    }
}

/* Each byte at each place of a group and of both tails, where four and two bits are left over. */
T(the_alphabet_has_64_letters_wherever_they_stand)
{
    char text[] = "AAAA";
    sso_span_t bytes, span = {text, 4};
    int taken[5] = {0};

    for (span.len = 2; span.len <= 4; span.len++) {
        for (apr_size_t place = 0; place < span.len; place++) {
            for (int byte = 0; byte < 256; byte++) {
                text[place] = (char)byte;
                taken[span.len] += sso_base64url_decode(span, &bytes, p);
            }
            text[place] = 'A';
        }
    }
    assert_int_equal(taken[2], 64 + 4);
    assert_int_equal(taken[3], 2 * 64 + 16);
    assert_int_equal(taken[4], 4 * 64);
}
