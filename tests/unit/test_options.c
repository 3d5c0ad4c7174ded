/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "sso/options.h"

static sso_options_t options(const char *a, const char *b, apr_pool_t *p)
{
    sso_options_t made = {apr_table_make(p, 4), p};

    assert_null(sso_options_add(&made, a));
    if (b != NULL)
        assert_null(sso_options_add(&made, b));
    return made;
}

T(arguments_are_key_and_value_once)
{
    sso_options_t o = options("a=1", "b=x=y", p);

    assert_sentence(sso_options_add(&o, "c"), "key=value");
    assert_sentence(sso_options_add(&o, "=c"), "key=value");
    assert_sentence(sso_options_add(&o, "a=2"), "a= is given twice");
    assert_string_equal(sso_options_take(&o, "b", "z"), "x=y");
    assert_string_equal(sso_options_take(&o, "b", "z"), "z");
}

T(what_nobody_took_is_a_mistake)
{
    sso_options_t o = options("a=1", "tpyo=1", p);

    sso_options_take(&o, "a", NULL);
    assert_sentence(sso_options_done(&o, "a and type"),
                    "tpyo= is not known here; the keys are a and type");
    sso_options_take(&o, "tpyo", NULL);
    assert_null(sso_options_done(&o, "a and type"));
}

T(values_are_checked)
{
    sso_options_t o = options("d=2x", "i=70000", p);
    apr_interval_time_t t = 1;
    int i = 1;

    assert_sentence(sso_options_take_duration(&o, "d", &t), "d=2x");
    assert_sentence(sso_options_take_integer(&o, "i", 1, 65535, &i), "from 1 to 65535");
    assert_null(sso_options_take_duration(&o, "none", &t));
    assert_null(sso_options_take_integer(&o, "none", 1, 2, &i));
    assert_true(t == 1 && i == 1);
    o = options("d=0s", "c=b", p);
    assert_sentence(sso_options_take_duration(&o, "d", &t), "d=0s");
    assert_null(sso_options_take_choice(&o, "c", "a|b", &i));
    assert_int_equal(i, 1);
    o = options("c=c", NULL, p);
    assert_sentence(sso_options_take_choice(&o, "c", "a|b", &i), "none of a|b");
}

T(lists_have_commas_between)
{
    sso_options_t o = options("a=x,y=1,z", "b=x,,y", p);
    const apr_array_header_t *list = NULL;

    assert_null(sso_options_take_list(&o, "none", &list));
    assert_null(list);
    assert_null(sso_options_take_list(&o, "a", &list));
    assert_int_equal(list->nelts, 3);
    assert_string_equal(APR_ARRAY_IDX(list, 1, const char *), "y=1");
    assert_sentence(sso_options_take_list(&o, "b", &list), "b=x,,y");
    o = options("a=", "b=x,", p);
    assert_sentence(sso_options_take_list(&o, "a", &list), "a=: something is missing");
    assert_sentence(sso_options_take_list(&o, "b", &list), "beside a comma");
}

T(secrets_come_from_files_only)
{
    sso_options_t o = options("password=hunter2", NULL, p);
    const char *secret = NULL;

    assert_sentence(sso_options_take_secret(&o, "password", &secret), "password=file:/path");
    o = options("password=file:/nonexistent/x", NULL, p);
    assert_sentence(sso_options_take_secret(&o, "password", &secret),
                    "/nonexistent/x cannot be read");
    o = options("password=file:/dev/null", NULL, p);
    assert_non_null(sso_options_take_secret(&o, "password", &secret));
    assert_null(secret);
}

T(names_in_sql_hold_nothing_to_quote)
{
    const char *right[] = {"mdl_", "a$b", "schema.mdl_", "schema."};
    const char *wrong[] = {"a b",   "a-b", "a;b", "a'b", "a%b",
                           "a.b.c", ".a",  "a\"", "`a",  "\xc3\xa4"};

    for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++)
        assert_true(sso_options_is_sql_name(right[i], true));
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_false(sso_options_is_sql_name(wrong[i], true));
    assert_true(sso_options_is_sql_name("", true));
    assert_false(sso_options_is_sql_name("", false));
    assert_false(sso_options_is_sql_name("schema.", false));
}

T(a_file_is_read_whole)
{
    sso_options_t options = {apr_table_make(p, 2), p};
    const char *text = NULL;

    assert_null(sso_options_add(&options, "key=file:/proc/self/comm"));
    assert_null(sso_options_take_file(&options, "key", &text));
    assert_string_equal(text, "test_options\n");
    text = NULL;
    assert_null(sso_options_take_file(&options, "other", &text));
    assert_null(text);
    assert_null(sso_options_add(&options, "key=file:/nowhere/at/all"));
    assert_sentence(sso_options_take_file(&options, "key", &text), "cannot be read");
    assert_null(sso_options_add(&options, "key=text"));
    assert_sentence(sso_options_take_file(&options, "key", &text), "from files only");
}
