/* SPDX-License-Identifier: Apache-2.0 */
/* Target functions: sso_userkey_sign_in, sso_userkey_key, sso_userkey_session. */
#include "fuzz.h"

#include "base/uri.h"
#include "sso/userkey.h"

#define SITE "https://moodle.example.test/sub"

static const sso_userkey_t userkey = {.service = {.site = SITE, .url = SITE, .token = "t"}};

/* The first answer is the input's first part, the second one the rest. */
typedef struct answers_t {
    sso_io_t io; /* first */
    const char *body, *line;
    int asked;
} answers_t;

static apr_status_t http(sso_io_t *io, sso_exchange_t *exchange, apr_pool_t *p)
{
    answers_t *answers = (answers_t *)io;

    /* whatever was answered before, it is url= that is asked */
    must(strncmp(exchange->url, SITE, sizeof(SITE) - 1) == 0);
    must(strcspn(exchange->url, "?#") == strlen(exchange->url));
    exchange->status = answers->asked++ == 0 ? 200 : 303;
    exchange->body = sso_span(answers->body);
    exchange->set_cookie = answers->line;
    return APR_SUCCESS;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    apr_pool_t *p = fuzz_pool();
    const sso_identity_t who = {.claims = {NULL}};
    const sso_userkey_person_t person = {&who, "alice", "192.0.2.1", NULL};
    char *text = apr_pstrmemdup(p, (const char *)bytes, length), *cut = strchr(text, '\n');
    answers_t answers = {.io = {.http = http}, .body = text, .line = cut ? cut + 1 : text};
    const char *line = NULL;
    sso_span_t key;
    sso_uri_t to;

    if (cut != NULL)
        *cut = '\0';
    key = sso_userkey_key(&userkey, text, p);
    if (key.len > 0) {
        must(sso_span_is_word(key, "", 128) && sso_uri_parse(text, &to, p));
        must(strcmp(to.host, "moodle.example.test") == 0 && to.port == 443);
    }
    if (sso_userkey_sign_in(&userkey, &person, "MoodleSession", &answers.io, &line, p) == NULL) {
        must(answers.asked == 2 && line != NULL && strlen(line) <= 500);
        must(strpbrk(line, "\r\n") == NULL && sso_userkey_session(line, p).len > 0);
    }
    return 0;
}
