/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "sso/drupal_cookie.h"

/* Names seen at real Drupal 7, 9, 10 and 11 for these seeds. */
T(the_name_is_the_hash_of_the_domain_as_configured)
{
    const char *seen[][2] = {{".example.test", "574595f559df59f0217e4bc3cf2c3ce9"},
                             {"example.test", "9b263fbcb589853137b33ddcafa5bcc5"},
                             {"d10dflt.example.test", "a48869082c2464a3c1b729c74135406f"},
                             {"d7dflt.example.test:18210", "e967e8f27c109dfdc3c0be38bdff1187"},
                             {"d10dflt.example.test/sub", "975d031898b88362da0a2ac039af5b06"}};

    for (size_t i = 0; i < sizeof(seen) / sizeof(seen[0]); i++) {
        assert_string_equal(sso_drupal_cookie_name(seen[i][0], false, p),
                            apr_pstrcat(p, "SESS", seen[i][1], NULL));
        assert_string_equal(sso_drupal_cookie_name(seen[i][0], true, p),
                            apr_pstrcat(p, "SSESS", seen[i][1], NULL));
    }
}

/* Live sessions of real Drupal 10 (decoded) and 7. */
T(ids_are_hashed_as_drupal_does)
{
    assert_string_equal(
        sso_drupal_hashed_id(sso_span("flqs9EYqSkKT9o1hbIo6B87k3-Pl,qchw9fiCS1Eh3a6aArB"), p),
        "u8GYH59juHItdSxQnFLi9dXj5br5MSC9FEJ4l7Y_zuQ");
    assert_string_equal(
        sso_drupal_hashed_id(sso_span("ssCK_kVufquG0G_jR1z6UGs_Foaz2gpSNuOISnuOuNQ"), p),
        "E9UzfU27pa9-DiAkFtSRn9vgaqQkCHbdlh6lEi7CyWg");
}

T(the_domain_is_the_one_that_drupal_sends)
{
    const char *const with[][2] = {{".example.test", ".example.test"},
                                   {"www.example.test/drupal", "www.example.test"},
                                   {"d7.example.test:8080", "d7.example.test"}};
    const char *const without[] = {"example.test", "localhost", "192.0.2.1", ".test", "[::1]"};

    for (size_t i = 0; i < sizeof(with) / sizeof(with[0]); i++)
        assert_string_equal(sso_drupal_cookie_domain(with[i][0], p), with[i][1]);
    for (size_t i = 0; i < sizeof(without) / sizeof(without[0]); i++)
        assert_null(sso_drupal_cookie_domain(without[i], p));
}
