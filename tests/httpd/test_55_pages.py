# SPDX-License-Identifier: Apache-2.0
"""What people see: pages in their language, made the hoster's own by files, with nothing of a request in them."""
import os
import re
import time
import urllib.parse

import pytest

import env
from issuer import Issuer
from sites import PHP
from test_51_sessions import IN_FRAME, PAGE
from test_54_login import config, source

MARKUP = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{nonce}}{{{nonce}}}"
CSP = re.compile(r"default-src 'none'; script-src 'nonce-([\w+/]{22}==)'; style-src 'nonce-\1'; img-src 'self' data:; "
                 r"connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'")


@pytest.fixture(scope="module")
def issuer(run):
    """One for all: nobody signs in here."""
    server = Issuer(run / f"issuer-{time.monotonic_ns()}")
    yield server
    server.stop()


@pytest.fixture(scope="module", autouse=True)
def client_secret(run):
    (run / "client-secret").write_text("secret-of-client\n")


def one(issuer):
    """A provider, and a source of bearer tokens alone, at which nobody signs in."""
    return config(source(issuer, "@RUN@/client-secret", more='"title=Campus <&> account" icon=/campus.svg color=#0b57a4 priority=5'),
                  f"MoodleSSOSource api oidc issuer={issuer.url}/api audience=api\n")


def two(issuer, more=""):
    """Two providers to choose from, the second one before the first."""
    return one(issuer) + (f"MoodleSSOSource school oidc issuer={issuer.url}/school client_id=moodle "
                          f"client_secret=file:@RUN@/client-secret\n") + more


@pytest.fixture
def site(httpd, issuer):
    return quiet(httpd(two(issuer)))


def quiet(server):
    """Only the first provider is there, which is no matter here."""
    server.expect("moodlesso: issuer (school|api)")
    return server


def folder(server, **files):
    """A directory of templates; "login_html" is login.html."""
    path = server.folder / "pages"
    path.mkdir()
    path.chmod(0o755)
    for name, text in files.items():
        (path / name.replace("_", ".")).write_text(text)


def prepared(httpd, issuer, more="", **files):
    server = quiet(httpd.prepare(two(issuer, "MoodleSSOTemplates @HTTPD@/pages\n" + more)))
    folder(server, **files)
    return server


# -- every page -----------------------------------------------------------------------------------

def test_the_browser_chooses_the_language(site):
    for header, language, title in [
            (None, "en", "Sign in"), ("de", "de", "Anmelden"), ("de-AT,en;q=0.9", "de", "Anmelden"), ("fr", "en", "Sign in"),
            ("en;q=0.2,de;q=0.3", "de", "Anmelden"), ("de;q=0", "en", "Sign in"), ("*", "en", "Sign in")]:
        page = site.get("/moodlesso/login", headers=[("Accept-Language", header)] if header else [])
        assert f'<html lang="{language}">' in page.body and f"<h1>{title}</h1>" in page.body
        assert page.one("Content-Language") == language


def test_the_policy_is_strict_and_its_nonce_new(site):
    pages = [site.get("/moodlesso/login") for _ in range(2)]
    nonces = [CSP.fullmatch(page.one("Content-Security-Policy"))[1] for page in pages]
    assert nonces[0] != nonces[1]
    page = pages[0]
    assert set(re.findall(r'<(?:script|style) nonce="([^"]+)"', page.body)) == {nonces[0]}
    assert len(re.findall(r"<(?:script|style)\b", page.body)) == 2
    assert not re.search(r"\son\w+=|\sstyle=|javascript:", page.body)
    assert page.one("Cache-Control") == "no-store"
    assert page.one("X-Content-Type-Options") == "nosniff"
    assert page.one("Referrer-Policy") == "no-referrer"
    assert page.one("Content-Type") == "text/html; charset=utf-8"


def test_markup_in_any_parameter_or_header_appears_nowhere_unescaped(site):
    paths = re.findall(r'^    \{"([a-z./-]+)", moodlesso_', (env.TOP / "mod_moodlesso/httpd/endpoints.c").read_text(), re.M)
    assert len(set(paths)) >= 14
    site.expect("moodlesso: back-channel logout: NO_CREDENTIAL")
    for path in set(paths):
        for method in ("GET", "POST"):
            echoes_nothing(site, path, method)


def echoes_nothing(site, path, method):
    names = "return display frame error error_description state code iss sid name token do id login_hint prompt x".split()
    text = urllib.parse.urlencode({name: MARKUP for name in names})
    headers = [("Accept-Language", MARKUP), ("Accept", f"text/html,{MARKUP}"), ("User-Agent", MARKUP), ("Referer", MARKUP)]
    if method == "POST":
        headers.append(("Content-Type", "application/x-www-form-urlencoded"))
    answer = site.get(f"/moodlesso/{path}?{text}", method=method, headers=headers, body=text.encode() if method == "POST" else None)
    for piece in ("<script>alert", "<img src=x", "{{"):
        assert piece not in answer.body
    for name, value in answer.headers:
        assert "alert(1)" not in value, name


def test_a_hosts_name_with_markup_is_no_host(httpd, issuer):
    server = httpd(f"MoodleSSOStateDir @HTTPD@/state\nMoodleSSOSource api oidc issuer={issuer.url} audience=api\n")
    assert "<b>" not in server.get("/moodlesso/teams", host="<b>.example").body


# -- choosing a provider --------------------------------------------------------------------------

def test_providers_are_links_that_need_no_script(site):
    page = site.get("/moodlesso/login?return=/course/view.php%3Fid%3D2").body
    links = re.findall(r'<a class="choice" href="([^"]+)">.*?<span>([^<]+)</span>', page, re.S)
    wanted = urllib.parse.quote("https://moodle.example/course/view.php?id=2", safe="")
    assert links == [(f"/moodlesso/start/school?return={wanted}", "school"),
                     (f"/moodlesso/start/idp?return={wanted}", "Campus &lt;&amp;&gt; account")]
    assert '<img src="/campus.svg" alt=""' in page and 'fill="#0b57a4"' in page


def test_a_single_provider_is_gone_to_at_once(httpd, issuer):
    server = quiet(httpd(one(issuer)))
    answer = server.get("/moodlesso/login?return=/a")
    assert answer.status == 303
    assert answer.one("Location").endswith("/moodlesso/start/idp?return=https%3A%2F%2Fmoodle.example%2Fa")
    assert answer.one("Cache-Control") == "no-store"
    popup = server.get("/moodlesso/login?return=/a&display=popup")
    assert popup.one("Location").endswith("%2Fa&display=popup")


def test_in_a_frame_even_a_single_one_waits_for_a_click_that_opens_a_window(httpd, issuer):
    page = quiet(httpd(one(issuer))).get("/moodlesso/login?return=/a", headers=IN_FRAME)
    assert page.status == 200
    assert 'data-popup="true" data-frame="true" data-exchange="/moodlesso/teams"' in page.body


def test_nobody_is_led_elsewhere(site):
    for wanted in ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "%2F%2Fevil.example",
                   "%0d%0aX:y", "data:text/html,x", ""]:
        page = site.get(f"/moodlesso/login?return={wanted}")
        assert "evil" not in page.body and page.one("X") is None
        assert 'data-back="/"' in page.body and "return=%2F\"" in page.body
        assert [p["url"] for p in site.get(f"/moodlesso/login.json?return={wanted}").json] == [
            "/moodlesso/start/school?return=%2F", "/moodlesso/start/idp?return=%2F"]


@pytest.mark.parametrize("option, sentence", [
    ("icon=https://evil.example/x.png", "icon= is a path of this site"), ("icon=//evil.example/x.png", "icon= is a path"),
    ("icon=data:text/html,x", "icon= is a path"), ("'icon=/\"><script>'", "without blanks, quotes"), ("color=red", "#rrggbb"),
    ("'color=#fff\"'", "#rrggbb")])
def test_looks_are_judged_at_the_start(httpd, issuer, option, sentence):
    status, output = httpd.prepare(config(source(issuer, "@RUN@/client-secret", more=option))).check()
    assert status != 0 and sentence in output, output


def test_a_theme_gets_the_same_as_json(site):
    answer = site.get("/moodlesso/login.json?return=/a")
    assert answer.one("Content-Type") == "application/json" and answer.one("Cache-Control") == "no-store"
    assert [sorted(p) for p in answer.json] == [["color", "icon", "name", "title", "url"]] * 2
    assert answer.json[0]["name"] == "school" and answer.json[0]["url"].startswith("/moodlesso/start/school?return=")
    assert re.fullmatch("#[0-9a-f]{6}", answer.json[0]["color"]) and answer.json[0]["icon"] is None
    assert answer.json[1]["title"] == "Campus <&> account"
    assert (answer.json[1]["icon"], answer.json[1]["color"]) == ("/campus.svg", "#0b57a4")


# -- MoodleSSOTemplates ---------------------------------------------------------------------------

def test_files_take_the_place_of_those_built_in_one_by_one(httpd, issuer):
    server = prepared(httpd, issuer, style_css="p { color: #123456 }", texts_en="site: University of <X> & {{host}}\n",
                      texts_fr="title_login: Connexion\n").start()
    english, french = (server.get("/moodlesso/login", headers=[("Accept-Language", tag)]).body for tag in ("en", "fr"))
    assert "<header>University of &lt;X&gt; &amp; moodle.example</header>" in english
    assert "\np { color: #123456 }\n" in english and "prefers-color-scheme" not in english
    assert "<h1>Sign in</h1>" in english
    assert "<h1>Connexion</h1>" in french and '<html lang="fr">' in french
    assert CSP.fullmatch(server.get("/moodlesso/login").one("Content-Security-Policy"))


def test_each_virtual_host_has_its_own(httpd, issuer):
    server = prepared(httpd, issuer, "<VirtualHost *:@PORT@>\nServerName a.example\n</VirtualHost>\n<VirtualHost *:@PORT@>\n"
                      "ServerName b.example\nMoodleSSOTemplates @HTTPD@/other\n</VirtualHost>\n", texts_en="site: One\n")
    (server.folder / "other").mkdir()
    (server.folder / "other/texts.en").write_text("site: Two\n")
    server.start()
    assert "<header>One</header>" in server.get("/moodlesso/login", host="a.example").body
    assert "<header>Two</header>" in server.get("/moodlesso/login", host="b.example").body


def test_a_graceful_restart_reads_them_anew(httpd, issuer):
    server = prepared(httpd, issuer, texts_en="site: One\n").start()
    assert "<header>One</header>" in server.get("/moodlesso/login").body
    (server.folder / "pages/texts.en").write_text("site: Two\n")
    server.graceful()
    env.wait_until(lambda: "<header>Two</header>" in server.get("/moodlesso/login").body, "the new text")


@pytest.mark.parametrize("name, text, sentence", [
    ("login.html", "<p>\n{{#providers}}\n", r"pages/login\.html:2: \{\{#providers\}\} is never closed"),
    ("login.html", "\n{{>sign_inn}}", r"pages/login\.html:2: there is no text \{\{>sign_inn\}\}"),
    ("error.html", "{{{reason}}}", r"pages/error\.html:1: a name has .* do not exist here"),
    ("error.html", "<a href={{retry}}>", r"pages/error\.html:1: a value of an attribute needs quotes"),
    ("login.js", "let a = '</script>'", r"pages/login\.js:1: .* would end the style sheet or the script"),
    ("layout.html", "<script>let a = '{{host}}'", r"pages/layout\.html:1: a value cannot stand in a script"),
    ("texts.en", "site: a\nnonsense\n", r"pages/texts\.en:2: write name: text"),
    ("texts.de", "sign_inn: a\n", r"pages/texts\.de:1: no page shows a text sign_inn"),
    ("texts.en", "reason_FOO: x\n", r"pages/texts\.en:1: no page shows a text reason_FOO"),
    ("texts.deutsch", "", r"pages/texts\.deutsch:1: name it texts\.LANGUAGE"),
    ("logo.svg", "<svg/>", r"pages/logo\.svg:1: no page has such a file; there are .*login\.html"),
    ("style.css", "a\0b", r"pages/style\.css:1: this is no text"),
    ("style.css", "x" * 300_000, r"pages/style\.css: this is no file of at most 256 KiB"),
], ids=lambda value: value if len(value) < 80 else "long")
def test_a_mistake_in_a_file_stops_the_start_with_its_line(httpd, issuer, name, text, sentence):
    server = prepared(httpd, issuer)
    (server.folder / "pages" / name).write_text(text)
    status, output = server.check()
    assert status != 0
    assert re.search(f"MoodleSSOTemplates: .*{sentence}", output), output


def test_a_directory_that_is_not_there_is_a_sentence(httpd, issuer):
    status, output = httpd.prepare(two(issuer, "MoodleSSOTemplates /nonexistent/pages\n")).check()
    assert status != 0 and "/nonexistent/pages: No such file" in output


def test_files_of_editors_are_left_alone(httpd, issuer):
    server = prepared(httpd, issuer)
    (server.folder / "pages/.login.html.swp").write_text("{{")
    assert server.check()[0] == 0


# -- MoodleSSOPasswordLogin -----------------------------------------------------------------------

FORM = [("Content-Type", "application/x-www-form-urlencoded")]
PASSWORD = b"username=alice&password=secret-p"


def moodle(httpd, directive="MoodleSSOPasswordLogin Off", more="", extra=(), url="/moodle"):
    """A Moodle of which only those scripts exist that take passwords."""
    server = httpd.prepare(f"{PHP}DirectoryIndex index.php\nAlias {url} @HTTPD@/moodle\n<Location />\n{directive}\n</Location>\n{more}", extra=extra)
    login = server.folder / "moodle/login"
    login.mkdir(parents=True)
    for path in (login.parent, login):
        path.chmod(0o755)
    for name in ("login/index.php", "login/token.php", "login/logout.php", "index.php"):
        (login.parent / name).write_text("<?php echo 'Moodle saw ', $_SERVER['REQUEST_METHOD'], ' ', basename(__FILE__);")
    return server.start()


def send(server, path, method="POST", headers=(), body=PASSWORD):
    return server.get(path, method=method, headers=[*FORM, *headers], body=body if method not in ("GET", "HEAD") else None)


PATHS = [
    "/moodle/login/index.php", "/moodle/login/index.php?x=1", "/moodle/login/index.php/", "/moodle/login/index.php/a/b.png",
    "/moodle//login//index.php", "/moodle/./login/x/../index.php", "/moodle/%6cogin/index%2ephp", "/moodle/login/",
    "/moodle/login/token.php", "/moodle/login/token.php/x", "/moodle/login/index.php/%2e%2e/index.php"]


def test_a_password_is_refused_whatever_the_way_to_the_script(httpd):
    server = moodle(httpd)
    for path in PATHS:
        answer = send(server, path)
        assert answer.status == 403, (path, answer)
        assert answer.json["reason"] == "PASSWORD_LOGIN_OFF"
        assert "Moodle saw" not in answer.body


def test_tokens_for_passwords_are_refused_by_any_method(httpd):
    server = moodle(httpd)
    path = "/moodle/login/token.php?username=alice&password=secret-p&service=moodle_mobile_app"
    for method in ("GET", "HEAD", "POST", "PUT"):
        assert send(server, path, method).status == 403, method


def test_the_form_itself_and_everything_else_stay(httpd):
    server = moodle(httpd)
    assert send(server, "/moodle/login/index.php", "GET").body == "Moodle saw GET index.php"
    assert send(server, "/moodle/login/logout.php").body == "Moodle saw POST logout.php"
    assert send(server, "/moodle/index.php").body == "Moodle saw POST index.php"


def test_methods_that_php_may_take_for_a_post_are_refused(httpd):
    server = moodle(httpd)
    for method in ("PUT", "PATCH", "post", "FOO"):
        answer = send(server, "/moodle/login/index.php", method)
        assert answer.status != 200 and "Moodle saw" not in answer.body, method


@pytest.mark.parametrize("more", [
    "RewriteEngine On\nRewriteRule ^/signin$ /moodle/login/index.php [PT]\n",
    "Alias /signin @HTTPD@/moodle/login/index.php\n",
    "Alias /renamed @HTTPD@/moodle\nRewriteEngine On\nRewriteRule ^/signin$ /renamed/login/index.php [PT]\n",
    "<Directory @HTTPD@/moodle>\nRewriteEngine On\nRewriteRule ^in$ login/index.php [L]\n</Directory>\n"
    "RewriteEngine On\nRewriteRule ^/signin$ /moodle/in [PT]\n",
    "FallbackResource /moodle/login/index.php\n",
])
def test_rewritten_and_aliased_ways_are_closed_too(httpd, more):
    answer = send(moodle(httpd, more=more), "/signin")
    assert answer.status == 403 and "Moodle saw" not in answer.body, answer


def test_a_moodle_behind_a_proxy_is_covered(httpd):
    backend = moodle(httpd, "")
    front = httpd(f"<Location />\nMoodleSSOPasswordLogin Off\n</Location>\nProxyPass /in http://127.0.0.1:{backend.port}/moodle/login/index.php\n"
                  f"ProxyPass / http://127.0.0.1:{backend.port}/\n")
    assert send(front, "/moodle/login/index.php").status == 403
    assert send(front, "/in").status == 403
    assert send(front, "/moodle/login/").status == 403, "the index of a folder is the backend's to find"
    assert send(front, "/moodle/index.php").body == "Moodle saw POST index.php"


def test_a_slash_that_the_backend_alone_decodes_is_one(httpd):
    backend = moodle(httpd, "", "AllowEncodedSlashes On\n")
    front = httpd(f"<Location />\nMoodleSSOPasswordLogin Off\n</Location>\nAllowEncodedSlashes NoDecode\n"
                  f"ProxyPass / http://127.0.0.1:{backend.port}/ nocanon\n")
    for path in ("/moodle/login%2Findex.php", "/moodle%2flogin%2findex.php", "/moodle/login%2Ftoken.php", "/moodle%2Flogin%2F"):
        answer = send(front, path)
        assert answer.status == 403 and "Moodle saw" not in answer.body, (path, answer)


def test_people_get_a_page_in_their_language(httpd):
    server = moodle(httpd)
    answer = send(server, "/moodle/login/index.php", headers=[*PAGE, ("Accept-Language", "de")])
    assert answer.status == 403
    assert "Passwörter werden hier nicht angenommen" in answer.body
    assert "<code>PASSWORD_LOGIN_OFF</code> (403)" in answer.body
    number = re.search(r"<dd><code>([\w@+/.-]{8,})</code></dd>", answer.body)[1]
    assert server.logged(re.escape(f"PASSWORD_LOGIN_OFF: passwords are not taken here") + f".*{re.escape(number)}")
    assert "secret-p" not in answer.body


def test_where_people_can_sign_in_the_page_leads_there(httpd, issuer):
    server = quiet(httpd(two(issuer, "<Location />\nMoodleSSOPasswordLogin Off\n</Location>\n")))
    answer = send(server, "/login/index.php", headers=PAGE)
    assert answer.status == 403 and '<a class="button" href="/moodlesso/login">' in answer.body


def test_listed_addresses_are_let_through(httpd):
    body = "Moodle saw POST index.php"
    assert send(moodle(httpd, "MoodleSSOPasswordLogin Off except 192.0.2.0/24 127.0.0.1"), "/moodle/login/index.php").body == body
    assert send(moodle(httpd, "MoodleSSOPasswordLogin off except 127.0.0.0/8"), "/moodle/login/index.php").body == body
    assert send(moodle(httpd, "MoodleSSOPasswordLogin Off except 192.0.2.0/24 ::1"), "/moodle/login/index.php").status == 403


def test_the_address_is_the_one_that_mod_remoteip_says(httpd):
    server = moodle(httpd, "MoodleSSOPasswordLogin Off except 192.0.2.7",
                    "RemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy 127.0.0.1\n", extra=["remoteip"])
    assert send(server, "/moodle/login/index.php", headers=[("X-Forwarded-For", "192.0.2.7")]).status == 200
    assert send(server, "/moodle/login/index.php", headers=[("X-Forwarded-For", "192.0.2.8")]).status == 403
    assert send(server, "/moodle/login/index.php").status == 403


def test_an_inner_section_says_otherwise(httpd):
    server = moodle(httpd, more="<Location /moodle>\nMoodleSSOPasswordLogin On\n</Location>\n")
    assert send(server, "/moodle/login/index.php").status == 200
    server = moodle(httpd, more="<Location /moodle>\nMoodleSSO Off\n</Location>\n")
    assert send(server, "/moodle/login/index.php").status == 200


@pytest.mark.parametrize("words, sentence", [
    ("", "write On, or Off"), ("maybe", "write On, or Off"), ("Off 127.0.0.1", "write On, or Off"), ("On except 127.0.0.1", "write On, or Off"),
    ("Off except", "write On, or Off"), ("Off except localhost", "localhost is no address"), ("Off except 127.0.0.1/40", "127.0.0.1/40 is no address")])
def test_mistakes_are_sentences(httpd, words, sentence):
    status, output = httpd.prepare(f"<Location />\nMoodleSSOPasswordLogin {words}\n</Location>\n").check()
    assert status != 0 and sentence in output
