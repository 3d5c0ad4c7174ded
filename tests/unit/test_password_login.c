/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "sso/password_login.h"

T(moodles_own_scripts_are_found_wherever_moodle_stands)
{
    const char *form[] = {"/login/index.php",
                          "/moodle/login/index.php",
                          "/a/b/login/index.php/",
                          "/login/index.php/x/y.png",
                          "/var/www/login/index.php",
                          "//login///index.php",
                          "/LOGIN/Index.PHP",
                          "/login/login/index.php",
                          "proxy:http://h/login/index.php",
                          "/login/",
                          "/moodle/login//",
                          "proxy:http://h/moodle/login/",
                          "/login%2Findex.php",
                          "/moodle%2flogin%2f"};
    const char *token[] = {"/login/token.php", "/moodle//login/token.php/index.php"};

    for (size_t i = 0; i < sizeof(form) / sizeof(form[0]); i++)
        assert_int_equal(sso_password_place(form[i]), SSO_PASSWORD_FORM);
    for (size_t i = 0; i < sizeof(token) / sizeof(token[0]); i++)
        assert_int_equal(sso_password_place(token[i]), SSO_PASSWORD_TOKEN);
}

T(other_places_are_not)
{
    const char *others[] = {"",
                            "/",
                            "/login",
                            "/mylogin/",
                            "/login/%2g",
                            "/index.php",
                            "/login/index.phpx",
                            "/mylogin/index.php",
                            "/login/x/index.php",
                            "/login-index.php",
                            "/login/logout.php",
                            "/token.php/login"};

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_int_equal(sso_password_place(others[i]), SSO_NO_PASSWORD);
    assert_int_equal(sso_password_place(NULL), SSO_NO_PASSWORD);
}
