# SPDX-License-Identifier: Apache-2.0
"""Drupal asked over HTTP: TLS verified, no redirects, a deadline, and status 200 never a proof."""
import itertools
import time

import pytest

import env
from drupal_site import DrupalSite
from sites import PATIENT, STATUS, WHOAMI, use


@pytest.fixture(scope="module")
def tls(run):
    return env.tls_files(run / "tls", "127.0.0.1", "localhost")


@pytest.fixture
def site(tls):
    server = DrupalSite(*tls)
    yield server
    server.stop()


def config(site, method, options=PATIENT, host="127.0.0.1", trusted=True):
    options += f" ca={site.root}" if trusted else ""
    url = f"https://{host}:{site.port}{'/moodlesso' if method == 'services' else ''}"
    return (f"MoodleSSOSource drupal drupal url={url} method={method} cookie=SSESSx "
            f"fields=given_name:field_first_name {options}\n" + use("drupal") + WHOAMI + STATUS)


@pytest.mark.parametrize("method", ["services", "user", "jsonapi"])
def test_a_live_session_is_its_user(httpd, site, method):
    server = httpd(config(site, method))
    who = server.get("/whoami", cookie="SSESSx=live-session").json
    assert who.get("subject") == "2", who
    assert who["idnumber"] == "2"
    if method != "user":
        assert (who["username"], who["email"], who["given_name"]) == ("alice", "alice@example.test", "Alice")
    assert "expires" not in who
    # the visitor's cookie alone was passed on, and nothing that the site set
    assert {cookie for _, _, cookie in site.log} == {"SSESSx=live-session"}


@pytest.mark.parametrize("method", ["services", "user", "jsonapi"])
def test_an_anonymous_200_is_nobody(httpd, site, method):
    server = httpd(config(site, method))
    assert server.get("/whoami", cookie="SSESSx=other-session").json["reason"] == "SESSION_UNKNOWN"
    assert server.get("/whoami", cookie="SSESSx=live-session; SSESSx=other").json["reason"] == "DUPLICATE_COOKIE"
    assert server.get("/whoami").json["reason"] == "NO_CREDENTIAL"


def test_an_untrusted_certificate_is_no_site(httpd, site):
    server = httpd(config(site, "user", trusted=False))
    assert server.get("/whoami", cookie="SSESSx=live-session").json["reason"] == "HTTP_DOWN"
    assert site.log == []


def test_a_certificate_for_another_name_is_no_site(httpd, site):
    server = httpd(config(site, "user", host="localhost.localdomain"))
    assert server.get("/whoami", cookie="SSESSx=live-session").json["reason"] == "HTTP_DOWN"


@pytest.mark.parametrize("fault, reason", [
    ("hang", "HTTP_TIMEOUT"), ("drip", "HTTP_TIMEOUT"), ("huge", "HTTP_ANSWER"), ("redirect", "HTTP_ANSWER"),
    ("bom", "HTTP_ANSWER")])
def test_faults_are_bounded(httpd, site, fault, reason):
    server = httpd(config(site, "jsonapi", "timeout=500ms" if reason == "HTTP_TIMEOUT" else PATIENT))
    server.expect(reason)
    site.break_with(fault)
    began = time.monotonic()
    assert server.get("/whoami", cookie="SSESSx=live-session").json["reason"] == reason
    assert time.monotonic() - began < 10
    assert all("elsewhere" not in path for _, path, _ in site.log)


def test_a_hanging_site_is_left_alone_and_asked_again(httpd, site):
    server = httpd(config(site, "user", "timeout=300ms"))
    server.expect("HTTP_TIMEOUT")
    site.break_with("hang")
    numbers = itertools.count()
    env.is_left_alone(lambda: server.get("/whoami", cookie=f"SSESSx=s{next(numbers)}").json["reason"], "HTTP_TIMEOUT", "HTTP_DOWN")
    site.break_with(None)
    env.wait_until(lambda: server.get("/whoami", cookie="SSESSx=live-session").json["identified"], "the site again")


def test_one_answer_serves_many_requests(httpd, site):
    server = httpd(config(site, "services"))
    for _ in range(10):
        assert server.get("/whoami", cookie="SSESSx=live-session").json["username"] == "alice"
    assert len(site.log) == 2
