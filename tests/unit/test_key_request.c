/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "sso/key_request.h"

typedef enum { PLAIN, PROFILE, IP, WIRE, WIRE_IP } form_t;

static const sso_error_t *read_as(form_t form, const char *fields, const char *text,
                                  sso_key_request_t *request, apr_pool_t *p)
{
    sso_options_t options = {apr_table_make(p, 1), p};
    sso_key_shape_t shape = {.has_profile = form == PROFILE,
                             .needs_ip = form == IP || form == WIRE_IP,
                             .is_wire = form >= WIRE};
    const apr_array_header_t *words = NULL;
    json_t *asked;

    assert_null(sso_options_add(&options, apr_pstrcat(p, "mapping=", fields, NULL)));
    assert_null(sso_options_take_list(&options, "mapping", &words));
    assert_null(sso_key_fields_read(words, &shape.fields, p));
    assert_true(sso_json_parse(sso_span(text), 65536, &asked, p));
    return sso_key_request_read(asked, &shape, request, p);
}

static const char *answer(form_t form, const char *fields, const char *text, apr_pool_t *p)
{
    sso_key_request_t request;
    const sso_error_t *error = read_as(form, fields, text, &request, p);

    return error ? error->name
                 : apr_pstrcat(p, sso_key_field_name(request.field), "=", request.value, NULL);
}

#define USER(text) "{\"user\":{" text "}}"

T(a_person_is_named_by_one_field)
{
    assert_string_equal(answer(PLAIN, "email", USER("\"email\":\"A@b.c\""), p), "email=A@b.c");
    assert_string_equal(answer(PLAIN, "username", USER("\"username\":\"a.b-c_d@e\""), p),
                        "username=a.b-c_d@e");
    assert_string_equal(answer(PLAIN, "idnumber", USER("\"idnumber\":\"Ünï 1\""), p),
                        "idnumber=Ünï 1");
    /* The first of the fields that is there. */
    assert_string_equal(answer(PLAIN, "idnumber,email", USER("\"email\":\"a@b\""), p), "email=a@b");
    assert_string_equal(
        answer(PLAIN, "idnumber,email", USER("\"email\":\"a@b\",\"idnumber\":\"1\""), p),
        "idnumber=1");
}

T(everything_else_is_refused)
{
    static const char *const wrong[] = {
        USER(""),
        USER("\"email\":\"\""),
        USER("\"email\":1"),
        USER("\"username\":\"alice\""),
        USER("\"email\":\"a@b\",\"username\":\"alice\""),
        USER("\"email\":\"a@b\",\"id\":\"1\""),
        USER("\"email\":\"a@b\",\"ip\":\"127.0.0.1\""),
        USER("\"email\":\"ab\""),
        USER("\"email\":\"@b\""),
        USER("\"email\":\"a@\""),
        USER("\"email\":\"a@b@c\""),
        USER("\"email\":\" a@b \""),
        USER("\"email\":\"a@.b\""),
        USER("\"email\":\"a@-b\""),
        USER("\"email\":\"a<b>@c\""),
        USER("\"email\":\"ä@b\""),
        "{\"user\":\"a@b\"}",
        "{\"user\":[\"a@b\"]}",
        "{}",
    };

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_string_equal(answer(PLAIN, "email", wrong[i], p), "LOGINKEY_FIELDS");
    assert_string_equal(answer(PLAIN, "username", USER("\"username\":\"ALICE\""), p),
                        "LOGINKEY_FIELDS");
    assert_string_equal(answer(PLAIN, "username", USER("\"username\":\"a b\""), p),
                        "LOGINKEY_FIELDS");
    assert_string_equal(answer(PLAIN, "idnumber", USER("\"idnumber\":\"a\\nb\""), p),
                        "LOGINKEY_FIELDS");
    assert_string_equal(answer(PLAIN, "email", "[]", p), "LOGINKEY_REQUEST");
    assert_string_equal(answer(PLAIN, "email", "{\"user\":{\"email\":\"a@b\"},\"x\":\"\"}", p),
                        "LOGINKEY_REQUEST");
    assert_string_equal(answer(PLAIN, "email", "{\"user\":{\"email\":\"a@b\"},\"ip\":1}", p),
                        "LOGINKEY_REQUEST");
}

T(a_profile_may_stand_beside_the_name)
{
    sso_key_request_t request;

    assert_no_error(read_as(
        PROFILE, "email",
        USER("\"email\":\"a@b\",\"username\":\"new\",\"firstname\":\"N\",\"lastname\":\"\""),
        &request, p));
    assert_string_equal(request.username, "new");
    assert_string_equal(request.email, "a@b");
    assert_string_equal(request.given_name, "N");
    assert_null(request.family_name);
    assert_string_equal(
        answer(PROFILE, "email", USER("\"email\":\"a@b\",\"firstname\":\"<b>\""), p),
        "LOGINKEY_FIELDS");
    assert_string_equal(answer(PROFILE, "email", USER("\"email\":\"a@b\",\"idnumber\":\"1\""), p),
                        "LOGINKEY_FIELDS");
    assert_string_equal(answer(PROFILE, "email", USER("\"email\":\"a@b\",\"city\":\"X\""), p),
                        "LOGINKEY_FIELDS");
}

T(addresses_are_of_the_browser)
{
    static const char *const good[] = {"127.0.0.1", "10.0.0.0/8", "::1", "2001:db8::/32"};
    static const char *const bad[] = {"",           "10.1",  "localhost", "10.0.0.0/33",
                                      "10.0.0.0/0", "::1/x", "1.2.3.4/",  "1.2.3.4,5.6.7.8",
                                      " 1.2.3.4"};

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(sso_key_ip_is_valid(good[i], false, p));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(sso_key_ip_is_valid(bad[i], false, p));
    assert_true(sso_key_ip_is_valid("127.0.0.1", true, p));
    for (size_t i = 1; i < sizeof(good) / sizeof(good[0]); i++)
        assert_false(sso_key_ip_is_valid(good[i], true, p));
    assert_string_equal(answer(IP, "email", USER("\"email\":\"a@b\""), p), "LOGINKEY_IP");
    assert_string_equal(answer(IP, "email", "{\"user\":{\"email\":\"a@b\"},\"ip\":\"::1\"}", p),
                        "email=a@b");
    assert_string_equal(answer(PLAIN, "email", "{\"user\":{\"email\":\"a@b\"},\"ip\":\"x\"}", p),
                        "LOGINKEY_IP");
}

T(in_the_wire_form_the_address_is_part_of_the_user)
{
    assert_string_equal(answer(WIRE, "email", USER("\"email\":\"a@b\""), p), "email=a@b");
    assert_string_equal(answer(WIRE, "email", USER("\"email\":\"a@b\",\"ip\":\"127.0.0.1\""), p),
                        "LOGINKEY_FIELDS");
    assert_string_equal(answer(WIRE_IP, "email", USER("\"email\":\"a@b\",\"ip\":\"127.0.0.1\""), p),
                        "email=a@b");
    assert_string_equal(answer(WIRE_IP, "email", USER("\"email\":\"a@b\""), p), "LOGINKEY_IP");
    assert_string_equal(
        answer(WIRE, "email", "{\"user\":{\"email\":\"a@b\"},\"returnurl\":\"/\"}", p),
        "LOGINKEY_REQUEST");
}

T(what_is_said_of_the_page_is_kept_as_it_is)
{
    sso_key_request_t request;

    assert_no_error(read_as(PLAIN, "email",
                            "{\"user\":{\"email\":\"a@b\"},\"wantsurl\":\"//evil\"}", &request, p));
    assert_string_equal(request.wantsurl, "//evil");
    assert_null(request.ip);
}
