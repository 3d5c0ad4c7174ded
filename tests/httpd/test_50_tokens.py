# SPDX-License-Identifier: Apache-2.0
"""Bearer tokens of an OpenID provider: verified before PHP, without ever asking the provider in between."""
import time

import pytest

import env
from issuer import Issuer, Key
from sites import PHP, STATUS, WHOAMI, use

STATE = "MoodleSSOStateDir @HTTPD@/state\n"


@pytest.fixture(autouse=True)
def issuer(run):
    """Made first, so that it is there until the servers have stopped."""
    server = Issuer(run / f"issuer-{time.monotonic_ns()}")
    yield server
    server.stop()


def config(issuer, source=""):
    return (STATE + f"MoodleSSOSource idp oidc issuer={issuer.url} audience=https://moodle.example {source}\n" + use("idp") +
            PHP + WHOAMI + STATUS + "<Location /protected>\nAuthType MoodleSSO\nRequire valid-user\nSetHandler moodlesso-whoami\n"
            "</Location>\n")


def bearer(token):
    return [("Authorization", f"Bearer {token}")]


def knows_keys(server, name="idp", count=1):
    env.wait_until(lambda: server.status()["issuers"][name]["keys"] == count, "the keys of the issuer")


@pytest.fixture
def site(httpd, issuer):
    server = httpd(config(issuer))
    knows_keys(server)
    return server


def test_a_token_becomes_an_identity(site, issuer):
    answer = site.get("/env.php", headers=bearer(issuer.token()))
    server = answer.json["server"]
    assert server["REMOTE_USER"] == server["MOODLESSO_USERNAME"] == "alice"
    assert server["MOODLESSO_ISSUER"] == issuer.url
    assert server["MOODLESSO_NAME"] == "Alice Anders"


def test_a_token_seen_before_is_not_verified_again(site, issuer):
    token = issuer.token()
    assert not site.get("/whoami", headers=bearer(token)).json["cached"]
    assert site.get("/whoami", headers=bearer(token)).json["cached"]


@pytest.mark.parametrize("change, reason", [
    ({"aud": "https://other.example"}, "TOKEN_AUDIENCE"), ({"exp": 1_000_000_000}, "TOKEN_EXPIRED"),
    ({"nbf": 4_000_000_000}, "TOKEN_NOT_YET_VALID"), ({"iss": "http://127.0.0.1:1"}, "TOKEN_ISSUER"),
    ({"nonce": "x"}, "TOKEN_IS_ID_TOKEN"), ({"exp": None}, "TOKEN_CLAIMS"),
    ({"aud": "00000003-0000-0000-c000-000000000000"}, "TOKEN_FOR_GRAPH"),
])
def test_what_is_refused_says_why(site, issuer, change, reason):
    answer = site.get("/protected", headers=bearer(issuer.token(**change)))
    assert answer.status == 401
    assert f'error="{reason}"' in answer.all("WWW-Authenticate")[0]
    assert f'Bearer realm="MoodleSSO", error="invalid_token", error_description="{reason}"' in answer.all("WWW-Authenticate")


def test_without_a_token_there_is_a_plain_challenge(site):
    answer = site.get("/protected")
    assert answer.status == 401
    assert 'Bearer realm="MoodleSSO"' in answer.all("WWW-Authenticate")


def test_a_forged_signature_and_a_strange_key(site, issuer):
    forged = issuer.token()[:-8] + "AAAAAAAA"
    assert site.get("/whoami", headers=bearer(forged)).json["reason"] == "TOKEN_SIGNATURE"
    stranger = Key(issuer.folder, "stranger")
    assert site.get("/whoami", headers=bearer(issuer.token(key=stranger))).json["reason"] == "TOKEN_KEY_UNKNOWN"


def test_a_rotated_key_is_fetched_early_and_once(site, issuer):
    knows = dict(issuer.asked)
    issuer.rotate("k2")
    token = issuer.token()
    env.wait_until(lambda: site.get("/whoami", headers=bearer(token)).json["identified"], "the new key", 30)
    for _ in range(20):
        assert not site.get("/whoami", headers=bearer(issuer.token(key=Key(issuer.folder, "no")))).json["identified"]
    assert issuer.asked["keys"] == knows["keys"] + 1


def test_the_provider_away_and_the_server_restarted_meanwhile(httpd, issuer, run):
    state = run / f"state-{time.monotonic_ns()}"
    text = config(issuer).replace("@HTTPD@/state", str(state))
    first = httpd(text)
    knows_keys(first)
    token = issuer.token()
    issuer.stop()
    assert first.get("/protected", headers=bearer(token)).status == 200
    first.stop()
    second = httpd(text)
    assert second.get("/protected", headers=bearer(issuer.token())).status == 200, "the last good copy counts at once"


def test_before_anything_is_known_it_is_503_and_the_log_says_why(httpd, issuer):
    token = issuer.token()
    issuer.stop()
    server = httpd(config(issuer))
    server.expect("issuer idp: .*until it answers its tokens are TRUST_MISSING")
    answer = server.get("/protected", headers=bearer(token))
    assert answer.status == 503
    assert server.get("/whoami", headers=bearer(token)).json["reason"] == "TRUST_MISSING"
    assert server.get("/static.txt").status == 200
    env.wait_until(lambda: server.logged("until it answers"), "the sentence")


def test_only_roles_are_several(httpd, issuer):
    """What people call themselves is not cut into pieces that somebody is let in by."""
    rules = ("name:admin", "name~adm.*", "name:x|admin", "name~x.*admin", "roles:admin", "roles~adm.*", "roles:x|admin")
    server = httpd(config(issuer) + "".join(f"<Location /r{i}>\nAuthType MoodleSSO\nRequire moodlesso-claim {rule}\n"
                                            "SetHandler moodlesso-whoami\n</Location>\n" for i, rule in enumerate(rules)))
    server.expect("AH01630", "AH01631")
    knows_keys(server)

    def let_in(**claims):
        token = issuer.token(**claims)
        return [rule for i, rule in enumerate(rules) if server.get(f"/r{i}", headers=bearer(token)).status == 200]

    assert let_in(name="x|admin") == ["name:x|admin", "name~x.*admin"]
    assert let_in(name="x", roles=["x", "admin"]) == ["roles:admin", "roles~adm.*"]
    assert let_in(name="x", roles=["x|admin"]) == []


def test_a_black_hole_holds_nobody_up(httpd, issuer):
    server = httpd(config(issuer))
    knows_keys(server)
    token = issuer.token()
    assert server.get("/protected", headers=bearer(token)).status == 200
    issuer.black_hole.set()
    issuer.rotate("k2")
    assert server.get("/whoami", headers=bearer(issuer.token())).json["reason"] == "TOKEN_KEY_UNKNOWN"
    server.expect("issuer idp: .*its last good keys stay in force")
    for _ in range(50):
        assert server.get("/protected", headers=bearer(token)).status == 200
    env.wait_until(lambda: server.status()["issuers"]["idp"]["failures"] > 0, "the black hole to be noticed", 30)
    assert server.get("/protected", headers=bearer(token)).status == 200
