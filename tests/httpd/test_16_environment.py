# SPDX-License-Identifier: Apache-2.0
"""What a backend sees, and that no client can forge or delete it: every spelling, with and without an
identity, through PHP-FPM, CGI and mod_proxy_http, over HTTP/1.1 and HTTP/2."""
import itertools

import pytest

from backend import Backend
from sites import CGI, PHP, Moodle, use

KINDS = {"fpm": "/env.php", "cgi": "/env.cgi", "proxy": "/proxy/x"}
FORGED = "forged-by-client"


@pytest.fixture(scope="module")
def backend():
    server = Backend()
    yield server
    server.stop()


@pytest.fixture
def site(httpd, sqlite, backend):
    moodle = Moodle(sqlite)
    server = httpd(moodle.directives() + use("moodle") + PHP + CGI + f"""
        Protocols h2c http/1.1
        ProxyPass /proxy/ http://127.0.0.1:{backend.port}/
        <Location />
          MoodleSSOPublish DRUPAL_LABEL "%{{given_name}} (%{{idnumber}})"
          MoodleSSOPublish DRUPAL_CITY "%{{city}}"
        </Location>
        <Location /proxy/>
          RequestHeader set Moodlesso-Username "%{{MOODLESSO_USERNAME}}e" env=MOODLESSO_USERNAME
          RequestHeader set Remote-User "%{{MOODLESSO_USERNAME}}e" env=MOODLESSO_USERNAME
        </Location>""")
    return server, moodle


def seen(kind, answer):
    """Every variable or header of the answer that could be taken for ours: {NAME: [values]}."""
    found = {}
    if kind == "proxy":
        pairs = answer.json["headers"]
    else:
        pairs = answer.json["server"].items()
    for name, value in pairs:
        normal = "".join(c if c.isalnum() else "_" for c in name).upper()
        if "MOODLESSO" in normal or "REMOTE_USER" in normal or "AUTH_TYPE" in normal or "DRUPAL" in normal:
            found.setdefault(normal, []).append(value)
    return found


def test_what_a_known_visitor_looks_like(site):
    server, moodle = site
    cookie = moodle.session("secret-alice")
    for kind in ("fpm", "cgi"):
        got = seen(kind, server.get(KINDS[kind], cookie=cookie))
        got.pop("MOODLESSO_EXPIRES")
        assert got == {
            "REMOTE_USER": ["alice"], "AUTH_TYPE": ["MoodleSSO"], "MOODLESSO_SOURCE": ["moodle"],
            "MOODLESSO_ISSUER": ["moodle:moodle"], "MOODLESSO_SUBJECT": ["3"], "MOODLESSO_USERNAME": ["alice"],
            "MOODLESSO_EMAIL": ["alice@example.test"], "MOODLESSO_GIVEN_NAME": ["Alice"],
            "MOODLESSO_FAMILY_NAME": ["Ünïcode 山田"], "MOODLESSO_NAME": ["Alice Ünïcode 山田"],
            "MOODLESSO_IDNUMBER": ["E-1001"], "MOODLESSO_LANGUAGE": ["en"], "DRUPAL_LABEL": ["Alice (E-1001)"]}
    assert seen("proxy", server.get(KINDS["proxy"], cookie=cookie)) == {"MOODLESSO_USERNAME": ["alice"],
                                                                        "REMOTE_USER": ["alice"]}


def test_what_an_unknown_visitor_looks_like(site):
    server, moodle = site
    for kind in ("fpm", "cgi"):
        assert seen(kind, server.get(KINDS[kind])) == {"MOODLESSO_REASON": ["NO_CREDENTIAL"]}
        assert seen(kind, server.get(KINDS[kind], cookie="MoodleSession=secret-no")) == {
            "MOODLESSO_REASON": ["SESSION_UNKNOWN"]}
    assert seen("proxy", server.get(KINDS["proxy"])) == {}


NAMES = ["MOODLESSO_USERNAME", "MOODLESSO_SUBJECT", "MOODLESSO_REASON", "MOODLESSO_NEW", "REMOTE_USER", "AUTH_TYPE",
         "REDIRECT_MOODLESSO_USERNAME", "HTTP_MOODLESSO_USERNAME", "REDIRECT_REMOTE_USER", "DRUPAL_LABEL",
         "DRUPAL_CITY"]


def spellings(name):
    yield name
    yield name.lower()
    yield name.title()
    yield name.replace("_", "-")
    yield name.replace("_", "-").lower()
    yield name.replace("_", "-").title()
    yield name.replace("_", "-", 1)
    yield name.swapcase().replace("_", "-", 1)
    yield name.replace("_", ".")


@pytest.mark.parametrize("identified", [True, False])
def test_no_spelling_forges_anything(site, identified):
    server, moodle = site
    cookie = moodle.session("secret-alice") if identified else None
    tried = 0
    for kind, path in KINDS.items():
        honest = seen(kind, server.get(path, cookie=cookie))
        for name, h2 in itertools.product(NAMES, (False, True)):
            request = server.h2 if h2 else server.get
            for spelling in dict.fromkeys(spellings(name)):
                answer = request(path, cookie=cookie, headers=[(spelling, FORGED)])
                assert answer.status == 200
                assert seen(kind, answer) == honest, (kind, spelling, h2)
                tried += 1
        every = [(s, FORGED) for n in NAMES for s in dict.fromkeys(spellings(n))][:80]
        for request in (server.get, server.h2):
            assert seen(kind, request(path, cookie=cookie, headers=every)) == honest
    assert tried > 400


@pytest.mark.parametrize("identified", [True, False])
def test_no_shape_of_a_header_forges_or_deletes_anything(site, identified):
    """Twice, folded, with blanks, and named in Connection so that a proxy would drop it."""
    server, moodle = site
    cookie = moodle.session("secret-alice") if identified else None
    cookie_line = f"Cookie: {cookie}\r\n" if cookie else ""
    shapes = [
        "Moodlesso-Username: {f}\r\nMoodlesso-Username: {f}\r\n",
        "Moodlesso-Username:\r\n {f}\r\n",
        "Moodlesso-Username:\t{f}\r\n",
        "Moodlesso-Username: {f} \r\n",
        "X: y\r\n Moodlesso-Username: {f}\r\n",
        "Connection: Moodlesso-Username, close\r\n",
        "Connection: moodlesso_username\r\nConnection: close, REMOTE-USER\r\n",
        "Connection: Remote-User\r\n",
        "Connection: close,Remote-User,Moodlesso-Username\r\nMoodlesso-Username: {f}\r\n",
        "Proxy-Connection: Moodlesso-Username\r\n",
        "TE: trailers\r\nTrailer: Moodlesso-Username\r\n",
    ]
    for kind, path in KINDS.items():
        honest = seen(kind, server.get(path, cookie=cookie))
        for shape in shapes:
            request = (f"GET {path} HTTP/1.1\r\nHost: x\r\n{cookie_line}{shape.format(f=FORGED)}"
                       f"{'' if 'close' in shape else 'Connection: close' + chr(13) + chr(10)}\r\n")
            answer = server.raw(request.encode()).decode("utf-8", "replace")
            head, _, body = answer.partition("\r\n\r\n")
            if head.split()[1] == "400":  # httpd itself refuses it
                continue
            from env import Answer
            if "chunked" in head.lower():
                body = "".join(body.split("\r\n")[1::2])
            assert seen(kind, Answer(200, [], body)) == honest, (kind, shape)


def test_setenvif_on_a_client_header_cannot_speak_for_us(httpd, sqlite):
    moodle = Moodle(sqlite)
    server = httpd(moodle.directives() + use("moodle") + PHP + CGI + """
        SetEnvIf X-Evil (.*) MOODLESSO_USERNAME=$1 MOODLESSO_NEW=$1 moodlesso_email=$1
        RewriteEngine On
        RewriteRule ^ - [E=MOODLESSO_SUBJECT:%{HTTP:X-Evil}]
        <Location />
          SetEnvIf X-Evil (.*) MOODLESSO_ROLES=$1
        </Location>""")
    for cookie in (None, moodle.session("secret-alice")):
        for path in ("/env.php", "/env.cgi"):
            got = server.get(path, cookie=cookie, headers=[("X-Evil", FORGED)])
            server_vars = {k: v for k, v in got.json["server"].items() if k != "HTTP_X_EVIL"}
            assert FORGED not in str(server_vars)


def test_off_publishes_nothing_and_still_scrubs(httpd, sqlite):
    moodle = Moodle(sqlite)
    server = httpd(moodle.directives() + use("moodle") + PHP + "<Location />\nMoodleSSO Off\n</Location>")
    answer = server.get("/env.php", cookie=moodle.session("secret-a"), headers=[("Moodlesso-Username", FORGED)])
    assert seen("fpm", answer) == {}


def test_the_body_of_a_post_arrives_untouched(site):
    server, moodle = site
    body = bytes(range(32, 127)) * 100
    for kind in ("fpm", "proxy"):
        answer = server.get(KINDS[kind], cookie=moodle.session(f"secret-{kind}"), method="POST", body=body)
        assert answer.json["body"] == body.decode()
