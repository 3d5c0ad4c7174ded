/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include <apr_file_info.h>
#include <apr_file_io.h>

#include "io/trust_file.h"
#include "sso/io.h"
#include "trust_data.h"

static const sso_issuer_t issuer = {.name = "i", .jwks_url = "https://i.example/keys"};

T(a_copy_comes_back_word_for_word_and_is_its_owners_alone)
{
    const char *path = trust_data_folder("file", p);
    sso_trust_copy_t copy = {sso_span("{\"a\": \"\\u0001\xc3\xa4\"}"), sso_span(TRUST_KEYS), 5, 7};
    sso_trust_copy_t read;
    apr_finfo_t info;

    path = apr_pstrcat(p, path, "/x.json", NULL);
    assert_int_equal(sso_trust_file_write(path, &copy, p), APR_SUCCESS);
    assert_int_equal(sso_trust_file_write(path, &copy, p), APR_SUCCESS);
    assert_int_equal(sso_trust_file_read(path, &read, p), APR_SUCCESS);
    assert_span(read.metadata, "{\"a\": \"\\u0001\xc3\xa4\"}");
    assert_span(read.keys, TRUST_KEYS);
    assert_true(read.fetched == 5 && read.fresh_until == 7);
    assert_int_equal(apr_stat(&info, path, APR_FINFO_PROT, p), APR_SUCCESS);
    assert_int_equal(info.protection, APR_FPROT_UREAD | APR_FPROT_UWRITE);
}

T(what_is_no_copy_of_ours_is_told)
{
    const char *folder = trust_data_folder("file", p), *path;
    static const char *const texts[] = {"",
                                        "{",
                                        "{}",
                                        "[]",
                                        "{\"fetched\": 5, \"keys\": \"\"}",
                                        "{\"fetched\": \"5\", \"keys\": \"x\"}"};
    sso_trust_copy_t read;
    apr_file_t *file;

    path = apr_pstrcat(p, folder, "/absent", NULL);
    assert_int_equal(sso_trust_file_read(path, &read, p), APR_NOTFOUND);
    path = apr_pstrcat(p, folder, "/damaged", NULL);
    for (apr_size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_int_equal(apr_file_open(&file, path,
                                       APR_FOPEN_WRITE | APR_FOPEN_CREATE | APR_FOPEN_TRUNCATE,
                                       APR_FPROT_OS_DEFAULT, p),
                         APR_SUCCESS);
        apr_file_puts(texts[i], file);
        apr_file_close(file);
        assert_int_equal(sso_trust_file_read(path, &read, p), SSO_IO_ANSWER);
    }
    path = apr_pstrcat(p, folder, "/no/such/folder", NULL);
    assert_int_not_equal(
        sso_trust_file_write(path, &(sso_trust_copy_t){.keys = sso_span("x"), .fetched = 1}, p),
        APR_SUCCESS);
}

T(a_copy_is_judged_at_each_reading)
{
    sso_trust_copy_t copy = {.keys = sso_span(TRUST_KEYS), .fetched = 5};
    const sso_trust_t *trust;
    const char *sentence;

    trust = sso_trust_judge(&copy, &issuer, &sentence, p);
    assert_int_equal(trust->keys->count, 1);
    assert_true(trust->fetched == 5);
    copy.keys = sso_span("{\"keys\": []}");
    assert_null(sso_trust_judge(&copy, &issuer, &sentence, p));
    assert_sentence(sentence, "no usable key");
}
