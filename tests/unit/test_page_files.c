/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include <stdio.h>

#include "sso/page_files.h"

T(every_file_is_there_whole)
{
    int count = 0;

    for (const sso_page_file_t *file = sso_page_files; file->name != NULL; file++, count++) {
        const char *path = apr_pstrcat(p, "mod_moodlesso/pages/", file->name, NULL);
        FILE *stream = fopen(path, "r");
        char bytes[16384];
        size_t length;

        assert_non_null(stream);
        length = fread(bytes, 1, sizeof(bytes), stream);
        fclose(stream);
        assert_true(length > 0 && length < sizeof(bytes));
        assert_int_equal(strlen(file->text), length);
        assert_memory_equal(file->text, bytes, length);
    }
    assert_true(count > 10);
}
