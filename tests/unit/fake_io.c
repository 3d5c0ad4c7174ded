/* SPDX-License-Identifier: Apache-2.0 */
/* fake_io.c -- an sso_io_t that plays a script, in order, and fails the test on anything else. */
#include "runner.h"

#include "fake_io.h"
#include "sso/pipeline.h"

static sso_database_t *last_database;

static const fake_step_t *play(sso_io_t *io, const char *what)
{
    fake_io_t *fake = (fake_io_t *)io;
    const fake_step_t *step;

    if (fake->next == fake->count)
        fail_msg("unscripted: %s", what);
    step = &fake->steps[fake->next++];
    if (strstr(what, step->expect) == NULL)
        fail_msg("step %d: \"%s\" is not in \"%s\"", fake->next, step->expect, what);
    return step;
}

static apr_status_t query(sso_io_t *io, const sso_statement_t *statement,
                          const char *const *arguments, const char **row, apr_pool_t *p)
{
    const fake_step_t *step =
        play(io, APR_ARRAY_IDX(statement->database->statements, statement->number, const char *));

    if (step->argument != NULL)
        assert_string_equal(arguments[0], step->argument);
    for (int i = 0; step->row != NULL && i < statement->columns; i++)
        row[i] = step->row[i] && *step->row[i] ? step->row[i] : NULL;
    return step->status;
}

static apr_status_t each(sso_io_t *io, const sso_statement_t *statement,
                         const char *const *arguments, const sso_reader_t *reader, apr_pool_t *p)
{
    const fake_step_t *step =
        play(io, APR_ARRAY_IDX(statement->database->statements, statement->number, const char *));

    if (step->argument != NULL)
        assert_string_equal(arguments[0], step->argument);
    for (int i = 0; i < step->rows; i++)
        reader->row(reader->context, step->row + i * statement->columns);
    return step->status;
}

/* Steps of links: "find SUBJECT", "add SUBJECT USERNAME made|found", "of USERNAME", "touch
 * SUBJECT".
 */
static apr_status_t link_find(sso_io_t *io, const char *issuer, const char *subject,
                              sso_linked_t *linked, apr_pool_t *p)
{
    const fake_step_t *step = play(io, apr_pstrcat(p, "find ", subject, NULL));

    if (step->status == APR_SUCCESS)
        *linked = (sso_linked_t){.username = step->row[0],
                                 .used = step->rows ? FAKE_NOW : 0,
                                 .active_subject = step->row[1]};
    return step->status;
}

static apr_status_t link_add(sso_io_t *io, const sso_link_t *link, bool *added, apr_pool_t *p)
{
    const fake_step_t *step = play(io, apr_pstrcat(p, "add ", link->subject, " ", link->username,
                                                   link->is_made ? " made" : " found", NULL));

    *added = step->rows > 0;
    return step->status;
}

static apr_status_t links_of(sso_io_t *io, const char *username, apr_array_header_t **links,
                             apr_pool_t *p)
{
    const fake_step_t *step = play(io, apr_pstrcat(p, "of ", username, NULL));

    *links = apr_array_make(p, 4, sizeof(sso_link_t));
    for (int i = 0; i < step->rows; i++)
        apr_array_push(*links);
    return step->status;
}

static apr_status_t link_touch(sso_io_t *io, const char *issuer, const char *subject, apr_pool_t *p)
{
    return play(io, apr_pstrcat(p, "touch ", subject, NULL))->status;
}

static apr_status_t change(sso_io_t *io, const sso_statement_t *statement,
                           const char *const *arguments, apr_pool_t *p)
{
    const fake_step_t *step =
        play(io, APR_ARRAY_IDX(statement->database->statements, statement->number, const char *));

    if (step->argument != NULL)
        assert_string_equal(arguments[0], step->argument);
    return step->status;
}

static apr_status_t hash_change(sso_io_t *io, const sso_redis_t *redis, const char *const *words,
                                int count, apr_pool_t *p)
{
    const char *command = words[0];

    for (int i = 1; i < count; i++)
        command = apr_pstrcat(p, command, " ", words[i], NULL);
    return play(io, command)->status;
}

static apr_status_t hash_get(sso_io_t *io, const sso_redis_t *redis, const char *key,
                             const char *const *fields, int count, sso_span_t *values,
                             apr_pool_t *p)
{
    const fake_step_t *step = play(io, key);

    for (int i = 0; step->values != NULL && i < count; i++)
        values[i] = step->values[i];
    return step->status;
}

static apr_status_t http(sso_io_t *io, sso_exchange_t *exchange, apr_pool_t *p)
{
    fake_io_t *fake = (fake_io_t *)io;
    const fake_step_t *step = play(io, apr_pstrcat(p, exchange->method, " ", exchange->url, NULL));

    if (step->argument != NULL && strstr(exchange->post, step->argument) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", step->argument, exchange->post);
    fake->cookie = exchange->cookie;
    fake->headers = "";
    for (int i = 0; exchange->headers && exchange->headers[i]; i++)
        fake->headers = apr_pstrcat(p, fake->headers, exchange->headers[i], "\n", NULL);
    exchange->status = step->http_status;
    exchange->location = step->location;
    exchange->set_cookie = exchange->wanted_cookie ? step->set_cookie : NULL;
    exchange->body = sso_span(step->body);
    return step->status;
}

static bool is_over(sso_io_t *io, const char *kind, const char *text, apr_time_t began)
{
    const fake_io_t *fake = (const fake_io_t *)io;

    return fake->ended != NULL && strcmp(fake->ended, kind) == 0 && began <= fake->ended_at;
}

static bool is_off(sso_io_t *io, const sso_source_t *source)
{
    return ((const fake_io_t *)io)->is_off;
}

static bool is_noted(sso_io_t *io, const char *text, apr_pool_t *p)
{
    const fake_io_t *fake = (const fake_io_t *)io;

    return fake->noted != NULL && strcmp(fake->noted, text) == 0;
}

static void note(sso_io_t *io, const char *text, apr_interval_time_t keep, apr_pool_t *p)
{
    fake_io_t *fake = (fake_io_t *)io;

    fake->noted = text;
    fake->noted_for = keep;
}

static const sso_trust_t *trust(sso_io_t *io, const sso_issuer_t *issuer)
{
    const fake_io_t *fake = (const fake_io_t *)io;

    for (int i = 0; i < fake->trust_count; i++) {
        if (strcmp(fake->trusts[i].issuer, issuer->name) == 0)
            return fake->trusts[i].trust;
    }
    return NULL;
}

static void want_trust(sso_io_t *io, const sso_issuer_t *issuer)
{
    fake_io_t *fake = (fake_io_t *)io;

    fake->wanted = issuer->name;
    fake->wanted_count++;
}

static const sso_error_t *lookup(sso_io_t *io, const sso_source_t *source,
                                 const sso_credential_t *credential, sso_identity_t **who,
                                 bool *cached, apr_pool_t *p)
{
    *cached = false;
    return sso_source_resolve(source, credential, io, who, p);
}

void fake_io_init(fake_io_t *fake, const fake_step_t *steps, int count)
{
    memset(fake, 0, sizeof(*fake));
    fake->io = (sso_io_t){.now = FAKE_NOW,
                          .deadline = FAKE_NOW,
                          .lookup = lookup,
                          .query = query,
                          .is_off = is_off,
                          .is_noted = is_noted,
                          .note = note,
                          .each = each,
                          .link_find = link_find,
                          .link_add = link_add,
                          .links_of = links_of,
                          .link_touch = link_touch,
                          .hash_get = hash_get,
                          .change = change,
                          .hash_change = hash_change,
                          .http = http,
                          .trust = trust,
                          .want_trust = want_trust,
                          .is_over = is_over};
    fake->steps = steps;
    fake->count = count;
}

void fake_io_done(const fake_io_t *fake)
{
    if (fake->next != fake->count)
        fail_msg("%d of %d steps were played", fake->next, fake->count);
}

sso_definitions_t fake_definitions(sso_dialect_t dialect, apr_pool_t *p)
{
    static int breakers;
    sso_definitions_t definitions = {apr_hash_make(p), apr_hash_make(p), &breakers};
    sso_database_t *database = apr_pcalloc(p, sizeof(*database));
    sso_redis_t *redis = apr_pcalloc(p, sizeof(*redis));

    database->name = "db";
    database->dialect = dialect;
    database->timeout = apr_time_from_sec(2);
    database->statements = apr_array_make(p, 4, sizeof(const char *));
    redis->name = "sessions";
    redis->timeout = 100000;
    apr_hash_set(definitions.databases, "db", APR_HASH_KEY_STRING, database);
    apr_hash_set(definitions.redises, "sessions", APR_HASH_KEY_STRING, redis);
    last_database = database;
    return definitions;
}

static const char *make(const char *kind, const char *options, sso_dialect_t dialect,
                        sso_source_t **source, apr_pool_t *p)
{
    sso_definitions_t definitions = fake_definitions(dialect, p);
    sso_options_t taken = {apr_table_make(p, 8), p};
    sso_span_t rest = sso_span(options), word;
    const char *sentence;

    while (sso_span_word(&rest, &word)) {
        if ((sentence = sso_options_add(&taken, apr_pstrmemdup(p, word.at, word.len))))
            return sentence;
    }
    if ((sentence = sso_source_make("src", kind, &taken, source)))
        return sentence;
    return (*source)->kind->freeze(*source, &definitions, p);
}

sso_source_t *fake_source(const char *kind, const char *options, sso_dialect_t dialect,
                          apr_pool_t *p)
{
    sso_source_t *source = NULL;
    const char *sentence = make(kind, options, dialect, &source, p);

    if (sentence != NULL)
        fail_msg("%s", sentence);
    return source;
}

const char *fake_source_sentence(const char *kind, const char *options, apr_pool_t *p)
{
    sso_source_t *source;

    return make(kind, options, SSO_MYSQL, &source, p);
}

const char *fake_sql(int n)
{
    return APR_ARRAY_IDX(last_database->statements, n, const char *);
}

/* What a source finds is never denied by the look at its sign. */
static const sso_error_t *find(const sso_source_t *source, const sso_request_t *request,
                               sso_credential_t *credential, apr_pool_t *p)
{
    const sso_error_t *error = source->kind->find(source, request, credential, p);

    if (error == NULL || error->code != SSO_NO_CREDENTIAL)
        assert_true(sso_may_identify(&source, 1, request));
    return error;
}

const sso_error_t *fake_ask(const sso_source_t *source, fake_io_t *fake, const char *cookies,
                            bool https, sso_identity_t **who, apr_pool_t *p)
{
    sso_request_t request = {cookies, https, FAKE_NOW};
    sso_credential_t credential = {0};

    SSO_TRY(find(source, &request, &credential, p));
    return sso_source_resolve(source, &credential, &fake->io, who, p);
}

const sso_error_t *fake_ask_bearer(const sso_source_t *source, fake_io_t *fake,
                                   const char *authorization, sso_identity_t **who, apr_pool_t *p)
{
    sso_request_t request = {.authorization = authorization, .now = FAKE_NOW};
    sso_credential_t credential = {0};

    SSO_TRY(find(source, &request, &credential, p));
    return sso_source_resolve(source, &credential, &fake->io, who, p);
}
