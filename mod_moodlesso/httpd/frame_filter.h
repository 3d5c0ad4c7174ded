/* SPDX-License-Identifier: Apache-2.0 */
/* frame_filter.h -- MoodleSSOFrameAncestors applied to the headers of every response. */
#ifndef MOODLESSO_FRAME_FILTER_H
#define MOODLESSO_FRAME_FILTER_H

#include "httpd/config.h"

/* insert_filter and insert_error_filter. */
void moodlesso_insert_frame_filter(request_rec *r);

void moodlesso_register_frame_filter(void);

#endif
