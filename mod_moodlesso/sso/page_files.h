/* SPDX-License-Identifier: Apache-2.0 */
/* page_files.h -- the files of mod_moodlesso/pages/, as they are built into the module. */
#ifndef SSO_PAGE_FILES_H
#define SSO_PAGE_FILES_H

typedef struct sso_page_file_t {
    const char *name; /* "login.html" */
    const char *text;
} sso_page_file_t;

/* In the order in which they can be taken up; the last has no name. */
extern const sso_page_file_t sso_page_files[];

#endif
