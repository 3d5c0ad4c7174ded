# SPDX-License-Identifier: Apache-2.0
"""A source switched off at run time, on every node; and what moodlesso-check tells whoever sets up rules."""
import time

import pytest

import env
from issuer import Issuer
from sites import STATUS, WHOAMI, Moodle, use
from test_50_tokens import bearer, knows_keys
from test_51_sessions import sign_in
from test_60_store import Store

CHECK = "<Location /check>\nSetHandler moodlesso-check\n</Location>\n"
OURS = [("Sec-Fetch-Site", "same-origin")]


@pytest.fixture(autouse=True)
def issuer(run):
    """Made first, so that it is there until the servers have stopped."""
    server = Issuer(run / f"issuer-{time.monotonic_ns()}")
    yield server
    server.stop()


def config(issuer, more="MoodleSSOStateDir @HTTPD@/state\n"):
    client_secret = issuer.folder / "client-secret"
    client_secret.write_text("secret-of-client\n")
    return ("MoodleSSOBaseURL https://moodle.example\n" + more +
            f"MoodleSSOSource idp oidc issuer={issuer.url} audience=https://moodle.example client_id=moodle "
            f"client_secret=file:{client_secret}\n" + use("idp") + WHOAMI + STATUS + CHECK)


def turn(server, name, value, headers=OURS):
    return server.get("/check", method="POST", headers=headers, body=f"switch={name}&value={value}".encode())


def reason(server, **how):
    who = server.get("/whoami", **how).json
    return None if who["identified"] else who["reason"]


def test_a_source_is_switched_off_and_on(httpd, issuer):
    server = httpd(config(issuer))
    knows_keys(server)
    token, cookie = issuer.token(), sign_in(server, issuer)
    assert server.get("/check").json["sources"] == {"idp": {"kind": "oidc", "on": True}}
    assert turn(server, "idp", "off").json["sources"]["idp"]["on"] is False
    assert server.get("/check").json["sources"]["idp"]["on"] is False
    assert reason(server, headers=bearer(token)) == "SOURCE_OFF"
    assert reason(server, cookie=cookie) == "SOURCE_OFF"
    assert reason(server) == "NO_CREDENTIAL"
    refused = server.get("/moodlesso/teams", method="POST", body=b"", headers=bearer(token))
    assert refused.status == 401 and refused.json["reason"] == "SOURCE_OFF" and refused.all("Set-Cookie") == []
    assert server.get("/moodlesso/login.json").json == []
    assert server.logged("source idp was switched off")
    turn(server, "idp", "on")
    assert reason(server, headers=bearer(token)) is None and reason(server, cookie=cookie) is None
    assert len(server.get("/moodlesso/login.json").json) == 1


def test_another_node_knows_within_a_moment_and_a_restart_forgets_nothing(httpd, issuer, database, run):
    store = Store(database, run)
    text = "MoodleSSOStateDir @HTTPD@/state\n" + store.directive()
    one, other = httpd(config(issuer, text)), httpd(config(issuer, text))
    knows_keys(one)
    knows_keys(other)
    token = issuer.token()
    assert reason(other, headers=bearer(token)) is None
    turn(one, "idp", "off")
    env.wait_until(lambda: reason(other, headers=bearer(token)) == "SOURCE_OFF", "the other node to be told")
    other.graceful()
    env.wait_until(lambda: reason(other, headers=bearer(token)) == "SOURCE_OFF", "the new processes to be told")
    # as an administrator would by hand
    store.execute("UPDATE moodlesso_switches SET value = 'on' WHERE name = 'source:idp'")
    env.wait_until(lambda: reason(one, headers=bearer(token)) is None, "this node to be told")


@pytest.mark.parametrize("headers", [[], [("Sec-Fetch-Site", "cross-site")], [("Sec-Fetch-Site", "same-site")],
                                     [("Sec-Fetch-Site", "none")], [("Origin", "https://evil.example")]])
def test_other_sites_switch_nothing(httpd, issuer, headers):
    server = httpd(config(issuer))
    answer = turn(server, "idp", "off", headers)
    assert answer.status == 403 and answer.json["reason"] == "CROSS_SITE"
    assert server.get("/check").json["sources"]["idp"]["on"] is True


def test_what_is_no_source_or_no_value_is_refused(httpd, issuer):
    server = httpd(config(issuer))
    form = "write switch=NAME&value=on, or value=off, as a form"
    for name, value, sentence in (("nobody", "off", "there is no source nobody"), ("idp", "maybe", form),
                                  ("(accounts)", "off", "there is no source (accounts)"), ("", "off", form), ("idp", "", form),
                                  ("%22", "on", 'there is no source "'), ("%ff", "on", "Bad Request")):
        answer = turn(server, name, value)
        assert answer.status == 400 and answer.one("Content-Type") == "application/problem+json"
        assert answer.json == {"title": "Bad Request", "status": 400, "detail": sentence}
    assert server.get("/check", method="POST", headers=OURS, body=b"x" * 2000).json["detail"] == form
    assert server.get("/check", method="DELETE").status == 405
    assert server.get("/whoami", method="POST", body=b"").status == 405


def test_without_a_store_it_is_said_that_one_is_needed(httpd, sqlite):
    server = httpd(Moodle(sqlite).directives() + CHECK)
    answer = turn(server, "moodle", "off")
    assert answer.status == 409 and answer.all("Retry-After") == []
    assert answer.json["detail"] == "switching sources takes a store: write MoodleSSOStateDir or MoodleSSOStore"


@pytest.mark.parametrize("language, sentence", [("en", "asked for by a page of another site. Please open the link itself"),
                                                ("de", "von einer Seite eines anderen Auftritts verlangt")])
def test_people_are_told_that_another_site_asked(httpd, sqlite, language, sentence):
    server = httpd(Moodle(sqlite).directives() + CHECK)
    headers = [("Accept", "text/html"), ("Accept-Language", language), ("Sec-Fetch-Site", "cross-site")]
    answer = turn(server, "moodle", "off", headers)
    assert answer.status == 403 and sentence in answer.body and "<code>CROSS_SITE</code>" in answer.body


def test_a_search_shows_what_each_rule_finds(httpd, issuer, sqlite):
    moodle = Moodle(sqlite)
    moodle.execute("UPDATE mdl_user SET idnumber = 'same' WHERE id IN (3, 4)")
    server = httpd(config(issuer) + moodle.directives() + "<Location />\nMoodleSSOMatch oid idnumber\n"
                   "MoodleSSOMatch email email verified\nMoodleSSOMatch username username skip-domain=example.test\n</Location>\n")

    def search(value):
        return [(m["found"], m.get("username") or m.get("reason")) for m in server.get(f"/check?match={value}").json["match"]]

    assert search("alice@example.test") == [(0, None), (1, "alice"), (1, "alice")]
    assert search("same") == [(2, "AMBIGUOUS_MATCH"), (0, None), (0, None)]
    assert search("E-1003") == [(0, "USER_SUSPENDED"), (0, None), (0, None)]
    assert search("alice@evil.test") == [(0, None), (0, None), (0, None)]
    answer = server.get("/check?match=%3Cscript%3Ealert(1)%3C/script%3E")
    assert "<script>" not in answer.body and answer.one("Content-Type") == "application/json"
    assert [m["rule"] for m in answer.json["match"]] == ["oid to idnumber", "email to email",
                                                         "username to username without its domain"]
