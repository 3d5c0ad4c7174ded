/* SPDX-License-Identifier: Apache-2.0 */
/* handlers.h -- SetHandler moodlesso-...: the table of our handlers, and how they answer. */
#ifndef MOODLESSO_HANDLERS_H
#define MOODLESSO_HANDLERS_H

#include <jansson.h>

#include "httpd/config.h"

/* The handler hook. GET and HEAD, for some POST; else 405. */
int moodlesso_handle(request_rec *r);

/* Is the request's method one of these? "GET, HEAD" */
bool moodlesso_takes(const request_rec *r, const char *methods);

/* 405, with these in Allow (RFC 9110 15.5.6). Answers OK. */
int moodlesso_refuse_method(request_rec *r, const char *methods);

/* The answer is for this request alone, whatever was said of the page before. */
void moodlesso_store_nowhere(request_rec *r);

/* moodlesso-whoami: the decision for this request (whoami.c).
 * {"identified": true, "source", "issuer", "subject", ..., "age", "cached"}, or
 * {"identified": false, "reason", "class", "sentence", "source"}. Never a secret. */
int moodlesso_whoami(request_rec *r);

/* moodlesso-status: sources, circuits, cache and store of this machine (status.c).
 * {"cache": {...}, "sources": {NAME: {...}}, "databases": {NAME: {...}}, "redises": {...},
 * "store": {...} or null, "logins": {...}}. */
int moodlesso_status(request_rec *r);

/* moodlesso-check: {"ok", "lines": [{"name", "ok": true, false or null, "found", "fix", "run"}],
 * "sources": {NAME: {"kind", "on"}}}, with services "services": {NAME: {...}}, for ?match=VALUE
 * "match": [{"rule", "found", "username" or "reason"}] besides; or a page that says the same. POST
 * switch=NAME&value=on|off from this very site switches a source (check.c). */
int moodlesso_check(request_rec *r);

#define MOODLESSO_JSON "application/json"

/* Put into an object what is to be said of a definition, or of a part of it: under this name, in a
 * virtual host "NAME@SERVERNAME:PORT", so that none hides another. Takes `value`. */
void moodlesso_put(json_t *object, const char *name, const void *definition, json_t *value,
                   apr_pool_t *p);

/* Send the object as JSON of this media type, not to be stored by anybody, and release it. Answers
 * OK. */
int moodlesso_answer_json(request_rec *r, const char *type, json_t *object);

/* Answer with a problem document that has a sentence and no reason code: whoever asked is told, and
 * nobody else needs to look for it. Answers OK. */
int moodlesso_refuse(request_rec *r, int status, const char *sentence);

#endif
