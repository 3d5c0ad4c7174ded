/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "base/json.h"

static bool parses(const char *text, apr_pool_t *p)
{
    json_t *value;

    return sso_json_parse(sso_span(text), 1000, &value, p);
}

T(json_is_read_strictly)
{
    const char *wrong[] = {"",           "{",           "{}x", "{\"a\":1,\"a\":2}", "{'a':1}",
                           "[1,]",       "\"\\u0000\"", "nul", "[1] [2]",           "\"\xff\"",
                           "{\"a\":01}", "+1",          "NaN"};

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        if (parses(wrong[i], p))
            fail_msg("%s was taken", wrong[i]);
    }
    assert_true(parses("{\"a\":[1,{\"b\":null}]}", p));
    assert_true(parses(" 12 ", p));
}

T(deep_and_long_json_is_refused_before_it_is_parsed)
{
    const char *deep, *shallow = "1";
    json_t *value;

    for (int i = 0; i < SSO_JSON_MAX_DEPTH; i++)
        shallow = apr_pstrcat(p, "[", shallow, "]", NULL);
    deep = apr_pstrcat(p, "[", shallow, "]", NULL);
    assert_true(parses(shallow, p));
    assert_false(parses(deep, p));
    assert_true(parses("\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[ \\\" [\"", p));
    assert_false(sso_json_parse(sso_span("[1,2]"), 4, &value, p));
}

T(members_are_found_by_path)
{
    json_t *value;
    apr_int64_t n;

    assert_true(sso_json_parse(
        sso_span("{\"user\":{\"uid\":\"2\",\"n\":3,\"name\":\"alice\",\"empty\":\"\"}}"), 1000,
        &value, p));
    assert_true(sso_json_integer_at(value, "user.uid", &n) && n == 2);
    assert_true(sso_json_integer_at(value, "user.n", &n) && n == 3);
    assert_false(sso_json_integer_at(value, "user.name", &n));
    assert_string_equal(sso_json_string_at(value, "user.name"), "alice");
    assert_null(sso_json_string_at(value, "user.empty"));
    assert_null(sso_json_string_at(value, "user.name.x"));
    assert_null(sso_json_at(value, "user.none"));
}

T(a_value_is_written_in_one_line)
{
    assert_string_equal(sso_json_text(json_pack("{s:s, s:[i, b]}", "a", "x\"", "b", 1, 1), p),
                        "{\"a\":\"x\\\"\",\"b\":[1,true]}");
    assert_null(sso_json_text(NULL, p));
}

T(php_escapes_slashes_and_what_is_beyond_ascii)
{
    assert_string_equal(sso_json_text_as_php(json_pack("{s:s}", "url", "https://m/é"), p),
                        "{\"url\":\"https:\\/\\/m\\/\\u00E9\"}");
    assert_string_equal(sso_json_text(json_pack("{s:s}", "url", "a/é"), p), "{\"url\":\"a/é\"}");
    assert_null(sso_json_text_as_php(NULL, p));
}
