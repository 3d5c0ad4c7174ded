/* SPDX-License-Identifier: Apache-2.0 */
/* secret.c -- MoodleSSOSecret: what seals our sessions, the same on every node of a site. */
#include "httpd/secret.h"

#include <fcntl.h>
#include <unistd.h>

#include <apr_strings.h>
#include <http_core.h>

#include "base/base64url.h"

#define FILE_NAME "secret"
#define BYTES     32   /* of a secret of our own */
#define MAX_BYTES 4096 /* of a file */
#define MAKE_ONE  "; make one with: openssl rand -base64 32"

/* Has this server a source whose proofs start sessions? */
static bool starts_sessions(server_rec *server, apr_pool_t *p)
{
    apr_hash_t *sources = moodlesso_server(server)->sources;

    for (apr_hash_index_t *at = apr_hash_first(p, sources); at; at = apr_hash_next(at)) {
        const sso_source_t *source = apr_hash_this_val(at);
        if (source->audience != NULL)
            return true;
    }
    return false;
}

static const char *site_of(server_rec *server, apr_pool_t *p)
{
    const sso_uri_t *base = moodlesso_server(server)->base_url;

    return base ? sso_uri_origin(base, p)
                : apr_pstrdup(p, server->server_hostname ? server->server_hostname : "localhost");
}

void moodlesso_sessions_freeze(server_rec *first, apr_pool_t *pconf)
{
    moodlesso_totals_t *totals = moodlesso_totals();

    for (server_rec *server = first; server != NULL; server = server->next) {
        moodlesso_server_t *config = moodlesso_server(server);
        sso_sessions_t *sessions;

        if (!starts_sessions(server, pconf))
            continue;
        sessions = apr_pcalloc(pconf, sizeof(*sessions));
        sessions->policy =
            config->session ? *config->session
                            : (sso_session_policy_t){apr_time_from_sec(MOODLESSO_SESSION_IDLE),
                                                     apr_time_from_sec(MOODLESSO_SESSION_LIFETIME)};
        sessions->site = site_of(server, pconf);
        config->sessions = sessions;
        totals->needs_state = true;
        if (totals->inventory.longest_session < sessions->policy.lifetime)
            totals->inventory.longest_session = sessions->policy.lifetime;
    }
}

static const char *path_in_state(apr_pool_t *p)
{
    return apr_pstrcat(p, moodlesso_totals()->state_dir, "/", FILE_NAME, NULL);
}

const char *moodlesso_secret_make(apr_pool_t *p)
{
    const moodlesso_totals_t *totals = moodlesso_totals();
    unsigned char bytes[BYTES];
    const char *path, *text;
    int file;
    bool done;

    if (!totals->needs_state || totals->secrets->nelts > 0)
        return NULL;
    path = path_in_state(p);
    file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0)
        return errno == EEXIST ? NULL : apr_psprintf(p, "%s cannot be made", path);
    done = apr_generate_random_bytes(bytes, sizeof(bytes)) == APR_SUCCESS;
    text = apr_pstrcat(p, sso_base64url_encode(bytes, sizeof(bytes), p), "\n", NULL);
    done = done && write(file, text, strlen(text)) == (ssize_t)strlen(text) && fsync(file) == 0;
    close(file);
    if (!done)
        unlink(path);
    return done ? NULL : apr_psprintf(p, "%s cannot be written", path);
}

/* The first line of a file; its text is the secret, however it is written. */
static const char *read_secret(const char *path, sso_span_t *secret, apr_pool_t *p)
{
    char *text = apr_pcalloc(p, MAX_BYTES + 1);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = file < 0 ? -1 : read(file, text, MAX_BYTES);
    int failure = errno;
    char why[120];

    if (file >= 0)
        close(file);
    if (length < 0)
        return apr_psprintf(p,
                            "MoodleSSOSecret: %s cannot be read: %s" MAKE_ONE ", the same for "
                            "every node",
                            path, apr_strerror(failure, why, sizeof(why)));
    *secret = sso_span_trim((sso_span_t){text, strcspn(text, "\r\n")});
    if (secret->len == 0)
        return apr_psprintf(p, "MoodleSSOSecret: %s is empty" MAKE_ONE, path);
    if (secret->len < SSO_SEAL_MIN_SECRET)
        return apr_psprintf(p, "MoodleSSOSecret: %s holds less than %d characters" MAKE_ONE, path,
                            SSO_SEAL_MIN_SECRET);
    return NULL;
}

const char *moodlesso_secret_check(apr_pool_t *p)
{
    const moodlesso_totals_t *totals = moodlesso_totals();
    const char *sentence = NULL;
    sso_span_t secret;

    for (int i = 0; totals->needs_state && i < totals->secrets->nelts && sentence == NULL; i++)
        sentence = read_secret(APR_ARRAY_IDX(totals->secrets, i, const char *), &secret, p);
    return sentence;
}

static const char *load_one(server_rec *first, const char *path, apr_pool_t *pconf)
{
    sso_span_t secret = sso_span(NULL);
    const char *sentence = read_secret(path, &secret, pconf);

    for (server_rec *server = first; server != NULL && sentence == NULL; server = server->next) {
        sso_sessions_t *sessions =
            (sso_sessions_t *)(apr_uintptr_t)moodlesso_server(server)->sessions;

        if (sessions == NULL)
            continue;
        sso_seal_add(&sessions->seal, secret, "session");
        sso_seal_add(&sessions->logins, secret, "login");
        sso_seal_add(&sessions->codes, secret, "code");
        sso_seal_add(&sessions->accounts, secret, "account");
    }
    return sentence;
}

const char *moodlesso_secret_load(server_rec *first, apr_pool_t *pconf)
{
    const moodlesso_totals_t *totals = moodlesso_totals();
    const char *sentence = NULL;

    if (!totals->needs_state)
        return NULL;
    if (totals->secrets->nelts == 0)
        return load_one(first, path_in_state(pconf), pconf);
    for (int i = 0; i < totals->secrets->nelts && sentence == NULL; i++)
        sentence = load_one(first, APR_ARRAY_IDX(totals->secrets, i, const char *), pconf);
    return sentence;
}
