/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "sso/error.h"

T(every_code_has_its_name_class_and_sentence)
{
    for (int i = 0; i < SSO_CODE_COUNT; i++) {
        const sso_error_t *error = sso_error((sso_code_t)i);
        assert_int_equal(error->code, i);
        assert_true(error->class >= SSO_ABSENT && error->class <= SSO_BROKEN);
        assert_true(strlen(error->sentence) > 20);
    }
    assert_string_equal(sso_error(SSO_SESSION_TIMED_OUT)->name, "SESSION_TIMED_OUT");
}

static const sso_error_t *pass_up(const sso_error_t *error)
{
    SSO_TRY(error);
    return sso_error(SSO_DB_DOWN);
}

T(try_leaves_with_an_error_only)
{
    assert_error(pass_up(sso_error(SSO_USER_DELETED)), USER_DELETED);
    assert_error(pass_up(NULL), DB_DOWN);
}

/* They go into JSON as they are. */
T(no_sentence_needs_an_escape)
{
    for (int code = 0; code < SSO_CODE_COUNT; code++) {
        const char *sentence = sso_error((sso_code_t)code)->sentence;
        for (const char *c = sentence; *c; c++) {
            if (*c == '"' || *c == '\\' || *c < ' ' || *c > '~')
                fail_msg("%s: %s", sso_error((sso_code_t)code)->name, sentence);
        }
    }
}
