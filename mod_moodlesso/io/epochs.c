/* SPDX-License-Identifier: Apache-2.0 */
/* epochs.c -- which sessions were ended early: the store's epochs, copied.
 *
 * What changed lately is read each second: since the last time by the database's own clock, and a
 * little before. A sweep reads everything, latest epoch first, into the half of the table that
 * nobody reads; what changes while it goes on is written to both halves, and once more after it,
 * since a row whose epoch rises meanwhile may have been behind the sweep before and after. */
#include "io/epochs.h"

#include <apr_shm.h>
#include <apr_strings.h>

#include "io/epoch_table.h"
#include "io/shared.h"

#define PAGES      20                     /* of each kind that one pull reads */
#define OVERLAP    15                     /* seconds that a commit may lag behind its own stamp */
#define SWEEP      apr_time_from_sec(600) /* everything is read so often */
#define HURRY      apr_time_from_sec(60)  /* or so often, when the table gets full */
#define BEHIND_ALL "g"                    /* sorts behind every hash */

/* How full, in eighths, a half may be: a sweep leaves room for what changes until the next one,
 * which comes early when that room is used up by half. Strangers leave some for everybody else. */
enum { STRANGERS = 4, SWEPT = 5, FILLING = 6, FULL = 7 };

/* In shared memory; each member is read and written atomically. */
typedef struct progress_t {
    apr_time_t pulled, swept;
    apr_int64_t asked; /* the database's clock when last asked what changed, seconds; 0: never */
} progress_t;

/* Behind which row the next page begins. */
typedef struct cursor_t {
    apr_int64_t value;
    char hash[2 * SSO_IMPRINT_DIGEST + 1];
} cursor_t;

struct sso_epochs_t {
    sso_store_t *store;
    sso_epoch_table_t *table;
    progress_t *progress;
    /* Of the process that pulls: */
    cursor_t changed, sweep;
    apr_int64_t asking; /* the database's clock when `changed` was begun */
    bool is_behind;     /* `changed` was not read to its end */
    bool is_sweeping;   /* the half that nobody reads is being filled */
    bool is_swept;      /* ... and has everything but what changed meanwhile */
};

apr_status_t sso_epochs_create(sso_epochs_t **made, sso_store_t *store, apr_uint32_t slots,
                               apr_pool_t *p)
{
    sso_epochs_t *epochs = apr_pcalloc(p, sizeof(*epochs));
    apr_shm_t *memory;
    apr_status_t status = sso_epoch_table_create(&epochs->table, slots, p);

    if (status != APR_SUCCESS ||
        (status = apr_shm_create(&memory, sizeof(progress_t), NULL, p)) != APR_SUCCESS)
        return status;
    epochs->progress = apr_shm_baseaddr_get(memory);
    epochs->store = store;
    *made = epochs;
    return APR_SUCCESS;
}

bool sso_epochs_is_over(const sso_epochs_t *epochs, const char *kind, const char *text,
                        apr_time_t began)
{
    return sso_epoch_table_get(epochs->table, kind, text, began - 1) != 0;
}

apr_time_t sso_epochs_of(const sso_epochs_t *epochs, const char *kind, const char *text)
{
    return sso_epoch_table_get(epochs->table, kind, text, 0);
}

apr_status_t sso_epochs_revoke(sso_epochs_t *epochs, const char *kind, const char *text,
                               apr_time_t at, const char **why, apr_pool_t *p)
{
    apr_status_t status = sso_store_revoke(epochs->store, kind, text, at, why, p);
    sso_epoch_t epoch;

    if (status == APR_SUCCESS && sso_epoch_make(&epoch, kind, text, at))
        sso_epoch_table_put(epochs->table, SSO_EPOCHS_READ, epoch, FULL);
    return status;
}

/* One page under way. */
typedef struct page_t {
    sso_epochs_t *epochs;
    cursor_t *cursor;
    bool is_sweep;
    bool is_full;     /* the sweep has all it can hold */
    apr_time_t until; /* no page is begun later */
    int rows;
} page_t;

static bool read_hex(const char *text, apr_uint64_t *value)
{
    *value = 0;
    for (int i = 0; i < 16; i++) {
        const char *digit = text[i] ? strchr("0123456789abcdef", text[i]) : NULL;

        if (digit == NULL)
            return false;
        *value = *value << 4 | (apr_uint64_t)(digit - "0123456789abcdef");
    }
    return true;
}

static void sweep_row(page_t *page, sso_epoch_t epoch)
{
    if (!page->is_full)
        page->is_full = !sso_epoch_table_put(page->epochs->table, SSO_EPOCHS_FILLED, epoch, SWEPT);
}

static void changed_row(sso_epochs_t *epochs, sso_epoch_t epoch)
{
    sso_epoch_table_put(epochs->table, SSO_EPOCHS_READ, epoch, FULL);
    if (epochs->is_sweeping)
        sso_epoch_table_put(epochs->table, SSO_EPOCHS_FILLED, epoch, FULL);
}

/* tag, hash, at, changed. A row that is none of ours is passed over. */
static void read_row(void *of_page, const char *const *row)
{
    page_t *page = of_page;
    sso_epoch_t epoch;
    apr_int64_t changed;

    page->rows++;
    if (row[1] == NULL || !sso_span_integer(sso_span(row[2]), &epoch.at) ||
        !sso_span_integer(sso_span(row[3]), &changed))
        return;
    page->cursor->value = page->is_sweep ? epoch.at : changed;
    apr_cpystrn(page->cursor->hash, row[1], sizeof(page->cursor->hash));
    if (row[0] == NULL || !read_hex(row[0], &epoch.tag) || !read_hex(row[1], &epoch.check))
        return;
    if (page->is_sweep)
        sweep_row(page, epoch);
    else
        changed_row(page->epochs, epoch);
}

static apr_time_t until_of(const sso_epochs_t *epochs)
{
    return apr_time_now() + epochs->store->database->timeout;
}

/* Read pages behind the cursor; *is_done: to the end. */
static apr_status_t read_pages(page_t *page, sso_sql_t what, bool *is_done, const char **why,
                               apr_pool_t *p)
{
    sso_reader_t reader = {read_row, page};
    apr_status_t status = APR_SUCCESS;
    apr_pool_t *memory;

    apr_pool_create(&memory, p);
    *is_done = false;
    for (int n = 0; n < PAGES && status == APR_SUCCESS && !*is_done; n++) {
        const char *value = apr_psprintf(memory, "%" APR_INT64_T_FMT, page->cursor->value);
        const char *hash = apr_pstrdup(memory, page->cursor->hash);
        const char *arguments[] = {value, value, hash};

        page->rows = 0;
        status = sso_store_each(page->epochs->store, what, arguments, &reader, why, memory);
        *is_done = status == APR_SUCCESS && (page->rows < SSO_SQL_PAGE || page->is_full);
        if (status != APR_SUCCESS && *why != NULL)
            *why = apr_pstrdup(p, *why);
        apr_pool_clear(memory);
        if (apr_time_now() > page->until)
            break;
    }
    apr_pool_destroy(memory);
    return status;
}

/* Begin to read what changed: since we asked last, or since now, everything older being the
 * sweep's. A clock that was set back is followed. */
static apr_status_t begin_changed(sso_epochs_t *epochs, const char **why, apr_pool_t *p)
{
    const char *none = NULL, *row[1] = {NULL};
    apr_status_t status = sso_store_query(epochs->store, SSO_SQL_CLOCK, &none, row, why, p);
    apr_int64_t asked = sso_load(&epochs->progress->asked), since;

    if (status != APR_SUCCESS)
        return status;
    if (!sso_span_integer(sso_span(row[0]), &epochs->asking))
        return SSO_IO_ANSWER;
    since = asked != 0 && asked < epochs->asking ? asked : epochs->asking;
    epochs->changed.value = since - OVERLAP;
    epochs->changed.hash[0] = '\0';
    return APR_SUCCESS;
}

static apr_status_t pull_changed(sso_epochs_t *epochs, const char **why, apr_pool_t *p)
{
    page_t page = {.epochs = epochs, .cursor = &epochs->changed, .until = until_of(epochs)};
    apr_status_t status = epochs->is_behind ? APR_SUCCESS : begin_changed(epochs, why, p);
    bool is_done;

    if (status == APR_SUCCESS)
        status = read_pages(&page, SSO_SQL_CHANGED, &is_done, why, p);
    if (status != APR_SUCCESS)
        return status;
    epochs->is_behind = !is_done;
    if (is_done)
        sso_store(&epochs->progress->asked, epochs->asking);
    return APR_SUCCESS;
}

/* Is everything to be read now? */
static bool is_sweep_due(const sso_epochs_t *epochs, apr_time_t now)
{
    apr_time_t swept = sso_load(&epochs->progress->swept);
    bool is_filling =
        sso_epoch_table_used(epochs->table) >= sso_epoch_table_slots(epochs->table) / 8 * FILLING;

    return !epochs->is_sweeping &&
           (now < swept || now - swept >= SWEEP || (is_filling && now - swept >= HURRY));
}

static void begin_sweep(sso_epochs_t *epochs)
{
    sso_epoch_table_clear(epochs->table);
    epochs->sweep.value = APR_INT64_MAX;
    apr_cpystrn(epochs->sweep.hash, BEHIND_ALL, sizeof(epochs->sweep.hash));
    epochs->is_sweeping = true;
    epochs->is_swept = false;
}

static apr_status_t pull_sweep(sso_epochs_t *epochs, const char **why, apr_pool_t *p)
{
    page_t page = {
        .epochs = epochs, .cursor = &epochs->sweep, .until = until_of(epochs), .is_sweep = true};
    apr_status_t status = read_pages(&page, SSO_SQL_SWEEP, &epochs->is_swept, why, p);

    return status == APR_SUCCESS && epochs->is_swept ? pull_changed(epochs, why, p) : status;
}

static void end_sweep(sso_epochs_t *epochs, apr_time_t now)
{
    sso_epoch_table_swap(epochs->table);
    epochs->is_sweeping = false;
    sso_store(&epochs->progress->swept, now);
}

apr_status_t sso_epochs_pull(sso_epochs_t *epochs, apr_time_t now, const char **why, apr_pool_t *p)
{
    apr_status_t status;

    *why = NULL;
    if (is_sweep_due(epochs, now))
        begin_sweep(epochs);
    status = pull_changed(epochs, why, p);
    if (status == APR_SUCCESS && epochs->is_sweeping && !epochs->is_swept)
        status = pull_sweep(epochs, why, p);
    if (status != APR_SUCCESS || epochs->is_behind)
        return status;
    if (epochs->is_sweeping && epochs->is_swept)
        end_sweep(epochs, now);
    sso_store(&epochs->progress->pulled, now);
    return APR_SUCCESS;
}

bool sso_epochs_has_room(const sso_epochs_t *epochs)
{
    return sso_epoch_table_used(epochs->table) <
           sso_epoch_table_slots(epochs->table) / 8 * STRANGERS;
}

void sso_epochs_count(const sso_epochs_t *epochs, sso_epochs_counts_t *counts)
{
    counts->epochs = sso_epoch_table_used(epochs->table);
    counts->floor = sso_epoch_table_floor(epochs->table);
    counts->pulled = sso_load(&epochs->progress->pulled);
    counts->swept = sso_load(&epochs->progress->swept);
}
