/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include "sso/error.h"
#include "sso/page_files.h"
#include "sso/pages.h"

static sso_pages_t *make(apr_pool_t *p)
{
    const char *sentence;
    sso_pages_t *pages = sso_pages_make(&sentence, p);

    assert_null(sentence);
    return pages;
}

static const char *fill(const sso_pages_t *pages, const char *name, const char *language,
                        const char *values, apr_pool_t *p)
{
    json_t *object = json_loads(values, 0, NULL);
    sso_span_t filled;
    bool good;

    assert_non_null(object);
    good = sso_pages_fill(pages, name, sso_pages_language(pages, language), object, &filled, p);
    json_decref(object);
    return good ? filled.at : NULL;
}

static void assert_holds(const char *text, const char *part)
{
    assert_non_null(text);
    if (strstr(text, part) == NULL)
        fail_msg("\"%s\" is not in: %s", part, text);
}

T(the_pages_built_in_hold_together)
{
    assert_null(sso_pages_check(make(p), p));
}

T(a_page_stands_in_its_layout)
{
    const char *page =
        fill(make(p), "logout", NULL,
             "{\"language\": \"en\", \"nonce\": \"n1\", \"host\": \"a.example\"}", p);

    assert_holds(page, "<html lang=\"en\">");
    assert_holds(page, "<title>Sign out \xe2\x80\x93 a.example</title>");
    assert_holds(page, "<style nonce=\"n1\">\n:root");
    assert_holds(page, "<script nonce=\"n1\">");
    assert_holds(page, "<h1>Sign out</h1>");
    assert_null(fill(make(p), "none", NULL, "{}", p));
    assert_null(fill(make(p), "../login", NULL, "{}", p));
}

T(texts_are_in_the_language_asked_for)
{
    sso_pages_t *pages = make(p);

    assert_holds(fill(pages, "logout", "de-AT,en;q=0.5", "{}", p), "<h1>Abmelden</h1>");
    assert_holds(fill(pages, "logout", "fr", "{}", p), "<h1>Sign out</h1>");
    assert_string_equal(sso_pages_tag(pages, sso_pages_language(pages, "de")), "de");
}

static const char *file(const char *name)
{
    const sso_page_file_t *at = sso_page_files;

    while (strcmp(at->name, name) != 0)
        at++;
    return at->text;
}

T(every_text_is_there_in_german_too)
{
    sso_span_t rest = sso_span(file("texts.en")), line, name;
    int count = 0;

    while (sso_span_next(&rest, '\n', &line)) {
        if (line.len == 0 || *line.at == '#' || !sso_span_next(&line, ':', &name) ||
            sso_span_equal(name, "site"))
            continue;
        if (strstr(file("texts.de"), apr_psprintf(p, "\n%.*s: ", (int)name.len, name.at)) == NULL)
            fail_msg("texts.de lacks %.*s", (int)name.len, name.at);
        count++;
    }
    assert_true(count > 30);
}

T(texts_of_reasons_are_of_codes_there_are)
{
    sso_span_t rest = sso_span(file("texts.en")), line, name;

    while (sso_span_next(&rest, '\n', &line)) {
        bool is_code = false;

        if (!sso_span_next(&line, ':', &name) || name.len < 7 || memcmp(name.at, "reason_", 7) != 0)
            continue;
        for (int i = 0; i < SSO_CODE_COUNT; i++)
            is_code |= sso_span_equal((sso_span_t){name.at + 7, name.len - 7},
                                      sso_error((sso_code_t)i)->name);
        if (!is_code)
            fail_msg("%.*s is of no code", (int)name.len, name.at);
    }
}

T(an_error_explains_its_reason_or_its_class)
{
    sso_pages_t *pages = make(p);

    assert_null(sso_pages_replace(pages, "texts.en",
                                  sso_span("reason_DB_DOWN: Coffee & \"cake\"\nclass_absent: Hm")));
    assert_holds(fill(pages, "error", NULL, "{\"reason\": \"DB_DOWN\", \"class\": \"absent\"}", p),
                 "<p>Coffee &amp; &quot;cake&quot;</p>");
    assert_holds(fill(pages, "error", NULL, "{\"reason\": \"OTHER\", \"class\": \"absent\"}", p),
                 "<p>Hm</p>");
    assert_holds(fill(pages, "error", NULL, "{}", p), "set up wrongly");
}

T(files_are_replaced_one_by_one)
{
    sso_pages_t *pages = make(p);
    const char *page;

    assert_null(sso_pages_replace(pages, "texts.fr",
                                  sso_span("# en fran\xc3\xa7"
                                           "ais\n\n"
                                           "  sign_out :  D\xc3\xa9"
                                           "connexion \r\n")));
    assert_null(sso_pages_replace(pages, "texts.en",
                                  sso_span("site: <b>{{host}}</b> & Co\n"
                                           "mine: is mine")));
    assert_null(
        sso_pages_replace(pages, "logout.html", sso_span("<p>{{>sign_out}} {{>mine}}</p>")));
    assert_null(sso_pages_replace(pages, "style.css", sso_span("p { color: red }")));
    assert_null(sso_pages_replace(pages, "login.js", (sso_span_t){NULL, 0}));
    assert_null(sso_pages_check(pages, p));
    page = fill(pages, "logout", "fr", "{\"host\": \"<h>\"}", p);
    assert_holds(page, "<p>D\xc3\xa9"
                       "connexion is mine</p>");
    assert_holds(page, "\np { color: red }\n");
    assert_holds(page, "<header>&lt;b&gt;&lt;h&gt;&lt;/b&gt; &amp; Co</header>");
}

static void assert_wrong(const char *name, const char *text, const char *sentence, apr_pool_t *p)
{
    assert_sentence(sso_pages_replace(make(p), name, sso_span(text)), sentence);
}

T(mistakes_in_files_are_sentences)
{
    assert_wrong("login.html", "\n{{#a}}", "line 2: {{#a}} is never closed", p);
    assert_wrong("login.htm", "", "no page has such a file; there are teams.js, ", p);
    assert_wrong("texts.english", "", "texts.LANGUAGE", p);
    assert_wrong("texts.en", "a: b\nc d\n", "line 2: write name: text", p);
    assert_wrong("texts.en", "a b: c", "line 1: write name: text", p);
    assert_wrong("texts.en", "\n\na: {{b", "line 3: {{ without }}", p);
    assert_wrong("texts.en", "a: {{>site}}", "line 1: a name has", p);
    assert_wrong("texts.en", "main: x", "a meaning already", p);
    assert_wrong("style.css", "</style>", "would end the style sheet", p);
    assert_sentence(sso_pages_replace(make(p), "style.css", (sso_span_t){"a\0b", 3}), "no text");
}

T(texts_that_are_missing_are_found)
{
    sso_pages_t *pages = make(p);

    assert_null(sso_pages_replace(pages, "error.html", sso_span("\n{{>gone}}")));
    assert_sentence(sso_pages_check(pages, p), "error.html: line 2: there is no text {{>gone}}");
    pages = make(p);
    assert_null(sso_pages_replace(pages, "layout.html", sso_span("{{>main}}{{>gone}}")));
    assert_sentence(sso_pages_check(pages, p), "layout.html: line 1: there is no text {{>gone}}");
    pages = make(p);
    assert_null(sso_pages_replace(pages, "layout.html", sso_span("<script>{{>site}}</script>")));
    assert_sentence(sso_pages_check(pages, p), "layout.html: line 1: {{>site}} has tags in it");
}

T(texts_that_nothing_shows_are_found)
{
    sso_pages_t *pages = make(p);

    assert_null(sso_pages_replace(pages, "texts.de", sso_span("reason_DB_DOWN: a\nback: b")));
    assert_null(sso_pages_check(pages, p));
    assert_null(sso_pages_replace(pages, "texts.de", sso_span("sign_inn: a")));
    assert_sentence(sso_pages_check(pages, p), "texts.de: line 1: no page shows a text sign_inn");
}

T(a_reason_that_no_code_has_is_found)
{
    static const char *const wrong[] = {"reason_FOO", "reason_", "reason_DB_DOWN_", "class_foo",
                                        "title_loggin"};
    static const char *const right[] = {"reason_DB_DENIED", "class_absent", "title_login"};

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        sso_pages_t *pages = make(p);

        assert_null(
            sso_pages_replace(pages, "texts.en", sso_span(apr_pstrcat(p, wrong[i], ": x", NULL))));
        assert_sentence(sso_pages_check(pages, p),
                        apr_pstrcat(p, "texts.en: line 1: no page shows a text ", wrong[i], NULL));
    }
    for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
        sso_pages_t *pages = make(p);

        assert_null(
            sso_pages_replace(pages, "texts.pt", sso_span(apr_pstrcat(p, right[i], ": x", NULL))));
        assert_null(sso_pages_check(pages, p));
    }
}

T(a_sentence_stands_alone_and_is_plain)
{
    sso_pages_t *pages = make(p);
    json_t *values = json_pack("{s:s}", "host", "<a> & 'b'");

    assert_null(sso_pages_replace(pages, "texts.en", sso_span("site: it's {{host}}")));
    assert_string_equal(sso_pages_sentence(pages, "site", 0, values, p), "it's <a> & 'b'");
    assert_null(sso_pages_sentence(pages, "none", 0, values, p));
    /* What stands around pages is no sentence. */
    assert_null(sso_pages_sentence(pages, "main", 0, values, p));
    json_decref(values);
}
