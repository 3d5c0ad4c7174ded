# SPDX-License-Identifier: Apache-2.0
"""Session cookies inside frames: renamed in responses, mapped back in requests; nothing else changes."""
import pytest

import env
from backend import Backend
from sites import ALICE, BOB, CGI, PHP, WHOAMI, Moodle, asking, use

COOKIES = "MoodleSSOFrameCookies MoodleSession* SESS* SSESS*\n"
HTTPS = "MoodleSSOBaseURL https://moodle.example\n"
TAIL = "; Secure; SameSite=None; Partitioned"
FRAMED = [("Sec-Fetch-Storage-Access", "none"), ("Sec-Fetch-Dest", "iframe"), ("Sec-Fetch-Site", "cross-site")]
MARK = "__Host-moodlesso-frame=1; Path=/; Secure; HttpOnly; SameSite=None; Partitioned"
TOP = [("Sec-Fetch-Dest", "document"), ("Sec-Fetch-Site", "none")]
LAX = "MoodleSession=secret-new; path=/; secure; HttpOnly; SameSite=Lax"
VARY = "Sec-Fetch-Storage-Access,Sec-Fetch-Dest,Cookie"  # as httpd writes it


@pytest.fixture(scope="module")
def backend():
    server = Backend()
    yield server
    server.stop()


@pytest.fixture
def site(httpd, backend):
    return httpd(PHP + CGI + WHOAMI + HTTPS + COOKIES +
                 f"Protocols h2c http/1.1\nProxyPass /proxy/ http://127.0.0.1:{backend.port}/\n")


KINDS = {"fpm": "/env.php", "cgi": "/env.cgi", "proxy": "/proxy/x"}


def setting(*lines, kind="fpm", **query):
    return f"{KINDS[kind]}?{asking(headers=[['Set-Cookie', line] for line in lines], **query)}"


def seen(answer, kind="fpm"):
    """The Cookie header as the application got it."""
    if kind == "proxy":
        values = [v for n, v in answer.json["headers"] if n == "Cookie"]
        return values[0] if values else None
    return answer.json["server"].get("HTTP_COOKIE")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("http", ["get", "h2"])
def test_responses_to_frames(site, kind, http):
    """Moodle's lines, Drupal's, a deletion, one name twice, Moodle's LTI; others stay, and so does the order."""
    lines = [LAX, "MOODLEID1_=x; path=/; secure", "MoodleSession=deleted; expires=Thu, 01-Jan-1970 00:00:01 GMT; "
             "Max-Age=0; path=/; secure; SameSite=None; Partitioned;", "SSESS1=a%2Cb; path=/; domain=.example; SameSite=Lax",
             "__Host-own=1; path=/; secure"]
    answer = getattr(site, http)(setting(*lines, kind=kind), headers=FRAMED, cookie="__Host-moodlesso-frame=1")
    assert answer.all("Set-Cookie") == [
        "__Host-MoodleSession=secret-new; path=/; HttpOnly" + TAIL, lines[1],
        "__Host-MoodleSession=deleted; expires=Thu, 01-Jan-1970 00:00:01 GMT; Max-Age=0; path=/" + TAIL,
        "__Secure-SSESS1=a%2Cb; path=/; domain=.example" + TAIL, lines[4]]
    assert answer.one("Vary") == VARY


@pytest.mark.parametrize("status", [200, 204, 301, 303, 403, 404, 500, 503])
def test_every_status(site, status):
    location = [["Location", "https://moodle.example/x"]] if status in (301, 303) else []
    path = f"/env.php?{asking(status=status, headers=[['Set-Cookie', LAX], *location])}"
    answer = site.get(path, headers=FRAMED)
    assert answer.status == status
    assert answer.all("Set-Cookie") == ["__Host-MoodleSession=secret-new; path=/; HttpOnly" + TAIL, MARK]


def test_an_error_document_and_an_internal_redirect(httpd):
    server = httpd(PHP + HTTPS + COOKIES + "ErrorDocument 404 /env.php\nHeader always add Set-Cookie "
                   '"MoodleSession=secret-x; path=/"\nFallbackResource /env.php\n<Location /none>\nFallbackResource disabled\n'
                   "</Location>\n")
    for path in ("/none", "/some/route"):
        answer = server.get(path, cookie="MoodleSession=top; __Host-MoodleSession=framed", headers=FRAMED)
        assert answer.all("Set-Cookie") == ["__Host-MoodleSession=secret-x; path=/" + TAIL], path
        assert seen(answer) == "MoodleSession=framed", path


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("sent, got", [
    ("__Host-MoodleSession=f", "MoodleSession=f"),
    ("MoodleSession=top; a=b; __Host-MoodleSession=f", "a=b; MoodleSession=f"),
    ("__Secure-SESSx=f; SESSx=top; MoodleSession=top", "SESSx=f"),
    ("MoodleSession=top", None),
    ("MoodleSession=top; a=b", "a=b"),
    ("__Host-other=1; __Host-MoodleSession=f", "__Host-other=1; MoodleSession=f"),
])
def test_requests_from_frames(site, kind, sent, got):
    assert seen(site.get(KINDS[kind], cookie=sent, headers=FRAMED), kind) == got


@pytest.mark.parametrize("mark", ["__Host-MoodleSession=f", "__Host-moodlesso-frame=1"])
def test_where_the_browser_does_not_tell_our_own_cookies_do(site, mark):
    """fetch() of a frame, and Safari beyond the first navigation."""
    answer = site.get(setting(LAX), cookie=f"MoodleSession=top; SESSx=y; {mark}; a=b")
    assert seen(answer) == ("MoodleSession=f; a=b" if "Session" in mark else "a=b")
    assert answer.all("Set-Cookie") == ["__Host-MoodleSession=secret-new; path=/; HttpOnly" + TAIL]


def test_a_document_in_a_frame_is_marked_once(site):
    """So that what it fetches later is known to come from the frame."""
    assert site.get("/static.txt", headers=FRAMED).all("Set-Cookie") == [MARK]
    assert site.get("/static.txt", headers=FRAMED, cookie="__Host-moodlesso-frame=1").all("Set-Cookie") == []
    assert site.get("/static.txt", headers=FRAMED, cookie="__Host-MoodleSession=f").all("Set-Cookie") == []
    image = [("Sec-Fetch-Storage-Access", "none"), ("Sec-Fetch-Dest", "image"), ("Sec-Fetch-Site", "cross-site")]
    assert site.get("/static.txt", headers=image).all("Set-Cookie") == []


@pytest.mark.parametrize("site_is, cookie, renamed", [
    ("cross-site", None, True), ("cross-site", "MoodleSession=top", True), ("same-origin", None, False),
    ("same-origin", "MoodleSession=top", False), ("same-site", "SESSx=top", False), ("same-site", None, False)])
def test_a_frame_by_its_destination(site, site_is, cookie, renamed):
    """A page of ours in a page of ours is the top level's: else its cookies would lose their SameSite."""
    headers = [("Sec-Fetch-Dest", "iframe"), ("Sec-Fetch-Site", site_is)]
    answer = site.get(setting(LAX), cookie=cookie, headers=headers)
    assert answer.all("Set-Cookie")[0].startswith("__Host-") == renamed


def exchange(server, path, cookie, headers):
    """All that is said, but for the time, and for how httpd delimits a script's output: as its reads fall."""
    answer = server.get(path, cookie=cookie, headers=headers, host="moodle.example")
    timing = ("Date", "Content-Length", "Transfer-Encoding") if "env.cgi" in path else ("Date",)
    return answer.status, [(n, v) for n, v in answer.headers if n not in timing], answer.body


@pytest.mark.parametrize("kind", KINDS)
def test_at_top_level_everything_is_as_without_the_module(httpd, backend, kind):
    """Header by header, in their order, with Moodle's and Drupal's lines."""
    common = PHP + CGI + f"ProxyPass /proxy/ http://127.0.0.1:{backend.port}/\n"
    without, having = httpd(common, bare=True), httpd(common + HTTPS + COOKIES)
    lines = [LAX, LAX.replace("Lax", "None"), "MoodleSession=secret-x; path=/; secure; SameSite=None; Partitioned;",
             "SSESS1=a%2Cb; path=/; domain=.example; SameSite=Lax", "MOODLEID1_=x; path=/"]
    for headers in (TOP, [], [("Sec-Fetch-Dest", "empty"), ("Sec-Fetch-Site", "same-origin")],
                    [("Sec-Fetch-Dest", "document"), ("Sec-Fetch-Site", "cross-site")]):
        for cookie in (None, "MoodleSession=secret-a; a=b", "a=b; SESS1=secret-b; __Host-x=y"):
            for query in ({}, {"status": 404}, {"status": 303}):
                path = setting(*lines, kind=kind, **query)
                assert exchange(having, path, cookie, headers) == exchange(without, path, cookie, headers)


def test_over_plain_http_nothing_is_rewritten_and_one_warning_says_why(httpd):
    server = httpd(PHP + COOKIES)
    server.expect("MoodleSSOFrameCookies changes nothing over plain http.*MoodleSSOBaseURL.*mod_remoteip")
    for _ in range(20):
        answer = server.get(setting(LAX), cookie="MoodleSession=top; __Host-MoodleSession=f", headers=FRAMED)
        assert answer.all("Set-Cookie") == [LAX]
        assert answer.one("Vary") is None
        assert seen(answer) == "MoodleSession=top"
    assert server.error_log.read_text().count("changes nothing over plain http") == 1


def test_over_tls_of_our_own(httpd, run):
    _, certificate, key = env.tls_files(run / "tls-frame", "127.0.0.1")
    server = httpd(PHP + COOKIES + f"Listen 127.0.0.1:@TLSPORT@\n<VirtualHost 127.0.0.1:@TLSPORT@>\nServerName 127.0.0.1\nSSLEngine on\n"
                   f"SSLCertificateFile {certificate}\nSSLCertificateKeyFile {key}\n</VirtualHost>\n")
    out = env.subprocess.run(
        ["curl", "-sk", "-i", "-H", "Sec-Fetch-Storage-Access: none", "-H", "Cookie: __Host-MoodleSession=f",
         f"https://127.0.0.1:{server.tls_port}{setting(LAX)}"], capture_output=True, text=True).stdout
    assert "__Host-MoodleSession=secret-new; path=/; HttpOnly" + TAIL in out
    assert '"HTTP_COOKIE":"MoodleSession=f"' in out


def test_our_own_sources_see_the_frames_session(httpd, sqlite):
    moodle = Moodle(sqlite)
    moodle.session("secret-top", ALICE)
    moodle.session("secret-frame", BOB)
    server = httpd(moodle.directives() + use("moodle") + WHOAMI + HTTPS + COOKIES)
    cookie = "MoodleSession=secret-top; __Host-MoodleSession=secret-frame"
    assert server.get("/whoami", cookie=cookie, headers=FRAMED).json["username"] == "bob"
    assert server.get("/whoami", cookie="MoodleSession=secret-top", headers=TOP).json["username"] == "alice"
    only_top = server.get("/whoami", cookie="MoodleSession=secret-top", headers=FRAMED).json
    assert only_top["reason"] == "NO_CREDENTIAL"


def test_sections_choose(httpd):
    server = httpd(PHP + HTTPS + "<Location /env.php>\n" + COOKIES + "</Location>\n<LocationMatch /env.php/off>\n"
                   "MoodleSSOFrameCookies Off\n</LocationMatch>\n<LocationMatch /env.php/no>\nMoodleSSO Off\n</LocationMatch>\n")
    query = setting(LAX).partition("?")[2]
    for path, renamed in (("/env.php", True), ("/env.php/off", False), ("/env.php/no", False)):
        answer = server.get(f"{path}?{query}", cookie="__Host-MoodleSession=f", headers=FRAMED)
        assert answer.all("Set-Cookie")[0].startswith("__Host-") == renamed, path
        assert (seen(answer) == "MoodleSession=f") == renamed, path


def test_directory_rules_read_the_applications_name(httpd):
    server = httpd(PHP + HTTPS + COOKIES + '<Location />\nSetEnvIf Cookie "^MoodleSession=f$" DRUPAL_SEEN=1\n</Location>\n')
    assert server.get("/env.php", cookie="__Host-MoodleSession=f", headers=FRAMED).json["server"]["DRUPAL_SEEN"] == "1"


def test_vary_says_what_the_application_says_too(site):
    path = f"/env.php?{asking(headers=[['Vary', 'Accept-Encoding'], ['Set-Cookie', LAX]])}"
    assert site.get(path, headers=FRAMED).one("Vary") == "Accept-Encoding," + VARY


# -- the guard -----------------------------------------------------------------------------------------

GUARD = "MoodleSSOFrameGuard On /env.php/lti/ /env.php/launch\n"
CROSS = [*FRAMED, ("Content-Type", "application/x-www-form-urlencoded")]


@pytest.mark.parametrize("path, method, site_is, status", [
    ("/env.php", "POST", "cross-site", 403), ("/env.php", "PUT", "cross-site", 403),
    ("/env.php/lti", "POST", "cross-site", 403), ("/env.php/launch/x", "POST", "cross-site", 403),
    ("/env.php/lti/../x", "POST", "cross-site", 403), ("/env.php", "GET", "cross-site", 200),
    ("/env.php", "POST", "same-origin", 200), ("/env.php/lti/1.3", "POST", "cross-site", 200),
    ("/env.php/launch?x=y", "POST", "cross-site", 200)])
def test_the_guard_inside_frames(httpd, path, method, site_is, status):
    server = httpd(PHP + HTTPS + COOKIES + GUARD)
    if status == 403:
        server.expect("CROSS_SITE_POST: .*MoodleSSOFrameGuard")
    headers = [("Sec-Fetch-Storage-Access", "none"), ("Sec-Fetch-Site", site_is)]
    assert server.get(path, headers=headers, method=method, body=b"a=b").status == status


def test_the_guard_leaves_the_top_level_alone_and_works_by_itself(httpd):
    server = httpd(PHP + GUARD)
    top = [("Sec-Fetch-Dest", "document"), ("Sec-Fetch-Site", "cross-site")]
    assert server.get("/env.php", headers=top, method="POST", body=b"").status == 200
    server.expect("CROSS_SITE_POST")
    assert server.get("/env.php", headers=FRAMED, method="POST", body=b"").status == 403


# -- storage access -------------------------------------------------------------------------------------

STORAGE = "MoodleSSOFrameAncestors teams\nMoodleSSOFrameStorageAccess On\n"


def inactive(origin):
    return [("Sec-Fetch-Storage-Access", "inactive"), ("Sec-Fetch-Site", "cross-site"), ("Origin", origin)]


@pytest.mark.parametrize("origin", ["https://teams.microsoft.com", "https://emea.teams.microsoft.com", "https://moodle.example"])
def test_the_browser_is_asked_to_come_again(httpd, origin):
    server = httpd(PHP + HTTPS + COOKIES + STORAGE)
    answer = server.get("/env.php", headers=inactive(origin))
    assert answer.status == 401
    assert answer.one("Activate-Storage-Access") == f'retry; allowed-origin="{origin}"'
    assert "Sec-Fetch-Storage-Access" in answer.one("Vary")
    active = [("Sec-Fetch-Storage-Access", "active"), ("Origin", origin)]
    answer = server.get("/env.php", cookie="MoodleSession=top", headers=active)
    assert seen(answer) == "MoodleSession=top"
    assert answer.one("Activate-Storage-Access") == "load", "scripts may use it, too"
    assert seen(server.get("/env.php", cookie="MoodleSession=top; __Host-moodlesso-frame=1")) == "MoodleSession=top"
    assert seen(server.get("/env.php", cookie="MoodleSession=top; __Host-MoodleSession=f", headers=active)) == \
        "MoodleSession=f"


@pytest.mark.parametrize("headers, cookie", [
    (inactive("https://foreign.example"), None), (inactive("null"), None), (inactive('https://teams.microsoft.com"'), None),
    (inactive("https://teams.microsoft.com")[:2], None), (FRAMED, None),
    (inactive("https://teams.microsoft.com"), "__Host-MoodleSession=f")])
def test_nobody_else_is(httpd, headers, cookie):
    server = httpd(PHP + HTTPS + COOKIES + STORAGE)
    answer = server.get("/env.php", cookie=cookie, headers=headers)
    assert answer.status == 200
    assert answer.one("Activate-Storage-Access") is None


@pytest.mark.parametrize("line, sentence", [
    ("MoodleSSOFrameCookies", "name the session cookies"), ("MoodleSSOFrameCookies *", "name the session cookies"),
    ("MoodleSSOFrameCookies a=b", "no name of a cookie"), ("MoodleSSOFrameCookies Off a", "Off stands alone"),
    ("MoodleSSOFrameGuard", "write On"), ("MoodleSSOFrameGuard On x", "x is no path"),
    ("MoodleSSOFrameStorageAccess maybe", "must be On or Off")])
def test_mistakes_stop_the_start(httpd, line, sentence):
    status, output = httpd.prepare(line).check()
    assert status != 0 and sentence in output


@pytest.mark.parametrize("choice, name", [
    ("MoodleSSOFrameAncestors teams\nMoodleSSOMoodleLogin shibboleth", "__Host-MoodleSession"),
    ("MoodleSSOFrameAncestors teams\nMoodleSSOMoodleLogin shibboleth\nMoodleSSOFrameCookies Off", "MoodleSession"),
    ("MoodleSSOFrameAncestors teams\nMoodleSSOMoodleLogin Off", "MoodleSession"),
    ("MoodleSSOFrameAncestors Off\nMoodleSSOMoodleLogin shibboleth", "MoodleSession"),
    ("MoodleSSOFrameAncestors teams", "MoodleSession")])
def test_a_moodle_that_is_signed_in_to_in_frames_has_its_cookie_there(httpd, choice, name):
    server = httpd(PHP + HTTPS + f"<Location />\n{choice}\n</Location>\n")
    answer = server.get(setting(LAX), headers=FRAMED, cookie=f"{name}=secret-x")
    assert answer.all("Set-Cookie")[0].split("=")[0] == name
    assert seen(answer) == "MoodleSession=secret-x"
    assert server.get(setting(LAX), headers=TOP).all("Set-Cookie") == [LAX]
