/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "sso/provider_look.h"

T(icons_are_of_this_site_or_in_the_page)
{
    const char *good[] = {"/icons/entra.svg", "/", "/a?b=c%20d",
                          "data:image/png;base64,iVBORw0KGgo=", "data:image/svg+xml,%3Csvg/%3E"};
    const char *wrong[] = {"//evil.example/x.png", "https://evil.example/x.png",
                           "icons/x.png",          "data:text/html,x",
                           "data:image/svg",       "data:image/svg+xmlx,y",
                           "javascript:alert(1)",  "DATA:image/png;base64,x"};
    const char *bytes[] = {"",     "/a b",     "/a\"b", "/a'b", "/a<b", "/\\evil.example",
                           "/a#b", "/\xc3\xa4"};

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_null(sso_provider_icon_check(good[i]));
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_sentence(sso_provider_icon_check(wrong[i]), "a path of this site");
    for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++)
        assert_sentence(sso_provider_icon_check(bytes[i]), "without blanks");
}

T(colors_have_six_digits)
{
    const char *wrong[] = {"", "#", "#fff", "red", "#12345g", "#1234567", "123456#", "#12345\""};

    assert_null(sso_provider_color_check("#0b57A4"));
    assert_null(sso_provider_color_check(SSO_PROVIDER_COLOR));
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_sentence(sso_provider_color_check(wrong[i]), "#rrggbb");
}
