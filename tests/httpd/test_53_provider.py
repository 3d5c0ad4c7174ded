# SPDX-License-Identifier: Apache-2.0
"""A certified OpenID provider: its tokens by discovery alone, its keys rotated, and it itself away."""
import collections
import json
import os
import signal
import socket
import time

import pytest

import env
from load import at_once
from provider import AUDIENCE, Provider
from sites import PHP, STATUS, WHOAMI, use
from test_50_tokens import bearer
from test_51_sessions import exchange

RESTING = "its last good keys stay in force"


@pytest.fixture
def provider(run):
    server = Provider(run / f"provider-{time.monotonic_ns()}")
    yield server
    server.stop()


def config(provider, more="", audience=AUDIENCE):
    """The state directory is the provider's, so that it outlives the server."""
    return (f"MoodleSSOBaseURL https://moodle.example\nMoodleSSOStateDir {provider.folder}/moodlesso\n"
            f"MoodleSSOSource idp oidc issuer={provider.url} audience={audience} algs=RS256,ES256 ca={provider.root}\n" + use("idp") +
            PHP + WHOAMI + STATUS + more)


def knows(server, keys):
    env.wait_until(lambda: server.status()["issuers"]["idp"]["keys"] == keys, "the keys of the provider")


def who(server, token):
    return server.get("/whoami", headers=bearer(token)).json


@pytest.fixture
def site(httpd, provider):
    server = httpd(config(provider))
    knows(server, 2)
    return server


@pytest.mark.parametrize("alg", ["RS256", "ES256"])
def test_its_tokens_are_taken_by_discovery_alone(site, provider, alg):
    server = site.get("/env.php", headers=bearer(provider.token("alice", alg))).json["server"]
    assert server["REMOTE_USER"] == server["MOODLESSO_SUBJECT"] == "alice"
    assert server["MOODLESSO_ISSUER"] == provider.url
    assert who(site, provider.token(alg=alg, resource="https://other.example"))["reason"] == "TOKEN_AUDIENCE"
    assert provider.asked() == (1, 1)


def test_keys_rotated_while_running(site, provider):
    old = provider.token("alice", "ES256")
    provider.publish("k2", "k1")
    new = provider.token("bob")
    assert who(site, new)["reason"] == "TOKEN_KEY_UNKNOWN", "nobody waits for the new keys"
    knows(site, 4)
    env.wait_until(lambda: who(site, new)["identified"], "the new key in every process")
    assert who(site, old)["username"] == "alice", "seen for the first time now"
    provider.publish("k3", "k2")
    for _ in range(20):
        assert who(site, provider.token())["reason"] == "TOKEN_KEY_UNKNOWN"
    assert provider.asked() == (2, 2), "once early, and not again within five minutes"


def test_its_logout_ends_the_session(httpd, provider):
    server = httpd(config(provider, audience=f"{AUDIENCE},moodle"))
    knows(server, 2)
    cookies = [exchange(server, provider.token(sid=sid)).one("Set-Cookie").partition(";")[0] for sid in ("s1", "s2")]
    provider.logout("alice", "s1", f"http://127.0.0.1:{server.port}/moodlesso/backchannel-logout")
    assert server.get("/whoami", cookie=cookies[0]).json["reason"] == "SESSION_REVOKED"
    assert server.get("/whoami", cookie=cookies[1]).json["identified"]


def goes_on(server, known, session, new):
    """All that needs nobody but us, with the provider away."""
    assert who(server, known)["username"] == "alice"
    assert server.get("/whoami", cookie=session).json["username"] == "alice"
    assert who(server, new[0])["username"] == "bob"
    begun = exchange(server, new[1])
    assert begun.status == 200, begun
    assert server.get("/whoami", cookie=begun.one("Set-Cookie").partition(";")[0]).json["username"] == "bob"


def refuses_unknown_keys(server, tokens):
    """More at once than may wait for a source: if one of them waited for the provider, others would be turned away."""
    assert len(tokens) > server.status()["sources"]["idp"]["waiting_places"]
    reasons = at_once(len(tokens), lambda i: who(server, tokens[i]).get("reason"))
    assert set(reasons) == {"TOKEN_KEY_UNKNOWN"}
    state = server.status()["sources"]["idp"]
    assert state["waiting"] == 0 and state["turned_away"] == 0


@pytest.mark.parametrize("away, back", [(Provider.stop, Provider.start), (Provider.freeze, Provider.thaw)],
                         ids=["stopped", "black hole"])
def test_without_it_everybody_known_goes_on(httpd, provider, away, back):
    first = httpd(config(provider))
    knows(first, 2)
    known = provider.token("alice")
    session = exchange(first, known).one("Set-Cookie").partition(";")[0]
    new = [provider.token("bob", alg) for alg in ("RS256", "ES256", "RS256", "ES256")]
    provider.publish("k2", "k1")
    strangers = provider.tokens(20)
    away(provider)
    try:
        first.expect(RESTING)
        goes_on(first, known, session, new[:2])
        refuses_unknown_keys(first, strangers)
        first.stop()
        second = httpd(config(provider))
        second.expect(RESTING)
        goes_on(second, known, session, new[2:])
        refuses_unknown_keys(second, strangers)
        env.wait_until(lambda: second.status()["issuers"]["idp"]["failures"] > 0, "the provider to be missed")
        goes_on(second, known, session, new[2:])
    finally:
        back(provider)
    env.wait_until(lambda: who(second, strangers[0])["identified"], "the provider to be asked again")


THOUSAND = ("<IfModule mpm_event_module>\nStartServers 5\nServerLimit 5\nThreadLimit 220\nThreadsPerChild 220\n"
            "MaxRequestWorkers 1100\nMinSpareThreads 1\nMaxSpareThreads 1100\n</IfModule>\nListenBacklog 1100\n")


# A thousand threads go on at the same moment.
@pytest.mark.alone
def test_a_thousand_first_requests_with_one_token_make_one_verification_per_process(httpd, provider):
    """Every request is in a thread of its own before the first one is complete; they all go on at the same moment."""
    server = httpd(config(provider, "<Location /server-status>\nSetHandler server-status\n</Location>\nMoodleSSOCacheTTL 60s 60s\n"),
                   workers=THOUSAND)
    knows(server, 2)
    head = f"GET /whoami HTTP/1.0\r\nHost: moodle.example\r\nAuthorization: Bearer {provider.token()}\r\n\r\n".encode()
    asked, verified = provider.asked(), server.status()["sources"]["idp"]["asked"]
    sockets = [socket.create_connection(("127.0.0.1", server.port), env.PATIENCE) for _ in range(1000)]
    try:
        for s in sockets:
            s.sendall(head[:-1])
        env.wait_until(lambda: "BusyWorkers: 1001" in server.get("/server-status?auto").body, "a thousand readers")
        os.killpg(server.process.process.pid, signal.SIGSTOP)
        for s in sockets:
            s.sendall(head[-1:])
        os.killpg(server.process.process.pid, signal.SIGCONT)
        answers = [json.loads(s.makefile("rb").read().partition(b"\r\n\r\n")[2]) for s in sockets]
    finally:
        for s in sockets:
            s.close()
    assert collections.Counter(answer.get("username", answer.get("reason")) for answer in answers) == {"alice": 1000}
    state = server.status()["sources"]["idp"]
    assert 1 <= state["asked"] - verified <= 5 and state["turned_away"] == 0
    assert provider.asked() == asked
