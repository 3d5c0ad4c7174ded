/* SPDX-License-Identifier: Apache-2.0 */
/* form_body.h -- forms that are posted to us, and whether pages of ours post them. */
#ifndef MOODLESSO_FORM_BODY_H
#define MOODLESSO_FORM_BODY_H

#include <stdbool.h>

#include <httpd.h>

/* The body of a form; NULL when it is longer than `max` bytes, or cannot be read. */
const char *moodlesso_read_form(request_rec *r, apr_size_t max);

/* Does a page of this very site ask for this? The browser says so in Sec-Fetch-Site, else in
 * Origin; who says neither does not. */
bool moodlesso_is_same_origin(request_rec *r);

#endif
