/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "base/form.h"

static const char *get(const char *form, const char *name, apr_pool_t *p)
{
    const char *value;

    return sso_form_get(form, name, &value, p) ? value ? value : "(none)" : "(refused)";
}

T(a_field_is_decoded)
{
    assert_string_equal(get("code=a%2Bb+c%20d&state=x", "code", p), "a+b c d");
    assert_string_equal(get("code=a&state=%C3%A9=", "state", p), "\xC3\xA9=");
    assert_string_equal(get("code=%", "code", p), "%");
}

T(what_is_not_there_is_none)
{
    assert_string_equal(get(NULL, "code", p), "(none)");
    assert_string_equal(get("", "code", p), "(none)");
    assert_string_equal(get("code", "code", p), "(none)");
    assert_string_equal(get("code=", "code", p), "(none)");
    assert_string_equal(get("xcode=1&codex=2&Code=3&&=", "code", p), "(none)");
}

/* RFC 6749 3.1 */
T(a_field_is_there_once)
{
    assert_string_equal(get("code=a&code=a", "code", p), "(refused)");
    assert_string_equal(get("code=a&x=&code=", "code", p), "(refused)");
    assert_string_equal(get("code=&code=a", "code", p), "(refused)");
    assert_string_equal(get("code=a%00b", "code", p), "(refused)");
}

T(a_form_is_put_together)
{
    const char *form = sso_form_add("", "a", "x y&z=\xC3\xA9", p);

    assert_string_equal(form, "a=x%20y%26z%3D%C3%A9");
    assert_ptr_equal(sso_form_add(form, "b", NULL, p), form);
    assert_string_equal(sso_form_add("a=1", "b", "", p), "a=1&b=");
}

T(a_url_keeps_the_query_it_has)
{
    assert_string_equal(sso_form_url("https://a/b", "x=1", p), "https://a/b?x=1");
    assert_string_equal(sso_form_url("https://a/b?", "x=1", p), "https://a/b?x=1");
    assert_string_equal(sso_form_url("https://a/b?p=q", "x=1", p), "https://a/b?p=q&x=1");
}
