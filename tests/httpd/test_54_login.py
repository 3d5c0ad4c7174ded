# SPDX-License-Identifier: Apache-2.0
"""Signing in at a provider by the code flow, as a browser would, and as those would who mean harm."""
import base64
import hashlib
import html
import http.client
import json
import re
import subprocess
import threading
import time
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest

import env
from issuer import Issuer, Key, b64, s256
from load import at_once
from sites import PHP, STATUS, WHOAMI, use
from test_50_tokens import knows_keys
from test_51_sessions import IN_FRAME, PAGE, secret
from test_60_store import Store

SITE = "https://moodle.example"
POST = [("Content-Type", "application/x-www-form-urlencoded")]
OURS = [*POST, ("Sec-Fetch-Site", "same-origin")]
REASONS = "|".join(("LOGIN_[A-Z_]+", "TOKEN_[A-Z_]+", "PROVIDER_[A-Z_]+", "STORE_DOWN", "TRUST_MISSING", "CROSS_SITE",
                    "FRAME_CODE", "SOURCE_OFF"))


@pytest.fixture(autouse=True)
def issuer(run):
    """Made first, so that it is there until the servers have stopped."""
    server = Issuer(run / f"issuer-{time.monotonic_ns()}")
    yield server
    server.stop()


def source(issuer, client_secret, name="idp", more="timeout=10s"):
    more += "" if "timeout=" in more else " timeout=10s"
    return f"MoodleSSOSource {name} oidc issuer={issuer.url} client_id=moodle client_secret=file:{client_secret} {more}\n"


def config(*sources, more="", names=("idp",)):
    return (f"MoodleSSOBaseURL {SITE}\nMoodleSSOStateDir @HTTPD@/state\n" + "".join(sources) + use(*names) + PHP + WHOAMI +
            STATUS + "<Location /protected>\nAuthType MoodleSSO\nRequire valid-user\nSetHandler moodlesso-whoami\n"
            "</Location>\n" + more)


@pytest.fixture
def site(httpd, issuer, client_secret):
    server = httpd(config(source(issuer, client_secret)))
    knows_keys(server)
    return server


class Browser:
    """One browser: its cookies at the top level of the site, and where it goes."""

    def __init__(self, server):
        self.server, self.cookies = server, {}

    def ask(self, url, method="GET", headers=PAGE, body=None):
        parts = urlsplit(url)
        answer = self.server.get(parts.path + ("?" + parts.query if parts.query else ""), method=method, headers=headers,
                                 cookie="; ".join(f"{n}={v}" for n, v in self.cookies.items()) or None, body=body)
        for line in answer.all("Set-Cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            if "Max-Age=0" in line:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
        return answer

    def leave(self, path="/moodlesso/start/idp?return=/protected"):
        """Off to the provider: the query of its authorization endpoint."""
        answer = self.ask(path)
        assert answer.status == 303, answer
        return dict(parse_qsl(urlsplit(answer.one("Location")).query))

    def follow(self, answer, issuer):
        """What comes back from the provider, taken to the callback."""
        assert answer.status == 303, answer
        place = answer.one("Location")
        assert place.startswith(issuer.url + "/authorize?"), place
        return self.ask(issuer.authorize(dict(parse_qsl(urlsplit(place).query))))

    def sign_in(self, issuer, path="/moodlesso/start/idp?return=/protected"):
        return self.follow(self.ask(path), issuer)


def reason(answer):
    found = re.findall(rf"\b(?:{REASONS})\b", answer.body)
    return found[0] if found else None


def claims_of(token, key):
    """The claims of what was signed with this private key."""
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, padding, utils
    header, payload, signature = token.split(".")
    decode = lambda text: base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    public, message = serialization.load_pem_private_key(key.read_bytes(), None).public_key(), f"{header}.{payload}".encode()
    alg, raw = json.loads(decode(header))["alg"], decode(signature)
    if alg == "RS256":
        public.verify(raw, message, padding.PKCS1v15(), hashes.SHA256())
    else:
        assert alg == "ES256" and len(raw) == 64
        pair = utils.encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        public.verify(pair, message, ec.ECDSA(hashes.SHA256()))
    return json.loads(decode(payload))


def retry(answer):
    return html.unescape(re.search(r'class="button" href="([^"]+)"', answer.body)[1])


# -- the way there and back ------------------------------------------------------------------------------


def test_a_login_end_to_end(site, issuer):
    browser = Browser(site)
    answer = browser.ask("/protected?course=5&x=%2Fy")
    assert answer.status == 302 and answer.one("Location").startswith("/moodlesso/start/idp?return=%2Fprotected%3F")
    answer = browser.sign_in(issuer, answer.one("Location"))
    assert answer.status == 303
    assert answer.one("Location") == f"{SITE}/protected?course=5&x=%2Fy"
    assert answer.one("Cache-Control") == "no-store" and answer.one("Referrer-Policy") == "no-referrer"
    who = browser.ask("/protected").json
    assert who["username"] == "alice" and who["source"] == "idp" and who["issuer"] == issuer.url


def test_what_the_provider_is_asked(site, issuer):
    browser = Browser(site)
    asked = browser.leave("/moodlesso/start/idp?login_hint=a%2Bb%40example.edu&prompt=select_account")
    assert {k: asked[k] for k in ("response_type", "client_id", "redirect_uri", "scope", "code_challenge_method", "login_hint",
                                  "prompt")} == {
        "response_type": "code", "client_id": "moodle", "redirect_uri": f"{SITE}/moodlesso/callback",
        "scope": "openid profile email", "code_challenge_method": "S256", "login_hint": "a+b@example.edu",
        "prompt": "select_account"}
    assert len(asked["code_challenge"]) == len(asked["nonce"]) == 43
    other = browser.leave()
    assert {other[k] for k in ("state", "nonce", "code_challenge")}.isdisjoint(asked[k] for k in ("state", "nonce", "code_challenge"))


def test_one_cookie_that_never_changes_its_form(site):
    answer = site.get("/moodlesso/start/idp")
    assert re.fullmatch(r"__Host-moodlesso-login=[\w-]{32}; Path=/; Max-Age=3600; Secure; HttpOnly; SameSite=None",
                        answer.one("Set-Cookie"))


def test_applications_do_not_get_the_cookie(site):
    server = site.get("/env.php", cookie=f"a=b; __Host-moodlesso-login={'k' * 32}; c=d").json["server"]
    assert server["HTTP_COOKIE"] == "a=b; c=d"


@pytest.mark.parametrize("auth", ["basic", "post"])
def test_the_client_proves_itself_by_its_secret(httpd, issuer, client_secret, auth):
    server = httpd(config(source(issuer, client_secret, more=f"client_auth={auth}")))
    knows_keys(server)
    assert Browser(server).sign_in(issuer).status == 303
    form, headers = issuer.forms[-1]
    if auth == "basic":
        assert base64.b64decode(headers["Authorization"].split()[1]).decode() == "moodle:secret-of-client%3A%2B%2F%25"
        assert "client_secret" not in form
    else:
        assert form["client_secret"] == "secret-of-client:+/%" and form["client_id"] == "moodle"
        assert "Authorization" not in headers


@pytest.mark.parametrize("kind", ["rsa", "ec"])
def test_the_client_proves_itself_by_a_key(httpd, issuer, run, kind):
    key = run / f"client-{kind}.pem"
    args = ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"] if kind == "rsa" else ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
    subprocess.run(["openssl", "genpkey", "-algorithm", *args, "-out", key], check=True, capture_output=True)
    server = httpd(config(f"MoodleSSOSource idp oidc issuer={issuer.url} client_id=moodle client_key=file:{key} client_kid=c1\n"))
    knows_keys(server)
    assert Browser(server).sign_in(issuer).status == 303
    assert Browser(server).sign_in(issuer).status == 303
    first, second = (claims_of(form["client_assertion"], key) for form, _ in issuer.forms[-2:])
    assert first["iss"] == first["sub"] == "moodle" and first["aud"] == f"{issuer.url}/token"
    assert first["exp"] - first["iat"] == 60 and first["jti"] != second["jti"]


def test_the_answer_may_come_as_a_form(httpd, issuer, client_secret):
    server = httpd(config(source(issuer, client_secret, more="response_mode=form_post")))
    knows_keys(server)
    browser = Browser(server)
    asked = browser.leave()
    assert asked["response_mode"] == "form_post"
    answer = browser.ask("/moodlesso/callback", "POST", [*POST, ("Sec-Fetch-Site", "cross-site"), ("Origin", issuer.url)],
                         urlencode(issuer.response(asked)).encode())
    assert answer.status == 303 and answer.one("Location") == f"{SITE}/protected"


def test_acr_and_max_age_are_asked_for_and_checked(site, issuer):
    path = "/moodlesso/start/idp?acr=urn:mfa&max_age=60"
    asked = Browser(site).leave(path)
    assert asked["acr_values"] == "urn:mfa" and asked["max_age"] == "60"
    for claims, expected in (({}, "TOKEN_ACR"), ({"acr": "urn:mfa"}, "TOKEN_CLAIMS"), ({"acr": "pwd", "auth_time": int(time.time())}, "TOKEN_ACR"),
                             ({"acr": "urn:mfa", "auth_time": int(time.time()) - 600}, "TOKEN_ACR"),
                             ({"acr": "urn:mfa", "auth_time": int(time.time())}, None)):
        issuer.person = claims
        answer = Browser(site).sign_in(issuer, path)
        assert reason(answer) == expected, (claims, answer)
        assert answer.status == (303 if expected is None else 403 if expected == "TOKEN_ACR" else 400)


def test_a_silent_login_first(httpd, issuer, client_secret):
    server = httpd(config(source(issuer, client_secret, more="try_silent=on")))
    knows_keys(server)
    issuer.error = lambda query: "login_required"
    browser = Browser(server)
    asked = browser.leave()
    assert asked["prompt"] == "none"
    answer = browser.ask(issuer.authorize(asked))
    assert answer.status == 303 and "prompt=" not in answer.one("Location")
    issuer.error = None
    assert browser.follow(answer, issuer).one("Location") == f"{SITE}/protected"


# -- where a login leads -----------------------------------------------------------------------------------


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example/", "/\\evil.example", "/%09/evil.example",
                                    "https://moodle.example@evil.example/", "https://moodle.example.evil.example/",
                                    "javascript:alert(1)", "http://moodle.example/", "https:evil.example", "\thttps://evil.example",
                                    "/%0d%0aLocation:%20https://evil.example/"])
def test_the_redirect_goes_nowhere_else(site, issuer, wanted):
    place = Browser(site).sign_in(issuer, "/moodlesso/start/idp?" + urlencode({"return": wanted})).one("Location")
    assert place == "/" or place.startswith(f"{SITE}/"), place


def test_other_origins_are_listed(httpd, issuer, client_secret):
    server = httpd(config(source(issuer, client_secret), more="MoodleSSOReturnOrigins https://drupal.example\n"))
    knows_keys(server)
    for wanted, place in (("https://drupal.example/x", "https://drupal.example/x"), ("https://x.drupal.example/", "/")):
        assert Browser(server).sign_in(issuer, "/moodlesso/start/idp?" + urlencode({"return": wanted})).one("Location") == place


def test_a_long_address_is_cut_to_its_path(site, issuer):
    for wanted, place in (("/p?" + "q" * 600, f"{SITE}/p"), ("/" + "p" * 600, f"{SITE}/"), ("/" + "p" * 400, f"{SITE}/" + "p" * 400)):
        assert Browser(site).sign_in(issuer, f"/moodlesso/start/idp?return={wanted}").one("Location") == place


def test_markup_in_every_parameter_comes_back_as_text(site, issuer):
    markup = '"><script>alert(1)</script>\'<img src=x onerror=alert(1)>'
    browser = Browser(site)
    asked = browser.leave()
    for name in ("state", "code", "error", "iss", "error_description", "session_state", markup):
        for values in ({name: markup}, {"state": asked["state"], name: markup}):
            for answer in (browser.ask("/moodlesso/callback?" + urlencode(values)),
                           browser.ask("/moodlesso/callback", "POST", POST, urlencode(values).encode())):
                assert "<script>alert" not in answer.body and "<img" not in answer.body
    for name in ("return", "login_hint", "prompt", "acr", "max_age", "display", "frame"):
        answer = Browser(site).ask("/moodlesso/start/idp?" + urlencode({name: markup}))
        assert answer.status in (303, 400) and "<script>alert" not in answer.body
        assert (answer.one("Location") or issuer.url).startswith((issuer.url, "/moodlesso/"))
    for answer in (browser.ask("/moodlesso/logout?" + urlencode({"return": markup})),
                   browser.ask("/moodlesso/start/" + "%3Cscript%3E")):
        assert "<script>alert" not in answer.body


@pytest.mark.parametrize("query", ["acr=a%0Ab", "acr=" + "a" * 129, "max_age=-1", "max_age=x", "frame=short", "prompt=none",
                                   "prompt=login&prompt=login", "login_hint=%00", "login_hint=%ff", "login_hint=" + "a" * 321])
def test_what_is_not_of_its_form_begins_no_login(site, query):
    assert site.get(f"/moodlesso/start/idp?{query}").status == 400


def test_there_is_no_login_with_what_is_no_provider(httpd, issuer, client_secret):
    server = httpd(config(source(issuer, client_secret),
                          f"MoodleSSOSource api oidc issuer={issuer.url} audience=https://moodle.example\n"))
    for name in ("api", "other", "", "idp/", "idp/x", "%69dp%00"):
        assert server.get(f"/moodlesso/start/{name}").status == 404, name


def test_a_frame_is_never_sent_to_a_provider(site):
    answer = site.get("/moodlesso/start/idp?return=/protected", headers=IN_FRAME)
    assert answer.status == 303 and answer.one("Location").startswith("/moodlesso/teams?return=")
    assert site.get("/protected", headers=IN_FRAME).one("Location").startswith("/moodlesso/teams?return=")


def test_several_providers_are_chosen_from(httpd, issuer, client_secret):
    server = httpd(config(source(issuer, client_secret), source(issuer, client_secret, "other"), names=("idp", "other")))
    assert server.get("/protected", headers=PAGE).one("Location") == "/moodlesso/login?return=%2Fprotected"


@pytest.mark.parametrize("mode, headers, method, there", [
    ("auto", PAGE, "GET", True), ("auto", (), "GET", False), ("auto", [("Accept", "*/*")], "GET", False),
    ("login", (), "GET", True), ("login", [("Accept", "*/*")], "GET", True), ("login", [("Accept", "application/json")], "GET", False),
    ("login", [("Accept", "*/*"), ("X-Requested-With", "XMLHttpRequest")], "GET", False),
    ("login", [("Sec-Fetch-Mode", "cors"), ("Accept", "*/*")], "GET", False), ("login", PAGE, "POST", False), ("401", PAGE, "GET", False)])
def test_who_is_sent_to_sign_in(httpd, issuer, client_secret, mode, headers, method, there):
    server = httpd(config(source(issuer, client_secret), more=f"<Location />\nMoodleSSOUnauthenticated {mode}\n</Location>\n"))
    answer = server.get("/protected", headers=headers, method=method, body=b"" if method == "POST" else None)
    assert (answer.one("Location") == "/moodlesso/start/idp?return=%2Fprotected") == there
    assert answer.status == (302 if there else 401)


# -- callbacks that went astray --------------------------------------------------------------------------------


def test_without_its_cookie_a_login_is_begun_again_once(site, issuer):
    browser = Browser(site)
    asked = browser.leave()
    browser.cookies.clear()
    answer = browser.ask(issuer.authorize(asked))
    assert answer.status == 303 and answer.one("Location").startswith(issuer.url)
    assert issuer.asked["token"] == 0
    again = dict(parse_qsl(urlsplit(answer.one("Location")).query))
    browser.cookies.clear()
    answer = browser.ask(issuer.authorize(again))
    assert answer.status == 400 and reason(answer) == "LOGIN_NO_COOKIE"
    assert retry(answer) == "/moodlesso/start/idp?" + urlencode({"return": f"{SITE}/protected"})
    assert Browser(site).sign_in(issuer, retry(answer)).one("Location") == f"{SITE}/protected"


def test_two_different_cookies_are_none(site, issuer):
    """As another application on the host might try to set one: what is ambiguous is not believed, and replaced."""
    browser = Browser(site)
    place = issuer.authorize(browser.leave())
    parts = urlsplit(place)
    mine = f"__Host-moodlesso-login={browser.cookies['__Host-moodlesso-login']}"
    answer = site.get(f"{parts.path}?{parts.query}", headers=PAGE, cookie=f"__Host-moodlesso-login={'x' * 32}; {mine}")
    assert answer.status == 303 and answer.one("Location").startswith(issuer.url)
    assert answer.one("Set-Cookie").partition(";")[0] != mine and issuer.asked["token"] == 0


def test_the_login_of_another_browser_signs_nobody_in(site, issuer):
    """Login CSRF: whoever sends somebody their own callback."""
    theirs = issuer.authorize(Browser(site).leave())
    victim = Browser(site)
    victim.leave()
    answer = victim.ask(theirs)
    assert answer.status == 303 and answer.one("Location").startswith(issuer.url), "begun anew, as the victim"
    assert "__Host-moodlesso" not in victim.cookies and issuer.asked["token"] == 0


def test_a_login_of_another_site_is_told_apart(httpd, issuer, client_secret, run):
    text = config(source(issuer, client_secret), more=f"MoodleSSOSecret file:{secret(run, 's' * 40)}\n")
    one, other = httpd(text), httpd(text.replace("moodle.example", "other.example"))
    knows_keys(one)
    knows_keys(other)
    browser = Browser(one)
    place = issuer.authorize(browser.leave())
    browser.server = other
    assert reason(browser.ask(place)) == "LOGIN_OTHER_SITE"


def test_another_node_finishes_a_login(httpd, issuer, client_secret, run):
    text = config(source(issuer, client_secret), more=f"MoodleSSOSecret file:{secret(run, 's' * 40)}\n")
    one, other = httpd(text), httpd(text)
    knows_keys(one)
    knows_keys(other)
    browser = Browser(one)
    place = issuer.authorize(browser.leave())
    browser.server = other
    assert browser.ask(place).one("Location") == f"{SITE}/protected"


@pytest.mark.parametrize("query", ["", "code=x", "state=", "state=x&code=y", "state=" + "A" * 3000 + "&code=x", "state=%00&code=x"])
def test_what_belongs_to_no_login_is_a_page(site, query):
    answer = Browser(site).ask(f"/moodlesso/callback?{query}")
    assert answer.status == 400 and reason(answer) == "LOGIN_UNKNOWN" and retry(answer) == "/"


def test_a_state_is_not_changed(site, issuer):
    browser = Browser(site)
    asked = browser.leave()
    for i in range(0, len(asked["state"]), 41):
        changed = asked["state"][:i] + ("A" if asked["state"][i] != "A" else "B") + asked["state"][i + 1:]
        assert reason(browser.ask("/moodlesso/callback?" + urlencode({"state": changed, "code": "x"}))) == "LOGIN_UNKNOWN"


def test_a_replayed_state_and_code(site, issuer):
    browser = Browser(site)
    place = issuer.authorize(browser.leave())
    assert browser.ask(place).one("Location") == f"{SITE}/protected"
    assert browser.ask(place).one("Location") == f"{SITE}/protected", "who is signed in goes on"
    assert issuer.asked["token"] == 1
    del browser.cookies["__Host-moodlesso"]
    answer = browser.ask(place)
    assert answer.one("Location").startswith(issuer.url), "who is not begins anew"
    assert issuer.asked["token"] == 1
    again = issuer.authorize(dict(parse_qsl(urlsplit(answer.one("Location")).query)))
    assert browser.ask(again).status == 303
    del browser.cookies["__Host-moodlesso"]
    assert reason(browser.ask(again)) == "LOGIN_REPLAYED", "but only once"


def test_a_code_that_the_provider_does_not_know(site, issuer):
    browser = Browser(site)
    asked = browser.leave()
    answer = browser.ask("/moodlesso/callback?" + urlencode({"state": asked["state"], "code": "stolen"}))
    assert answer.status == 400 and reason(answer) == "LOGIN_CODE" and retry(answer).startswith("/moodlesso/start/idp?")


def test_a_parameter_twice(site, issuer):
    browser = Browser(site)
    assert reason(browser.ask(issuer.authorize(browser.leave()) + "&code=other")) == "LOGIN_UNKNOWN"


def test_nobody_but_a_person_spends_a_code(site, issuer):
    browser = Browser(site)
    place = issuer.authorize(browser.leave())
    assert browser.ask(place, "HEAD").status == 405
    assert browser.ask(place).status == 303


@pytest.mark.parametrize("error, status, expected", [("access_denied", 403, "LOGIN_DENIED"), ("invalid_scope", 400, "LOGIN_REFUSED"),
                                                     ("login_required", 400, "LOGIN_REFUSED")])
def test_the_provider_says_no(site, issuer, error, status, expected):
    issuer.error = error
    answer = Browser(site).sign_in(issuer)
    assert answer.status == status and reason(answer) == expected and error not in answer.body


def test_who_comes_back_without_a_session_is_told_instead_of_going_in_circles(site, issuer):
    browser = Browser(site)
    answer = browser.sign_in(issuer)
    del browser.cookies["__Host-moodlesso"]
    place = browser.ask(answer.one("Location")).one("Location")
    answer = browser.ask(place)
    assert answer.status == 400 and reason(answer) == "LOGIN_LOOP"
    assert browser.sign_in(issuer, retry(answer)).status == 303, "on purpose it goes on"


def test_another_provider_right_after_the_first_is_no_circle(httpd, issuer, client_secret):
    server = httpd(config(source(issuer, client_secret), source(issuer, client_secret, "other"), names=("idp", "other")))
    knows_keys(server)
    knows_keys(server, "other")
    browser = Browser(server)
    browser.sign_in(issuer)
    assert browser.sign_in(issuer, "/moodlesso/start/other?return=/protected").one("Location") == f"{SITE}/protected"
    assert browser.ask("/whoami").json["source"] == "other"


# -- those who mean harm ----------------------------------------------------------------------------------------


def test_mix_up(httpd, issuer, client_secret, run):
    """RFC 9207 1: a callback of one provider that names another, or none."""
    issuer.says_iss = True
    server = httpd(config(source(issuer, client_secret)))
    knows_keys(server)
    for named in ("https://evil.example", issuer.url + "/", issuer.url.upper(), None):
        browser = Browser(server)
        response = issuer.response(browser.leave())
        response["iss"] = named
        answer = browser.ask("/moodlesso/callback?" + urlencode({k: v for k, v in response.items() if v}))
        assert answer.status == 400 and reason(answer) == "LOGIN_ISSUER", named
    assert issuer.asked["token"] == 0
    assert Browser(server).sign_in(issuer).status == 303


def test_mix_up_where_the_provider_does_not_name_itself(site, issuer):
    browser = Browser(site)
    response = issuer.response(browser.leave())
    assert reason(browser.ask("/moodlesso/callback?" + urlencode({**response, "iss": "https://evil.example"}))) == "LOGIN_ISSUER"


def test_the_token_of_another_provider(httpd, issuer, client_secret, run):
    """Two providers of one site: what the one signs is nothing worth at the other."""
    evil = Issuer(run / f"evil-{time.monotonic_ns()}")
    try:
        server = httpd(config(source(issuer, client_secret), source(evil, client_secret, "evil"), names=("idp", "evil")))
        knows_keys(server)
        knows_keys(server, "evil")
        for claims, key, expected in (({"iss": issuer.url}, None, "TOKEN_ISSUER"), ({}, None, None),
                                      ({"iss": issuer.url}, issuer.keys[0], "TOKEN_ISSUER")):
            evil.change = lambda tokens, query: {**tokens, "id_token": evil.token(key, **{**tokens["id_token"], **claims})}
            answer = Browser(server).sign_in(evil, "/moodlesso/start/evil")
            assert reason(answer) == expected
    finally:
        evil.stop()


HALF = b64(hashlib.sha256(b"other").digest()[:16])


@pytest.mark.parametrize("claims, expected", [
    ({"nonce": "other"}, "TOKEN_NONCE"), ({"nonce": None}, "TOKEN_NONCE"), ({"nonce": ["x"]}, "TOKEN_NONCE"),
    ({"aud": "other"}, "TOKEN_AUDIENCE"), ({"aud": ["moodle", "other"]}, "TOKEN_CLIENT"), ({"azp": "other"}, "TOKEN_CLIENT"),
    ({"aud": ["moodle", "other"], "azp": "moodle"}, None), ({"iat": None}, "TOKEN_CLAIMS"), ({"exp": 1_000_000_000}, "TOKEN_EXPIRED"),
    ({"exp": None}, "TOKEN_CLAIMS"), ({"iat": 4_000_000_000}, "TOKEN_NOT_YET_VALID"), ({"iss": "https://evil.example"}, "TOKEN_ISSUER"),
    ({"sub": None}, "TOKEN_CLAIMS"), ({"sub": ""}, "TOKEN_CLAIMS"), ({"sub": "x" * 256}, "TOKEN_CLAIMS"), ({"at_hash": HALF}, "TOKEN_HASH"),
    ({"events": {}}, "TOKEN_TYPE"), ({"typ": "Bearer"}, "TOKEN_TYPE"), ({"typ": "ID"}, None)])
def test_the_id_token_is_judged(site, issuer, claims, expected):
    issuer.person = claims
    answer = Browser(site).sign_in(issuer)
    assert reason(answer) == expected, answer
    assert (answer.status == 303) == (expected is None)
    assert expected is None or "__Host-moodlesso=" not in "".join(answer.all("Set-Cookie"))


@pytest.mark.parametrize("minutes", [-4, 4])
def test_a_provider_whose_clock_is_four_minutes_off(httpd, issuer, client_secret, minutes):
    there = int(time.time()) + 60 * minutes
    issuer.person = {"iat": there, "nbf": there, "exp": there + 60}
    for skew, expected in (("60s", "TOKEN_EXPIRED" if minutes < 0 else "TOKEN_NOT_YET_VALID"), ("5min", None)):
        server = httpd(config(source(issuer, client_secret, more=f"skew={skew}")))
        knows_keys(server)
        assert reason(Browser(server).sign_in(issuer)) == expected


def test_the_id_token_of_another_login(site, issuer):
    """Kept from one login, injected into another one, of the same client."""
    kept = []
    issuer.change = lambda tokens, query: kept.append(issuer.token(**tokens["id_token"])) or tokens
    assert Browser(site).sign_in(issuer).status == 303
    issuer.change = lambda tokens, query: {**tokens, "id_token": kept[0]}
    assert reason(Browser(site).sign_in(issuer)) == "TOKEN_NONCE"


def test_forged_signatures_and_no_signature(site, issuer):
    stranger = Key(issuer.folder, "stranger")
    none = lambda claims: f"{b64({'alg': 'none', 'typ': 'JWT'})}.{b64(claims)}."
    for make, expected in ((lambda c: issuer.token(stranger, **c), "TOKEN_KEY_UNKNOWN"), (none, "TOKEN_MALFORMED"),
                           (lambda c: issuer.token(header={"alg": "HS256"}, **c), "TOKEN_ALGORITHM"),
                           (lambda c: issuer.token(**c)[:-8] + "AAAAAAAA", "TOKEN_SIGNATURE"), (lambda c: "x", "TOKEN_MALFORMED"),
                           (lambda c: issuer.token(header={"typ": "at+jwt"}, **c), "TOKEN_TYPE")):
        issuer.change = lambda tokens, query: {**tokens, "id_token": make({"iss": issuer.url, **tokens["id_token"]})}
        assert reason(Browser(site).sign_in(issuer)) == expected


@pytest.mark.parametrize("body, expected", [
    (b"", "PROVIDER_ANSWER"), (b"{", "PROVIDER_ANSWER"), (b"[]", "PROVIDER_ANSWER"), (b'{"id_token":7}', "PROVIDER_ANSWER"),
    (b'{"id_token":"a.b.c","id_token":"a.b.c"}', "PROVIDER_ANSWER"), (b'{"access_token":"x"}', "PROVIDER_ANSWER"),
    (b" " * 70000, "PROVIDER_ANSWER"), (b"[" * 60000, "PROVIDER_ANSWER")])
def test_answers_that_are_unusable(site, issuer, body, expected):
    site.expect("PROVIDER_ANSWER")
    issuer.change = lambda tokens, query: body
    answer = Browser(site).sign_in(issuer)
    assert answer.status == 500 and reason(answer) == expected


def test_huge_claims_are_cut_or_refused(site, issuer):
    issuer.person = {"roles": [f"role-{i}" for i in range(300)]}
    browser = Browser(site)
    assert browser.sign_in(issuer).status == 303
    assert len(browser.cookies["__Host-moodlesso"]) <= 1024
    issuer.person = {"roles": ["x" * 20000]}
    assert reason(Browser(site).sign_in(issuer)) == "TOKEN_MALFORMED"


@pytest.mark.parametrize("status, expected, answered", [(500, "PROVIDER_DOWN", 503), (401, "PROVIDER_CLIENT", 500), (400, "PROVIDER_CLIENT", 500)])
def test_the_provider_has_a_fault_or_does_not_know_us(site, issuer, status, expected, answered):
    site.expect("PROVIDER_CLIENT")
    issuer.status = status
    answer = Browser(site).sign_in(issuer)
    assert answer.status == answered and reason(answer) == expected
    assert answer.all("Retry-After") == (["3"] if answered == 503 else [])


def test_with_the_provider_away(site, issuer):
    site.expect("PROVIDER|HTTP_DOWN|its last good keys")
    browser = Browser(site)
    place = issuer.authorize(browser.leave())
    issuer.stop()
    answer = browser.ask(place)
    assert answer.status == 503 and reason(answer) == "PROVIDER_DOWN"
    assert site.get("/static.txt").status == 200


def test_a_slow_drip_is_cut_off(httpd, issuer, client_secret):
    site = httpd(config(source(issuer, client_secret, more="timeout=1s")))
    knows_keys(site)
    site.expect("PROVIDER|HTTP_TIMEOUT")
    issuer.drips.set()
    began = time.monotonic()
    answer = Browser(site).sign_in(issuer)
    assert answer.status == 503 and reason(answer) == "PROVIDER_TIMEOUT"
    assert time.monotonic() - began < 20


# More wait than places are left, while those who got one are still there.
@pytest.mark.alone
def test_a_hanging_provider_holds_eight_workers_at_most(httpd, issuer, client_secret):
    site = httpd(config(source(issuer, client_secret, more="timeout=3s")))
    knows_keys(site)
    site.expect("PROVIDER|HTTP_TIMEOUT|its last good keys|LOGIN_BUSY")
    browsers = [Browser(site) for _ in range(40)]
    places = [issuer.authorize(browser.leave()) for browser in browsers]
    issuer.black_hole.set()
    static = []

    def one(i):
        if i < 40:
            return reason(browsers[i].ask(places[i]))
        for _ in range(20):
            static.append(site.get("/static.txt").status)

    began = time.monotonic()
    reasons = at_once(44, one)[:40]
    # whom the open circuit lets ask, one a second
    probes = int(time.monotonic() - began)
    assert set(reasons) <= {"PROVIDER_TIMEOUT", "PROVIDER_DOWN", "LOGIN_BUSY"}, set(reasons)
    assert reasons.count("PROVIDER_TIMEOUT") <= 8 + probes and issuer.holding <= 8 + probes
    provider = site.status()["logins"]["providers"]["idp"]
    assert provider["waiting"] == 0 and provider["waiting_peak"] <= provider["waiting_places"] == 8 and provider["turned_away"] > 0
    assert provider["circuit"] == "open"
    assert static == [200] * 80


def test_a_hanging_provider_holds_as_many_as_it_may_and_no_other_provider(httpd, issuer, client_secret, run):
    """logins=3 of one: three wait, the fourth is turned away while they do, files and another provider's people go on."""
    hanging, go_on, held = Issuer(run / f"hanging-{time.monotonic_ns()}"), threading.Event(), []
    hanging.change = lambda tokens, query: held.append(query) or go_on.wait(env.PATIENCE) and tokens
    try:
        server = httpd(config(source(hanging, client_secret, "slow", "logins=3 timeout=10s"), source(issuer, client_secret),
                              names=("slow", "idp")))
        knows_keys(server)
        knows_keys(server, "slow")
        server.expect("LOGIN_BUSY")
        browsers = [Browser(server) for _ in range(5)]
        places = [hanging.authorize(browser.leave("/moodlesso/start/slow?return=/protected")) for browser in browsers]
        answers, slow = [], lambda: server.status()["logins"]["providers"]["slow"]
        threads = [threading.Thread(target=lambda i=i: answers.append(browsers[i].ask(places[i]))) for i in range(3)]
        for thread in threads:
            thread.start()
        env.wait_until(lambda: slow()["waiting"] == 3 and len(held) == 3, "three who wait")
        for i in (3, 4):
            answer = browsers[i].ask(places[i])
            assert answer.status == 503 and reason(answer) == "LOGIN_BUSY" and answer.all("Retry-After") == ["3"]
            assert slow()["waiting"] == 3 and not answers, "while the three go on waiting"
            assert server.get("/static.txt").status == 200
        assert Browser(server).sign_in(issuer).status == 303, "at the other provider"
        go_on.set()
        for thread in threads:
            thread.join()
        assert [answer.one("Location") for answer in answers] == [f"{SITE}/protected"] * 3
        assert len(held) == 3 and slow() == {"circuit": "closed", "asked": 3, "failed": 0, "refused": 0, "waiting": 0,
                                             "waiting_peak": 3, "waiting_places": 3, "turned_away": 2}
        assert browsers[3].sign_in(hanging, retry(answer)).status == 303, "who was turned away tries again"
    finally:
        go_on.set()
        hanging.stop()


def test_with_the_store_away_nobody_signs_in(httpd, issuer, client_secret, mariadb):
    mariadb.empty("login_away")
    server = httpd(config(source(issuer, client_secret),
                          more=f'MoodleSSOStore mysql "{mariadb.parameters("login_away")}" timeout=1s\n'))
    server.expect("STORE_DOWN", "MoodleSSOStore", "store")
    knows_keys(server)
    browser = Browser(server)
    place = issuer.authorize(browser.leave())
    mariadb.process.freeze()
    try:
        answer = browser.ask(place)
        assert answer.status == 503 and reason(answer) == "STORE_DOWN" and issuer.asked["token"] == 0
    finally:
        mariadb.process.thaw()


# -- many at once ---------------------------------------------------------------------------------------------


def test_two_hundred_tabs_each_land_on_their_page(httpd, issuer, client_secret, sqlite, run):
    """24 at once, as many as may ask the provider: none waits for a place."""
    workers = env.EVENT.replace("MaxRequestWorkers 64", "MaxRequestWorkers 128").replace("ServerLimit 4", "ServerLimit 8")
    site = httpd(config(source(issuer, client_secret, more="logins=24"), more=Store(sqlite, run).directive()), workers=workers)
    knows_keys(site)
    browser = Browser(site)
    browser.leave()
    places = [issuer.authorize(browser.leave(f"/moodlesso/start/idp?return=/tab/{i}")) for i in range(200)]
    assert len("; ".join(f"{n}={v}" for n, v in browser.cookies.items())) < 100
    # as many as a browser has connections, four times over
    answers = at_once(24, lambda i: [browser.ask(places[k]).one("Location") for k in range(i, 200, 24)])
    assert sorted(sum(answers, [])) == sorted(f"{SITE}/tab/{i}" for i in range(200))


def test_ten_thousand_background_requests_leave_the_state_as_it_is(site, issuer):
    browser = Browser(site)
    asked = browser.leave()
    cookie = f"__Host-moodlesso-login={browser.cookies['__Host-moodlesso-login']}"
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=env.PATIENCE)
    for i in range(10_000):
        connection.request("GET", f"/moodlesso/start/idp?return=/{i}" if i % 2 else f"/protected?{i}",
                           headers={"Cookie": cookie, "Accept": "text/html"})
        response = connection.getresponse()
        response.read()
        assert response.status in (302, 303)
        for line in response.headers.get_all("Set-Cookie") or ():
            assert line.partition(";")[0] == cookie
    assert browser.ask(issuer.authorize(asked)).one("Location") == f"{SITE}/protected"


# -- who may pass, and windows of their own ---------------------------------------------------------------------


def test_people_of_other_institutions_begin_no_session(httpd, issuer, client_secret):
    server = httpd(config(source(issuer, client_secret), more="<Location />\nMoodleSSOAllow username bob\n</Location>\n"))
    knows_keys(server)
    browser = Browser(server)
    answer = browser.sign_in(issuer)
    assert answer.status == 403 and "USERNAME_NOT_ALLOWED" in answer.body and "alice" not in answer.body
    assert "__Host-moodlesso" not in browser.cookies
    issuer.person = {"sub": "bob", "preferred_username": "bob"}
    assert browser.sign_in(issuer).status == 303


def said(answer):
    """(origin, message) that the page of a window tells its opener."""
    found = re.search(r'data-origin="([^"]*)" data-message="([^"]*)"', answer.body)
    return html.unescape(found[1]), json.loads(html.unescape(found[2]))


def test_nobody_signs_in_with_a_source_that_is_switched_off(httpd, issuer, client_secret):
    from test_59_switches import CHECK, turn
    server = httpd(config(source(issuer, client_secret), more=CHECK))
    knows_keys(server)
    begun, frame = Browser(server), code_for(server, issuer)
    place = issuer.authorize(begun.leave())
    asked = issuer.asked["token"]
    turn(server, "idp", "off")
    for answer in (Browser(server).ask("/moodlesso/start/idp"), begun.ask(place)):
        assert answer.status == 400 and reason(answer) == "SOURCE_OFF"
    assert redeem(server, frame).json["reason"] == "SOURCE_OFF"
    assert issuer.asked["token"] == asked
    assert server.get("/protected", headers=PAGE).status == 401
    turn(server, "idp", "on")
    assert begun.ask(place).status == 303


def test_a_window_of_its_own_tells_its_opener(site, issuer):
    browser = Browser(site)
    answer = browser.sign_in(issuer, "/moodlesso/start/idp?display=popup&return=/protected")
    assert answer.status == 200 and said(answer) == (SITE, {"moodlesso": "done"})
    assert browser.ask("/protected").status == 200


VERIFIER = "v" * 43
FRAME = s256(VERIFIER)
IN_FRAME_OURS = [*OURS, ("Sec-Fetch-Storage-Access", "none"), ("Sec-Fetch-Dest", "empty")]


def code_for(server, issuer, frame=FRAME):
    """A one-time code for a frame, as the window gets it that the frame opened."""
    browser = Browser(server)
    origin, message = said(browser.sign_in(issuer, f"/moodlesso/start/idp?display=popup&frame={frame}"))
    assert origin == SITE and message["moodlesso"] == "code"
    assert "__Host-moodlesso" not in browser.cookies, "no session at the top level"
    return message["code"]


def redeem(server, code, verifier=VERIFIER, headers=IN_FRAME_OURS):
    return server.get("/moodlesso/teams", method="POST", headers=headers, body=urlencode({"code": code, "verifier": verifier}).encode())


def test_a_frame_redeems_the_code_of_its_window_once(site, issuer):
    issuer.person = {"sid": "s1"}
    code = code_for(site, issuer)
    assert len(code) <= 1024
    answer = redeem(site, code)
    assert answer.status == 200 and answer.json == {"username": "alice"}
    cookie = answer.one("Set-Cookie")
    assert cookie.startswith("__Host-moodlesso-framed=") and cookie.endswith("; SameSite=None; Partitioned")
    assert site.get("/whoami", cookie=cookie.partition(";")[0]).json["username"] == "alice"
    answer = redeem(site, code)
    assert answer.status == 401 and answer.json["reason"] == "FRAME_CODE" and answer.all("Set-Cookie") == []


def test_the_code_is_of_use_to_that_frame_alone(site, issuer):
    code = code_for(site, issuer)
    for wrong_code, verifier in ((code, "w" * 43), (code, ""), (code, FRAME), ("x", VERIFIER), ("", VERIFIER), (code[:-1], VERIFIER)):
        answer = redeem(site, wrong_code, verifier)
        assert answer.status == 401 and answer.json["reason"] == "FRAME_CODE", answer
    assert site.get("/whoami", cookie=f"__Host-moodlesso={code}").json["reason"] == "SESSION_FORGED", "and no session"
    assert redeem(site, code).status == 200, "what was refused spends nothing"


@pytest.mark.parametrize("headers", [[("Sec-Fetch-Site", "cross-site")], [("Origin", "https://evil.example")], []])
def test_other_sites_redeem_nothing(site, issuer, headers):
    answer = redeem(site, code_for(site, issuer), headers=[*POST, *headers])
    assert answer.status == 403 and answer.json["reason"] == "CROSS_SITE"


def test_a_session_that_ended_meanwhile_is_not_handed_over(site, issuer):
    from test_52_logout import logout_token, send
    code = code_for(site, issuer)
    assert send(site, logout_token(issuer, aud="moodle")).status == 200
    assert redeem(site, code).json["reason"] == "SESSION_REVOKED"


def test_the_page_of_a_frame_offers_a_window(site, issuer):
    page = site.get("/moodlesso/teams?return=/protected", headers=IN_FRAME)
    assert 'data-popup="/moodlesso/start/idp?return=https%3A%2F%2Fmoodle.example%2Fprotected&amp;display=popup"' in page.body
    assert 'id="window"' in page.body and 'id="storage"' not in page.body and 'id="choose"' not in page.body


def test_the_page_of_a_frame_lets_people_choose_among_several(httpd, issuer, client_secret):
    server = httpd(config(source(issuer, client_secret), source(issuer, client_secret, "other"),
                          more="MoodleSSOFrameStorageAccess On\n"))
    page = server.get("/moodlesso/teams?return=/protected", headers=IN_FRAME)
    assert 'data-url="/moodlesso/login?return=https%3A%2F%2Fmoodle.example%2Fprotected"' in page.body
    assert 'id="window"' not in page.body and 'id="storage"' in page.body


# -- signing out ------------------------------------------------------------------------------------------------


def sign_out(browser, back="/bye", headers=OURS):
    return browser.ask("/moodlesso/logout", "POST", headers, urlencode({"return": back}).encode())


def test_signing_out_ends_the_session_here_and_at_the_provider(site, issuer):
    browser, other = Browser(site), Browser(site)
    browser.sign_in(issuer)
    other.sign_in(issuer)
    kept = browser.cookies["__Host-moodlesso"]
    page = browser.ask("/moodlesso/logout?return=/bye")
    assert page.status == 200 and 'action="/moodlesso/logout"' in page.body
    assert f'name="return" value="{SITE}/bye"' in page.body
    assert f"form-action 'self' {issuer.url};" in page.one("Content-Security-Policy"), "where the form leads"
    assert browser.ask("/protected").status == 200, "asking for the page ends nothing"
    answer = sign_out(browser)
    assert answer.status == 303
    place = answer.one("Location")
    assert place.startswith(f"{issuer.url}/end?")
    assert parse_qs(urlsplit(place).query) == {"client_id": ["moodle"], "post_logout_redirect_uri": [f"{SITE}/bye"]}
    assert "__Host-moodlesso" not in browser.cookies
    assert site.get("/whoami", cookie=f"__Host-moodlesso={kept}").json["reason"] == "SESSION_REVOKED", "copies of it, too"
    assert other.ask("/protected").status == 200, "another browser of the person goes on"


def test_the_sid_of_the_provider_is_what_ends(site, issuer):
    one, same, other = Browser(site), Browser(site), Browser(site)
    for browser, sid in ((one, "s1"), (same, "s1"), (other, "s2")):
        issuer.person = {"sid": sid}
        browser.sign_in(issuer)
    sign_out(one)
    assert same.ask("/whoami").json["reason"] == "SESSION_REVOKED"
    assert other.ask("/whoami").json["identified"]


@pytest.mark.parametrize("headers", [[("Sec-Fetch-Site", "cross-site")], [("Sec-Fetch-Site", "same-site")], [("Sec-Fetch-Site", "none")],
                                     [("Origin", "https://evil.example")], [("Origin", "null")], []])
def test_other_sites_sign_nobody_out(site, issuer, headers):
    browser = Browser(site)
    browser.sign_in(issuer)
    answer = sign_out(browser, headers=[*POST, *headers])
    assert answer.status == 403 and reason(answer) == "CROSS_SITE"
    assert browser.ask("/protected").status == 200


def test_signing_out_leads_nowhere_else(site, issuer):
    for wanted in ("https://evil.example/", "//evil.example", "/\\evil"):
        for answer in (sign_out(Browser(site), wanted),
                       Browser(site).ask("/moodlesso/logout?" + urlencode({"return": wanted}), "POST", OURS, b"")):
            assert answer.status == 303 and answer.one("Location") == f"{SITE}/"


def test_signing_in_again_after_signing_out_is_no_circle(site, issuer):
    browser = Browser(site)
    browser.sign_in(issuer)
    sign_out(browser)
    assert browser.sign_in(issuer).one("Location") == f"{SITE}/protected"
    assert browser.ask("/protected").status == 200
