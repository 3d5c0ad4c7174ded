/* SPDX-License-Identifier: Apache-2.0 */
/* http.c -- one HTTP request through libcurl: verified, bounded, no redirects, no cookies kept. */
#include "io/http.h"

#include <pthread.h>
#include <string.h>

#include <apr_date.h>
#include <apr_strings.h>
#include <curl/curl.h>

#include "base/set_cookie.h"
#include "io/shared.h"

#define MAX_IDLE   8 /* handles kept, for the connections they keep */
#define MAX_FIELDS 100

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static CURL *idle[MAX_IDLE];
static int idle_count;
static int is_stopped;

void sso_http_init(void)
{
    sso_store(&is_stopped, 0);
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

void sso_http_stop(void)
{
    sso_store(&is_stopped, 1);
}

bool sso_http_is_stopped(void)
{
    return sso_load(&is_stopped) != 0;
}

/* Called once a second, or more often; ends the exchange when it does not answer 0. */
static int go_on(void *context, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
                 curl_off_t up)
{
    return sso_load(&is_stopped);
}

static CURL *take_handle(void)
{
    CURL *handle = NULL;

    pthread_mutex_lock(&lock);
    if (idle_count > 0)
        handle = idle[--idle_count];
    pthread_mutex_unlock(&lock);
    return handle ? handle : curl_easy_init();
}

static void give_back(CURL *handle)
{
    /* Options go, connections and their TLS sessions stay. */
    curl_easy_reset(handle);
    pthread_mutex_lock(&lock);
    if (idle_count < MAX_IDLE) {
        idle[idle_count++] = handle;
        handle = NULL;
    }
    pthread_mutex_unlock(&lock);
    if (handle != NULL)
        curl_easy_cleanup(handle);
}

/* The answer so far. */
typedef struct answer_t {
    char *body;
    apr_size_t used, max;
    const char *location;
    apr_int64_t max_age;
    apr_time_t date; /* 0: none came */
    apr_int64_t age; /* seconds it has been in caches */
    const char *wanted_cookie, *set_cookie;
    apr_table_t *fields; /* NULL: not wanted */
    apr_pool_t *p;
} answer_t;

static size_t take_body(char *bytes, size_t size, size_t count, void *of_answer)
{
    answer_t *answer = of_answer;
    apr_size_t length = size * count;

    if (length > answer->max - answer->used)
        return 0;
    memcpy(answer->body + answer->used, bytes, length);
    answer->used += length;
    return length;
}

/* Cut "name:" off a line; false when it is another header. */
static bool cut_name(sso_span_t *line, const char *name)
{
    apr_size_t length = strlen(name);

    if (line->len <= length ||
        !sso_span_equal_nocase((sso_span_t){line->at, length}, sso_span(name)))
        return false;
    *line = sso_span_trim((sso_span_t){line->at + length, line->len - length});
    return true;
}

/* RFC 9111 5.2.2: max-age counts unless the answer is not to be kept. */
static apr_int64_t max_age_of(sso_span_t directives)
{
    static const char name[] = "max-age=";
    apr_int64_t age = -1;
    sso_span_t item;

    while (sso_span_next(&directives, ',', &item)) {
        item = sso_span_trim(item);
        if (sso_span_equal_nocase(item, sso_span("no-store")) ||
            sso_span_equal_nocase(item, sso_span("no-cache")))
            return 0;
        if (cut_name(&item, name) && (!sso_span_integer(item, &age) || age < 0))
            return 0;
    }
    return age;
}

/* RFC 9110 6.6.1: when the message was made. */
static apr_time_t date_of(sso_span_t text, apr_pool_t *p)
{
    apr_time_t date = apr_date_parse_http(apr_pstrmemdup(p, text.at, text.len));

    return date == APR_DATE_BAD ? 0 : date;
}

/* Of several lines the last counts, as in browsers. */
static void take_cookie(answer_t *answer, sso_span_t line)
{
    const char *text = apr_pstrmemdup(answer->p, line.at, line.len);

    if (sso_span_equal(sso_set_cookie_name(text), answer->wanted_cookie))
        answer->set_cookie = text;
}

static void take_field(const answer_t *answer, sso_span_t line)
{
    sso_span_t name;

    if (apr_table_elts(answer->fields)->nelts == MAX_FIELDS || !sso_span_next(&line, ':', &name) ||
        line.at == NULL)
        return;
    line = sso_span_trim(line);
    apr_table_addn(answer->fields, apr_pstrmemdup(answer->p, name.at, name.len),
                   apr_pstrmemdup(answer->p, line.at, line.len));
}

static size_t take_header(char *bytes, size_t size, size_t count, void *of_answer)
{
    answer_t *answer = of_answer;
    sso_span_t line = {bytes, size * count};

    if (answer->fields != NULL)
        take_field(answer, line);
    if (cut_name(&line, "location:"))
        answer->location = apr_pstrmemdup(answer->p, line.at, line.len);
    else if (cut_name(&line, "cache-control:"))
        answer->max_age = max_age_of(line);
    else if (cut_name(&line, "date:"))
        answer->date = date_of(line, answer->p);
    else if (cut_name(&line, "age:") && !sso_span_integer(line, &answer->age))
        answer->age = 0;
    else if (answer->wanted_cookie != NULL && cut_name(&line, "set-cookie:"))
        take_cookie(answer, line);
    return size * count;
}

static void allow_http_only(CURL *handle)
{
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
}

static void describe(CURL *handle, const sso_exchange_t *exchange, answer_t *answer,
                     struct curl_slist *headers, apr_interval_time_t left)
{
    allow_http_only(handle);
    curl_easy_setopt(handle, CURLOPT_URL, exchange->url);
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, (long)(left / 1000) + 1);
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, (long)(left / 1000) + 1);
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, answer);
    curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(handle, CURLOPT_HEADERDATA, answer);
    curl_easy_setopt(handle, CURLOPT_USERAGENT, "mod_moodlesso");
    curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, go_on);
    curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
    if (exchange->ca != NULL)
        curl_easy_setopt(handle, CURLOPT_CAINFO, exchange->ca);
    if (exchange->cookie != NULL)
        curl_easy_setopt(handle, CURLOPT_COOKIE, exchange->cookie);
    if (strcmp(exchange->method, "HEAD") == 0)
        curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
    if (strcmp(exchange->method, "POST") == 0) {
        const char *body = exchange->post ? exchange->post : "";

        curl_easy_setopt(handle, CURLOPT_POST, 1L);
        curl_easy_setopt(handle, CURLOPT_POSTFIELDS, body);
        curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE, (long)strlen(body));
    }
}

static apr_status_t failure(CURLcode code)
{
    switch ((int)code) {
    case CURLE_OPERATION_TIMEDOUT:
        return SSO_IO_TIMEOUT;
    case CURLE_WRITE_ERROR: /* the body is longer than it may be */
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return SSO_IO_ANSWER;
    default:
        return SSO_IO_DOWN;
    }
}

apr_status_t sso_http_exchange(sso_exchange_t *exchange, apr_time_t deadline, const char **why,
                               apr_pool_t *p)
{
    answer_t answer = {.body = apr_palloc(p, exchange->max_body),
                       .max = exchange->max_body,
                       .max_age = -1,
                       .wanted_cookie = exchange->wanted_cookie,
                       .fields = exchange->fields,
                       .p = p};
    apr_interval_time_t left = deadline - apr_time_now();
    struct curl_slist *headers = NULL;
    CURL *handle;
    CURLcode code;
    long status = 0;

    if (left <= 0)
        return SSO_IO_TIMEOUT;
    if ((handle = take_handle()) == NULL)
        return SSO_IO_DOWN;
    for (int i = 0; exchange->headers != NULL && exchange->headers[i] != NULL; i++)
        headers = curl_slist_append(headers, exchange->headers[i]);
    describe(handle, exchange, &answer, headers, left);
    code = curl_easy_perform(handle);
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    give_back(handle);
    curl_slist_free_all(headers);
    if (code != CURLE_OK) {
        *why = curl_easy_strerror(code);
        return failure(code);
    }
    exchange->status = (int)status;
    exchange->location = answer.location;
    exchange->max_age = answer.max_age;
    exchange->date = answer.date ? answer.date + apr_time_from_sec(answer.age) : 0;
    exchange->set_cookie = answer.set_cookie;
    exchange->body = (sso_span_t){answer.body, answer.used};
    return APR_SUCCESS;
}
