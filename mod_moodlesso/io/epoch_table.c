/* SPDX-License-Identifier: Apache-2.0 */
/* epoch_table.c -- epochs by imprint, in shared memory: read without a lock, filled twice. */
#include "io/epoch_table.h"

#include <apr_general.h>
#include <apr_shm.h>

#include "io/shared.h"

/* In shared memory, as everything below but the last; each member is read and written atomically.
 */
typedef struct slot_t {
    apr_uint64_t tag; /* 0: empty */
    apr_uint64_t check;
    apr_time_t at; /* written last: 0 while the slot is being filled */
} slot_t;

typedef struct half_t {
    apr_uint64_t used;
    apr_time_t floor;
} half_t;

typedef struct header_t {
    apr_uint64_t generation; /* its lowest bit is the half that readers use */
    half_t halves[2];
} header_t;

struct sso_epoch_table_t {
    header_t *header;
    slot_t *slots[2];
    apr_uint64_t size;
    apr_uint64_t factor; /* odd, secret */
    int shift;
};

apr_status_t sso_epoch_table_create(sso_epoch_table_t **made, apr_uint32_t slots, apr_pool_t *p)
{
    sso_epoch_table_t *table = apr_pcalloc(p, sizeof(*table));
    apr_size_t header_bytes = (sizeof(header_t) + 63) / 64 * 64, bytes = slots * sizeof(slot_t);
    apr_shm_t *memory;
    apr_status_t status =
        apr_generate_random_bytes((unsigned char *)&table->factor, sizeof(table->factor));
    char *at;

    /* Anonymous memory is zero, and takes room only where it is written. */
    if (status != APR_SUCCESS ||
        (status = apr_shm_create(&memory, header_bytes + 2 * bytes, NULL, p)) != APR_SUCCESS)
        return status;
    at = apr_shm_baseaddr_get(memory);
    table->header = (header_t *)(void *)at;
    table->slots[0] = (slot_t *)(void *)(at + header_bytes);
    table->slots[1] = (slot_t *)(void *)(at + header_bytes + bytes);
    table->size = slots;
    table->factor |= 1;
    table->shift = __builtin_clzll(slots) + 1;
    *made = table;
    return APR_SUCCESS;
}

static apr_uint64_t place_of(const sso_epoch_table_t *table, apr_uint64_t tag)
{
    return (tag * table->factor) >> table->shift;
}

static void raise_to(apr_time_t *at, apr_time_t least)
{
    apr_time_t there = sso_load(at);

    while (there < least && !sso_swap(at, there, least))
        there = sso_load(at);
}

static int half_of(const sso_epoch_table_t *table, sso_epoch_half_t half)
{
    return (int)((sso_load(&table->header->generation) + (half == SSO_EPOCHS_FILLED)) & 1);
}

static bool check_of(const char *kind, const char *text, apr_uint64_t *check)
{
    unsigned char digest[SSO_IMPRINT_DIGEST];

    *check = 0;
    if (!sso_imprint_digest(kind, text, digest))
        return false;
    for (int i = 0; i < 8; i++)
        *check = *check << 8 | digest[i];
    return true;
}

bool sso_epoch_make(sso_epoch_t *epoch, const char *kind, const char *text, apr_time_t at)
{
    epoch->tag = sso_imprint_tag(kind, text);
    epoch->at = at;
    return check_of(kind, text, &epoch->check);
}

static apr_time_t find(const sso_epoch_table_t *table, int half, apr_uint64_t tag, const char *kind,
                       const char *text, apr_time_t after)
{
    const slot_t *slots = table->slots[half];
    apr_uint64_t i = place_of(table, tag), there, check = 0;
    bool is_hashed = false, is_known = true;
    apr_time_t found = after;

    for (apr_uint64_t n = 0; n < table->size; n++, i = (i + 1) & (table->size - 1)) {
        apr_time_t at;

        if ((there = sso_load(&slots[i].tag)) == 0)
            break;
        if (there != tag || (at = sso_load(&slots[i].at)) <= found)
            continue;
        if (!is_hashed) {
            is_known = check_of(kind, text, &check);
            is_hashed = true;
        }
        /* Without the digest the tag decides: rather one too many signs in again. */
        if (!is_known || sso_load(&slots[i].check) == check)
            found = at;
    }
    return found;
}

apr_time_t sso_epoch_table_get(const sso_epoch_table_t *table, const char *kind, const char *text,
                               apr_time_t after)
{
    const header_t *header = table->header;
    apr_uint64_t tag = sso_imprint_tag(kind, text), generation = sso_load(&header->generation),
                 before;
    apr_time_t found, floor;

    /* Again if the halves changed places meanwhile, which they do once a minute at most. */
    do {
        before = generation;
        found = find(table, (int)(before & 1), tag, kind, text, after);
        floor = sso_load(&header->halves[before & 1].floor);
        generation = sso_load(&header->generation);
    } while (generation != before);
    if (floor > found)
        found = floor;
    return found > after ? found : 0;
}

/* Find the slot of an epoch, or take an empty one if fewer than `most` are in use. */
static bool put(sso_epoch_table_t *table, int half, sso_epoch_t epoch, apr_uint64_t most)
{
    apr_uint64_t *used = &table->header->halves[half].used;
    apr_uint64_t i = place_of(table, epoch.tag);

    for (;; i = (i + 1) & (table->size - 1)) {
        slot_t *slot = &table->slots[half][i];
        apr_uint64_t there = sso_load(&slot->tag);

        if (there == 0) {
            if (sso_load(used) >= most)
                return false;
            if (sso_swap(&slot->tag, 0, epoch.tag)) {
                sso_count(used);
                sso_store(&slot->check, epoch.check);
                sso_store(&slot->at, epoch.at);
                return true;
            }
            there = sso_load(&slot->tag);
        }
        /* One that is being filled just now may get a second slot: readers look at both. */
        if (there == epoch.tag && sso_load(&slot->at) != 0 &&
            sso_load(&slot->check) == epoch.check) {
            raise_to(&slot->at, epoch.at);
            return true;
        }
    }
}

bool sso_epoch_table_put(sso_epoch_table_t *table, sso_epoch_half_t which, sso_epoch_t epoch,
                         int eighths)
{
    int half = half_of(table, which);

    if (put(table, half, epoch, table->size / 8 * (apr_uint64_t)eighths))
        return true;
    raise_to(&table->header->halves[half].floor, epoch.at);
    return false;
}

void sso_epoch_table_clear(sso_epoch_table_t *table)
{
    int half = half_of(table, SSO_EPOCHS_FILLED);
    half_t *header = &table->header->halves[half];

    for (apr_uint64_t i = 0; sso_load(&header->used) > 0 && i < table->size; i++) {
        sso_store(&table->slots[half][i].tag, 0);
        sso_store(&table->slots[half][i].at, 0);
    }
    sso_store(&header->used, 0);
    sso_store(&header->floor, 0);
}

void sso_epoch_table_swap(sso_epoch_table_t *table)
{
    sso_store(&table->header->generation, sso_load(&table->header->generation) + 1);
}

apr_uint64_t sso_epoch_table_used(const sso_epoch_table_t *table)
{
    return sso_load(&table->header->halves[half_of(table, SSO_EPOCHS_READ)].used);
}

apr_uint64_t sso_epoch_table_slots(const sso_epoch_table_t *table)
{
    return table->size;
}

apr_time_t sso_epoch_table_floor(const sso_epoch_table_t *table)
{
    return sso_load(&table->header->halves[half_of(table, SSO_EPOCHS_READ)].floor);
}
