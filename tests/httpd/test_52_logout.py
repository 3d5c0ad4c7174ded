# SPDX-License-Identifier: Apache-2.0
"""The provider ends a session: back channel and front channel, on every node, each token once."""
import re
import sqlite3
import time
import urllib.parse

import pytest

import env
from issuer import Issuer, Key
from sites import STATUS, use
from test_50_tokens import knows_keys
from test_51_sessions import config, exchange, secret, sign_in

EVENT = {"http://schemas.openid.net/event/backchannel-logout": {}}


@pytest.fixture(autouse=True)
def issuer(run):
    """Made first, so that it is there until the servers have stopped."""
    server = Issuer(run / f"issuer-{time.monotonic_ns()}")
    yield server
    server.stop()


@pytest.fixture
def site(httpd, issuer):
    server = httpd(config(issuer))
    server.expect("moodlesso: back-channel logout: ")
    knows_keys(server)
    return server


def logout_token(issuer, key=None, header=(), **claims):
    claims = {"events": EVENT, "jti": f"jti-{time.monotonic_ns()}", "preferred_username": None, "name": None, "given_name": None,
              "family_name": None, "nbf": None, **claims}
    return issuer.token(key=key, header={"typ": "logout+jwt", **dict(header)}, **claims)


def send(server, token):
    return server.get("/moodlesso/backchannel-logout", method="POST", headers=[("Content-Type", "application/x-www-form-urlencoded")],
                      body=urllib.parse.urlencode({"logout_token": token}).encode())


def ended(server, cookie):
    return server.get("/whoami", cookie=cookie).json.get("reason") == "SESSION_REVOKED"


def test_a_sid_ends_its_session_and_no_other(site, issuer):
    one, other = sign_in(site, issuer, sid="s1"), sign_in(site, issuer, sid="s2")
    answer = send(site, logout_token(issuer, sid="s1"))
    assert answer.status == 200, answer
    assert answer.one("Cache-Control") == "no-store"
    assert ended(site, one)
    assert site.get("/whoami", cookie=other).json["identified"]


def test_a_subject_ends_all_of_its_sessions(site, issuer):
    alice, again, bob = sign_in(site, issuer), sign_in(site, issuer, sid="x"), sign_in(site, issuer, sub="bob")
    assert send(site, logout_token(issuer)).status == 200
    assert ended(site, alice) and ended(site, again)
    assert site.get("/whoami", cookie=bob).json["identified"]


def test_each_token_counts_once(site, issuer):
    token = logout_token(issuer, sid="s1")
    assert send(site, token).status == 200
    answer = send(site, token)
    assert answer.status == 400
    assert answer.json == {"error": "invalid_request", "error_description": "TOKEN_SEEN"}


@pytest.mark.parametrize("change, reason", [
    ({"events": None}, "TOKEN_NO_LOGOUT"), ({"events": {"x": {}}}, "TOKEN_NO_LOGOUT"), ({"nonce": "n"}, "TOKEN_NO_LOGOUT"),
    ({"sub": None}, "TOKEN_NO_LOGOUT"), ({"jti": None}, "TOKEN_NO_LOGOUT"), ({"iat": None}, "TOKEN_NO_LOGOUT"),
    ({"aud": "https://other.example"}, "TOKEN_AUDIENCE"), ({"iss": "http://127.0.0.1:1"}, "TOKEN_ISSUER"),
    ({"exp": 1_000_000_000}, "TOKEN_EXPIRED"), ({"header": {"typ": "at+jwt"}}, "TOKEN_TYPE")])
def test_what_is_no_logout_token_ends_nothing(site, issuer, change, reason):
    cookie = sign_in(site, issuer)
    answer = send(site, logout_token(issuer, **change))
    assert answer.status == 400
    assert answer.json["error_description"] == reason
    assert site.get("/whoami", cookie=cookie).json["identified"]


def test_a_forged_one_and_an_access_token_end_nothing(site, issuer):
    cookie = sign_in(site, issuer)
    stranger = Key(issuer.folder, "stranger")
    assert send(site, logout_token(issuer, key=stranger)).json["error_description"] == "TOKEN_KEY_UNKNOWN"
    assert send(site, issuer.token()).json["error_description"] == "TOKEN_NO_LOGOUT"
    assert send(site, "").status == 400
    assert site.get("/moodlesso/backchannel-logout", method="POST", body=b"x" * 20000).status == 400
    assert site.get("/moodlesso/backchannel-logout").status == 405
    assert site.get("/whoami", cookie=cookie).json["identified"]


def test_a_logout_token_is_no_proof_of_anybody(site, issuer):
    answer = exchange(site, logout_token(issuer))
    assert answer.status == 401 and answer.json["reason"] == "TOKEN_TYPE"
    assert exchange(site, logout_token(issuer, header={"typ": "JWT"})).json["reason"] == "TOKEN_TYPE"


def test_who_signs_in_again_is_known_again(site, issuer):
    assert send(site, logout_token(issuer, iat=int(time.time()) - 300)).status == 200
    assert site.get("/whoami", cookie=sign_in(site, issuer)).json["identified"]


def test_the_front_channel(site, issuer):
    cookie = sign_in(site, issuer, sid="s1")
    query = urllib.parse.urlencode({"iss": issuer.url, "sid": "s1"})
    for wrong in ("", f"iss={issuer.url}", "iss=https://other.example&sid=s1"):
        assert site.get(f"/moodlesso/frontchannel-logout?{wrong}").status == 400
    assert site.get("/whoami", cookie=cookie).json["identified"]
    # a link of somebody else ends what it names, and not what the browser has
    assert site.get(f"/moodlesso/frontchannel-logout?{query}2", cookie=cookie).all("Set-Cookie") == []
    assert site.get("/whoami", cookie=cookie).json["identified"]
    answer = site.get(f"/moodlesso/frontchannel-logout?{query}", cookie=cookie)
    assert answer.status == 200
    assert answer.one("Set-Cookie").startswith("__Host-moodlesso=; ") and "Max-Age=0" in answer.one("Set-Cookie")
    assert answer.one("Cache-Control") == "no-store" and "You are signed out" in answer.body
    assert answer.one("Content-Security-Policy").endswith(f"; frame-ancestors 'self' {issuer.url}"), "its pages show ours"
    assert ended(site, cookie)


def test_strangers_cannot_end_so_many_that_everybodys_sessions_are_over(site, issuer):
    """Whoever knows a sid may end it, and nobody can tell whether there is one: what this node can remember is not theirs to
    use up, or everybody would have to sign in anew, again and again."""
    cookie, other = sign_in(site, issuer, (), sid="s1"), sign_in(site, issuer, (), sid="s2")
    now = int(time.time())
    with sqlite3.connect(site.folder / "state/store.sqlite3", timeout=20) as store:
        store.executemany("INSERT INTO moodlesso_epochs (key_hash, kind, tag, at, changed) VALUES (?, 'sid', ?, ?, ?)",
                          ((f"{i:064x}", f"{i * 0x9E3779B97F4A7C15 % 2 ** 64:016x}", now * 10 ** 6, now) for i in range(1, 65537)))
    env.wait_until(lambda: site.status()["store"]["epochs"] == 65536, "all that were ended")
    ask = lambda sid, **more: site.get("/moodlesso/frontchannel-logout?" + urllib.parse.urlencode({"iss": issuer.url, "sid": sid}), **more)
    site.expect("LOGOUT_BUSY")
    answer = ask("s1")
    assert answer.status == 503 and answer.json["reason"] == "LOGOUT_BUSY" and answer.all("Retry-After")
    assert ask("s1", cookie=other).status == 503
    assert len(re.findall(r"moodlesso:warn.*LOGOUT_BUSY", site.log_text())) == 1, "nor the log"
    assert site.status()["store"]["epochs"] == 65536 and site.status()["store"]["floor"] == 0
    assert not ended(site, cookie) and not ended(site, other)
    assert ask("s1", cookie=cookie).status == 200 and ended(site, cookie), "who brings the session proves it"
    assert send(site, logout_token(issuer, sid="s2")).status == 200 and ended(site, other), "and so does a provider"


def test_a_front_channel_logout_may_be_framed_where_the_provider_signs_out(httpd, issuer, run):
    tenant = "11111111-2222-3333-4444-555555555555"
    own = f"https://login.microsoftonline.com/{tenant}/v2.0"
    issuer.metadata = lambda: {"issuer": own, "jwks_uri": f"{issuer.url}/keys", "authorization_endpoint": f"{own}/authorize",
                               "token_endpoint": f"{issuer.url}/token", "end_session_endpoint": "https://out.example/logout"}
    server = httpd(f"MoodleSSOBaseURL https://moodle.example\nMoodleSSOStateDir @HTTPD@/state\nMoodleSSOSource entra oidc preset=entra "
                   f"tenants={tenant} metadata={issuer.url}/{tenant} client_id=moodle client_secret=file:{secret(run, 's' * 40)}\n"
                   + use("entra") + STATUS)
    knows_keys(server, "entra")
    answer = server.get("/moodlesso/frontchannel-logout?" + urllib.parse.urlencode({"iss": own, "sid": "s1"}))
    assert answer.status == 200, answer
    assert answer.one("Content-Security-Policy").endswith(
        "; frame-ancestors 'self' https://login.microsoftonline.com https://out.example")
    for other in (own.replace("1111", "2222"), own.replace(tenant, "{tenantid}")):
        query = urllib.parse.urlencode({"iss": other, "sid": "s1"})
        assert server.get(f"/moodlesso/frontchannel-logout?{query}").status == 400, other


@pytest.mark.parametrize("kind", ["pgsql", "mysql"])
def test_two_nodes_know_within_a_second_or_two(httpd, issuer, run, postgresql, mariadb, kind):
    server = postgresql if kind == "pgsql" else mariadb
    name = f"logout_{kind}"
    server.empty(name)
    text = config(issuer, f'MoodleSSOSecret file:{secret(run, "s" * 40)}\n'
                          f'MoodleSSOStore {kind} "{server.parameters(name)}"\n')
    one, other = httpd(text), httpd(text)
    knows_keys(one)
    knows_keys(other)
    cookie = sign_in(one, issuer, sid="s1")
    assert other.get("/whoami", cookie=cookie).json["identified"]
    assert send(other, logout_token(issuer, sid="s1")).status == 200
    assert ended(other, cookie)
    env.wait_until(lambda: ended(one, cookie), "the other node to know")


def test_with_the_store_away_a_logout_is_503(httpd, issuer, mariadb):
    mariadb.empty("logout_away")
    server = httpd(config(issuer, f'MoodleSSOStore mysql "{mariadb.parameters("logout_away")}" timeout=1s\n'))
    server.expect("STORE_DOWN", "MoodleSSOStore", "store")
    knows_keys(server)
    cookie = sign_in(server, issuer)
    mariadb.process.freeze()
    try:
        answer = send(server, logout_token(issuer))
        assert answer.status == 503 and answer.json["reason"] == "STORE_DOWN" and answer.all("Retry-After") == ["3"]
        assert server.get("/whoami", cookie=cookie).json["identified"], "sessions go on"
    finally:
        mariadb.process.thaw()
