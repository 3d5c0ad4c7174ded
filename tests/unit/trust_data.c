/* SPDX-License-Identifier: Apache-2.0 */
/* trust_data.c -- a key set, and empty folders, for the tests of trust. */
#include "trust_data.h"

#include <unistd.h>

#include <apr_file_io.h>
#include <apr_strings.h>

const char *trust_data_folder(const char *name, apr_pool_t *p)
{
    const char *temporary = "/tmp", *folder;

    apr_temp_dir_get(&temporary, p);
    folder = apr_psprintf(p, "%s/moodlesso-unit-%d-%s", temporary, (int)getpid(), name);
    apr_dir_make_recursive(folder, APR_FPROT_UREAD | APR_FPROT_UWRITE | APR_FPROT_UEXECUTE, p);
    return folder;
}
