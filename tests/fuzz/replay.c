/* SPDX-License-Identifier: Apache-2.0 */
/* replay.c -- runs a target over the files of its corpus, without any fuzzer: part of every test
 * run. */
#include <stdio.h>

#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_general.h>

#include "fuzz.h"

static int replay(const char *path, apr_pool_t *p)
{
    apr_file_t *file;
    apr_finfo_t about;
    uint8_t *bytes;

    if (apr_file_open(&file, path, APR_FOPEN_READ, APR_OS_DEFAULT, p) != APR_SUCCESS ||
        apr_file_info_get(&about, APR_FINFO_SIZE, file) != APR_SUCCESS)
        return 1;
    bytes = malloc((size_t)about.size + 1);
    if (apr_file_read_full(file, bytes, (apr_size_t)about.size, NULL) != APR_SUCCESS &&
        about.size > 0)
        return 1;
    apr_file_close(file);
    LLVMFuzzerTestOneInput(bytes, (size_t)about.size);
    free(bytes);
    return 0;
}

int main(int argc, char **argv)
{
    apr_pool_t *p;
    apr_dir_t *dir;
    apr_finfo_t about;
    int count = 0, failed = 0;

    apr_initialize();
    apr_pool_create(&p, NULL);
    if (argc != 2 || apr_dir_open(&dir, argv[1], p) != APR_SUCCESS) {
        fprintf(stderr, "usage: %s CORPUS-FOLDER\n", argv[0]);
        return 2;
    }
    while (apr_dir_read(&about, APR_FINFO_NAME | APR_FINFO_TYPE, dir) == APR_SUCCESS) {
        if (about.filetype != APR_REG)
            continue;
        failed |= replay(apr_pstrcat(p, argv[1], "/", about.name, NULL), p);
        count++;
    }
    printf("%s: %d inputs\n", argv[1], count);
    return failed || count == 0;
}
