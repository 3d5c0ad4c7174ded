# SPDX-License-Identifier: Apache-2.0
"""Providers, and those between them and us, who mean harm: each attack is shown to a certified relying party, too (npm
openid-client). It judges the attacks: what it refuses is no artefact of ours, and what we refuse is refused for the reason
that counts. Both sign people in at the same provider, with the attack and without."""
import copy
import hashlib
import hmac
import json
import threading
import time
from urllib.parse import parse_qsl, urlsplit

import pytest

import env
from issuer import Issuer, Key, b64
from relying_party import RelyingParty
from test_50_tokens import knows_keys
from test_54_login import PAGE, SITE, Browser, config, reason, source

CALLBACK = f"{SITE}/moodlesso/callback"
SECRET = "secret-of-client:+/%"
PATIENT, HASTY = 10, 1  # seconds that both wait for an answer
STRICTER = None  # of the attacks that we refuse and the relying party does not; why we do stands there


class Secret:
    """What signs with a secret that is shared, or that everybody knows."""

    def __init__(self, secret):
        self.secret = secret

    def sign(self, header, claims):
        text = f"{b64({'alg': 'HS256', 'typ': 'JWT', 'kid': 'k1'})}.{b64(claims)}"
        return f"{text}.{b64(hmac.new(self.secret, text.encode(), hashlib.sha256).digest())}"


# -- knobs: each makes an honest provider hostile -------------------------------------------------------------


def claims(**more):
    """It says this in the ID token; None: it does not say that."""
    def turn(issuer):
        issuer.person = {k: v(issuer) if callable(v) else v for k, v in more.items()}
    return turn


def answers(change):
    """Its token endpoint answers what change(tokens, issuer) makes of the tokens."""
    def turn(issuer):
        issuer.change = lambda tokens, query: change(tokens, issuer)
    return turn


def without(name):
    return answers(lambda tokens, issuer: {k: v for k, v in tokens.items() if k != name})


def signs(make):
    """The ID token is what make(issuer, claims) signs."""
    return answers(lambda tokens, issuer: {**tokens, "id_token": make(issuer, tokens["id_token"])})


def comes_back(change):
    """The browser brings back what change(parameters, issuer) makes of the parameters."""
    def turn(issuer):
        issuer.back = lambda back, query: change(back, issuer)
    return turn


def comes_back_without(name):
    return comes_back(lambda back, issuer: {k: v for k, v in back.items() if k != name})


def redirects(issuer):
    issuer.is_elsewhere = True


def drips(issuer):
    issuer.change = lambda tokens, query: issuer.drips.set() or tokens


def hangs(issuer):
    """For longer than anybody waits."""
    issuer.change = lambda tokens, query: issuer.released.wait(5) or tokens


def stranger(issuer, kid):
    """A key of nobody, made beforehand: how long that takes is chance, and both who wait for the answer have their time."""
    key = copy.copy(issuer.stranger)
    key.kid = kid
    return key


def unsigned(issuer, of):
    payload = issuer.token(**of).split(".")[1]
    return f"{b64({'alg': 'none', 'typ': 'JWT'})}.{payload}."


def twice(tokens, issuer):
    """Two ID tokens in one answer: of somebody else, then of the person."""
    first, second = (json.dumps(issuer.token(**{**tokens["id_token"], "sub": sub})) for sub in ("mallory", "alice"))
    return f'{{"access_token":"x","token_type":"Bearer","id_token":{first},"id_token":{second}}}'.encode()


OTHERS = "of another login"

ATTACKS = [
    # mix-up: the browser is brought back by another provider than the one that was asked (RFC 9207 2.4)
    ("the callback names another provider", comes_back(lambda back, i: {**back, "iss": "https://evil.example"}),
     "LOGIN_ISSUER", 'unexpected "iss" (issuer) response parameter value'),
    ("the callback names nearly this provider", comes_back(lambda back, i: {**back, "iss": i.url + "/"}),
     "LOGIN_ISSUER", 'unexpected "iss" (issuer) response parameter value'),
    ("the callback names none where the metadata promise it", comes_back_without("iss"), "LOGIN_ISSUER",
     'response parameter "iss" (issuer) missing'),
    # state and code
    ("a state that was changed", comes_back(lambda back, i: {**back, "state": "x" + back["state"]}),
     "LOGIN_UNKNOWN", 'unexpected "state" response parameter value'),
    ("no state", comes_back_without("state"), "LOGIN_UNKNOWN", 'response parameter "state" missing'),
    ("two states", comes_back(lambda back, i: [*back.items(), ("state", OTHERS)]),
     "LOGIN_UNKNOWN", '"state" parameter must be provided only once'),
    ("two codes", comes_back(lambda back, i: [*back.items(), ("code", OTHERS)]),
     "LOGIN_UNKNOWN", '"code" parameter must be provided only once'),
    ("a code that is not of this login", comes_back(lambda back, i: {**back, "code": OTHERS}),
     "LOGIN_CODE", "invalid_grant"),
    ("no code", comes_back_without("code"), "LOGIN_REFUSED", 'no authorization code in "callbackParameters"'),
    ("a code beside an error", comes_back(lambda back, i: {**back, "error": "access_denied"}), "LOGIN_DENIED", "access_denied"),
    # the ID token of another login, client, provider or time (OpenID Connect Core 3.1.3.7)
    ("the nonce of another login", claims(nonce=OTHERS), "TOKEN_NONCE", 'unexpected ID Token "nonce" claim value'),
    ("no nonce", claims(nonce=None), "TOKEN_NONCE", 'JWT "nonce" (nonce) claim missing'),
    ("a list of nonces", claims(nonce=[OTHERS]), "TOKEN_NONCE", 'unexpected ID Token "nonce" claim value'),
    ("the ID token of another client", claims(aud="other"), "TOKEN_AUDIENCE", 'unexpected JWT "aud" (audience) claim value'),
    ("of no client", claims(aud=None), "TOKEN_CLAIMS", 'JWT "aud" (audience) claim missing'),
    ("of two clients, asked for by nobody", claims(aud=["moodle", "other"]), "TOKEN_CLIENT",
     'ID Token "aud" (audience) claim includes additional untrusted audiences'),
    ("of two clients, asked for by the other", claims(aud=["moodle", "other"], azp="other"), "TOKEN_CLIENT",
     'unexpected ID Token "azp" (authorized party) claim value'),
    # 3.1.3.7, 5: "If an azp Claim is present, the Client SHOULD verify that its Client ID is the Claim Value"
    ("for us, asked for by the other", claims(azp="other"), "TOKEN_CLIENT", STRICTER),
    ("of another provider", claims(iss="https://evil.example"), "TOKEN_ISSUER", 'unexpected JWT "iss" (issuer) claim value'),
    ("of nearly this provider", claims(iss=lambda i: i.url + "/"), "TOKEN_ISSUER", 'unexpected JWT "iss" (issuer) claim value'),
    ("of no provider", claims(iss=None), "TOKEN_CLAIMS", 'JWT "iss" (issuer) claim missing'),
    ("of nobody", claims(sub=None), "TOKEN_CLAIMS", 'JWT "sub" (subject) claim missing'),
    ("of a number", claims(sub=7), "TOKEN_CLAIMS", 'unexpected JWT "sub" (subject) claim type'),
    # an account key of no letters would be that of all whom a broken provider sends so
    ("of an empty subject", claims(sub=""), "TOKEN_CLAIMS", STRICTER),
    # 2: "It MUST NOT exceed 255 ASCII characters in length"; so that nobody has two keys in a store that cuts
    ("of a huge subject", claims(sub="x" * 256), "TOKEN_CLAIMS", STRICTER),
    ("expired", claims(exp=1_000_000_000), "TOKEN_EXPIRED", 'unexpected JWT "exp" (expiration time) claim value'),
    ("good for ever", claims(exp=None), "TOKEN_CLAIMS", 'JWT "exp" (expiration time) claim missing'),
    ("good until a text", claims(exp="4000000000"), "TOKEN_CLAIMS", 'unexpected JWT "exp" (expiration time) claim type'),
    ("not good yet", claims(nbf=4_000_000_000), "TOKEN_NOT_YET_VALID", 'unexpected JWT "nbf" (not before) claim value'),
    ("made at no time", claims(iat=None), "TOKEN_CLAIMS", 'JWT "iat" (issued at) claim missing'),
    # made in advance, to be good when a key was taken away
    ("made in the future", claims(iat=4_000_000_000), "TOKEN_NOT_YET_VALID", STRICTER),
    # 3.1.3.8: optional in this flow; what says whose access token it is must not be wrong
    ("beside the access token of another", claims(at_hash="x" * 22), "TOKEN_HASH", STRICTER),
    # another kind of JWT that the provider signs for us, taken for an ID token (RFC 8725 3.11 and 3.12)
    ("a logout token", claims(events={"http://schemas.openid.net/event/backchannel-logout": {}}), "TOKEN_TYPE", STRICTER),
    ("an access token of Keycloak", claims(typ="Bearer"), "TOKEN_TYPE", STRICTER),
    ("an access token (RFC 9068)", signs(lambda i, of: i.token(header={"typ": "at+jwt"}, **of)), "TOKEN_TYPE", STRICTER),
    # signatures
    ("without a signature", signs(unsigned), "TOKEN_MALFORMED", 'unexpected JWT "alg" header parameter'),
    ("signed with the client's secret", signs(lambda i, of: i.token(Secret(SECRET.encode()), **of)),
     "TOKEN_ALGORITHM", 'unexpected JWT "alg" header parameter'),
    ("signed with the public key as a secret", signs(lambda i, of: i.token(Secret(i.keys[0].jwk["n"].encode()), **of)),
     "TOKEN_ALGORITHM", 'unexpected JWT "alg" header parameter'),
    ("signed by a stranger", signs(lambda i, of: i.token(stranger(i, "stranger"), **of)), "TOKEN_KEY_UNKNOWN",
     "no applicable keys found"),
    ("signed by a stranger in the name of the key", signs(lambda i, of: i.token(stranger(i, "k1"), **of)), "TOKEN_SIGNATURE",
     "JWT signature verification failed"),
    ("with the stranger's key in it", signs(lambda i, of: i.token(stranger(i, "k1"), {"jwk": stranger(i, "k1").jwk}, **of)),
     "TOKEN_SIGNATURE", "JWT signature verification failed"),
    ("changed after it was signed", signs(lambda i, of: i.token(**of)[:-8] + "AAAAAAAA"), "TOKEN_SIGNATURE",
     "JWT signature verification failed"),
    ("with a rule that nobody knows", signs(lambda i, of: i.token(header={"crit": ["x"], "x": 1}, **of)), "TOKEN_MALFORMED",
     'no JWT "crit" header parameter extensions are supported'),
    ("in five parts", signs(lambda i, of: i.token(**of) + ".x.y"), "TOKEN_MALFORMED", "JWE decryption is not configured"),
    # RFC 7515 2: base64url without padding; one token has one spelling
    ("in another spelling", signs(lambda i, of: i.token(**of) + "=="), "TOKEN_MALFORMED", STRICTER),
    # the token endpoint
    ("an answer without an ID token", without("id_token"), "PROVIDER_ANSWER", '"id_token" property must be a string'),
    ("without an access token", without("access_token"), "PROVIDER_ANSWER", '"access_token" property must be a string'),
    ("without a type of token", without("token_type"), "PROVIDER_ANSWER", '"token_type" property must be a string'),
    ("with tokens of another type", answers(lambda tokens, i: {**tokens, "token_type": "mac"}), "PROVIDER_ANSWER",
     "unsupported `token_type` value"),
    ("with a number for an ID token", answers(lambda tokens, i: {**tokens, "id_token": 7}), "PROVIDER_ANSWER",
     '"id_token" property must be a string'),
    # RFC 8259 4: which of both counts is anybody's guess; nobody shall guess another than who looks on
    ("with two ID tokens", answers(twice), "PROVIDER_ANSWER", STRICTER),
    ("an empty answer", answers(lambda tokens, i: b""), "PROVIDER_ANSWER", "Unexpected end of JSON input"),
    ("half an answer", answers(lambda tokens, i: b"{"), "PROVIDER_ANSWER", "in JSON at position 1"),
    ("a list", answers(lambda tokens, i: b"[]"), "PROVIDER_ANSWER", "must be a top level object"),
    ("a tower of lists", answers(lambda tokens, i: b"[" * 60000), "PROVIDER_ANSWER", "Unexpected end of JSON input"),
    ("very much of nothing", answers(lambda tokens, i: b" " * 70000), "PROVIDER_ANSWER", "Unexpected end of JSON input"),
    # 64 KiB of an answer and 16 KiB of a token suffice; a thread of a server that others share reads no more
    ("a huge answer", answers(lambda tokens, i: {**tokens, "x": "y" * 70000}), "PROVIDER_ANSWER", STRICTER),
    ("huge claims", claims(roles=["x" * 20000]), "TOKEN_MALFORMED", STRICTER),
    ("a redirect, that would hand the code on", redirects, "PROVIDER_ANSWER", "unexpected HTTP response status code"),
    # both have a second here
    ("a slow drip", drips, "PROVIDER_TIMEOUT", "aborted due to timeout"),
    ("silence", hangs, "PROVIDER_TIMEOUT", "aborted due to timeout"),
]


@pytest.fixture(scope="module")
def world(run, httpd_for_all):
    """(server, provider, relying party)"""
    folder = run / f"hostile-{time.monotonic_ns()}"
    issuer = Issuer(folder)
    issuer.says_iss, issuer.stranger = True, Key(folder, "stranger")
    (folder / "secret").write_text(SECRET + "\n")
    judge = RelyingParty(folder, "moodle", SECRET, CALLBACK, PATIENT)
    try:
        server = httpd_for_all(config(source(issuer, folder / "secret", more=f"timeout={PATIENT}s"),
                                      source(issuer, folder / "secret", "hasty", f"timeout={HASTY}s"), names=("idp", "hasty")))
        knows_keys(server)
        knows_keys(server, "hasty")
        server.expect("PROVIDER_", "HTTP_TIMEOUT")
        yield server, issuer, judge
    finally:
        judge.stop()
        issuer.stop()


@pytest.fixture
def party(world):
    yield world
    world[1].be_honest()


@pytest.mark.parametrize("attack, theirs", [(attack[1:3], attack[3]) for attack in ATTACKS], ids=[attack[0] for attack in ATTACKS])
def test_both_refuse(party, attack, theirs):
    server, issuer, judge = party
    knob, ours = attack
    knob(issuer)
    browser = Browser(server)
    is_slow = ours == "PROVIDER_TIMEOUT"
    answer = browser.sign_in(issuer, f"/moodlesso/start/{'hasty' if is_slow else 'idp'}?return=/protected")
    verdict = judge.sign_in(issuer, HASTY if is_slow else PATIENT)
    assert reason(answer) == ours, answer
    assert "__Host-moodlesso" not in browser.cookies and OTHERS not in answer.body
    if theirs is STRICTER:
        assert "claims" in verdict, f"no longer stricter: {verdict}"
    else:
        assert theirs in verdict.get("refused", ""), verdict
    issuer.be_honest()
    assert Browser(server).sign_in(issuer).one("Location") == f"{SITE}/protected"
    assert judge.sign_in(issuer)["claims"]["sub"] == "alice"


def came_back(issuer, asked):
    return issuer.authorize(dict(parse_qsl(urlsplit(asked).query)))


def test_a_login_that_comes_back_twice(party):
    """The provider takes its codes as often as they come. Stricter: a relying party leaves it to who calls it to forget the
    state, but here that is a store which all nodes ask."""
    server, issuer, judge = party
    issuer.keeps_codes = True
    place = came_back(issuer, judge.begin(issuer)["url"])
    assert [judge.finish(place)["claims"]["sub"] for _ in range(2)] == ["alice", "alice"]
    browser = Browser(server)
    anew = browser.ask(issuer.authorize(Browser(server).leave())).one("Location")
    place, before = came_back(issuer, anew), issuer.asked["token"]
    assert browser.ask(place).one("Location") == f"{SITE}/protected", "a login that was begun anew is not once more"
    del browser.cookies["__Host-moodlesso"]
    assert reason(browser.ask(place)) == "LOGIN_REPLAYED"
    assert issuer.asked["token"] == before + 1, "and the code is not asked for again"


def test_metadata_of_another_provider(party, httpd, run):
    """Discovery 4.3: the issuer in the metadata must be the one they were asked of."""
    _, issuer, judge = party
    issuer.named = "https://evil.example"
    server = httpd(config(source(issuer, issuer.folder / "secret")))
    server.expect("issuer idp: ")
    env.wait_until(lambda: server.status()["issuers"]["idp"]["failures"] > 0, "the metadata to be refused")
    answer = server.get("/moodlesso/start/idp", headers=PAGE)
    assert answer.status == 503 and reason(answer) == "TRUST_MISSING"
    assert "discovered metadata issuer does not match the expected issuer" in judge.sign_in(issuer)["refused"]
    issuer.be_honest()
    knows_keys(server)
    assert Browser(server).sign_in(issuer).status == 303 and "claims" in judge.sign_in(issuer)


def test_the_login_of_another_browser(party):
    """Login CSRF. Who calls the relying party gives it the state that this browser has begun with; here it is begun anew."""
    server, issuer, judge = party
    theirs = came_back(issuer, judge.begin(issuer)["url"])
    judge.begin(issuer)
    assert 'unexpected "state" response parameter value' in judge.finish(theirs)["refused"]
    theirs, before = issuer.authorize(Browser(server).leave()), issuer.asked["token"]
    victim = Browser(server)
    victim.leave()
    answer = victim.ask(theirs)
    assert answer.status == 303 and answer.one("Location").startswith(issuer.url)
    assert "__Host-moodlesso" not in victim.cookies and issuer.asked["token"] == before
