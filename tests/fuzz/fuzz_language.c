/* SPDX-License-Identifier: Apache-2.0 */
/* Target functions: sso_language_choose, sso_language_is_tag. */
#include "fuzz.h"

#include "base/language.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static const char *const known[] = {"en", "de", "pt-BR", "zh-Hant-TW"};
    apr_pool_t *p = fuzz_pool();
    apr_array_header_t *tags = apr_array_make(p, 4, sizeof(const char *));
    const char *header = apr_pstrmemdup(p, (const char *)bytes, length);
    int place;

    for (int i = 0; i < 4; i++) {
        must(sso_language_is_tag(sso_span(known[i])));
        APR_ARRAY_PUSH(tags, const char *) = known[i];
    }
    place = sso_language_choose(header, tags);
    must(place >= 0 && place < 4);
    /* Nobody gets a language that was not named. */
    must(place == 0 || length >= 2);
    /* A tag stands in a file's name. */
    must(!sso_language_is_tag(fuzz_span(bytes, length)) ||
         sso_span_is_word(fuzz_span(bytes, length), "-", 24 + 2));
    return 0;
}
