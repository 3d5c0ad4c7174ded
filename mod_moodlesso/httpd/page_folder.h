/* SPDX-License-Identifier: Apache-2.0 */
/* page_folder.h -- MoodleSSOTemplates: a folder whose files take the place of those built in. */
#ifndef MOODLESSO_PAGE_FOLDER_H
#define MOODLESSO_PAGE_FOLDER_H

#include "httpd/config.h"

/* The directive: the pages built in, with what the folder has, for this server. NULL, or a sentence
 * with file and line. Files whose name begins with '.' are left alone; any other must be one of a
 * page. */
const char *moodlesso_set_templates(cmd_parms *cmd, void *unused, const char *folder);

#endif
