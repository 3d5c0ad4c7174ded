# SPDX-License-Identifier: Apache-2.0
"""Signing in at a certified OpenID provider, in every way in which the client can prove itself and be answered."""
import html
import http.cookiejar
import re
import time
import urllib.error
import urllib.request
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

import env
from issuer import EcKey, Key
from provider import Provider
from sites import PHP, STATUS, WHOAMI, use
from test_50_tokens import knows_keys
from test_54_login import POST, SITE, Browser, reason, sign_out

SECRET = "of-this-test-alone:+/%"
WEB = {"client_id": "web", "client_secret": SECRET, "redirect_uris": [f"{SITE}/moodlesso/callback"],
       "post_logout_redirect_uris": [f"{SITE}/bye"]}


@pytest.fixture
def provider(run):
    server = Provider(run / f"provider-{time.monotonic_ns()}")
    yield server
    server.stop()


@pytest.fixture
def proof(run):
    path = run / "certified-secret"
    path.write_text(SECRET + "\n")
    return f"client_secret=file:{path}"


def start(httpd, provider, client, options):
    provider.clients(client)
    server = httpd(f"MoodleSSOBaseURL {SITE}\nMoodleSSOStateDir @HTTPD@/state\nMoodleSSOSource idp oidc issuer={provider.url} "
                   f"ca={provider.root} client_id=web timeout=10s {options}\n" + use("idp") + PHP + WHOAMI + STATUS +
                   "<Location /protected>\nAuthType MoodleSSO\nRequire valid-user\n</Location>\n")
    knows_keys(server, count=2)
    return server


class AtProvider(urllib.request.HTTPRedirectHandler):
    """The browser while it is at the provider: its cookies there, and the way until it leaves."""

    def __init__(self, provider):
        self.provider = provider
        self.opener = urllib.request.build_opener(self, urllib.request.HTTPSHandler(context=provider.trusted),
                                                  urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def redirect_request(self, request, fp, code, msg, headers, newurl):
        return super().redirect_request(request, fp, code, msg, headers, newurl) if newurl.startswith(self.provider.url) else None

    def visit(self, url):
        """(the URL that leads away, body of the last page)"""
        try:
            with self.opener.open(url) as answer:
                return None, answer.read().decode()
        except urllib.error.HTTPError as answer:
            return answer.headers["Location"], answer.read().decode()


def sign_in(server, provider, there=None):
    browser = Browser(server)
    away, page = (there or AtProvider(provider)).visit(browser.ask("/moodlesso/start/idp?return=/protected").one("Location"))
    if away is not None:
        return browser, browser.ask(away)
    fields = {name: html.unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', page)}
    return browser, browser.ask("/moodlesso/callback", "POST", [*POST, ("Sec-Fetch-Site", "cross-site")], urlencode(fields).encode())


@pytest.mark.parametrize("mode", ["query", "form_post"])
@pytest.mark.parametrize("auth", ["basic", "post"])
def test_by_a_secret(httpd, provider, proof, auth, mode):
    server = start(httpd, provider, {**WEB, "token_endpoint_auth_method": f"client_secret_{auth}"},
                   f"{proof} client_auth={auth} response_mode={mode}")
    browser, answer = sign_in(server, provider)
    assert answer.status == 303 and answer.one("Location") == f"{SITE}/protected", answer
    who = browser.ask("/whoami").json
    assert who["username"] == who["subject"] == "alice" and who["issuer"] == provider.url
    assert who["email"] == "alice@example.test"


@pytest.mark.parametrize("kind", [Key, EcKey])
def test_by_a_key(httpd, provider, run, kind):
    folder = run / f"certified-{kind.__name__}"
    folder.mkdir()
    key = kind(folder, "c1")
    client = {k: v for k, v in WEB.items() if k != "client_secret"}
    server = start(httpd, provider, {**client, "token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [key.jwk]}},
                   f"client_key=file:{key.file} client_kid=c1")
    assert sign_in(server, provider)[1].status == 303
    assert sign_in(server, provider)[1].status == 303, "each assertion is a new one"


def test_a_wrong_secret_is_said(httpd, provider, run):
    path = run / "wrong-secret"
    path.write_text("wrong-secret\n")
    server = start(httpd, provider, WEB, f"client_secret=file:{path}")
    server.expect("PROVIDER_CLIENT")
    answer = sign_in(server, provider)[1]
    assert answer.status == 500 and reason(answer) == "PROVIDER_CLIENT"


def test_silently_where_somebody_is_signed_in_already(httpd, provider, proof):
    server = start(httpd, provider, WEB, f"{proof} try_silent=on")
    there = AtProvider(provider)
    browser, answer = sign_in(server, provider, there)
    assert answer.status == 303 and answer.one("Location").startswith(f"{provider.url}/auth?"), "nobody is, yet"
    away, _ = there.visit(answer.one("Location"))
    assert browser.ask(away).one("Location") == f"{SITE}/protected"
    assert sign_in(server, provider, there)[1].one("Location") == f"{SITE}/protected"


def test_out_again(httpd, provider, proof):
    server = start(httpd, provider, {**WEB, "backchannel_logout_uri": "http://127.0.0.1:1/"}, proof)
    browser, _ = sign_in(server, provider)
    place = sign_out(browser).one("Location")
    assert place.startswith(f"{provider.url}/session/end?")
    assert parse_qs(urlsplit(place).query) == {"client_id": ["web"], "post_logout_redirect_uri": [f"{SITE}/bye"]}
    assert "logout" in AtProvider(provider).visit(place)[1], "the provider knows the client and its way back"
    assert not browser.ask("/whoami").json["identified"]


def test_keys_changed_between_start_and_callback(httpd, provider, proof):
    """The ID token of a key that is not known yet waits until the keys were asked for again, which is done once in five
    minutes; in every process the next logins know it."""
    server = start(httpd, provider, WEB, proof)
    asked = provider.asked()
    provider.publish("k2", "k1")
    for _ in range(8):
        assert sign_in(server, provider)[1].one("Location") == f"{SITE}/protected"
    env.wait_until(lambda: server.status()["issuers"]["idp"]["keys"] == 4, "every process to read them")
    assert provider.asked() == (asked[0] + 1, asked[1] + 1)
    provider.publish("k3", "k2")
    answer = sign_in(server, provider)[1]
    assert answer.status == 400 and reason(answer) == "TOKEN_KEY_UNKNOWN"
    assert provider.asked() == (asked[0] + 1, asked[1] + 1)
