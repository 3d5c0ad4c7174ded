/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "base/mustache.h"

static const sso_mustache_t *part_of(const void *context, sso_span_t name)
{
    return sso_span_equal(name, "part") ? context : NULL;
}

static const sso_mustache_t *compile(const char *text, apr_pool_t *p)
{
    const sso_mustache_t *compiled;

    assert_null(sso_mustache_compile(sso_span(text), &compiled, p));
    return compiled;
}

/* The text filled in with these values and, for {{>part}}, this text. */
static const char *fill(const char *text, const char *values, const char *part, apr_pool_t *p)
{
    json_t *object = json_loads(values, 0, NULL);
    sso_span_t filled;
    bool good;

    assert_non_null(object);
    good = sso_mustache_fill(compile(text, p), object, part_of, part ? compile(part, p) : NULL,
                             &filled, p);
    json_decref(object);
    assert_true(!good || filled.at[filled.len] == '\0');
    return good ? filled.at : NULL;
}

T(values_are_filled_in_and_escaped)
{
    const char *values =
        "{\"a\": \"<b>\\\"'&\", \"b\": {\"c\": \"deep\"}, \"n\": 403, \"t\": true}";

    assert_string_equal(fill("", values, NULL, p), "");
    assert_string_equal(fill("{{a}} {{ b.c }} {{n}} {{t}}", values, NULL, p),
                        "&lt;b&gt;&quot;&#39;&amp; deep 403 true");
    assert_string_equal(fill("<a title=\"{{a}}\">", values, NULL, p),
                        "<a title=\"&lt;b&gt;&quot;&#39;&amp;\">");
    assert_string_equal(fill("[{{none}}{{b.none}}{{a.none}}{{! no\n {{a }}]", values, NULL, p),
                        "[]");
}

T(lists_and_objects_as_values_are_their_json)
{
    assert_string_equal(fill("{{m}}", "{\"m\": {\"a\": [1, \"<\"]}}", NULL, p),
                        "{&quot;a&quot;:[1,&quot;&lt;&quot;]}");
}

T(sections_repeat_and_choose)
{
    const char *values = "{\"l\": [{\"n\": \"1\"}, {\"n\": \"2\", \"x\": \"y\"}], \"w\": [\"a\", "
                         "\"b\"], \"x\": \"z\", \"e\": [], \"f\": false, \"s\": \"\", \"o\": "
                         "{\"k\": \"v\"}}";

    assert_string_equal(fill("{{#l}}{{n}}{{x}},{{/l}}", values, NULL, p), "1z,2y,");
    assert_string_equal(fill("{{#w}}{{.}}{{/w}}{{^w}}none{{/w}}", values, NULL, p), "ab");
    assert_string_equal(
        fill("{{#e}}x{{/e}}{{#f}}x{{/f}}{{#s}}x{{/s}}{{#no}}x{{/no}}", values, NULL, p), "");
    assert_string_equal(
        fill("{{^e}}1{{/e}}{{^f}}2{{/f}}{{^s}}3{{/s}}{{^no}}4{{/no}}", values, NULL, p), "1234");
    assert_string_equal(fill("{{#o}}{{k}}{{#o.k}}!{{.}}{{/o.k}}{{/o}}", values, NULL, p), "v!v");
    assert_string_equal(fill("{{#l}}{{#x}}{{.}}{{/x}}{{^y}}-{{/y}}{{/l}}", values, NULL, p),
                        "z-y-");
}

T(other_texts_are_filled_in_where_they_are_named)
{
    assert_string_equal(fill("{{#l}}{{>part}} {{/l}}", "{\"l\": [\"<\", \"b\"]}", "[{{.}}]", p),
                        "[&lt;] [b] ");
    assert_string_equal(fill("a{{>other}}b", "{}", NULL, p), "ab");
}

T(a_text_that_names_itself_ends)
{
    assert_null(fill("{{>part}}", "{}", "x{{>part}}", p));
    assert_null(fill("{{>part}}", "{}", "{{>part}}{{>part}}", p));
}

T(a_text_with_values_does_not_get_into_a_script)
{
    assert_string_equal(fill("<script>{{>part}}</script>", "{}", "let a;", p),
                        "<script>let a;</script>");
    assert_null(fill("<script>{{>part}}</script>", "{}", "{{a}}", p));
}

T(output_and_work_are_bounded)
{
    apr_size_t half = SSO_MUSTACHE_MAX_OUTPUT / 8 + 1;
    char *long_text = apr_palloc(p, half + 1);
    json_t *values, *list = json_array();
    sso_span_t filled;

    memset(long_text, '&', half);
    long_text[half] = '\0';
    for (int i = 0; i < 100; i++)
        json_array_append_new(list, json_integer(i));
    values = json_pack("{s:s, s:o}", "t", long_text, "l", list);
    assert_true(sso_mustache_fill(compile("{{t}}", p), values, NULL, NULL, &filled, p));
    assert_int_equal(filled.len, half * strlen("&amp;"));
    assert_false(sso_mustache_fill(compile("{{t}}{{t}}", p), values, NULL, NULL, &filled, p));
    assert_false(sso_mustache_fill(compile("{{#l}}{{#l}}{{#l}}{{#l}}{{/l}}{{/l}}{{/l}}{{/l}}", p),
                                   values, NULL, NULL, &filled, p));
    json_decref(values);
}

T(a_literal_is_itself)
{
    sso_span_t filled;

    assert_true(sso_mustache_fill(sso_mustache_literal(sso_span("a {{b}} {{"), p), NULL, NULL, NULL,
                                  &filled, p));
    assert_span(filled, "a {{b}} {{");
}
