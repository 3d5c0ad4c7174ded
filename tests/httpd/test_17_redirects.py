# SPDX-License-Identifier: Apache-2.0
"""One decision per request, whatever httpd makes of it inside: DirectoryIndex, FallbackResource,
rewrites, ErrorDocuments, includes; HTTP/1.1 and HTTP/2."""
import pytest

from sites import PHP, STATUS, WHOAMI, Moodle, use


@pytest.fixture
def site(httpd, sqlite):
    moodle = Moodle(sqlite)
    server = httpd(moodle.directives() + use("moodle") + PHP + STATUS + """
        Protocols h2c http/1.1
        MoodleSSOCacheTTL 0s 0s
        <Directory @WWW@/folder>
          DirectoryIndex index.php
        </Directory>
        <Directory @WWW@/app>
          FallbackResource /app/index.php
        </Directory>
        RewriteEngine On
        RewriteRule ^/pretty/(.*)$ /env.php?q=$1 [PT,QSA]
        <Directory @WWW@>
          RewriteEngine On
          RewriteRule ^inner/(.*)$ /env.php?q=$1
        </Directory>
        <Location /private>
          AuthType MoodleSSO
          Require valid-user
          ErrorDocument 401 /errors/error.php
        </Location>
        ErrorDocument 404 /errors/error.php
        ErrorDocument 403 "no"
        <Location /status-less>
          MoodleSSO Off
        </Location>""")
    return server, moodle


PATHS = ["/folder/", "/app/some/deep/path", "/pretty/a", "/inner/b", "/env.php"]


@pytest.mark.parametrize("path", PATHS)
def test_the_identity_reaches_the_script(site, path):
    server, moodle = site
    cookie = moodle.session("secret-alice")
    for request in (server.get, server.h2):
        before = server.status()["sources"]["moodle"]["asked"]
        answer = request(path, cookie=cookie)
        assert answer.status == 200, answer
        assert answer.json["server"]["MOODLESSO_USERNAME"] == "alice"
        assert answer.json["server"]["REMOTE_USER"] == "alice"
        # without a cache: asked once for the whole request
        assert server.status()["sources"]["moodle"]["asked"] == before + 1


@pytest.mark.parametrize("path", PATHS)
def test_nobody_stays_nobody(site, path):
    server, moodle = site
    got = server.get(path, cookie="MoodleSession=secret-no").json["server"]
    assert got["MOODLESSO_REASON"] == "SESSION_UNKNOWN"
    assert "REMOTE_USER" not in got and "MOODLESSO_USERNAME" not in got


def test_an_error_document_knows_the_reason_or_the_visitor(site):
    server, moodle = site
    answer = server.get("/private/page.txt")
    assert (answer.status, answer.json["server"]["MOODLESSO_REASON"]) == (401, "NO_CREDENTIAL")
    answer = server.get("/nothing/here", cookie=moodle.session("secret-alice"))
    assert (answer.status, answer.json["server"]["MOODLESSO_USERNAME"]) == (404, "alice")


def test_a_section_without_the_module_gets_nothing(site):
    server, moodle = site
    answer = server.get("/status-less/../env.php", cookie=moodle.session("secret-alice"))
    assert answer.json["server"]["MOODLESSO_USERNAME"] == "alice"


def test_the_access_log_knows_the_user(httpd, sqlite):
    moodle = Moodle(sqlite)
    server = httpd(moodle.directives() + use("moodle") + 'CustomLog @HTTPD@/access.log "%u %{MOODLESSO_SUBJECT}e %U"')
    server.get("/static.txt", cookie=moodle.session("secret-alice"))
    server.get("/static.txt")
    from env import wait_until
    log = server.folder / "access.log"
    wait_until(lambda: log.read_text().count("\n") == 2, "two lines")
    # each line is written after its answer is sent, by whichever process sent it
    assert sorted(log.read_text().splitlines()) == ["- - /static.txt", "alice 3 /static.txt"]


def test_different_sections_use_different_sources(httpd, sqlite):
    """An internal redirect into a section with other sources is decided anew."""
    moodle = Moodle(sqlite)
    server = httpd(moodle.directives() + "MoodleSSOSource other moodle database=m cookie=Other\n" + PHP + WHOAMI + """
        <Location /one>
          MoodleSSOUse moodle
          ErrorDocument 404 /errors/error.php
        </Location>
        <Location /errors>
          MoodleSSOUse other
        </Location>""")
    cookie = moodle.session("secret-alice")
    got = server.get("/one/none", cookie=cookie).json["server"]
    assert got["MOODLESSO_REASON"] == "NO_CREDENTIAL"
    assert "MOODLESSO_USERNAME" not in got
    assert server.get("/one/none", cookie="Other=secret-alice").json["server"]["MOODLESSO_USERNAME"] == "alice"
