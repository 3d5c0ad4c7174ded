# SPDX-License-Identifier: Apache-2.0
"""frame-ancestors merged into what the application sends, wherever its response comes from."""
import json

import pytest

from backend import Backend
from sites import CGI, PHP, asking

OURS = "'self' https://t.example"
CSP, XFO = "Content-Security-Policy", "X-Frame-Options"


@pytest.fixture(scope="module")
def backend():
    server = Backend()
    yield server
    server.stop()


CONFIG = PHP + CGI + """
    Protocols h2c http/1.1
    ProxyPass /proxy/ http://127.0.0.1:%d/
    MoodleSSOFrameAncestors https://t.example
"""
KINDS = {"fpm": "/env.php", "cgi": "/env.cgi", "proxy": "/proxy/x"}


@pytest.fixture
def site(httpd, backend):
    return httpd(CONFIG % backend.port)


@pytest.fixture(params=["HTTP/1.1", "HTTP/2"])
def get(request, site):
    return site.get if request.param == "HTTP/1.1" else site.h2


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("sent, csp, xfo", [
    ([], [f"frame-ancestors {OURS}"], []),
    ([[XFO, "sameorigin"]], [f"frame-ancestors {OURS}"], []),
    ([[CSP, "default-src 'self'"], [XFO, "DENY"]], [f"default-src 'self'; frame-ancestors {OURS}"], []),
    ([[CSP, "img-src *;frame-ancestors 'none' ;font-src *"]], [f"img-src *;frame-ancestors {OURS} ;font-src *"], []),
    ([[CSP, "frame-ancestors https://a.example"]], [f"frame-ancestors https://a.example {OURS}"], []),
    ([["Content-Security-Policy-Report-Only", "frame-ancestors 'none'"], [XFO, "DENY"]],
     [f"frame-ancestors {OURS}"], []),
])
def test_the_applications_policy_and_ours(get, kind, sent, csp, xfo):
    answer = get(f"{KINDS[kind]}?{asking(headers=sent)}")
    assert answer.status == 200
    assert answer.all(CSP) == csp
    assert answer.all(XFO) == xfo
    for name, value in sent:
        if "Report-Only" in name:
            assert answer.all(name) == [value]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", [200, 201, 204, 301, 302, 303, 307, 400, 403, 404, 410, 500, 502, 503])
def test_every_status(get, kind, status):
    headers = [[XFO, "sameorigin"]] + ([["Location", "http://127.0.0.1/x"]] if status in (301, 302, 303, 307) else [])
    answer = get(f"{KINDS[kind]}?{asking(status=status, headers=headers)}")
    assert answer.status == status
    assert answer.all(CSP) == [f"frame-ancestors {OURS}"]
    assert answer.all(XFO) == []


def test_what_httpd_itself_answers(get, site):
    site.expect("AH01630", "AH01276", "AH00128")
    for path, status in (("/static.txt", 200), ("/folder", 301), ("/nothing", 404), ("/%00", 404)):
        answer = get(path)
        assert answer.status in (status, 400), path
        assert answer.all(CSP) == [f"frame-ancestors {OURS}"], path


def test_not_modified_takes_nothing_away(site):
    """RFC 9110 15.4.5: a 304 need not repeat the policy that the stored response has; httpd drops it."""
    first = site.get("/static.txt")
    again = site.get("/static.txt", headers=[("If-None-Match", first.one("ETag"))])
    assert again.status == 304
    assert again.all(CSP) in ([], [f"frame-ancestors {OURS}"])
    assert again.all(XFO) == []


def test_mod_headers_policies_are_merged_too(httpd):
    """mod_headers' filters run before ours, for ordinary and for error responses."""
    server = httpd("""
        MoodleSSOFrameAncestors https://t.example
        Header set Content-Security-Policy "img-src *"
        Header always set X-Frame-Options DENY
        <Location /static.txt>
          Header always set Content-Security-Policy "frame-ancestors 'none'"
        </Location>""")
    answer = server.get("/static.txt")
    assert answer.all(CSP) == [f"frame-ancestors {OURS}", "img-src *"]
    assert server.get("/index.html").all(CSP) == [f"img-src *; frame-ancestors {OURS}"]
    missing = server.get("/nothing")
    assert missing.all(CSP) == [f"frame-ancestors {OURS}"]
    assert answer.all(XFO) + missing.all(XFO) == []


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_document_keeps_one_policy(httpd, backend, kind):
    """ErrorDocument brings the first response's headers through the filter again."""
    server = httpd(CONFIG % backend.port + f"""
        ProxyErrorOverride On
        ErrorDocument 404 {KINDS[kind].replace('/x', '/error')}?{asking(headers=[[CSP, "img-src 'self'"]])}
        ErrorDocument 403 /static.txt
        <Location /private>
          Require all denied
        </Location>""")
    server.expect("AH01630")
    answer = server.get("/nothing")
    assert answer.status == 404
    assert answer.all(CSP) == [f"img-src 'self'; frame-ancestors {OURS}"]
    assert server.get("/private/page.txt").all(CSP) == [f"frame-ancestors {OURS}"]
    answer = server.get(f"/env.php?{asking(status=404, headers=[[CSP, 'frame-ancestors https://a'], [XFO, 'DENY']])}")
    # httpd keeps the headers of the page that failed beside those of its ErrorDocument
    assert ", ".join(answer.all(CSP)) == f"frame-ancestors https://a {OURS}, img-src 'self'"
    assert answer.all(XFO) == []


def test_several_headers_stay_several(site):
    sent = [[CSP, "frame-ancestors 'self'"], [CSP, "img-src *, frame-ancestors https://b"]]
    for kind in KINDS:
        answer = site.get(f"{KINDS[kind]}?{asking(headers=sent)}")
        # httpd itself joins equal names of a script with ", "; either way every policy is united
        assert ", ".join(answer.all(CSP)) == f"frame-ancestors {OURS}, img-src *, frame-ancestors https://b {OURS}"


@pytest.mark.parametrize("mode, sent, csp, xfo", [
    ("replace", [[CSP, "img-src *; frame-ancestors https://a"]], [f"img-src *; frame-ancestors {OURS}"], []),
    ("absent", [[CSP, "img-src *"]], [f"img-src *; frame-ancestors {OURS}"], []),
    ("absent", [[CSP, "frame-ancestors https://a"], [XFO, "DENY"]], ["frame-ancestors https://a"], []),
    ("absent", [[XFO, "sameorigin"]], [], ["sameorigin"]),
    ("merge respect-none", [[CSP, "frame-ancestors 'none'"], [XFO, "DENY"]], ["frame-ancestors 'none'"], []),
    ("merge respect-none", [[XFO, "DENY"]], [], ["DENY"]),
    ("merge respect-none", [[XFO, "SAMEORIGIN"]], [f"frame-ancestors {OURS}"], []),
])
def test_modes(httpd, mode, sent, csp, xfo):
    server = httpd(PHP + f"MoodleSSOFrameAncestors {mode} https://t.example")
    answer = server.get(f"/env.php?{asking(headers=sent)}")
    assert (answer.all(CSP), answer.all(XFO)) == (csp, xfo)


def test_off_and_inner_sections(httpd):
    server = httpd(PHP + """
        MoodleSSOFrameAncestors teams
        <Location /private>
          MoodleSSOFrameAncestors Off
        </Location>
        <Location /folder>
          MoodleSSOFrameAncestors https://other.example
        </Location>""")
    assert server.get("/private/page.txt").all(CSP) == []
    assert server.get("/folder/index.php").all(CSP) == ["frame-ancestors 'self' https://other.example"]
    assert server.get("/static.txt").all(CSP) == [
        "frame-ancestors 'self' https://teams.microsoft.com https://*.teams.microsoft.com "
        "https://teams.cloud.microsoft"]


def test_everything_else_is_byte_for_byte_as_without_us(httpd):
    headers = [["Set-Cookie", "a=b; path=/"], ["Set-Cookie", "c=d"], ["X-One", " two "], ["Cache-Control", "private"]]
    query = asking(headers=headers + [[CSP, "img-src *"]])
    answers = []
    for directive in ("", "MoodleSSOFrameAncestors teams"):
        server = httpd(PHP + directive)
        answers.append(server.get(f"/env.php?{query}"))
        server.stop()
    drop = ("date", CSP.lower())
    without, with_us = ([(n, v) for n, v in a.headers if n.lower() not in drop] for a in answers)
    assert without == with_us
    assert answers[0].json["method"] == answers[1].json["method"]


def test_an_absurd_policy_is_left_alone_and_said(httpd):
    huge = "img-src " + "https://h.example " * 4000
    server = httpd(f'''
        MoodleSSOFrameAncestors https://t.example
        Header set Content-Security-Policy "{huge}"
        Header set X-Frame-Options DENY''')
    server.expect("too large to be judged")
    answer = server.raw(b"GET /static.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert b"X-Frame-Options: DENY\r\n" in answer
    assert b"frame-ancestors" not in answer
