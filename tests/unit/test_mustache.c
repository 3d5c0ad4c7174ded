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

static void assert_wrong(const char *text, const char *sentence, apr_pool_t *p)
{
    const sso_mustache_t *compiled;

    assert_sentence(sso_mustache_compile(sso_span(text), &compiled, p), sentence);
}

T(mistakes_are_sentences_with_their_line)
{
    assert_wrong("a\nb{{", "line 2: {{ without }}", p);
    assert_wrong("{{}}", "line 1: a name has", p);
    assert_wrong("{{a b}}", "a name has", p);
    assert_wrong("{{.a}}", "a name has", p);
    assert_wrong("{{a.}}", "a name has", p);
    assert_wrong("{{{a}}}", "do not exist here", p);
    assert_wrong("{{&a}}", "do not exist here", p);
    assert_wrong("{{=<% %>=}}", "do not exist here", p);
    assert_wrong("\n\n{{/a}}", "line 3: {{/a}} closes what is not open", p);
    assert_wrong("{{#a}}{{#b}}\n{{/a}}{{/b}}", "line 2: {{/a}} stands where {{/b}} is due", p);
    assert_wrong("\n{{#a}}\n\n", "line 2: {{#a}} is never closed", p);
    assert_wrong("{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}"
                 "{{#a}}{{#a}}{{#a}}{{#a}}",
                 "too deep", p);
    assert_wrong(apr_pstrcat(p, "{{", apr_psprintf(p, "%070d", 1), "}}", NULL), "1 to 64", p);
}

T(no_value_stands_where_escaping_does_not_help)
{
    assert_wrong("<a href={{u}}>", "needs quotes", p);
    assert_wrong("<script>\nlet a = '{{a}}';</script>", "line 2: a value cannot stand", p);
    assert_wrong("<STYLE media=\"print\">{{a}}</STYLE>", "a value cannot stand", p);
    assert_wrong("<script>1</script><script>{{a}}", "a value cannot stand", p);
    compile("<script nonce=\"{{n}}\">{{>part}}</script>{{a}}", p);
    compile("<style nonce='{{n}}'></style >{{a}}", p);
}

T(texts_that_are_not_there_are_found_before_they_are_missed)
{
    const sso_mustache_t *compiled = compile("{{>part}}\n{{#a}}{{>gone}}{{/a}}", p);

    assert_sentence(sso_mustache_check(compiled, part_of, compiled, p),
                    "line 2: there is no text {{>gone}}");
    assert_sentence(sso_mustache_check(compiled, NULL, NULL, p), "{{>part}}");
    assert_null(sso_mustache_check(compile("<style>{{>part}}</style>", p), part_of,
                                   compile("b { }", p), p));
    assert_sentence(sso_mustache_check(compile("\n<style>{{>part}}</style>", p), part_of,
                                       compile("{{a}}", p), p),
                    "line 2: {{>part}} has tags in it");
    assert_null(sso_mustache_check(compile("{{a}}", p), NULL, NULL, p));
}

T(the_texts_it_names_are_known)
{
    assert_true(sso_mustache_names(compile("a{{#b}}{{>part}}{{/b}}", p), sso_span("part")));
    assert_false(sso_mustache_names(compile("{{part}}{{>parts}}", p), sso_span("part")));
}
