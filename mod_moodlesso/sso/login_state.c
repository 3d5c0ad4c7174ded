/* SPDX-License-Identifier: Apache-2.0 */
/* login_state.c -- what must be remembered while somebody signs in at a provider.
 *
 * Inside the seal are lines: form, id, source, site, created, flags, max_age, hash of the browser's
 * key, challenge of the frame, acr, back. None of them holds a newline. */
#include "sso/login_state.h"

#include <string.h>

#include <apr_strings.h>

#include "base/cookie.h"
#include "base/digest.h"
#include "base/random.h"
#include "base/uri.h"

#define FORM      "1"
#define STATE_MAX 2048 /* bytes */
#define LINES     11
#define DIGEST    43 /* letters of a SHA-256 */

enum { LINE_FORM, ID, SOURCE, SITE, CREATED, FLAGS, MAX_AGE, BROWSER, FRAME, ACR, BACK };

sso_login_browser_t sso_login_browser(const char *cookies, apr_pool_t *p)
{
    sso_login_browser_t browser = {NULL, 0};
    sso_span_t value, key;
    apr_int64_t seconds;

    if (cookies == NULL ||
        sso_cookie_find(cookies, SSO_LOGIN_COOKIE, &value, p) != SSO_COOKIE_FOUND ||
        !sso_span_next(&value, '.', &key) || !sso_random_is_text(key))
        return browser;
    browser.key = apr_pstrmemdup(p, key.at, key.len);
    if (value.at != NULL && sso_span_integer(value, &seconds) && seconds > 0 &&
        seconds < APR_INT64_MAX / APR_USEC_PER_SEC / 2)
        browser.done = apr_time_from_sec(seconds);
    return browser;
}

const char *sso_login_browser_cookie(const sso_login_browser_t *browser, apr_pool_t *p)
{
    if (browser->done == 0)
        return browser->key;
    return apr_psprintf(p, "%s.%" APR_TIME_T_FMT, browser->key, apr_time_sec(browser->done));
}

const char *sso_login_back(const char *url, apr_pool_t *p)
{
    const char *path = apr_pstrmemdup(p, url, strcspn(url, "?#"));
    sso_uri_t uri;

    if (strlen(url) <= SSO_LOGIN_BACK_MAX)
        return url;
    if (strlen(path) <= SSO_LOGIN_BACK_MAX)
        return path;
    if (!sso_uri_parse(url, &uri, p))
        return "/";
    path = apr_pstrcat(p, sso_uri_origin(&uri, p), "/", NULL);
    return strlen(path) <= SSO_LOGIN_BACK_MAX ? path : "/";
}

bool sso_login_is_challenge(const char *text)
{
    return strlen(text) == DIGEST && sso_span_is_word(sso_span(text), "-_", DIGEST);
}

bool sso_login_is_acr(const char *text)
{
    for (const char *c = text; *c; c++) {
        if (*c < ' ' || *c > '~' || *c == '"' || *c == '\\' || *c == ';')
            return false;
    }
    return strlen(text) <= SSO_LOGIN_ACR_MAX;
}

/* The state is shown to the provider: only a hash of the browser's key goes in. */
static const char *browser_hash(const char *key, apr_pool_t *p)
{
    return key ? sso_digest(sso_span(apr_pstrcat(p, "login\n", key, NULL)), p) : NULL;
}

static const char *flags_of(const sso_login_t *login, apr_pool_t *p)
{
    return apr_psprintf(p, "%c%s%s%s", login->purpose, login->is_popup ? "p" : "",
                        login->is_silent ? "n" : "", login->is_restarted ? "r" : "");
}

const char *sso_login_seal(const sso_seal_t *seal, const sso_login_t *login,
                           const sso_login_browser_t *browser, apr_pool_t *p)
{
    const char *hash = browser_hash(browser->key, p);
    const char *text;

    if (hash == NULL || login->id == NULL)
        return NULL;
    text = apr_psprintf(p, FORM "\n%s\n%s\n%s\n%" APR_TIME_T_FMT "\n%s\n%d\n%s\n%s\n%s\n%s",
                        login->id, login->source, login->site, login->created, flags_of(login, p),
                        login->max_age, hash, login->frame ? login->frame : "",
                        login->acr ? login->acr : "", login->back);
    return sso_seal(seal, sso_span("state"), sso_span(text), p);
}

static bool read_flags(const char *flags, sso_login_t *login)
{
    if (*flags == '\0' || strchr("sl", *flags) == NULL)
        return false;
    login->purpose = (sso_login_purpose_t)*flags;
    login->is_popup = strchr(flags, 'p') != NULL;
    login->is_silent = strchr(flags, 'n') != NULL;
    login->is_restarted = strchr(flags, 'r') != NULL;
    return true;
}

static bool read_lines(sso_span_t text, const char **lines, apr_pool_t *p)
{
    sso_span_t line;
    int count = 0;

    while (sso_span_next(&text, '\n', &line)) {
        if (count == LINES)
            return false;
        lines[count++] = apr_pstrmemdup(p, line.at, line.len);
    }
    return count == LINES && strcmp(lines[LINE_FORM], FORM) == 0;
}

static bool read_login(sso_span_t text, sso_login_t *login, const char **hash, apr_pool_t *p)
{
    const char *lines[LINES];
    apr_int64_t max_age;

    if (!read_lines(text, lines, p) || !read_flags(lines[FLAGS], login) ||
        !sso_span_integer(sso_span(lines[CREATED]), &login->created) ||
        !sso_span_integer(sso_span(lines[MAX_AGE]), &max_age))
        return false;
    login->id = lines[ID];
    login->source = lines[SOURCE];
    login->site = lines[SITE];
    login->max_age = (int)max_age;
    login->frame = lines[FRAME][0] ? lines[FRAME] : NULL;
    login->acr = lines[ACR][0] ? lines[ACR] : NULL;
    login->back = lines[BACK];
    *hash = lines[BROWSER];
    return true;
}

const sso_error_t *sso_login_open(const sso_seal_t *seal, const char *state, const char *site,
                                  const sso_login_browser_t *browser, apr_time_t now,
                                  sso_login_t *login, apr_pool_t *p)
{
    const char *hash, *mine = browser_hash(browser->key, p);
    sso_span_t text;

    memset(login, 0, sizeof(*login));
    if (state == NULL || strlen(state) > STATE_MAX ||
        !sso_seal_open(seal, sso_span("state"), sso_span(state), &text, p) ||
        !read_login(text, login, &hash, p))
        return sso_error(SSO_LOGIN_UNKNOWN);
    if (strcmp(login->site, site) != 0)
        return sso_error(SSO_LOGIN_OTHER_SITE);
    if (mine == NULL)
        return sso_error(SSO_LOGIN_NO_COOKIE);
    if (!sso_span_equal_constant_time(sso_span(hash), sso_span(mine)))
        return sso_error(SSO_LOGIN_OTHER_BROWSER);
    return now - login->created < SSO_LOGIN_LIFETIME ? NULL : sso_error(SSO_LOGIN_EXPIRED);
}

static const char *derive(const char *what, const sso_login_t *login,
                          const sso_login_browser_t *browser, apr_pool_t *p)
{
    return sso_digest_keyed(sso_span(browser->key),
                            sso_span(apr_pstrcat(p, what, "\n", login->id, NULL)), p);
}

const char *sso_login_nonce(const sso_login_t *login, const sso_login_browser_t *browser,
                            apr_pool_t *p)
{
    return derive("nonce", login, browser, p);
}

const char *sso_login_verifier(const sso_login_t *login, const sso_login_browser_t *browser,
                               apr_pool_t *p)
{
    return derive("verifier", login, browser, p);
}
