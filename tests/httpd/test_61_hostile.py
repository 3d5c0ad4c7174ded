# SPDX-License-Identifier: Apache-2.0
"""What those send who mean harm: a refusal shows nothing of what it guards, no way of writing an address or a header
leads round it, and nothing that is malformed ends a process."""
import itertools
import re
import socket
import time
import urllib.parse

import pytest

import env
from backend import Backend
from issuer import Issuer
from sites import BOB, PHP, SUE, Moodle, asking, use
from test_50_tokens import knows_keys
from test_51_sessions import IN_FRAME, PAGE
from test_54_login import OURS, POST, Browser, config, source

KINDS = {"file": "/private/page.txt", "proxy": "/proxied/x", "php": "/env.php"}
MARKS = ("secret page", '"uri"', '"server"')  # in what they answer
GUARDED = "".join(f"<Location {path}>\nAuthType MoodleSSO\nRequire valid-user\n%s\n</Location>\n"
                  for path in ("/private", "/proxied", "/env.php"))


@pytest.fixture(autouse=True)
def issuer(run):
    """Made first, so that it is there until the servers have stopped."""
    server = Issuer(run / f"issuer-{time.monotonic_ns()}")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def backend():
    server = Backend()
    yield server
    server.stop()


@pytest.fixture
def site(httpd, issuer, client_secret, backend):
    return start(httpd, issuer, client_secret, backend)


def start(httpd, issuer, client_secret, backend, rule="", more="", **kwargs):
    server = httpd(config(source(issuer, client_secret), more=GUARDED % ((rule,) * 3) + more +
                          f"ProxyPass /proxied http://127.0.0.1:{backend.port}/x\n"), **kwargs)
    knows_keys(server)
    return server


def is_closed(answer, *statuses):
    assert answer.status in statuses, answer
    assert not any(mark in answer.body for mark in MARKS), answer


# -- nothing comes after a refusal ----------------------------------------------------------------------------------


@pytest.mark.parametrize("load_last", [False, True])
@pytest.mark.parametrize("rule", ["", "MoodleSSOUnauthenticated 401", "MoodleSSOUnauthenticated 403", "MoodleSSOAllow username bob",
                                  "Require moodlesso-role nobody", "Require all denied"])
def test_protected_content_never_follows_a_refusal(httpd, issuer, client_secret, backend, rule, load_last):
    """Of files, of what is proxied, of PHP; of people, scripts and frames; wherever the module is loaded."""
    server = start(httpd, issuer, client_secret, backend, rule, load_last=load_last)
    server.expect("AH01630", "AH01797")
    if not rule:
        signed_in = Browser(server)
        signed_in.sign_in(issuer)
        for path in KINDS.values():
            assert signed_in.ask(path).status == 200
    everybody = ([], PAGE, IN_FRAME, [("Sec-Fetch-Mode", "cors")], [("Authorization", "Bearer x")])
    for path, headers, method in itertools.product(KINDS.values(), everybody, ("GET", "POST", "HEAD")):
        body = b'<script>alert("secret")</script>' if method == "POST" else None
        answer = server.get(path, headers=headers, method=method, body=body)
        is_closed(answer, 302, 303, 401, 403)
        assert "<script>alert" not in answer.body, "nor what was sent"


def test_nor_does_it_follow_one_of_sessions(httpd, sqlite, backend):
    moodle = Moodle(sqlite)
    server = httpd(moodle.directives("prefix=no_") + "MoodleSSOSource good moodle database=m\n" + PHP + use("good") +
                   GUARDED % ("", "MoodleSSOUse moodle", "MoodleSSOAllow username alice") +
                   f"ProxyPass /proxied http://127.0.0.1:{backend.port}/x\n")
    server.expect("DB_QUERY")
    is_closed(server.get(KINDS["file"], cookie=moodle.session("secret-sue", SUE)), 403)
    is_closed(server.get(KINDS["proxy"], cookie="MoodleSession=secret-x"), 500)
    is_closed(server.get(KINDS["php"], cookie=moodle.session("secret-bob", BOB)), 403)


@pytest.mark.parametrize("quick", ["On", "Off"])
def test_no_cache_gives_others_what_somebody_was_let_in_to(httpd, sqlite, backend, quick):
    """mod_cache as it is shipped answers before anybody is asked who they are, and so does every cache on the way."""
    moodle = Moodle(sqlite)
    server = httpd(moodle.directives() + PHP + use("moodle") + GUARDED % (("",) * 3) + f"ProxyPass /proxied http://127.0.0.1:{backend.port}/x\n"
                   f"CacheSocache shmcb\nCacheEnable socache /\nCacheQuickHandler {quick}\n", extra=["cache", "cache_socache"])
    cookie = moodle.session("secret-alice")
    stored = asking(headers=[["Cache-Control", "public, max-age=600"]])
    for path in (KINDS["file"], *(f"{KINDS[kind]}?{stored}" for kind in ("proxy", "php"))):
        for _ in range(2):
            answer = server.get(path, cookie=cookie)
            assert answer.status == 200 and "private" in ", ".join(answer.all("Cache-Control"))
        is_closed(server.get(path), 401)
    assert server.get("/static.txt", cookie=cookie).all("Cache-Control") == [], "where nobody is kept out"


# -- no way round ---------------------------------------------------------------------------------------------------

DOORS = ["/moodlesso/login", "/moodlesso/callback", "/index.html"]


def ways_round(path):
    """As gateways were fooled: the query, fragments, dots, slashes, what stands before the path."""
    for door in DOORS:
        yield f"{path}?{door}"
        yield f"{path}?x=1&y={door}"
        yield f"{path}#{door}"
        yield f"{path}%23{door}"
        yield f"{path};{door}"
        yield f"{path}%00{door}"
        yield f"{path}%2f..{door}"
        yield f"{door}/..{path}"
        yield f"{door}/../..{path}"
        yield f"{door}/%2e%2e/%2e%2e{path}"
        yield f"{door}/..%2f..{path}"
        yield f"{door}/..;/..{path}"
        yield f"{door}\\..\\..{path}"
        yield f"{door}%23/../..{path}"
    for start in ("/", "//", "/./", "/x/../", "/%2e/", "/moodlesso/../", "/moodlesso//../", "http://moodle.example/", "http://x@y/", "*", ""):
        yield start + path.lstrip("/")
    yield path.replace("/private", "/%70rivate").replace("/proxied", "/%70roxied").replace("/env", "/%65nv")
    yield path.upper()
    yield path + "/"
    yield path + "%20"


def test_no_way_of_writing_the_address_leads_round_a_refusal(site):
    site.expect("AH10244")  # invalid URI path
    for path in KINDS.values():
        for way in ways_round(path):
            answer = site.raw(f"GET {way} HTTP/1.1\r\nHost: moodle.example\r\nConnection: close\r\n\r\n".encode())
            head, _, body = answer.decode("utf-8", "replace").partition("\r\n\r\n")
            assert not any(mark in body for mark in MARKS), way
            assert head.split()[1] in ("200", "302", "303", "400", "401", "403", "404", "405"), (way, head)


HEADERS = [("X-Forwarded-Uri", "/moodlesso/login"), ("X-Original-URL", "/moodlesso/login"), ("X-Rewrite-URL", "/index.html"),
           ("X-Forwarded-Prefix", "/moodlesso"), ("X-Forwarded-For", "127.0.0.1"), ("X-Forwarded-User", "alice"),
           ("X-Forwarded-Host", "moodle.example"), ("Remote-User", "alice"), ("Session", "user=alice"),
           ("User-Agent", "GoogleHC/1.0"), ("User-Agent", "kube-probe/1.29"), ("X-HTTP-Method-Override", "OPTIONS"),
           ("Proxy-Authorization", "Basic YWxpY2U6"), ("Authorization", "Basic YWxpY2U6"), ("Connection", "Cookie, Authorization"),
           ("Moodlesso-Username", "alice"), ("MOODLESSO_USERNAME", "alice"), ("Moodlesso_Source", "idp")]


def test_no_header_leads_round_a_refusal(site):
    for path, header in itertools.product(KINDS.values(), HEADERS):
        is_closed(site.get(path, headers=[header]), 302, 401)
    for path in KINDS.values():
        is_closed(site.get(path, headers=[h for h in HEADERS if h[0] != "Authorization"]), 302, 401)
        is_closed(site.get(path, method="OPTIONS"), 302, 401)


@pytest.mark.parametrize("load_last", [False, True])
@pytest.mark.parametrize("taker", [
    "FallbackResource /env.php", '<Location /moodlesso>\nSetHandler "@PHP@"\n</Location>',
    "<Location /moodlesso>\nRewriteEngine On\nRewriteRule . http://127.0.0.1:@PORT@/env.php [P]\n</Location>",
    "ProxyPass /moodlesso/ http://127.0.0.1:@PORT@/env.php? mapping=servlet"])
def test_our_addresses_are_answered_by_us_whatever_takes_the_rest(httpd, issuer, client_secret, taker, load_last):
    """Nobody is asked there who they are: what a section guards must not be asked in our place."""
    server = httpd(config(source(issuer, client_secret), more=taker + "\n"), load_last=load_last)
    server.expect("moodlesso: back-channel logout: ")
    knows_keys(server)
    browser = Browser(server)
    assert browser.sign_in(issuer).one("Location") == "https://moodle.example/protected"
    for path, method in itertools.product([*ENDPOINTS, "start/", "start/none", "key/x"], ("GET", "POST", "OPTIONS")):
        answer = server.get(f"/moodlesso/{path}", headers=PAGE, method=method, body=b"" if method == "POST" else None)
        assert not any(mark in answer.body for mark in MARKS), (path, method, answer)
    assert not server.logged("exit signal")


# -- what is the hoster's own ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("load_last", [False, True])
def test_a_hosters_own_error_documents_stay_as_they_are(httpd, issuer, client_secret, backend, load_last):
    documents = 'ErrorDocument 401 "Sign in at the porter\'s"\nErrorDocument 403 "The porter says no"\n'
    server = start(httpd, issuer, client_secret, backend, "MoodleSSOUnauthenticated 401\n" + documents,
                   "<Location /static.txt>\nAuthType MoodleSSO\nRequire valid-user\nMoodleSSOAllow username bob\n" + documents +
                   "</Location>\n", load_last=load_last)
    server.expect("AH01630")
    browser = Browser(server)
    for path in KINDS.values():
        answer = browser.ask(path)
        assert (answer.status, answer.body) == (401, "Sign in at the porter's")
        assert answer.all("WWW-Authenticate")
    browser.sign_in(issuer)
    answer = browser.ask("/static.txt")
    assert (answer.status, answer.body) == (403, "The porter says no")


def test_the_number_of_an_error_page_is_that_of_mod_unique_id(httpd, issuer, client_secret, backend):
    server = start(httpd, issuer, client_secret, backend, more='CustomLog @HTTPD@/numbers "%{UNIQUE_ID}e"\n', extra=["unique_id"])
    page = server.get("/moodlesso/callback?state=x&code=y", headers=PAGE)
    log = server.folder / "numbers"
    numbers = lambda: [line for line in log.read_text().split() if line in page.body]
    env.wait_until(lambda: log.exists() and numbers(), "the access log")
    assert server.logged(f"LOGIN_UNKNOWN: .*\\(message {re.escape(numbers()[0])}\\)")


# -- what is malformed ----------------------------------------------------------------------------------------------

ENDPOINTS = ["teams", "login", "login.json", "start/idp", "callback", "account", "logout", "backchannel-logout", "frontchannel-logout"]


def answers(server, method, path, lines, body=b""):
    """The status of a request whose header lines are these, byte for byte."""
    head = "\r\n".join([f"{method} {path} HTTP/1.1", *lines, "Connection: close", "", ""])
    return int(server.raw(head.encode() + body).split(b" ", 2)[1])


def test_headers_absent_empty_or_twice_do_no_harm(site):
    site.expect("moodlesso: back-channel logout: ")
    names = ("Content-Type", "Cookie", "Authorization", "Origin", "Accept", "Accept-Language", "Referer", "Sec-Fetch-Site",
             "Sec-Fetch-Mode", "Sec-Fetch-Dest", "Sec-Fetch-Storage-Access", "User-Agent")
    shapes = [[f"{name}:{value}"] * times for name in names for value in ("", " ", " \x7f", " ;;=,\"") for times in (1, 2)]
    for method, path in itertools.product(("GET", "POST"), ENDPOINTS):
        body = b"" if method == "GET" else b"a"
        length = [f"Content-Length: {len(body)}"] if body else []
        assert answers(site, method, f"/moodlesso/{path}", ["Host: moodle.example"]) < 500, "neither body nor header"
        for shape in shapes:
            status = answers(site, method, f"/moodlesso/{path}", ["Host: moodle.example", *length, *shape], body)
            assert status < 500, (method, path, shape)
    assert not site.logged("exit signal")


QUERIES = ["", "&", "&&&", "=", "=&=", "iss", "iss=", "iss=&sid=", "sid=&iss=", "state", "state=", "code=&state=", "%", "%0", "%00",
           "state=%00", "error", "error=", "return", "return=", "return=%", "iss=" + "a" * 7000, "&".join(f"p{i}=" for i in range(1500))]


def test_queries_and_forms_of_any_form_do_no_harm(site):
    site.expect("moodlesso: back-channel logout: ")
    for query, path, method in itertools.product(QUERIES, ENDPOINTS, ("GET", "POST")):
        body = query.encode() if method == "POST" else None
        for headers in ([], OURS):
            status = site.get(f"/moodlesso/{path}?{query}", method=method, headers=headers, body=body).status
            assert status < 500, (path, query[:20])
    assert not site.logged("exit signal")


def test_bodies_that_are_short_long_or_given_up_do_no_harm(site):
    site.expect("moodlesso: back-channel logout: ", "AH01102", "AH00574")
    for path in ("callback", "teams", "account", "logout", "backchannel-logout"):
        start = f"POST /moodlesso/{path} HTTP/1.1\r\nHost: moodle.example\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        chunked = [f"Transfer-Encoding: chunked\r\n\r\n{chunks}" for chunks in
                   ("ffffff\r\ncode=", "-1\r\n", "5\r\ncode", ("1000\r\n" + "a" * 4096 + "\r\n") * 2000)]
        for rest in ("Content-Length: 100\r\n\r\ncode=", *chunked):
            answer = b""
            with socket.create_connection(("127.0.0.1", site.port), env.PATIENCE) as s:
                try:
                    s.sendall((start + rest).encode())
                    s.shutdown(socket.SHUT_WR)
                    answer = s.recv(65536)
                except (BrokenPipeError, ConnectionResetError):
                    pass  # it has refused it, and does not read the rest for ever
                assert answer == b"" or int(answer.split(b" ", 2)[1]) < 500, (path, rest[:60])
    assert site.get("/index.html").status == 200 and not site.logged("exit signal")


COOKIES = [";", ";;;", " ", " ; ; ", "=", "==;=", "a", "a;b;c", ",", "__Host-moodlesso", "__Host-moodlesso=", "__Host-moodlesso;",
           "__Host-moodlesso-login", "__Host-moodlesso-login=;", "__Host-moodlesso-framed=====", "__Host-moodlesso[]=a", "MoodleSession",
           "MoodleSession[=x", "%00=%00", ";" * 7000, "a=b;" * 1900, "__Host-moodlesso=" + "A" * 7000]


@pytest.mark.parametrize("directive", ["", "MoodleSSO Off", "MoodleSSOFrameCookies MoodleSession*", "MoodleSSOFrameGuard On"])
def test_cookies_of_any_form_do_no_harm_switched_on_or_off(httpd, issuer, client_secret, backend, directive):
    server = start(httpd, issuer, client_secret, backend, more=f"<Location />\n{directive}\n</Location>\n")
    server.expect("without TLS", "http://", "AH")
    for cookie, headers, path in itertools.product(COOKIES, (PAGE, IN_FRAME),
                                                   ("/index.html", "/whoami", "/moodlesso/callback?state=x", "/static.txt")):
        assert server.get(path, cookie=cookie, headers=headers).status < 500, (cookie[:40], path)
    assert not server.logged("exit signal")


# -- sessions -------------------------------------------------------------------------------------------------------


def test_two_different_sessions_in_one_header_are_nobodys(site, issuer):
    browsers = [Browser(site), Browser(site)]
    for name, browser in zip(("alice", "mallory"), browsers):
        issuer.person = {"sub": name, "preferred_username": name}
        browser.sign_in(issuer)
    one, other = (f"__Host-moodlesso={browser.cookies['__Host-moodlesso']}" for browser in browsers)
    for cookie in (f"{one}; {other}", f"{other}; {one}"):
        who = site.get("/whoami", cookie=cookie).json
        assert not who["identified"] and who["reason"] == "DUPLICATE_COOKIE"
        is_closed(site.get(KINDS["file"], cookie=cookie), 302, 401)
    assert site.get("/whoami", cookie=f"{one}; {one}").json["username"] == "alice"


def test_signing_in_takes_the_place_of_the_session_that_was_there(site, issuer):
    """A session that somebody else put into the browser is not gone on with."""
    browser = Browser(site)
    issuer.person = {"sub": "mallory", "preferred_username": "mallory"}
    browser.sign_in(issuer)
    planted = browser.cookies["__Host-moodlesso"]
    issuer.person = {}
    browser.cookies.pop("__Host-moodlesso-login")
    browser.sign_in(issuer)
    assert browser.cookies["__Host-moodlesso"] != planted
    assert browser.ask("/whoami").json["username"] == "alice"
    assert site.get("/whoami", cookie=f"__Host-moodlesso={planted}").json["username"] == "mallory", "and hers is hers"


# -- what is told ---------------------------------------------------------------------------------------------------


def test_no_page_repeats_what_somebody_wrote_into_its_address(site):
    """Not as text either: it would speak in the name of the site."""
    number = "555-0123"  # whole: a nonce of 24 letters has three of them sometimes
    text = f"Your password has expired, call {number}"
    state = Browser(site).leave()["state"]
    names = "return error error_description error_uri iss sid state code prompt acr login_hint display frame x".split()
    for path, name, more in itertools.product(("callback", "start/idp", "login", "logout", "teams", "frontchannel-logout"), names,
                                              ({}, {"state": state, "error": "access_denied"})):
        answer = site.get(f"/moodlesso/{path}?" + urllib.parse.urlencode({**more, name: text}), headers=PAGE)
        # where a redirect of httpd's own leads, it says
        assert answer.status == 303 or number not in answer.body, (path, name)
    for path in (f"/moodlesso/start/{text}", f"/moodlesso/{text}"):
        answer = site.get(urllib.parse.quote(path), headers=PAGE)
        assert number not in answer.body or "not found on this server" in answer.body.lower()


def test_nobody_adds_to_what_the_provider_is_asked(site):
    """By a link that somebody prepared."""
    own = Browser(site).leave("/moodlesso/start/idp")
    link = urllib.parse.urlencode({"scope": "offline_access admin", "redirect_uri": "https://evil.example/", "client_id": "x",
                                   "response_mode": "fragment", "state": "x", "nonce": "x", "code_challenge": "x", "claims": "{}",
                                   "response_type": "token", "login_hint": "a&scope=admin", "request": "x", "resource": "x"})
    asked = Browser(site).leave(f"/moodlesso/start/idp?{link}")
    assert asked.pop("login_hint") == "a&scope=admin"
    for name in ("state", "nonce", "code_challenge"):
        assert len(asked.pop(name)) == len(own.pop(name)) > 1
    assert asked == own


def test_the_log_has_no_secret_however_much_it_tells(httpd, issuer, client_secret, backend):
    server = start(httpd, issuer, client_secret, backend, more="LogLevel notice moodlesso:trace8\n")
    server.expect("moodlesso: back-channel logout: ")
    browser = Browser(server)
    asked = browser.leave()
    back = issuer.authorize(asked)
    browser.ask(back)
    browser.ask(back)
    Browser(server).ask(back)
    token = issuer.token(aud="moodle")
    server.get("/whoami", headers=[("Authorization", f"Bearer {token}")])
    server.get("/moodlesso/backchannel-logout", method="POST", headers=POST, body=f"logout_token={token}".encode())
    browser.ask("/moodlesso/logout", "POST", OURS, b"")
    form = issuer.forms[-1][0]
    secrets = [asked["state"], asked["nonce"], form["code"], form["code_verifier"], client_secret.read_text().strip(), token.split(".")[2],
               *browser.cookies.values()]
    log = server.error_log.read_text()
    assert "vouches" in log and "back-channel logout: " in log
    assert [line for line in log.splitlines() if any(secret in line for secret in secrets)] == []
