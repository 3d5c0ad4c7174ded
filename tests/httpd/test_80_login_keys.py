# SPDX-License-Identifier: Apache-2.0
"""One-time login URLs: an application asks for one, a person opens it, once."""
import errno
import http.client
import re
import socket
import threading
import time
import urllib.parse

import pytest

import env
from login_keys import (HOST, OTHER, ROOT, TOKEN, Portal, clients, config, fields, key_of, line, reason, redeem, spend, whoami)
from moodle_site import Browser
from sites import PATIENT, Moodle


@pytest.fixture
def moodle(sqlite):
    return Moodle(sqlite)


@pytest.fixture
def start(httpd, run, moodle):
    def begin(source="mapping=email", *lines, more="", **kwargs):
        return httpd(config(moodle, clients(run, *lines), source, more), **kwargs)

    return begin


def test_a_login_url_signs_in_once(start):
    server = start()
    portal = Portal(server)
    answer = portal.ask({"email": "alice@example.test"})
    assert answer.one("Cache-Control") == "no-store"
    assert set(answer.json) == {"loginurl", "expires"}
    assert 50 < answer.json["expires"] - time.time() <= 61
    path = answer.json["loginurl"][len(ROOT):]
    browser, landed = redeem(server, path)
    assert (landed.status, landed.one("Location")) == (303, f"{ROOT}/")
    assert landed.one("Referrer-Policy") == "no-referrer" and landed.one("Cache-Control") == "no-store"
    who = whoami(browser)
    assert {k: who[k] for k in ("source", "issuer", "subject", "username", "email", "given_name", "idnumber")} == {
        "source": "keys", "issuer": "loginkey:keys", "subject": "3", "username": "alice", "email": "alice@example.test",
        "given_name": "Alice", "idnumber": "E-1001"}
    again = spend(server, key_of(path))
    assert (again.status, reason(again), again.all("Set-Cookie")) == (404, "LOGINKEY_USED", [])


def test_who_only_looks_spends_nothing(start):
    server = start()
    path = Portal(server).url()
    for method, headers in (("HEAD", ()), ("GET", ()), ("GET", [("Sec-Purpose", "prefetch")]),
                            ("GET", [("User-Agent", "facebookexternalhit/1.1")]), ("OPTIONS", ())):
        answer = server.get(path, method=method, headers=headers, host=HOST)
        assert answer.all("Set-Cookie") == []
        assert answer.status == (405 if method == "OPTIONS" else 200)
    assert redeem(server, path)[1].status == 303


def test_who_only_looks_for_a_login_url_is_told_to_post(start):
    server = start()
    for method in ("GET", "HEAD"):
        answer = server.get("/moodlesso/userkey", method=method, host=HOST)
        assert answer.status == 405 and answer.all("Allow") == ["POST"]


def test_forms_of_other_sites_spend_nothing_and_count_nothing(start):
    """Somebody else's page could end the visitor's sessions with a key of its own, or have their address refused."""
    server = start()
    path = Portal(server).url()
    post = lambda key, site: server.get("/moodlesso/key", method="POST", body=f"key={key}".encode(), host=HOST,
                                        headers=[("Sec-Fetch-Site", site)])
    for site in ("cross-site", "same-site"):
        for key in [key_of(path)] + ["A" * 43] * 101:
            answer = post(key, site)
            assert (answer.status, reason(answer), answer.all("Set-Cookie")) == (403, "CROSS_SITE", [])
    assert post(key_of(path), "same-origin").status == 303


def test_the_page_works_without_a_script_and_says_nothing_on(start):
    server = start()
    path = Portal(server).url()
    page = server.get(path + "&wantsurl=/my/", host=HOST)
    assert fields(page) == {"key": key_of(path), "wantsurl": "/my/"}
    assert '<form method="post" action="/moodlesso/key" id="key">' in page.body and "<button>" in page.body
    assert page.one("Referrer-Policy") == "no-referrer" and page.one("Cache-Control") == "no-store"
    assert "form-action 'self' https:;" in page.one("Content-Security-Policy")


def test_no_key_and_no_token_is_in_any_log(start):
    more = ("CustomLog @HTTPD@/access.log \"%r|%U|%q|%{Referer}i|%f\"\nExtendedStatus On\n"
            "<Location /server-status>\nSetHandler server-status\n</Location>\nLogLevel debug\n")
    server = start(more=more)
    portal = Portal(server)
    path = portal.url()
    server.get(path, host=HOST)
    server.get(f"/moodlesso/userkey?wstoken={TOKEN}&wsfunction=auth_userkey_request_login_url&user[email]=alice@example.test",
               host=HOST)
    seen = server.get("/server-status").body
    spend(server, key_of(path))
    log = server.folder / "access.log"
    # each line is written after its answer is sent
    env.wait_until(lambda: log.read_text().count("\n") == 5, "the access log")
    seen += log.read_text() + server.error_log.read_text()
    assert "GET /moodlesso/key/ HTTP/1.1" in seen and "/moodlesso/userkey" in seen
    assert key_of(path) not in seen and TOKEN not in seen
    store = (server.folder / "state/store.sqlite3").read_bytes()
    assert key_of(path).encode() not in store


def test_no_key_is_in_any_log_when_the_request_cannot_be_read(start):
    """What httpd refuses by itself never comes to an endpoint; the key stays good."""
    more = ("CustomLog @HTTPD@/access.log \"%r|%U|%q\"\nExtendedStatus On\nProtocols h2c http/1.1\n"
            "<Location /server-status>\nSetHandler server-status\n</Location>\nLogLevel info http2:info\n")
    server = start(more=more)
    path = Portal(server).url()
    wire = f"/moodlesso/userkey?wstoken={TOKEN}&wsfunction=auth_userkey_request_login_url&user%5Bemail%5D="
    for asked in (path, wire):
        statuses = [server.get(asked + "x" * 9000, host=HOST).status, server.get(asked, host=HOST, cookie="a=" + "b" * 9000).status,
                    server.get(asked, host="a/b").status, server.h2(asked, cookie="a=" + "b" * 9000).status]
        assert statuses == [414, 400, 400, 431]
        # as a proxy may write it
        assert server.get(ROOT + asked, host=HOST, cookie="a=" + "b" * 9000).status == 400
    log = server.folder / "access.log"
    env.wait_until(lambda: len(log.read_text().splitlines()) >= 11, "the access log")
    seen = server.get("/server-status").body + log.read_text() + server.error_log.read_text()
    assert "GET /moodlesso/key/ HTTP/1.1" in seen and "GET /moodlesso/userkey HTTP/1.1" in seen
    assert key_of(path) not in seen and TOKEN not in seen
    assert redeem(server, path)[1].status == 303


def test_where_people_are_sent(start):
    server = start("mapping=email wantsurl=https://portal.example.edu")
    portal = Portal(server)
    asked = {None: f"{ROOT}/", "/course/view.php?id=3&section=2": f"{ROOT}/course/view.php?id=3&section=2",
             f"{ROOT}/my/": f"{ROOT}/my/", "https://portal.example.edu/back?x=1": "https://portal.example.edu/back?x=1"}
    for wanted, target in asked.items():
        more = {"wantsurl": wanted} if wanted else {}
        assert redeem(server, portal.url(**more))[1].one("Location") == target
        appended = f"&wantsurl={urllib.parse.quote(wanted, safe='')}" if wanted else ""
        assert redeem(server, portal.url() + appended)[1].one("Location") == target
    # what the application said when it asked counts
    assert redeem(server, portal.url(wantsurl="/my/") + "&wantsurl=%2Fother")[1].one("Location") == f"{ROOT}/my/"


def test_a_long_wantsurl_is_posted_as_it_came(start):
    server = start()
    wanted = "/my/?x=" + "/" * 7900
    _, landed = redeem(server, Portal(server).url() + "&wantsurl=" + wanted)
    assert (landed.status, landed.one("Location")) == (303, ROOT + wanted)


EVIL = ["https://evil.example/x", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example",
        "javascript:alert(1)", "data:text/html,x", f"{ROOT}@evil.example/", f"{ROOT}.evil.example/", "http://moodle.example.test/",
        "https:evil.example", "/my/\r\nX-Inj: 1", f"{ROOT}\\@evil.example", "https://moodle.example.test:444/", "evil", "%2f%2fevil"]


@pytest.mark.parametrize("wanted", EVIL)
def test_nobody_is_sent_elsewhere(start, wanted):
    server = start()
    portal = Portal(server)
    refused = portal.ask({"email": "alice@example.test"}, wantsurl=wanted)
    assert (refused.status, refused.json["reason"]) == (400, "LOGINKEY_WANTSURL")
    _, landed = redeem(server, portal.url() + "&wantsurl=" + urllib.parse.quote(wanted, safe=""))
    assert (landed.status, landed.one("Location"), landed.all("X-Inj")) == (303, f"{ROOT}/", [])


def test_markup_is_shown_as_text(start):
    server = start()
    evil = "\"><script>alert(1)</script>'"
    page = server.get(Portal(server).url() + "&wantsurl=" + urllib.parse.quote(evil), host=HOST)
    assert "<script>alert" not in page.body and fields(page)["wantsurl"] == evil


@pytest.mark.parametrize("asked, status, why", [
    ({"user": {"email": "nobody@example.test"}}, 404, "LOGINKEY_NO_USER"),
    ({"user": {"email": "sue@example.test"}}, 403, "USER_SUSPENDED"),
    ({"user": {"email": "nora@example.test"}}, 403, "USER_NOLOGIN"),
    ({"user": {"email": "una@example.test"}}, 404, "LOGINKEY_NO_USER"),
    ({"user": {"email": "root@localhost"}}, 404, "LOGINKEY_NO_USER"),
    ({"user": {"email": "carol@example.test"}}, 403, "AMBIGUOUS_MATCH"),
    ({"user": {"username": "alice"}}, 400, "LOGINKEY_FIELDS"),
    ({"user": {"email": "alice@example.test", "firstname": "A"}}, 400, "LOGINKEY_FIELDS"),
    ({"user": {"email": "' OR 1=1 --@example.test"}}, 400, "LOGINKEY_FIELDS"),
    ({"user": {"email": ""}}, 400, "LOGINKEY_FIELDS"), ({"user": {"email": None}}, 400, "LOGINKEY_FIELDS"),
    ({"user": {"email": ["alice@example.test"]}}, 400, "LOGINKEY_FIELDS"), ({"user": "alice"}, 400, "LOGINKEY_FIELDS"),
    ({}, 400, "LOGINKEY_FIELDS"), ([], 400, "LOGINKEY_REQUEST"), (b"", 400, "LOGINKEY_REQUEST"),
    (b"{\"user\":{\"email\":\"a@b\",\"email\":\"c@d\"}}", 400, "LOGINKEY_REQUEST"), (b"x" * 70000, 400, "LOGINKEY_REQUEST"),
    ({"user": {"email": "alice@example.test"}, "more": 1}, 400, "LOGINKEY_REQUEST"),
    ({"user": {"email": "alice@example.test"}, "ip": "localhost"}, 400, "LOGINKEY_IP"),
])
def test_what_is_asked_for_is_checked(start, asked, status, why):
    server = start()
    answer = Portal(server).post("/moodlesso/userkey", asked)
    assert (answer.status, answer.json["reason"]) == (status, why)
    assert answer.one("Content-Type") == "application/problem+json"


def test_only_clients_may_ask(start):
    server = start("mapping=email", line(), line("other", OTHER, "from=192.0.2.0/24"))
    portal = Portal(server)
    for token in ("", "secret-wrong", OTHER, "Bearer"):
        answer = portal.ask({"email": "alice@example.test"}, token=token)
        assert (answer.status, answer.json["reason"]) == (401, "LOGINKEY_CLIENT")
        assert answer.one("WWW-Authenticate").startswith("Bearer")
    assert "application other asked from 127.0.0.1, which its from= does not list" in server.error_log.read_text()
    assert portal.ask({"email": "alice@example.test"}).status == 200


def test_a_client_may_do_what_its_line_says(start, run):
    server = start("mapping=email,username,idnumber wantsurl=https://portal.example.edu",
                   line(more="from=127.0.0.1 mapping=username users=alice|bob wantsurl=https://other.example.edu"),
                   line("all", OTHER, "from=127.0.0.0/8"))
    narrow, wide = Portal(server), Portal(server, OTHER)
    assert narrow.ask({"username": "alice"}).status == 200
    assert narrow.ask({"email": "alice@example.test"}).json["reason"] == "LOGINKEY_FIELDS"
    assert narrow.ask({"username": "admin"}).json["reason"] == "LOGINKEY_USER"
    assert narrow.ask({"username": "alice"}, wantsurl="https://other.example.edu/x").status == 200
    assert narrow.ask({"username": "alice"}, wantsurl="https://portal.example.edu/x").json["reason"] == "LOGINKEY_WANTSURL"
    assert wide.ask({"username": "admin"}).status == 200
    assert wide.ask({"idnumber": "E-1001"}, wantsurl="https://portal.example.edu/x").status == 200
    assert wide.ask({"idnumber": "e-1001"}).json["reason"] == "LOGINKEY_NO_USER"
    # a client that is taken away takes its keys along
    path, other = narrow.url({"username": "alice"}), wide.url({"username": "bob"})
    clients(run, line("all", OTHER, "from=any"))
    server.graceful()
    assert narrow.ask({"username": "alice"}).json["reason"] == "LOGINKEY_CLIENT"
    answer = redeem(server, path)[1]
    assert (answer.status, reason(answer)) == (404, "LOGINKEY_CLIENT") and "Please ask for a new one" in answer.body
    assert redeem(server, other)[1].status == 303


def test_an_address_may_be_asked_for(start):
    server = start("mapping=email ip=on")
    portal = Portal(server)
    assert portal.ask({"email": "alice@example.test"}).json["reason"] == "LOGINKEY_IP"
    for ip, status in (("127.0.0.1", 303), ("127.0.0.0/8", 303), ("192.0.2.9", 404), ("2001:db8::/32", 404)):
        path = portal.url(ip=ip)
        browser, landed = redeem(server, path)
        assert landed.status == status
        if status == 404:
            assert reason(landed) == "LOGINKEY_ADDRESS"
            # it is burnt
            assert reason(spend(server, key_of(path))) == "LOGINKEY_USED"


def test_behind_a_proxy_mod_remoteip_says_the_address(start):
    more = "RemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy 127.0.0.1\n"
    server = start("mapping=email", line(more="from=192.0.2.7"), more=more, extra=["remoteip"])
    portal = Portal(server)
    asked = {"user": {"email": "alice@example.test"}, "ip": "198.51.100.4"}
    assert portal.post("/moodlesso/userkey", asked).status == 401
    answer = portal.post("/moodlesso/userkey", asked, headers=[("X-Forwarded-For", "192.0.2.7")])
    assert answer.status == 200
    path = answer.json["loginurl"][len(ROOT):]
    key = key_of(path)
    body = f"key={key}".encode()
    landed = server.get("/moodlesso/key", method="POST", body=body, host=HOST, headers=[("X-Forwarded-For", "198.51.100.4")])
    assert landed.status == 303


def test_a_url_ends_in_time(start, moodle):
    server = start("mapping=email lifetime=5s")
    portal = Portal(server)
    path, other = portal.url(), portal.url()
    assert redeem(server, other)[1].status == 303
    env.wait_until(lambda: reason_at(server, path, portal) == "LOGINKEY_EXPIRED", "a key to expire")


def reason_at(server, path, portal):
    """The reason once it is no key that can be redeemed; a new key each time, as looking spends it."""
    if time.time() < portal.__dict__.setdefault("until", time.time() + 5.5):
        return None
    return reason(spend(server, key_of(path)))


def test_who_was_suspended_since_does_not_come_in_and_stays_who_they_are(start, moodle):
    server = start(more="MoodleSSOCacheTTL 0s 0s\n")
    portal = Portal(server)
    browser, _ = redeem(server, portal.url({"email": "bob@example.test"}))
    path = portal.url()
    moodle.execute("UPDATE mdl_user SET suspended = 1 WHERE username = 'alice'")
    _, refused = redeem(server, path, browser)
    assert (refused.status, reason(refused), refused.all("Set-Cookie")) == (403, "USER_SUSPENDED", [])
    assert whoami(browser)["username"] == "bob"
    moodle.execute("UPDATE mdl_user SET suspended = 0 WHERE username = 'alice'")
    assert reason(spend(server, key_of(path))) == "LOGINKEY_USED"


def test_another_person_is_replaced(start):
    server = start()
    portal = Portal(server)
    browser, _ = redeem(server, portal.url({"email": "bob@example.test"}))
    redeem(server, portal.url(), browser)
    assert whoami(browser)["username"] == "alice"


def test_guessing_is_bounded_for_an_address(start):
    server = start()
    portal = Portal(server)
    good = portal.url()
    answers = [reason(spend(server, "A" * 43)) for _ in range(105)]
    assert answers == ["LOGINKEY_USED"] * 100 + ["LOGINKEY_TOO_MANY"] * 5
    refused = spend(server, key_of(good))
    assert (refused.status, refused.one("Retry-After")) == (429, "60")
    assert portal.ask({"email": "alice@example.test"}).status == 429
    # nothing was spent, and other addresses are not meant
    assert redeem_from(server, good, "127.0.0.2") == 303


def has_ipv6():
    with socket.socket(socket.AF_INET6) as s:
        return s.connect_ex(("::1", 9)) != errno.EADDRNOTAVAIL


@pytest.mark.skipif(not socket.has_ipv6 or not has_ipv6(), reason="no IPv6 here")
def test_a_socket_for_both_families_keeps_addresses_of_ipv4_apart(start):
    server = start(more="Listen [::]:@TLSPORT@\n")
    good = Portal(server).url()
    answers = [redeem_from(server, f"/key/{'A' * 43}?", "127.0.0.1", server.tls_port) for _ in range(101)]
    assert (answers[0], answers[-1]) == (404, 429)
    assert redeem_from(server, good, "127.0.0.2", server.tls_port) == 303


def redeem_from(server, path, address, port=None):
    connection = http.client.HTTPConnection("127.0.0.1", port or server.port, source_address=(address, 0))
    connection.request("POST", "/moodlesso/key", f"key={key_of(path)}", {"Host": HOST})
    return connection.getresponse().status


def test_tokens_are_not_guessed_at_either(start):
    server = start()
    portal = Portal(server)
    statuses = [portal.ask({"email": "alice@example.test"}, token=f"secret-{i}").status for i in range(105)]
    assert statuses == [401] * 100 + [429] * 5


def test_a_key_is_for_one_site(httpd, run, moodle):
    """Two virtual hosts with a source of one name over one store."""
    tokens = clients(run)
    source = f"MoodleSSOSource keys loginkey mapping=email tokens=file:{tokens}\n"
    hosts = "".join(f"<VirtualHost *:@PORT@>\nServerName {name}.example.test\nMoodleSSOBaseURL https://{name}.example.test\n{source}"
                    "MoodleSSOUse keys\n</VirtualHost>\n" for name in ("moodle", "other"))
    server = httpd("MoodleSSOStateDir @HTTPD@/state\n" + moodle.directives() + hosts)
    path = Portal(server).url()
    body = f"key={key_of(path)}".encode()
    assert server.get("/moodlesso/key", method="POST", body=body, host="other.example.test").status == 404
    assert spend(server, key_of(path)).status == 303


def test_a_store_that_is_away_makes_and_spends_nothing(httpd, run, moodle, mariadb):
    mariadb.empty("login_keys")
    server = httpd(config(moodle, clients(run), more=f'MoodleSSOStore mysql "{mariadb.parameters("login_keys")}" timeout=1s\n'))
    server.expect("the store failed", "STORE_DOWN", "the store is not ready")
    portal = Portal(server)
    path = portal.url()
    mariadb.process.freeze()
    try:
        for _ in range(2):
            answer = portal.ask({"email": "alice@example.test"})
            assert (answer.status, answer.json["reason"]) == (503, "STORE_DOWN")
            assert answer.one("Retry-After")
            wire = server.get("/moodlesso/userkey?wsfunction=auth_userkey_request_login_url&wstoken=" + TOKEN +
                              "&user[email]=alice@example.test", host=HOST)
            assert wire.status == 503
            landed = spend(server, key_of(path))
            assert (landed.status, landed.all("Set-Cookie")) == (503, [])
    finally:
        mariadb.process.thaw()
    env.wait_until(lambda: portal.ask({"email": "alice@example.test"}).status == 200, "the store")
    assert spend(server, key_of(portal.url())).status == 303


def test_moodles_database_that_is_away_is_no_unknown_user(httpd, run, mariadb):
    moodle = Moodle(mariadb)
    server = httpd(config(moodle, clients(run)).replace(PATIENT, "timeout=1s"))
    server.expect("DB_TIMEOUT", "DB_DOWN", "moodlesso: .*database m")
    portal = Portal(server)
    mariadb.process.freeze()
    try:
        answer = portal.ask({"email": "alice@example.test"})
        assert answer.status == 503 and answer.json["reason"] in ("DB_TIMEOUT", "DB_DOWN")
    finally:
        mariadb.process.thaw()
    env.wait_until(lambda: portal.ask({"email": "alice@example.test"}).status == 200, "the database")


def test_new_people_come_with_what_the_application_says(start):
    new = {"email": "new@example.test", "username": "new.one", "firstname": "New", "lastname": "Öne"}
    portal = Portal(start())
    assert portal.ask(new).json["reason"] == "LOGINKEY_FIELDS"
    server = start("mapping=email create=on")
    portal = Portal(server)
    browser, landed = redeem(server, portal.url(new))
    who = whoami(browser)
    assert {k: who[k] for k in ("subject", "username", "email", "given_name", "family_name", "name")} == {
        "subject": "new:new.one", "username": "new.one", "email": "new@example.test", "given_name": "New", "family_name": "Öne",
        "name": "New Öne"}
    for change, why in (({"lastname": ""}, "LOGINKEY_NO_USER"), ({"username": "alice"}, "USERNAME_TAKEN"),
                        ({"username": "admin"}, "LOGINKEY_FIELDS"), ({"username": "root"}, "LOGINKEY_FIELDS"),
                        ({"username": "New"}, "LOGINKEY_FIELDS"), ({"firstname": "<b>"}, "LOGINKEY_FIELDS")):
        assert portal.ask({**new, **change}).json["reason"] == why
    # twice within the cache's time is no fault of the database
    for _ in range(4):
        assert portal.ask(new).status == 200
    assert portal.ask({"email": "bob@example.test"}).status == 200
    # who is there already is who they are in Moodle
    browser, _ = redeem(server, portal.url({**new, "email": "alice@example.test"}))
    assert (whoami(browser)["username"], whoami(browser)["given_name"]) == ("alice", "Alice")


def test_update_tells_moodle_what_the_application_says(start):
    server = start("mapping=idnumber,email update=on")
    portal = Portal(server)
    browser, _ = redeem(server, portal.url({"idnumber": "E-1001", "email": "a.new@example.test", "firstname": "Alicia",
                                            "lastname": ""}))
    who = whoami(browser)
    assert (who["username"], who["email"], who["given_name"], who["family_name"]) == (
        "alice", "a.new@example.test", "Alicia", "Ünïcode 山田")
    assert portal.ask({"idnumber": "no", "email": "x@example.test"}).json["reason"] == "LOGINKEY_NO_USER"


def test_the_application_signs_people_out(start, moodle):
    server = start()
    portal = Portal(server)
    out = lambda user, **more: portal.post("/moodlesso/userkey/logout", {"user": user}, **more)
    browser, _ = redeem(server, portal.url())
    bob, _ = redeem(server, portal.url({"email": "bob@example.test"}))
    unspent = portal.url()
    assert out({"email": "alice@example.test"}, token="secret-x").status == 401
    assert out({"email": "nobody@example.test"}).status == 404
    assert out({"username": "alice"}).status == 400
    assert whoami(browser)["identified"]
    # also of who was suspended meanwhile
    moodle.execute("UPDATE mdl_user SET suspended = 1 WHERE username = 'alice'")
    answer = out({"email": "alice@example.test"})
    assert (answer.status, answer.json) == (200, {"ended": True})
    assert whoami(browser)["reason"] == "SESSION_REVOKED"
    assert whoami(bob)["username"] == "bob"
    moodle.execute("UPDATE mdl_user SET suspended = 0 WHERE username = 'alice'")
    assert reason(spend(server, key_of(unspent))) == "LOGINKEY_USED"
    env.wait_until(lambda: portal.ask({"email": "alice@example.test"}).status == 200, "the cache to forget")
    again, _ = redeem(server, portal.url())
    assert whoami(again)["username"] == "alice"


def test_the_application_signs_out_whom_moodle_does_not_know_yet(start):
    new = {"email": "new@example.test", "username": "new.one", "firstname": "New", "lastname": "Öne"}
    server = start("mapping=email create=on")
    portal = Portal(server)
    browser, _ = redeem(server, portal.url(new))
    unspent = portal.url(new)
    out = lambda user: portal.post("/moodlesso/userkey/logout", {"user": user})
    for nobody in ({"email": "new@example.test"}, {**new, "username": "alice"}, {**new, "username": "admin"}):
        assert reason(out(nobody)) == "LOGINKEY_NO_USER"
    assert whoami(browser)["username"] == "new.one"
    assert out(new).json == {"ended": True}
    assert whoami(browser)["reason"] == "SESSION_REVOKED"
    assert reason(spend(server, key_of(unspent))) == "LOGINKEY_USED"


def test_a_key_opened_while_the_application_signs_people_out_does_not_outlive_that(httpd, run, mariadb):
    moodle = Moodle(mariadb)
    server = httpd(config(moodle, clients(run), more="MoodleSSOCacheTTL 60s\n"))
    portal = Portal(server)
    redeem(server, portal.url())  # from now on it is known who alice is
    path = portal.url()
    answers = []
    out = threading.Thread(target=lambda: answers.append(portal.post("/moodlesso/userkey/logout",
                                                                     {"user": {"email": "alice@example.test"}})))
    asked = lambda: server.status()["databases"]["m"]["asked"]
    mariadb.process.freeze()
    try:
        before = asked()
        out.start()
        env.wait_until(lambda: asked() > before, "the question who that is")
        browser, landed = redeem(server, path)
        assert landed.status == 303 and whoami(browser)["username"] == "alice"
    finally:
        mariadb.process.thaw()
        out.join()
    assert answers[0].json == {"ended": True}
    assert whoami(browser)["reason"] == "SESSION_REVOKED"


def test_signing_out_leads_back_to_the_application(start):
    server = start("mapping=email logout_redirect=https://portal.example.edu/bye")
    browser, _ = redeem(server, Portal(server).url())
    page = browser.once("/moodlesso/logout")
    assert "form-action 'self' https://portal.example.edu;" in page.one("Content-Security-Policy")
    answer = browser.once("/moodlesso/logout", "POST", {"return": "/"}, [*browser.headers, ("Sec-Fetch-Site", "same-origin")])
    assert (answer.status, answer.one("Location")) == (303, "https://portal.example.edu/bye")
    assert whoami(browser)["reason"] == "NO_CREDENTIAL"


def test_a_source_that_is_switched_off_makes_and_takes_no_keys(start):
    server = start(more="<Location /check>\nSetHandler moodlesso-check\n</Location>\n")
    portal = Portal(server)
    path = portal.url()
    switch = lambda value: server.get("/check", method="POST", body=f"switch=keys&value={value}".encode(), host=HOST,
                                      headers=[("Sec-Fetch-Site", "same-origin")])
    assert switch("off").status == 200
    assert portal.ask({"email": "alice@example.test"}).json["reason"] == "SOURCE_OFF"
    assert reason(spend(server, key_of(path))) == "SOURCE_OFF"
    switch("on")
    assert spend(server, key_of(portal.url())).status == 303


def test_in_a_frame_the_session_is_the_frames(start):
    server = start()
    path = Portal(server).url()
    framed = [("Sec-Fetch-Storage-Access", "none"), ("Sec-Fetch-Dest", "iframe"), ("Sec-Fetch-Mode", "navigate"),
              ("Sec-Fetch-Site", "same-origin")]
    browser, landed = redeem(server, path, headers=framed)
    mark, session = landed.all("Set-Cookie")
    assert mark.startswith("__Host-moodlesso-frame=1;") and session.startswith("__Host-moodlesso-framed=")
    assert mark.endswith("; SameSite=None; Partitioned") and session.endswith("; SameSite=None; Partitioned")


def test_without_such_a_source_there_is_nothing_there(httpd, run):
    server = httpd("MoodleSSOBaseURL https://moodle.example.test\nMoodleSSOStateDir @HTTPD@/state\n")
    for path in ("/moodlesso/userkey", "/moodlesso/key/" + "A" * 43, "/moodlesso/userkey/logout"):
        assert server.get(path, host=HOST).status == 404


@pytest.mark.parametrize("source, sentence", [
    ("", "mapping= is missing"), ("mapping=phone", "username, email or idnumber"),
    ("mapping=email lifetime=1s", "from 5s to 24h"), ("mapping=email wantsurl=/x", "lists origins"),
    ("mapping=email logout_redirect=/x", "whole URL"), ("mapping=email create=yes", "create="),
    ("mapping=email in=nowhere", "there is no MoodleSSOSource nowhere of the kind moodle"),
    ("mapping=email tokens=x", "file:/path")])
def test_mistakes_stop_the_start(httpd, run, moodle, source, sentence):
    text = config(moodle, clients(run), source)
    if "in=" in source:
        text = text.replace("loginkey in=moodle", "loginkey")
    if "tokens=x" in source:
        text = text.replace(f"tokens=file:{run / 'clients'}", "")
    status, output = httpd.prepare(text).check()
    assert status != 0 and sentence in output


def test_clients_that_cannot_be_read_stop_the_start(httpd, run, moodle):
    for lines, sentence in ((["portal x from=any\n"], "line 3: write NAME"), ([line(more="")], "line 3: write NAME"),
                            ([line(), line()], "line 4: a name and a token are there once"),
                            ([line(more="from=any users=(")], "line 3: users= is no regular expression"),
                            ([line(more="from=nonsense")], "line 3: from= lists addresses"),
                            ([line(more="from=any x=1")], "line 3:"), (["# none\n"], "lists no client")):
        status, output = httpd.prepare(config(moodle, clients(run, *lines))).check()
        assert status != 0 and sentence in output, output
        assert "secret" not in output


def test_somebody_must_know_the_users(httpd, run, moodle):
    nobody = config(moodle, clients(run)).replace(moodle.directives(), "").replace(" in=moodle", "")
    status, output = httpd.prepare(nobody).check()
    assert status != 0 and ("MoodleSSOSource keys: there is no MoodleSSOSource of the kind moodle and no MoodleSSOProvision, whose "
                            "users it signs in: define one") in output


def test_a_base_url_is_needed(httpd, run, moodle):
    status, output = httpd.prepare(config(moodle, clients(run)).replace(f"MoodleSSOBaseURL {ROOT}\n", "")).check()
    assert status != 0 and "makes login URLs of this site, whose sessions are for https: MoodleSSOBaseURL is missing" in output
    status, output = httpd.prepare(config(moodle, clients(run)).replace("BaseURL https", "BaseURL http")).check()
    assert status != 0 and "makes login URLs of this site, whose sessions are for https: MoodleSSOBaseURL is for http" in output


def test_a_name_that_somebody_else_got_meanwhile_is_not_theirs(start, moodle):
    server = start("mapping=email create=on", more="MoodleSSOCacheTTL 0s 0s\n")
    portal = Portal(server)
    new = {"email": "zoe@example.test", "username": "zoe", "firstname": "Zoe", "lastname": "New"}
    path, other = portal.url(new), portal.url(new)
    row = ("INSERT INTO mdl_user (auth, confirmed, policyagreed, deleted, suspended, mnethostid, username, password, idnumber, "
           "firstname, lastname, email, lang) VALUES ('manual', 1, 0, 0, 0, 1, 'zoe', '', '', 'Z', 'Z', %s, 'en')")
    moodle.execute(row, "another@example.test")
    assert reason(spend(server, key_of(path))) == "USERNAME_TAKEN"
    # the same person, whose account was made by the first login
    moodle.execute("UPDATE mdl_user SET email = 'Zoe@Example.test' WHERE username = 'zoe'")
    assert spend(server, key_of(other)).status == 303
