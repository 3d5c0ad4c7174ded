/* SPDX-License-Identifier: Apache-2.0 */
/* lookup_bench.c -- a cold look-up beside a bare client's round trip of the same query.
 *
 *   lookup_bench mysql|pgsql "PARAMETERS"      microseconds: look-up, round trip; a line per round
 *
 * The database holds Moodle's tables with sessions bench0000000 to bench0099999. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_dbd.h>
#include <apr_general.h>
#include <apr_strings.h>

#include "io/lookup.h"
#include "sso/definition.h"

#define BLOCK  500
#define ROUNDS 20

static void say(void *context, bool is_good, const char *text)
{
    fprintf(stderr, "%s\n", text);
}

static sso_options_t options(apr_pool_t *p)
{
    sso_options_t made = {apr_table_make(p, 4), p};

    return made;
}

static sso_world_t *make_world(const char *driver, const char *parameters, sso_source_t **source,
                               sso_database_t **database, apr_pool_t *p)
{
    sso_inventory_t *inventory = apr_pcalloc(p, sizeof(*inventory));
    sso_options_t none = options(p), keys = options(p);
    sso_definitions_t definitions = {apr_hash_make(p), apr_hash_make(p), &inventory->breakers};
    sso_world_t *world;

    sso_options_add(&keys, "database=m");
    if (sso_database_make("m", driver, parameters, &none, database) ||
        sso_source_make("moodle", "moodle", &keys, source))
        abort();
    (*database)->breaker = inventory->breakers++;
    apr_hash_set(definitions.databases, "m", APR_HASH_KEY_STRING, *database);
    if (sso_database_load((*database)->dialect, p) || (*source)->kind->freeze(*source, &definitions, p))
        abort();
    inventory->databases = apr_array_make(p, 1, sizeof(void *));
    inventory->redises = apr_array_make(p, 1, sizeof(void *));
    inventory->sources = apr_array_make(p, 1, sizeof(void *));
    APR_ARRAY_PUSH(inventory->databases, void *) = *database;
    APR_ARRAY_PUSH(inventory->sources, void *) = *source;
    inventory->cache_bytes = 64 << 20;
    inventory->ttl_known = inventory->ttl_unknown = apr_time_from_sec(600);
    inventory->workers = 64;
    if (sso_world_create(&world, inventory, p) || sso_world_enter(world))
        abort();
    world->say = say;
    return world;
}

static const char *sid(int n, apr_pool_t *p)
{
    return apr_psprintf(p, "bench%07d", n);
}

static double look_up(sso_world_t *world, const sso_source_t *source, int *next, apr_pool_t *p)
{
    apr_time_t began = apr_time_now();

    for (int i = 0; i < BLOCK; i++, (*next)++) {
        sso_credential_t credential = {"c", sso_span(sid(*next, p)), false};
        sso_identity_t *who = NULL;
        sso_access_t access;
        bool cached;

        sso_access_init(&access, world, apr_time_now());
        if (access.io.lookup(&access.io, source, &credential, &who, &cached, p) != NULL || cached)
            abort();
    }
    return (double)(apr_time_now() - began) / BLOCK;
}

typedef struct client_t {
    const apr_dbd_driver_t *driver;
    apr_dbd_t *handle;
    apr_dbd_prepared_t *prepared;
    int random;
} client_t;

static double round_trip(client_t *client, int *next, apr_pool_t *p)
{
    apr_time_t began = apr_time_now();

    for (int i = 0; i < BLOCK; i++, (*next)++) {
        const char *argument = sid(*next, p);
        apr_dbd_results_t *results = NULL;
        apr_dbd_row_t *row = NULL;

        if (apr_dbd_pselect(client->driver, p, client->handle, &results, client->prepared,
                            client->random, 1, &argument) != 0)
            abort();
        while (apr_dbd_get_row(client->driver, p, results, &row, -1) == 0) {
            if (apr_dbd_get_entry(client->driver, row, 0) == NULL)
                abort();
        }
    }
    return (double)(apr_time_now() - began) / BLOCK;
}

int main(int argc, char **argv)
{
    apr_pool_t *p, *temporary;
    sso_source_t *source;
    sso_database_t *database;
    sso_world_t *world;
    client_t client = {0};
    int next = 0;

    apr_initialize();
    apr_pool_create(&p, NULL);
    apr_pool_create(&temporary, p);
    if (argc != 3)
        return 2;
    world = make_world(argv[1], argv[2], &source, &database, p);
    client.random = database->dialect == SSO_PGSQL;
    if (apr_dbd_get_driver(p, argv[1], &client.driver) ||
        apr_dbd_open(client.driver, p, argv[2], &client.handle) ||
        apr_dbd_prepare(client.driver, p, client.handle,
                        APR_ARRAY_IDX(database->statements, 0, const char *), "bench",
                        &client.prepared))
        abort();
    for (int round = 0; round <= ROUNDS; round++) {
        double ours = look_up(world, source, &next, temporary);
        double bare = round_trip(&client, &next, temporary);
        apr_pool_clear(temporary);
        if (round > 0) /* the first opens the connection */
            printf("%.2f %.2f\n", ours, bare);
    }
    return 0;
}
