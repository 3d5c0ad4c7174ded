/* SPDX-License-Identifier: Apache-2.0 */
/* page.h -- an answer that is a page: a template filled in, under a strict policy. */
#ifndef MOODLESSO_PAGE_H
#define MOODLESSO_PAGE_H

#include <jansson.h>

#include "httpd/config.h"
#include "sso/error.h"

/* Answer with the page `name` of mod_moodlesso/pages/, filled in with `values`, which are taken
 * over and must be an object; json_pack makes NULL of what is no UTF-8, and then it is 500.
 *
 *   login       "providers": [{"url", "title", "icon", "color"}], "popup", "frame", "exchange",
 *               "return"
 *   key         "action", "key", "wantsurl" of its form
 *   error       "reason", "class", "status", "id", "retry"; see moodlesso_error_page
 *   signed_in   "origin", "message": {...}, which is posted to the opener there; the window
 *               closes itself; else "back"
 *   logout      "action", "fields": [{"name", "value"}], "cancel"
 *   signed_out  "return", "login"
 *   account     "username", "return", "action" and "token" of its forms,
 *               "accounts": [{"id", "title", "name", "icon", "color", "active", "removable"}],
 *               "can_add", "providers": [{"provider", "title", "icon", "color"}],
 *               "done": {"added" or "removed" or "chosen": true}. A form posts "token", "do"
 *               (add, remove, choose) and "id", or to add "provider"
 *   check       "all_good", "groups": [{"title", "lines": [{"name", "good", "bad", "untested" (one
 * is true), "found", "fix", "run"}], "switch": {"name", "is_on"}}], "action", "path", "search":
 * {"value", "matches": [{"rule", "found", "username", "reason"}]} teams       "exchange", "back",
 * "script", "integrity", "popup": URL of a window that signs in, "choose": of the page to choose in
 * place of it, "storage": may it ask for the cookies of the top level?
 *
 * Every page has besides "language", "nonce" and "host". Two values go into the policy, so they
 * hold no free bytes of a request: "forms": [origin, ...], where forms may lead besides this site,
 * redirects included, and "frames": [origin, ...], who else may show the page in a frame. Answers
 * OK, or 500 when the page cannot be filled in. */
int moodlesso_page(request_rec *r, int status, const char *name, json_t *values);

/* Answer with the page that says why not: the reason code, a text for it in the visitor's language,
 * a number that the error log (LogLevel info) has, too, and a link to try again, when `retry_url`
 * is not NULL: a path of this site, or a URL that moodlesso_return_url made. */
int moodlesso_error_page(request_rec *r, int status, const sso_error_t *error,
                         const char *retry_url);

/* A text alone, in the visitor's language or in English, for `values`; see sso_pages_sentence. */
const char *moodlesso_page_text(request_rec *r, bool in_english, const char *name,
                                const json_t *values);

/* Make the pages built in, once the configuration is read. NULL, or a sentence. */
const char *moodlesso_pages_freeze(apr_pool_t *pconf);

#endif
