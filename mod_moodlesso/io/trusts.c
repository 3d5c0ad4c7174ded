/* SPDX-License-Identifier: Apache-2.0 */
/* trusts.c -- what is known of issuers, for every thread of the node. */
#include "io/trusts.h"

#include <pthread.h>

#include <apr_hash.h>
#include <apr_shm.h>
#include <apr_strings.h>

#include "io/http.h"
#include "io/shared.h"
#include "io/trust_file.h"

#define PATIENCE  apr_time_from_sec(5)    /* for one question */
#define RETRY_MAX apr_time_from_sec(300)  /* between failures in a row */
#define EARLY     apr_time_from_sec(300)  /* between two questions because of an unknown key */
#define AGE       apr_time_from_sec(3600) /* of what says nothing of its age */
#define AGE_MIN   apr_time_from_sec(300)
#define AGE_MAX   apr_time_from_sec(86400)
#define RETIRED   apr_time_from_sec(600) /* how long a replaced snapshot is kept */

/* Of one issuer, for the whole node. Written with the atomics of io/shared.h. */
typedef struct shared_t {
    apr_uint64_t generation; /* of the file; 0: not written by this run of the server */
    apr_time_t next;         /* when it is to be asked; 0: not decided */
    apr_time_t early;        /* when it was last wanted early */
    apr_uint32_t failures;   /* in a row */
} shared_t;

/* A snapshot that was replaced, until nobody can use it any more. */
typedef struct retired_t {
    apr_pool_t *p;
    apr_time_t since;
    struct retired_t *next;
} retired_t;

/* Of one issuer, in this process. */
typedef struct slot_t {
    const sso_issuer_t *issuer;
    const char *path; /* of its file */
    const sso_trust_t *current;
    apr_time_t fresh_until;
    apr_pool_t *p; /* of `current` */
    apr_uint64_t generation;
    retired_t *retired;
} slot_t;

struct sso_trusts_t {
    int count;
    shared_t *shared; /* by place */
    slot_t *slots;    /* by place; `current` is read without the lock */
    pthread_mutex_t lock;
};

/* Two virtual hosts may each have an issuer of one name. */
static const char *path_of(const char *folder, const sso_issuer_t *issuer, apr_pool_t *p)
{
    const char *urls = apr_pstrcat(p, issuer->metadata_url ? issuer->metadata_url : "", " ",
                                   issuer->jwks_url ? issuer->jwks_url : "", NULL);
    apr_ssize_t length = APR_HASH_KEY_STRING;

    return apr_psprintf(p, "%s/trust-%s-%08x.json", folder, issuer->name,
                        apr_hashfunc_default(urls, &length));
}

apr_status_t sso_trusts_create(sso_trusts_t **made, const apr_array_header_t *issuers,
                               const char *folder, apr_pool_t *p)
{
    sso_trusts_t *trusts = apr_pcalloc(p, sizeof(*trusts));
    apr_size_t bytes = sizeof(shared_t) * (apr_size_t)(issuers->nelts + 1);
    apr_shm_t *memory;
    apr_status_t status = apr_shm_create(&memory, bytes, NULL, p);

    if (status != APR_SUCCESS)
        return status;
    trusts->count = issuers->nelts;
    trusts->shared = memset(apr_shm_baseaddr_get(memory), 0, bytes);
    trusts->slots = apr_pcalloc(p, sizeof(slot_t) * (apr_size_t)(issuers->nelts + 1));
    for (int i = 0; i < issuers->nelts; i++) {
        slot_t *slot = &trusts->slots[i];

        slot->issuer = APR_ARRAY_IDX(issuers, i, const sso_issuer_t *);
        slot->path = folder ? path_of(folder, slot->issuer, p) : NULL;
    }
    pthread_mutex_init(&trusts->lock, NULL);
    *made = trusts;
    return APR_SUCCESS;
}

static int place_of(const sso_trusts_t *trusts, const sso_issuer_t *issuer)
{
    for (int i = 0; i < trusts->count; i++) {
        if (trusts->slots[i].issuer == issuer)
            return i;
    }
    return -1;
}

/* Destroy what nobody has seen for long. */
static void clear_retired(slot_t *slot, apr_time_t now)
{
    retired_t **at = &slot->retired;

    while (*at != NULL) {
        retired_t *one = *at;

        if (now - one->since < RETIRED) {
            at = &one->next;
            continue;
        }
        *at = one->next;
        apr_pool_destroy(one->p);
    }
}

/* The new snapshot is complete when other threads see it; the old one stays for a while. */
static void replace(slot_t *slot, const sso_trust_t *trust, apr_pool_t *p)
{
    apr_time_t now = apr_time_now();
    retired_t *old;

    clear_retired(slot, now);
    if (slot->p != NULL) {
        old = apr_pcalloc(slot->p, sizeof(*old));
        old->p = slot->p;
        old->since = now;
        old->next = slot->retired;
        slot->retired = old;
    }
    slot->p = p;
    sso_store(&slot->current, trust);
}

/* A file that is missing or damaged changes nothing: the issuer will be asked. */
static void read_file(slot_t *slot)
{
    const sso_trust_t *trust = NULL;
    sso_trust_copy_t copy;
    const char *sentence;
    apr_pool_t *p;

    if (slot->path == NULL || apr_pool_create_unmanaged_ex(&p, NULL, NULL) != APR_SUCCESS)
        return;
    if (sso_trust_file_read(slot->path, &copy, p) == APR_SUCCESS)
        trust = sso_trust_judge(&copy, slot->issuer, &sentence, p);
    if (trust == NULL) {
        apr_pool_destroy(p);
        return;
    }
    slot->fresh_until = copy.fresh_until;
    replace(slot, trust, p);
}

apr_status_t sso_trusts_enter(sso_trusts_t *trusts)
{
    for (int i = 0; i < trusts->count; i++) {
        trusts->slots[i].generation = sso_load(&trusts->shared[i].generation);
        read_file(&trusts->slots[i]);
    }
    return APR_SUCCESS;
}

void sso_trusts_follow(sso_trusts_t *trusts)
{
    for (int i = 0; i < trusts->count; i++) {
        apr_uint64_t generation = sso_load(&trusts->shared[i].generation);

        pthread_mutex_lock(&trusts->lock);
        if (trusts->slots[i].generation != generation) {
            sso_store(&trusts->slots[i].generation, generation);
            read_file(&trusts->slots[i]);
        }
        pthread_mutex_unlock(&trusts->lock);
    }
}

const sso_trust_t *sso_trusts_get(sso_trusts_t *trusts, const sso_issuer_t *issuer)
{
    int place = place_of(trusts, issuer);

    return place < 0 ? NULL : sso_load(&trusts->slots[place].current);
}

void sso_trusts_want(sso_trusts_t *trusts, const sso_issuer_t *issuer, apr_time_t now)
{
    int place = place_of(trusts, issuer);
    apr_time_t last;

    if (place < 0)
        return;
    last = sso_load(&trusts->shared[place].early);
    if (now - last >= EARLY && sso_swap(&trusts->shared[place].early, last, now))
        sso_store(&trusts->shared[place].next, now);
}

sso_trust_state_t sso_trusts_state(sso_trusts_t *trusts, const sso_issuer_t *issuer)
{
    int place = place_of(trusts, issuer);
    const sso_trust_t *trust = sso_trusts_get(trusts, issuer);
    sso_trust_state_t state = {0, 0, 0, 0};

    if (place < 0)
        return state;
    state.next = sso_load(&trusts->shared[place].next);
    state.failures = (int)sso_load(&trusts->shared[place].failures);
    state.fetched = trust ? trust->fetched : 0;
    state.keys = trust ? trust->keys->count : 0;
    return state;
}

/* -- asking
 * ---------------------------------------------------------------------------------------- */

/* One round of asking. */
typedef struct round_t {
    apr_time_t now;
    sso_say_t *say;
    void *context;
} round_t;

/* Up to a tenth more or less, so that nodes do not ask together. */
static apr_interval_time_t with_jitter(apr_interval_time_t time)
{
    unsigned random = 0;

    apr_generate_random_bytes((unsigned char *)&random, sizeof(random));
    return time - time / 10 + (apr_interval_time_t)(random % 1000) * (time / 5) / 1000;
}

static const char *fetch(const char *url, const char *ca, apr_size_t max, sso_exchange_t *exchange,
                         apr_pool_t *p)
{
    static const char *const headers[] = {"Accept: application/json", NULL};
    const char *why = NULL;
    apr_status_t status;

    *exchange = (sso_exchange_t){.method = "GET", .url = url, .headers = headers, .ca = ca};
    exchange->max_body = max;
    status = sso_http_exchange(exchange, apr_time_now() + PATIENCE, &why, p);
    if (status != APR_SUCCESS)
        return apr_psprintf(p, "%s: %s", url, why ? why : sso_http_error(status)->sentence);
    if (exchange->status != 200)
        return apr_psprintf(p, "%s answers with status %d", url, exchange->status);
    return NULL;
}

static apr_interval_time_t age_of(const sso_exchange_t *exchange)
{
    apr_interval_time_t age = exchange->max_age < 0 ? AGE : AGE_MAX;

    if (exchange->max_age >= 0 && exchange->max_age < apr_time_sec(AGE_MAX))
        age = apr_time_from_sec(exchange->max_age);
    return age < AGE_MIN ? AGE_MIN : age;
}

/* Ask for metadata, then for keys; answers a sentence when something is wrong. */
static const char *ask(const sso_issuer_t *issuer, apr_time_t now, sso_trust_copy_t *copy,
                       apr_pool_t *p)
{
    const char *keys_url = issuer->jwks_url, *sentence;
    sso_exchange_t exchange;
    sso_trust_t trust = {0};

    memset(copy, 0, sizeof(*copy));
    if (issuer->metadata_url != NULL) {
        if ((sentence = fetch(issuer->metadata_url, issuer->ca, SSO_METADATA_MAX, &exchange, p)) ||
            (sentence = sso_trust_read(exchange.body, issuer, &trust, p)))
            return sentence;
        copy->metadata = exchange.body;
        keys_url = keys_url ? keys_url : trust.jwks_url;
    }
    if ((sentence = fetch(keys_url, issuer->ca, SSO_JWKS_MAX, &exchange, p)))
        return sentence;
    copy->keys = exchange.body;
    copy->fetched = now;
    copy->fresh_until = copy->fetched + age_of(&exchange);
    return NULL;
}

static void note_failure(sso_trusts_t *trusts, int place, const char *sentence,
                         const round_t *round, apr_pool_t *p)
{
    shared_t *shared = &trusts->shared[place];
    apr_uint32_t failures = sso_load(&shared->failures);
    apr_interval_time_t pause = failures < 9 ? apr_time_from_sec(1) << failures : RETRY_MAX;

    if (pause > RETRY_MAX)
        pause = RETRY_MAX;
    sso_store(&shared->failures, failures + 1);
    sso_store(&shared->next, round->now + with_jitter(pause));
    if (failures == 0)
        round->say(round->context, false,
                   apr_psprintf(p, "issuer %s: %s; %s", trusts->slots[place].issuer->name, sentence,
                                trusts->slots[place].current
                                    ? "its last good keys stay in force"
                                    : "until it answers its tokens are TRUST_MISSING (503)"));
}

static void note_success(sso_trusts_t *trusts, int place, apr_time_t fresh_until,
                         const round_t *round, apr_pool_t *p)
{
    shared_t *shared = &trusts->shared[place];

    if (sso_load(&shared->failures) > 0)
        round->say(round->context, true,
                   apr_psprintf(p, "issuer %s answers again", trusts->slots[place].issuer->name));
    sso_store(&shared->failures, 0);
    sso_store(&shared->next, round->now + with_jitter(fresh_until - round->now));
}

/* In force here when the others can read it: nobody is known to one process alone. */
static void put_in_force(sso_trusts_t *trusts, int place, const sso_trust_t *trust,
                         apr_time_t fresh_until, apr_pool_t *p)
{
    slot_t *slot = &trusts->slots[place];

    pthread_mutex_lock(&trusts->lock);
    slot->fresh_until = fresh_until;
    sso_store(&slot->generation, sso_count(&trusts->shared[place].generation) + 1);
    replace(slot, trust, p);
    pthread_mutex_unlock(&trusts->lock);
}

/* Ask one issuer. The new snapshot lives in a pool of its own, and so does all that was said. */
static void refresh(sso_trusts_t *trusts, int place, const round_t *round)
{
    const slot_t *slot = &trusts->slots[place];
    const sso_trust_t *trust = NULL;
    sso_trust_copy_t copy;
    const char *sentence;
    apr_pool_t *p;

    if (apr_pool_create_unmanaged_ex(&p, NULL, NULL) != APR_SUCCESS)
        return;
    sentence = ask(slot->issuer, round->now, &copy, p);
    if (sentence == NULL)
        trust = sso_trust_judge(&copy, slot->issuer, &sentence, p);
    if (trust == NULL) {
        /* Of a process that ends it says nothing: the next one asks again at once. */
        if (!sso_http_is_stopped())
            note_failure(trusts, place, sentence, round, p);
        apr_pool_destroy(p);
        return;
    }
    if (slot->path != NULL && sso_trust_file_write(slot->path, &copy, p) != APR_SUCCESS)
        round->say(round->context, false,
                   apr_psprintf(p,
                                "issuer %s: %s cannot be written; other processes, and the next "
                                "start, do not get its keys",
                                slot->issuer->name, slot->path));
    note_success(trusts, place, copy.fresh_until, round, p);
    put_in_force(trusts, place, trust, copy.fresh_until, p);
}

void sso_trusts_refresh(sso_trusts_t *trusts, apr_time_t now, sso_say_t *say, void *context)
{
    const round_t round = {now, say, context};

    for (int i = 0; i < trusts->count; i++) {
        shared_t *shared = &trusts->shared[i];
        apr_time_t next = sso_load(&shared->next);

        /* After a start: what the file says is asked again when its time has come. */
        if (next == 0) {
            next = trusts->slots[i].current ? trusts->slots[i].fresh_until : 1;
            sso_swap(&shared->next, 0, next);
        }
        if (next <= now)
            refresh(trusts, i, &round);
    }
}
