/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "sso/scrub.h"

static apr_array_header_t *published(apr_pool_t *p)
{
    apr_array_header_t *names = apr_array_make(p, 1, sizeof(const char *));

    APR_ARRAY_PUSH(names, const char *) = "DRUPAL_CITY";
    return names;
}

T(every_spelling_of_our_names_is_a_look_alike)
{
    const char *ours[] = {"MOODLESSO_USERNAME",
                          "Moodlesso-Username",
                          "moodlesso.subject",
                          "mOODLESSO_x",
                          "MOODLESSO",
                          "Moodlesso-",
                          "Remote-User",
                          "REMOTE_USER",
                          "remote.user",
                          "Auth-Type",
                          "REDIRECT_MOODLESSO_USERNAME",
                          "Http-Remote-User",
                          "HTTP_REDIRECT_HTTP_MOODLESSO_X",
                          "Redirect-Remote_User",
                          "Drupal-City",
                          "drupal city"};

    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
        if (!sso_scrub_is_lookalike(ours[i], published(p)))
            fail_msg("%s was let through", ours[i]);
    }
}

T(other_headers_stay)
{
    const char *others[] = {
        "Host",   "Accept",       "Authorization", "Cookie",      "X-Moodlesso", "MOODLESSOX",
        "Moodle", "Remote-Users", "Remote-Addr",   "Auth",        "Redirect-",   "Http-",
        "",       "Range",        "Referer",       "Drupal-Citys"};

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (sso_scrub_is_lookalike(others[i], published(p)))
            fail_msg("%s was taken for ours", others[i]);
    }
    assert_false(sso_scrub_is_lookalike("Drupal-City", NULL));
}

T(connection_cannot_name_our_variables)
{
    const char *value = "keep-alive, Upgrade";

    assert_ptr_equal(sso_scrub_connection(value, NULL, p), value);
    assert_string_equal(sso_scrub_connection("close, MOODLESSO-Username ,te,remote_user", NULL, p),
                        "close, te");
    assert_null(sso_scrub_connection("Remote-User", NULL, p));
    assert_string_equal(sso_scrub_connection("drupal-city, close", published(p), p), "close");
}
