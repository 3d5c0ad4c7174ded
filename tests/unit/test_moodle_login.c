/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include <apr_file_io.h>

#include "sso/moodle_login.h"

static const char *make(const sso_moodle_login_t **login, apr_pool_t *p, const char *text)
{
    sso_options_t options = {apr_table_make(p, 8), p};
    sso_span_t rest = sso_span(text), word, first;
    const char *sentence;

    sso_span_word(&rest, &first);
    while (sso_span_word(&rest, &word)) {
        if ((sentence = sso_options_add(&options, apr_pstrmemdup(p, word.at, word.len))))
            return sentence;
    }
    return sso_moodle_login_make(apr_pstrmemdup(p, first.at, first.len), &options, login);
}

static const sso_moodle_login_t *made(apr_pool_t *p, const char *text)
{
    const sso_moodle_login_t *login = NULL;

    assert_null(make(&login, p, text));
    return login;
}

/* Options of userkey beside url= and token=. */
static const char *make_userkey(const sso_moodle_login_t **login, apr_pool_t *p, const char *text)
{
    char *path = apr_pstrdup(p, "/tmp/moodlesso-token-XXXXXX");
    const char *sentence;
    apr_file_t *file;

    assert_int_equal(apr_file_mktemp(&file, path, APR_FOPEN_CREATE | APR_FOPEN_WRITE, p), 0);
    apr_file_puts("secret\n", file);
    apr_file_close(file);
    sentence = make(login, p,
                    apr_pstrcat(p, "userkey url=https://moodle.example.test/m token=file:", path,
                                " ", text, NULL));
    apr_file_remove(path, p);
    return sentence;
}

static const sso_moodle_login_t *made_userkey(apr_pool_t *p, const char *text)
{
    const sso_moodle_login_t *login = NULL;

    assert_null(make_userkey(&login, p, text));
    return login;
}

T(mistakes_are_sentences)
{
    const sso_moodle_login_t *login;

    assert_sentence(make(&login, p, "saml"), "write shibboleth");
    assert_sentence(make(&login, p, "shibboleth root=/moodle/"), "root= is the path");
    assert_sentence(make(&login, p, "shibboleth root=moodle"), "root= is the path");
    assert_sentence(make(&login, p, "shibboleth path=/a?b"), "path= is a path");
    assert_sentence(make(&login, p, "shibboleth bypass=here"), "write addresses");
    assert_sentence(make(&login, p, "shibboleth bypass=10.0.0.0/99"), "write addresses");
    assert_sentence(make(&login, p, "shibboleth user=a-b"), "user= is the name of a variable");
    assert_sentence(make(&login, p, "shibboleth usernames=all"), "usernames=all");
    assert_sentence(make(&login, p, "shibboleth colour=red"), "colour");
}

T(each_way_has_its_own_options)
{
    const sso_moodle_login_t *login = made_userkey(p, "mapping=email user=X bypass=10.0.0.0/8");

    assert_non_null(login->userkey);
    assert_string_equal(login->root, "/m");
    assert_string_equal(login->path, "/m/login/index.php");
    assert_string_equal(login->variable, "X");
    assert_null(made(p, "shibboleth")->userkey);
    assert_string_equal(made_userkey(p, "root=/m")->root, "/m");
    assert_sentence(make_userkey(&login, p, "root=/other"), "root= is not the path of url=");
    assert_sentence(make_userkey(&login, p, "path=/x"), "path");
    assert_sentence(make(&login, p, "userkey url=https://moodle.example.test"),
                    "token= is missing");
    assert_sentence(make(&login, p, "shibboleth mapping=email"), "mapping");
}

T(with_userkey_the_login_page_itself_signs_in)
{
    const sso_moodle_login_t *login = made_userkey(p, "");
    const sso_moodle_visit_t in = {.place = SSO_MOODLE_LOGIN_PAGE,
                                   .query = "target=x",
                                   .navigates = true,
                                   .is_known = true,
                                   .is_in = true};
    sso_moodle_visit_t visit = in;

    assert_int_equal(sso_moodle_login_place(login, "/m/login/index.php"), SSO_MOODLE_LOGIN_PAGE);
    assert_int_equal(sso_moodle_login_place(login, "/m/auth/userkey/login.php"),
                     SSO_MOODLE_SIGNING);
    assert_int_equal(sso_moodle_login_decide(&visit), SSO_MOODLE_GO_ON);
    visit.query = NULL;
    assert_int_equal(sso_moodle_login_decide(&visit), SSO_MOODLE_PASS);
    visit = in;
    visit.is_in = false;
    assert_int_equal(sso_moodle_login_decide(&visit), SSO_MOODLE_SIGN_IN);
}

T(a_target_is_a_page_of_this_moodle)
{
    const sso_moodle_login_t *login = made_userkey(p, ""), *whole = made(p, "shibboleth");
    const char *others[] = {NULL,
                            "a=b",
                            "target=",
                            "target=https%3A%2F%2Fevil.example%2Fm%2F",
                            "target=%2F%2Fevil.example%2Fm%2F",
                            "target=%2Fmoodle",
                            "target=%2Fx",
                            "target=http%3A%2F%2Fwww.example.test%2Fm%2F",
                            "target=%2Fm%2F&target=%2Fm%2Fx",
                            "target=%2Fm%2F%0D%0Ax",
                            "target=javascript%3Ax"};
    sso_uri_t own;

    assert_true(sso_uri_parse("https://www.example.test", &own, p));
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (sso_moodle_login_target(login, others[i], &own, p) != NULL)
            fail_msg("%s", others[i]);
    }
    assert_string_equal(
        sso_moodle_login_target(login, "again=1&target=%2Fm%2Fx%3Fa%3Db%2520c", &own, p),
        "https://www.example.test/m/x?a=b%20c");
    assert_string_equal(
        sso_moodle_login_target(login, "target=https%3A%2F%2Fwww.example.test%2Fm", &own, p),
        "https://www.example.test/m");
    assert_string_equal(sso_moodle_login_target(whole, "target=%2Fcourse%2F", &own, p),
                        "https://www.example.test/course/");
}

T(defaults_and_off)
{
    const sso_moodle_login_t *login = made(p, "shibboleth");

    assert_true(login->on);
    assert_string_equal(login->path, "/auth/shibboleth/index.php");
    assert_string_equal(login->variable, "MOODLESSO_USERNAME");
    assert_null(login->source);
    assert_string_equal(made(p, "shibboleth root=/moodle")->path,
                        "/moodle/auth/shibboleth/index.php");
    assert_string_equal(made(p, "shibboleth root=/")->root, "");
    assert_false(made(p, "off")->on);
}

T(places_are_told_by_their_scripts)
{
    const sso_moodle_login_t *login = made(p, "shibboleth root=/m");
    const struct {
        const char *path;
        sso_moodle_place_t place;
    } cases[] = {{"/m/login/index.php", SSO_MOODLE_LOGIN_PAGE},
                 {"/m/login/", SSO_MOODLE_LOGIN_PAGE},
                 {"/m/login/index.php/x", SSO_MOODLE_LOGIN_PAGE},
                 {"/m/login/index.phpx", SSO_MOODLE_SIGNING},
                 {"/m/login/signup.php", SSO_MOODLE_SIGNING},
                 {"/m/auth/oidc/", SSO_MOODLE_SIGNING},
                 {"/m/login/logout.php", SSO_MOODLE_LOGOUT_PAGE},
                 {"/m/auth/shibboleth/index.php", SSO_MOODLE_SHIBBOLETH},
                 {"/m/webservice/rest/server.php", SSO_MOODLE_SESSIONLESS},
                 {"/m/tokenpluginfile.php/abc/1/x.png", SSO_MOODLE_SESSIONLESS},
                 {"/m/rss/file.php/1/2", SSO_MOODLE_SESSIONLESS},
                 {"/m/admin/cron.php", SSO_MOODLE_SESSIONLESS},
                 {"/m/login/token.php", SSO_MOODLE_SESSIONLESS},
                 {"/m/theme/styles.php/boost/1/all", SSO_MOODLE_SESSIONLESS},
                 {"/m/theme/index.php", SSO_MOODLE_PAGE},
                 {"/m/pluginfile.php/1/x.pdf", SSO_MOODLE_PAGE},
                 {"/m/r.php/course/1", SSO_MOODLE_PAGE},
                 {"/m/", SSO_MOODLE_PAGE},
                 {"/m", SSO_MOODLE_ELSEWHERE},
                 {"/mm/login/index.php", SSO_MOODLE_ELSEWHERE},
                 {"/login/index.php", SSO_MOODLE_ELSEWHERE}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (sso_moodle_login_place(login, cases[i].path) != cases[i].place)
            fail_msg("%s", cases[i].path);
    }
    assert_int_equal(sso_moodle_login_place(made(p, "shibboleth"), "/login/index.php"),
                     SSO_MOODLE_LOGIN_PAGE);
    assert_int_equal(sso_moodle_login_place(login, NULL), SSO_MOODLE_ELSEWHERE);
}

static const sso_moodle_visit_t known = {
    .place = SSO_MOODLE_LOGIN_PAGE, .navigates = true, .is_known = true};

T(the_login_page_is_skipped_by_people_we_know)
{
    sso_moodle_visit_t visit = known;

    assert_int_equal(sso_moodle_login_decide(&visit), SSO_MOODLE_SIGN_IN);
    visit.query = "errorcode=4&loginredirect=1";
    assert_int_equal(sso_moodle_login_decide(&visit), SSO_MOODLE_SIGN_IN);
    visit.query = "lang=de&loginredirect=0";
    assert_int_equal(sso_moodle_login_decide(&visit), SSO_MOODLE_PASS);
    visit.query = "testsession=3";
    assert_int_equal(sso_moodle_login_decide(&visit), SSO_MOODLE_PASS);
    visit = known;
    visit.is_known = false;
    assert_int_equal(sso_moodle_login_decide(&visit), SSO_MOODLE_PASS);
    visit = known;
    visit.navigates = false;
    assert_int_equal(sso_moodle_login_decide(&visit), SSO_MOODLE_PASS);
    visit = known;
    visit.is_in = true;
    assert_int_equal(sso_moodle_login_decide(&visit), SSO_MOODLE_PASS);
    visit.query = "target=https%3A%2F%2Fm.example%2Fmy%2F";
    assert_int_equal(sso_moodle_login_decide(&visit), SSO_MOODLE_GO_ON);
    visit = known;
    visit.place = SSO_MOODLE_SIGNING;
    assert_int_equal(sso_moodle_login_decide(&visit), SSO_MOODLE_PASS);
}

T(who_is_not_known_may_be_led_to_a_proof)
{
    sso_moodle_visit_t visit = known;

    assert_false(sso_moodle_login_wants_proof(&visit));
    visit.is_known = false;
    assert_true(sso_moodle_login_wants_proof(&visit));
    visit.query = "loginredirect=0";
    assert_false(sso_moodle_login_wants_proof(&visit));
    visit.query = NULL;
    visit.place = SSO_MOODLE_SHIBBOLETH;
    assert_true(sso_moodle_login_wants_proof(&visit));
    visit.is_in = true;
    assert_false(sso_moodle_login_wants_proof(&visit));
    visit.is_in = false;
    visit.place = SSO_MOODLE_PAGE;
    assert_false(sso_moodle_login_wants_proof(&visit));
}

T(who_comes_back_is_told_why)
{
    sso_moodle_visit_t visit = known;

    visit.came_back = true;
    assert_int_equal(sso_moodle_login_decide(&visit), SSO_MOODLE_EXPLAIN);
    visit.query = "loginredirect=0";
    assert_int_equal(sso_moodle_login_decide(&visit), SSO_MOODLE_PASS);
}

T(moodle_sends_people_from_a_page_to_its_login_page)
{
    const sso_moodle_login_t *login = made(p, "shibboleth root=/m");
    sso_moodle_visit_t visit = known;

    visit.place = SSO_MOODLE_PAGE;
    assert_true(sso_moodle_login_sends(login, &visit, "/m/login/index.php"));
    visit.is_known = false;
    assert_true(sso_moodle_login_sends(login, &visit, "/m/login/index.php"));
    visit.is_in = true;
    assert_false(sso_moodle_login_sends(login, &visit, "/m/login/index.php"));
    visit = known;
    visit.place = SSO_MOODLE_PAGE;
    assert_false(sso_moodle_login_sends(login, &visit, "/login/index.php"));
    assert_false(sso_moodle_login_sends(login, &visit, "/m/login/index.php?loginredirect=0"));
    assert_false(sso_moodle_login_sends(login, &visit, "/m/my/"));
    visit.place = SSO_MOODLE_SIGNING;
    assert_false(sso_moodle_login_sends(login, &visit, "/m/login/index.php"));
}

T(the_login_page_is_known_by_its_path)
{
    const sso_moodle_login_t *login = made(p, "shibboleth root=/m");

    assert_string_equal(sso_moodle_login_page(login, p), "/m/login/index.php");
    assert_true(sso_moodle_login_is_page(login, "/m/login/index.php"));
    assert_false(sso_moodle_login_is_page(login, "/login/index.php"));
    assert_false(sso_moodle_login_is_page(login, "/m/login/index.php?loginredirect=1"));
}

T(the_target_is_found_in_a_query)
{
    assert_true(sso_moodle_login_has_target("a=b&target=x"));
    assert_false(sso_moodle_login_has_target("a=target=x"));
    assert_false(sso_moodle_login_has_target(NULL));
}

T(usernames_are_what_moodle_takes)
{
    const sso_moodle_login_t *login = made(p, "shibboleth"),
                             *extended = made(p, "shibboleth usernames=extended");
    const char *const bad[] = {NULL, "", "user+tag@example.test", "J\xc3\xb6rg", "a b", "a;b"};

    assert_no_error(sso_moodle_login_check_username(login, "Zed@Example.Test"));
    assert_no_error(sso_moodle_login_check_username(login, "a.b_c-9"));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_error(sso_moodle_login_check_username(login, bad[i]), MOODLE_USERNAME);
    assert_no_error(sso_moodle_login_check_username(extended, "j\xc3\xb6rg+x"));
    assert_error(sso_moodle_login_check_username(extended, "a;b"), MOODLE_USERNAME);
    assert_no_error(sso_moodle_login_check_username(made_userkey(p, "mapping=email"), "a b"));
    assert_error(sso_moodle_login_check_username(made_userkey(p, ""), "a b"), MOODLE_USERNAME);
    assert_error(sso_moodle_login_check_username(made_userkey(p, "mapping=email create=on"), "a b"),
                 MOODLE_USERNAME);
    assert_true(sso_moodle_login_is_same("Zed@Example.Test", "zed@example.test"));
    assert_false(sso_moodle_login_is_same("zed", "zed2"));
    assert_false(sso_moodle_login_is_same(NULL, "zed"));
}

T(a_profile_has_names_and_an_email)
{
    sso_identity_t who = {0};

    who.claims[SSO_CLAIM_EMAIL] = "a@example.test";
    who.claims[SSO_CLAIM_GIVEN_NAME] = "A";
    assert_error(sso_moodle_login_check_profile(&who), MOODLE_PROFILE);
    who.claims[SSO_CLAIM_FAMILY_NAME] = "B";
    assert_no_error(sso_moodle_login_check_profile(&who));
}

T(addresses_are_left_alone)
{
    const sso_moodle_login_t *login = made(p, "shibboleth bypass=192.0.2.7,10.1.0.0/16");
    const char *const names[] = {"192.0.2.7", "10.1.2.3", "192.0.2.8", "10.2.0.1"};

    for (int i = 0; i < 4; i++) {
        apr_sockaddr_t *address;

        assert_int_equal(apr_sockaddr_info_get(&address, names[i], APR_INET, 0, 0, p), 0);
        assert_int_equal(sso_moodle_login_is_bypassed(login, address), i < 2);
    }
}
