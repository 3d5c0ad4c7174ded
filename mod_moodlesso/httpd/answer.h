/* SPDX-License-Identifier: Apache-2.0 */
/* answer.h -- JSON as the answer of a handler. */
#ifndef MOODLESSO_ANSWER_H
#define MOODLESSO_ANSWER_H

#include <jansson.h>

#include "httpd/config.h"

/* Is this a GET or HEAD for the handler of that name? Sets *status to what to return when not. */
bool moodlesso_is_handler(request_rec *r, const char *name, int *status);

/* Send the object, not to be stored by anybody, and release it. Answers OK. */
int moodlesso_answer_json(request_rec *r, json_t *object);

#endif
