/* SPDX-License-Identifier: Apache-2.0 */
/* state.c -- the state directory and the store, made ready at start.
 *
 * The server starts as root and its processes run as another account. What is inside the directory
 * is made by a short-lived process of that account: so it belongs to whom it should, root touches
 * nothing in a directory that others write to, a database that hangs is left alone when its time is
 * over, and no connection or thread is there when the server forks. */
#include "httpd/state.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <apr_file_io.h>
#include <apr_strings.h>
#include <apr_thread_proc.h>
#include <http_log.h>
#include <mpm_common.h>
#include <unixd.h>

#include "httpd/config.h"
#include "httpd/secret.h"
#include "sso/definition.h"

APLOG_USE_MODULE(moodlesso);

#define STORE_FILE  "store.sqlite3"
#define MAX_MESSAGE 1000 /* bytes */

/* How the short-lived process ended: its first byte. */
typedef enum { READY = 'r', LATER = 'l', NEVER = 'n' } outcome_t;

const char *moodlesso_state_freeze(apr_pool_t *pconf)
{
    moodlesso_totals_t *totals = moodlesso_totals();
    sso_options_t none = {apr_table_make(pconf, 1), pconf};
    char *path;

    /* Another database for the store is no place for a secret. */
    if (totals->inventory.store != NULL && totals->needs_state && totals->state_dir == NULL &&
        totals->secrets->nelts == 0)
        return "MoodleSSOStore is given, but nothing that seals sessions: write MoodleSSOSecret "
               "file:/etc/moodlesso/secret, the same on every node, or "
               "MoodleSSOStateDir " MOODLESSO_STATE_DIR ", where a secret is made";
    if (totals->inventory.store != NULL)
        return NULL;
    if ((totals->needs_state || totals->needs_accounts) && totals->state_dir == NULL)
        totals->state_dir = MOODLESSO_STATE_DIR;
    if (totals->state_dir == NULL)
        return NULL;
    if (apr_filepath_merge(&path, totals->state_dir, STORE_FILE, APR_FILEPATH_NATIVE, pconf) !=
        APR_SUCCESS)
        return apr_psprintf(pconf, "MoodleSSOStateDir: %s is no directory", totals->state_dir);
    return sso_database_make("store", "sqlite3", path, &none, &totals->inventory.store);
}

static const char *fault(const char *path, const char *what, apr_status_t status, apr_pool_t *p)
{
    char message[120];

    return apr_psprintf(p, "MoodleSSOStateDir: %s %s: %s", path, what,
                        apr_strerror(status, message, sizeof(message)));
}

/* The directory that something is to be made in is there; nothing is made. */
static const char *check_parent(const char *directive, const char *path, apr_pool_t *p)
{
    const char *slash = strrchr(path, '/');
    const char *parent =
        slash == NULL || slash == path ? "/" : apr_pstrmemdup(p, path, (apr_size_t)(slash - path));
    char message[120];
    apr_finfo_t about;
    apr_status_t status = apr_stat(&about, parent, APR_FINFO_TYPE, p);

    if (status == APR_SUCCESS && about.filetype != APR_DIR)
        status = ENOTDIR;
    if (status == APR_SUCCESS || status == APR_INCOMPLETE)
        return NULL;
    return apr_psprintf(p,
                        "%s: %s cannot be made: %s: %s; make that directory, or write another path",
                        directive, path, apr_strerror(status, message, sizeof(message)), parent);
}

/* A path without slashes at its end. */
static const char *trimmed(const char *path, apr_pool_t *p)
{
    apr_size_t length = strlen(path);

    while (length > 1 && path[length - 1] == '/')
        length--;
    return apr_pstrmemdup(p, path, length);
}

const char *moodlesso_state_check(apr_pool_t *p)
{
    const moodlesso_totals_t *totals = moodlesso_totals();
    const sso_database_t *store = totals->inventory.store;
    const char *directory = totals->state_dir ? trimmed(totals->state_dir, p) : NULL, *sentence;
    apr_finfo_t about;

    if (directory != NULL && apr_stat(&about, directory, APR_FINFO_TYPE, p) == APR_SUCCESS) {
        if (about.filetype != APR_DIR)
            return apr_psprintf(p, "MoodleSSOStateDir: %s is no directory", directory);
    }
    else if (directory != NULL && (sentence = check_parent("MoodleSSOStateDir", directory, p)))
        return sentence;
    /* One in the state directory is made with it. */
    if (store == NULL || store->dialect != SSO_SQLITE3 ||
        (directory != NULL && strncmp(store->parameters, directory, strlen(directory)) == 0 &&
         store->parameters[strlen(directory)] == '/'))
        return NULL;
    return check_parent("MoodleSSOStore", store->parameters, p);
}

/* Make the directory, for the account of the processes to come. One that is there is left as it is.
 */
static const char *make_directory(const char *path, apr_pool_t *p)
{
    apr_status_t status =
        apr_dir_make(path, APR_FPROT_UREAD | APR_FPROT_UWRITE | APR_FPROT_UEXECUTE, p);
    int directory;

    if (APR_STATUS_IS_EEXIST(status))
        return NULL;
    if (status != APR_SUCCESS)
        return fault(path, "cannot be made", status, p);
    if (geteuid() != 0)
        return NULL;
    directory = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (directory < 0 || fchown(directory, ap_unixd_config.user_id, ap_unixd_config.group_id) != 0)
        status = errno;
    if (directory >= 0)
        close(directory);
    return status == APR_SUCCESS ? NULL : fault(path, "cannot be given away", status, p);
}

static const char *check_directory(const char *path, apr_pool_t *p)
{
    const char *account = ap_unixd_config.user_name;
    apr_finfo_t about;
    apr_status_t status = apr_stat(&about, path, APR_FINFO_TYPE, p);

    if (status != APR_SUCCESS)
        return fault(path, "cannot be looked at", status, p);
    if (about.filetype != APR_DIR)
        return apr_psprintf(p, "MoodleSSOStateDir: %s is no directory", path);
    if (access(path, R_OK | W_OK | X_OK) == 0)
        return NULL;
    return apr_psprintf(p,
                        "MoodleSSOStateDir: %s is not writable for %s, as which the server's "
                        "processes run; chown -R %s %s",
                        path, account ? account : "the account", account ? account : "ACCOUNT",
                        path);
}

/* The tables, then every epoch, while there is time. */
static outcome_t prepare_store(sso_world_t *world, const char **why, apr_pool_t *p)
{
    sso_store_t *store = world->store;
    apr_time_t end = apr_time_now() + store->database->timeout;
    apr_status_t status = sso_store_enter(store);
    sso_epochs_counts_t counts = {0};

    store->say = NULL; /* in this process: the server itself tells */
    if (status == APR_SUCCESS)
        status = sso_store_prepare(store, why, p);
    if (status == SSO_STORE_NEWER ||
        (status == SSO_IO_DENIED && store->database->dialect == SSO_SQLITE3))
        return NEVER;
    while (status == APR_SUCCESS && counts.swept == 0 && apr_time_now() < end) {
        status = sso_epochs_pull(world->epochs, apr_time_now(), why, p);
        sso_epochs_count(world->epochs, &counts);
    }
    return status == APR_SUCCESS ? READY : LATER;
}

/* The short-lived process. Never returns: nothing of the server's may be cleaned up here. */
static void be_prepared(sso_world_t *world, server_rec *server, apr_file_t *out, apr_pool_t *p)
{
    const char *directory = moodlesso_totals()->state_dir, *why = NULL;
    outcome_t outcome = READY;
    char *message;

    signal(SIGTERM, SIG_DFL);
    if (ap_run_drop_privileges(p, server) != OK) {
        outcome = NEVER;
        why = "the account of the server's processes cannot be taken on";
    }
    else if (directory != NULL && ((why = check_directory(directory, p)) != NULL ||
                                   (why = moodlesso_secret_make(p)) != NULL))
        outcome = NEVER;
    else if (world != NULL && world->store != NULL) {
        outcome = prepare_store(world, &why, p);
        why = apr_pstrcat(p, "MoodleSSOStore: ", why ? why : "no answer", NULL);
    }
    message = apr_psprintf(p, "%c%.*s", (char)outcome, MAX_MESSAGE, why ? why : "");
    apr_file_write_full(out, message, strlen(message), NULL);
    apr_file_close(out);
    _exit(0);
}

/* What the process says before it ends, or before its time is over: then it is stopped. */
static const char *hear(apr_file_t *in, apr_proc_t *process, apr_interval_time_t patience,
                        apr_pool_t *p)
{
    char *text = apr_pcalloc(p, MAX_MESSAGE + 2);
    apr_time_t end = apr_time_now() + patience, now;
    apr_size_t used = 0, more;
    apr_status_t status = APR_SUCCESS;
    apr_exit_why_e why;
    int code;

    while (status == APR_SUCCESS && used <= MAX_MESSAGE && (now = apr_time_now()) < end) {
        apr_file_pipe_timeout_set(in, end - now);
        more = MAX_MESSAGE + 1 - used;
        status = apr_file_read(in, text + used, &more);
        if (status == APR_SUCCESS)
            used += more;
        else if (APR_STATUS_IS_EINTR(status))
            status = APR_SUCCESS;
    }
    if (!APR_STATUS_IS_EOF(status))
        apr_proc_kill(process, SIGKILL);
    apr_proc_wait(process, &code, &why, APR_WAIT);
    return used > 0 ? text : "lMoodleSSOStore: it did not answer in time";
}

static const char *run_apart(sso_world_t *world, server_rec *server, apr_interval_time_t patience,
                             const char **said, apr_pool_t *p)
{
    apr_file_t *in, *out;
    apr_proc_t process;
    apr_status_t status = apr_file_pipe_create(&in, &out, p);

    if (status == APR_SUCCESS)
        status = apr_proc_fork(&process, p);
    if (status == APR_INCHILD)
        be_prepared(world, server, out, p);
    if (status != APR_INPARENT)
        return apr_psprintf(p, "no process can be started (%d)", status);
    apr_file_close(out);
    *said = hear(in, &process, patience, p);
    apr_file_close(in);
    return NULL;
}

const char *moodlesso_state_prepare(sso_world_t *world, server_rec *server, apr_pool_t *pconf)
{
    const char *directory = moodlesso_totals()->state_dir, *said = "", *sentence;
    const sso_database_t *database = world ? moodlesso_totals()->inventory.store : NULL;
    apr_interval_time_t patience = apr_time_from_sec(2);
    apr_pool_t *p;

    if (directory == NULL && database == NULL)
        return NULL;
    apr_pool_create(&p, pconf);
    if (database != NULL)
        patience += 2 * database->timeout;
    if ((directory != NULL && (sentence = make_directory(directory, pconf))) ||
        (sentence = run_apart(world, server, patience, &said, p)))
        return sentence;
    if (said[0] == NEVER)
        return apr_pstrdup(pconf, said + 1);
    if (said[0] == LATER)
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, server,
                     "moodlesso: %s; the store is asked again each second, sessions go on "
                     "meanwhile, what ends them early waits",
                     said + 1);
    apr_pool_destroy(p);
    return NULL;
}
