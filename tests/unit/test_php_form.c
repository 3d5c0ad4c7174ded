/* SPDX-License-Identifier: Apache-2.0 */
/* What PHP 8.2 makes of the same: parse_str() of each query here. */
#include "runner.h"

#include "base/json.h"
#include "base/php_form.h"

#define TYPE "multipart/form-data; boundary=----b0undary"

static const char *form_of(const char *form, apr_pool_t *p)
{
    json_t *object = sso_php_form(p);

    return sso_php_form_read(sso_span(form), object, p) ? sso_json_text(json_deep_copy(object), p)
                                                        : "refused";
}

static const char *read_multipart(const char *type, const char *body, apr_pool_t *p)
{
    json_t *object = sso_php_form(p);

    return sso_php_form_read_multipart(sso_span(body), type, object, p)
               ? sso_json_text(json_deep_copy(object), p)
               : "refused";
}

T(fields_are_what_php_makes_of_them)
{
    static const char *const cases[][2] = {
        {"", "{}"},
        {"a=1&b=2", "{\"a\":\"1\",\"b\":\"2\"}"},
        {"a=1&a=2", "{\"a\":\"2\"}"},
        {"a", "{\"a\":\"\"}"},
        {"a=&&b=1&", "{\"a\":\"\",\"b\":\"1\"}"},
        {"a=x+y%2Bz%40", "{\"a\":\"x y+z@\"}"},
        {"user[email]=a@b", "{\"user\":{\"email\":\"a@b\"}}"},
        {"user%5Bemail%5D=a%40b&user%5Bip%5D=::1", "{\"user\":{\"email\":\"a@b\",\"ip\":\"::1\"}}"},
        {"user=x&user[email]=y", "{\"user\":{\"email\":\"y\"}}"},
        {"user[email]=y&user=x", "{\"user\":\"x\"}"},
        {"user[a][b]=1&user[a][c]=2", "{\"user\":{\"a\":{\"b\":\"1\",\"c\":\"2\"}}}"},
        {"user[]=x&user[]=y", "{\"user\":{\"0\":\"x\",\"1\":\"y\"}}"},
        {"a.b c=1", "{\"a_b_c\":\"1\"}"},
        {" a=1", "{\"a\":\"1\"}"},
        {"a[b.c]=1", "{\"a\":{\"b.c\":\"1\"}}"},
        {"=1&[x]=2", "{}"},
        {"a[b]c=1", "{\"a\":{\"b\":\"1\"}}"},
        {"a[b=1", "{\"a_b\":\"1\"}"},
        {"a=%zz", "{\"a\":\"%zz\"}"},
        {"a==b", "{\"a\":\"=b\"}"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(form_of(cases[i][0], p), cases[i][1]);
}

T(what_nobody_means_is_refused)
{
    static const char *const cases[] = {"a=%00", "%00=1",    "a=%ff",
                                        "%fe=1", "a[%ff]=1", "a[1][2][3][4][5]=x"};
    const char *many = "a=1";

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(form_of(cases[i], p), "refused");
    for (int i = 1; i < SSO_PHP_FORM_FIELDS; i++)
        many = apr_pstrcat(p, many, "&a=1", NULL);
    assert_string_equal(form_of(many, p), "{\"a\":\"1\"}");
    assert_string_equal(form_of(apr_pstrcat(p, many, "&a=1", NULL), p), "refused");
}

T(multipart_forms_have_the_same_names)
{
    assert_string_equal(
        read_multipart(TYPE,
                       "------b0undary\r\nContent-Disposition: form-data; name=\"user[email]\"\r\n"
                       "\r\nalice+x@example.test\r\n------b0undary\r\n"
                       "content-type: text/plain\r\ncontent-disposition: form-data; name=b\r\n\r\n"
                       "two\r\nlines\r\n------b0undary--\r\n",
                       p),
        "{\"user\":{\"email\":\"alice+x@example.test\"},\"b\":\"two\\r\\nlines\"}");
    assert_string_equal(read_multipart("multipart/form-data; boundary=\"x\"",
                                       "--x\r\nContent-Disposition: form-data; name=\"f\"; "
                                       "filename=\"f.txt\"\r\n\r\nfile\r\n--x--",
                                       p),
                        "{}");
    assert_string_equal(read_multipart("multipart/form-data; boundary=x", "--x--", p), "{}");
}

T(multipart_forms_that_do_not_end_are_refused)
{
    static const char *const bodies[] = {
        "",
        "--y--",
        "--x",
        "--x\r\n",
        "--x\r\nContent-Disposition: form-data; name=a\r\n\r\nv",
        "--x\r\nContent-Disposition: form-data; name=a\r\n\r\nv\r\n--x",
        "--x\r\nno end of headers\r\n--x--",
    };

    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
        assert_string_equal(read_multipart("multipart/form-data; boundary=x", bodies[i], p),
                            "refused");
    assert_string_equal(read_multipart("multipart/form-data", "--x--", p), "refused");
    assert_string_equal(read_multipart("multipart/form-data; boundary=", "----", p), "refused");
}

T(the_form_wins_over_the_query)
{
    json_t *query = sso_php_form(p), *form = sso_php_form(p);

    assert_true(sso_php_form_read(sso_span("user[a]=1&user[b]=2&x=1"), query, p));
    assert_true(sso_php_form_read(sso_span("user[a]=3&y=2"), form, p));
    sso_php_form_merge(query, form);
    assert_string_equal(sso_json_text(json_deep_copy(query), p),
                        "{\"user\":{\"a\":\"3\"},\"x\":\"1\",\"y\":\"2\"}");
}
