# SPDX-License-Identifier: Apache-2.0
"""Our own session: begun by a token, sealed into a cookie that any node with the secret opens."""
import base64
import hmac
import re
import struct
import time
from pathlib import Path

import pytest

import env
from issuer import Issuer
from sites import PHP, STATUS, WHOAMI, use
from test_50_tokens import bearer, knows_keys

FRAMED = [("Sec-Fetch-Storage-Access", "none"), ("Sec-Fetch-Dest", "empty"), ("Sec-Fetch-Site", "same-origin")]
PAGE = [("Accept", "text/html"), ("Sec-Fetch-Mode", "navigate")]
IN_FRAME = [*PAGE, ("Sec-Fetch-Storage-Access", "none"), ("Sec-Fetch-Dest", "iframe"), ("Sec-Fetch-Site", "cross-site")]


@pytest.fixture(autouse=True)
def issuer(run):
    """Made first, so that it is there until the servers have stopped."""
    server = Issuer(run / f"issuer-{time.monotonic_ns()}")
    yield server
    server.stop()


def config(issuer, more="", audience="https://moodle.example", name="idp"):
    return ("MoodleSSOBaseURL https://moodle.example\nMoodleSSOStateDir @HTTPD@/state\n"
            f"MoodleSSOSource {name} oidc issuer={issuer.url} audience={audience}\n" + use(name) + PHP + WHOAMI + STATUS +
            "<Location /protected>\nAuthType MoodleSSO\nRequire valid-user\nSetHandler moodlesso-whoami\n</Location>\n" + more)


@pytest.fixture
def site(httpd, issuer):
    server = httpd(config(issuer))
    knows_keys(server)
    return server


def exchange(server, token, headers=FRAMED):
    return server.get("/moodlesso/teams", method="POST", headers=[*headers, *bearer(token)], body=b"")


def sign_in(server, issuer, headers=FRAMED, **claims):
    """The Cookie header of a new session."""
    answer = exchange(server, issuer.token(**claims), headers)
    assert answer.status == 200, answer
    return answer.one("Set-Cookie").partition(";")[0]


def test_a_token_is_exchanged_for_a_session_of_the_frame(site, issuer):
    answer = exchange(site, issuer.token())
    assert answer.status == 200
    assert answer.json == {"username": "alice"}
    cookie = answer.one("Set-Cookie")
    assert re.fullmatch(r"__Host-moodlesso-framed=[\w-]{100,1024}; Path=/; Secure; HttpOnly; SameSite=None; Partitioned", cookie)
    assert answer.one("Cache-Control") == "no-store"
    who = site.get("/whoami", cookie=cookie.partition(";")[0]).json
    assert who["username"] == "alice" and who["issuer"] == issuer.url


def test_at_the_top_level_it_is_lax(site, issuer):
    cookie = exchange(site, issuer.token(), headers=()).one("Set-Cookie")
    assert re.fullmatch(r"__Host-moodlesso=[\w-]+; Path=/; Secure; HttpOnly; SameSite=Lax", cookie)


@pytest.mark.parametrize("change, status, reason", [
    ({"aud": "https://other.example"}, 401, "TOKEN_AUDIENCE"), ({"exp": 1_000_000_000}, 401, "TOKEN_EXPIRED"),
    ({"aud": "https://graph.microsoft.com"}, 401, "TOKEN_FOR_GRAPH")])
def test_what_is_refused_is_a_problem_document(site, issuer, change, status, reason):
    answer = exchange(site, issuer.token(**change))
    assert answer.status == status
    assert answer.one("Content-Type") == "application/problem+json"
    assert answer.json["reason"] == reason and answer.json["status"] == status and answer.json["detail"]
    assert answer.all("Set-Cookie") == []


def test_without_a_token_nothing_is_begun_not_even_by_a_session(site, issuer):
    cookie = sign_in(site, issuer)
    answer = site.get("/moodlesso/teams", method="POST", cookie=cookie, headers=FRAMED, body=b"")
    assert answer.status == 401 and answer.json["reason"] == "NO_CREDENTIAL"


def test_over_plain_http_no_session_is_begun(httpd, issuer):
    server = httpd(config(issuer).replace("MoodleSSOBaseURL https://moodle.example\n", ""))
    knows_keys(server)
    answer = exchange(server, issuer.token())
    assert answer.status == 500 and answer.json["reason"] == "SESSION_NOT_SEALED"


def test_the_session_is_good_where_it_was_made_and_nowhere_else(httpd, issuer):
    """Another site, another name of the source, another audience, another secret."""
    first = httpd(config(issuer))
    knows_keys(first)
    cookie = sign_in(first, issuer)
    assert first.get("/whoami", cookie=cookie).json["identified"]
    state = str(first.folder / "state")
    same = config(issuer).replace("@HTTPD@/state", state)
    for text, known in ((same, True), (same.replace("https://moodle.example\n", "https://other.example\n"), False),
                        (same.replace("idp", "other"), False), (same.replace("audience=https://moodle", "audience=https://x"), False),
                        (config(issuer), False)):
        who = httpd(text).get("/whoami", cookie=cookie).json
        assert who["identified"] == known, text
        assert known or who["reason"] == "SESSION_FORGED"


def test_no_changed_cookie_is_taken(site, issuer):
    name, _, value = sign_in(site, issuer).partition("=")
    for i in range(0, len(value), 7):
        changed = value[:i] + ("A" if value[i] != "A" else "B") + value[i + 1:]
        assert not site.get("/whoami", cookie=f"{name}={changed}").json["identified"], i
    for changed in ("", "A", value[:-1], value + "A", value + "=", "%41" + value):
        assert not site.get("/whoami", cookie=f"{name}={changed}").json["identified"], changed
    assert not site.get("/whoami", cookie=f"__Host-moodlesso={value}").json["identified"], "a frame's is none at top level"


@pytest.mark.parametrize("kind", ["fpm", "proxy"])
def test_applications_do_not_get_the_session(httpd, issuer, kind):
    """A proof is nobody else's business; other cookies arrive, and redirects inside the server still know who it is."""
    from backend import Backend
    backend = Backend()
    try:
        server = httpd(config(issuer, f"ProxyPass /proxy/ http://127.0.0.1:{backend.port}/\nErrorDocument 404 /protected\n"
                                      "<Location /protected>\nMoodleSSOUse idp idp\n</Location>\n"))
        knows_keys(server)
        cookie = sign_in(server, issuer)
        answer = server.get("/env.php" if kind == "fpm" else "/proxy/x", cookie=f"a=b; {cookie}; MoodleSession=m")
        got = answer.json["server"]["HTTP_COOKIE"] if kind == "fpm" else dict(answer.json["headers"])["Cookie"]
        assert got == "a=b; MoodleSession=m"
        if kind == "fpm":
            assert answer.json["server"]["MOODLESSO_USERNAME"] == "alice"
        lost = server.get("/nothing", cookie=cookie)
        assert lost.status == 404 and lost.json["username"] == "alice"
    finally:
        backend.stop()


def secret(run, text):
    path = run / f"secret-file-{time.monotonic_ns()}"
    path.write_text(text + "\n")
    return path


def test_secrets_may_change_one_after_another(httpd, issuer, run):
    old, new, newest = (secret(run, c * 40) for c in "abc")
    cookies = {}
    for name, files in (("old", [old]), ("both", [new, old]), ("new", [new]), ("newest", [newest, new])):
        server = httpd(config(issuer, f"MoodleSSOSecret {' '.join(f'file:{f}' for f in files)}\n"))
        knows_keys(server)
        known = {n: server.get("/whoami", cookie=c).json["identified"] for n, c in cookies.items()}
        assert known == {"old": {}, "both": {"old": True}, "new": {"old": False, "both": True},
                         "newest": {"old": False, "both": True, "new": True}}[name]
        cookies[name] = sign_in(server, issuer)


def test_two_nodes_share_a_session(httpd, issuer, run):
    text = config(issuer, f"MoodleSSOSecret file:{secret(run, 's' * 40)}\n")
    one, other = httpd(text), httpd(text)
    knows_keys(one)
    knows_keys(other)
    assert other.get("/whoami", cookie=sign_in(one, issuer)).json["username"] == "alice"


def seal(server, cookie, seconds):
    """The same session, written so many seconds later: opened and sealed as mod_moodlesso/base/seal.h says."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    secret_text = (server.folder / "state" / "secret").read_text().strip().encode()
    key = hmac.digest(secret_text, b"moodlesso key session\x01", "sha256")
    name, _, value = cookie.partition("=")
    bound = f"{name}\nhttps://moodle.example\nidp\nhttps://moodle.example".encode()
    raw = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
    text = AESGCM(key).decrypt(raw[4:16], raw[16:], bound)
    created, sealed = struct.unpack(">qq", text[2:18])
    text = text[:2] + struct.pack(">qq", created + seconds * 10**6, sealed + seconds * 10**6) + text[18:]
    again = raw[:16] + AESGCM(key).encrypt(raw[4:16], text, bound)
    return f"{name}={base64.urlsafe_b64encode(again).rstrip(b'=').decode()}"


def test_the_cookie_is_written_anew_when_half_of_the_idle_time_has_gone(httpd, issuer):
    server = httpd(config(issuer, "MoodleSSOSession idle=60s lifetime=1h\n"))
    knows_keys(server)
    cookie = sign_in(server, issuer)
    assert server.get("/protected", cookie=cookie).all("Set-Cookie") == []
    assert int(server.get("/whoami", cookie=cookie).json["expires"]) <= time.time() + 61
    # written 40 seconds ago, as another node of the site would have
    value = seal(server, cookie, -40)
    answer = server.get("/static.txt", cookie=value)
    assert answer.one("Set-Cookie").startswith("__Host-moodlesso-framed=")
    assert answer.one("Set-Cookie").partition(";")[0] != value
    assert 'no-cache="Set-Cookie"' in answer.one("Cache-Control")
    assert server.get("/whoami", cookie=seal(server, cookie, -61)).json["reason"] == "SESSION_TIMED_OUT"


def test_large_claims_are_cut(site, issuer):
    cookie = sign_in(site, issuer, roles=[f"role-{i}" for i in range(400)])
    assert len(cookie) < 1100
    who = site.get("/whoami", cookie=cookie).json
    assert who["username"] == "alice" and "roles" not in who


# -- what is asked of whom ---------------------------------------------------------------------------


def test_a_document_in_a_frame_goes_to_the_teams_page_and_comes_back(site, issuer):
    answer = site.get("/protected?course=5&x=%2Fy", headers=IN_FRAME)
    assert answer.status == 302
    assert answer.one("Location") == "/moodlesso/teams?return=%2Fprotected%3Fcourse%3D5%26x%3D%252Fy"
    page = site.get(answer.one("Location"), headers=IN_FRAME)
    assert page.status == 200
    assert 'data-back="https://moodle.example/protected?course=5&amp;x=%2Fy"' in page.body
    assert site.get("/protected?course=5", headers=IN_FRAME, cookie=sign_in(site, issuer)).status == 200


@pytest.mark.parametrize("headers, method, problem", [
    (PAGE, "GET", False), ([("Sec-Fetch-Mode", "cors")], "GET", True), ([("Accept", "application/json")], "GET", True),
    (IN_FRAME, "POST", True)])
def test_scripts_get_a_problem_and_no_redirect(site, headers, method, problem):
    answer = site.get("/protected", headers=headers, method=method, body=b"" if method == "POST" else None)
    assert answer.status == 401
    assert answer.one("Location") is None
    assert (answer.one("Content-Type") == "application/problem+json") == problem
    if problem:
        assert answer.json == {"title": "Unauthorized", "status": 401, "reason": "NO_CREDENTIAL",
                               "detail": answer.json["detail"]}, "and not a byte of the page"
        assert len(answer.all("WWW-Authenticate")) == 2


def test_a_script_on_a_proxied_page_gets_no_byte_of_it(httpd, issuer):
    from backend import Backend
    backend = Backend()
    try:
        server = httpd(config(issuer, f"ProxyPass /protected http://127.0.0.1:{backend.port}/secret\nMoodleSSOFrameAncestors teams\n"))
        for method in ("GET", "POST"):
            answer = server.get("/protected", method=method, headers=[("Sec-Fetch-Mode", "cors")], body=b"x" * 5000)
            assert answer.status == 401 and "uri" not in answer.json and "secret-" not in answer.body
            assert "https://teams.microsoft.com" in answer.one("Content-Security-Policy"), "the filters ran"
    finally:
        backend.stop()


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)",
                                    "%2F%2Fevil.example", "%0d%0aX:y", "%22%3E%3Cscript%3E", ""])
def test_the_page_leads_nowhere_else(site, wanted):
    page = site.get(f"/moodlesso/teams?return={wanted}")
    assert 'data-back="/"' in page.body
    assert "evil" not in page.body and "<script>" not in page.body


def test_the_pages_policy_is_strict_and_its_nonce_new(httpd, issuer):
    server = httpd(config(issuer, "MoodleSSOFrameAncestors teams\n"))
    policies = [server.get("/moodlesso/teams").one("Content-Security-Policy") for _ in range(2)]
    nonces = [re.search(r"script-src 'nonce-([\w+/=]{24})';", p)[1] for p in policies]
    assert nonces[0] != nonces[1]
    assert len(base64.b64decode(nonces[0])) == 16
    assert policies[0].startswith("default-src 'none'; ")
    assert "frame-ancestors 'self' https://teams.microsoft.com" in policies[0]
    page = server.get("/moodlesso/teams").body
    assert 'integrity="sha384-sMo/EOqQPa1OCup2/VBRum7oFeOS22kvs8WGDc45xK53tUVZzFR5WwFYDUYN1LO4" crossorigin="anonymous"' in page


def test_endpoints_are_reached_by_those_who_are_not_signed_in(httpd, issuer):
    server = httpd(config(issuer, "<Location />\nAuthType MoodleSSO\nRequire valid-user\n</Location>\n<Location /whoami>\n"
                                  "Require all granted\n</Location>\n<Location /moodlesso-status>\nRequire all granted\n</Location>\n"))
    knows_keys(server)
    assert server.get("/static.txt").status == 401
    assert server.get("/moodlesso/teams").status == 200
    cookie = sign_in(server, issuer)
    assert server.get("/static.txt", cookie=cookie).status == 200
    server.expect("AH01630")
    assert server.get("/moodlesso/nothing").status == 401
    for method in ("PUT", "DELETE"):
        assert server.get("/moodlesso/teams", method=method).status == 405


def endpoints():
    """Those of the table, and the methods of each."""
    source = Path(__file__).resolve().parents[2] / "mod_moodlesso/httpd/endpoints.c"
    methods = {}
    for name, text in re.findall(r'^ {4}\{"([\w./-]+)", moodlesso_\w+, "([A-Z, ]+)",', source.read_text(), re.M):
        methods.setdefault(name, []).extend(text.split(", "))
    return methods


def test_what_an_address_does_not_take_it_says(httpd, issuer):
    server = httpd(config(issuer, "<Location /check>\nSetHandler moodlesso-check\n</Location>\n"))
    known = {f"/moodlesso/{name}": methods for name, methods in endpoints().items()}
    server.expect("back-channel logout: NO_CREDENTIAL")
    assert len(known) >= 15 and known["/moodlesso/callback"] == ["GET", "POST"]
    known |= {"/whoami": ["GET", "HEAD"], "/moodlesso-status": ["GET", "HEAD"], "/check": ["GET", "HEAD", "POST"]}
    for path, methods in known.items():
        for method in ("GET", "HEAD", "POST", "DELETE", "PROPFIND", "OPTIONS", "TRACE"):
            answer = server.get(path, method=method, body=b"" if method == "POST" else None)
            if method == "TRACE" and not path.startswith("/moodlesso/"):
                continue  # httpd's own, wherever there is a file or a handler
            assert (answer.status == 405) == (method not in methods), (path, method, answer)
            if method not in methods:
                assert answer.all("Allow") == [", ".join(methods)], (path, method)


def test_require_ip_holds_for_endpoints_too(httpd, issuer):
    server = httpd(config(issuer, "<Location /moodlesso/>\nRequire ip 192.0.2.1\n</Location>\n"))
    server.expect("AH01630")
    assert server.get("/moodlesso/teams").status == 403


def test_a_proxied_site_keeps_its_own_addresses(httpd, issuer):
    from backend import Backend
    backend = Backend()
    try:
        server = httpd(config(issuer, f"ProxyPass / http://127.0.0.1:{backend.port}/\nMoodleSSOPrefix /sso\n"))
        assert server.get("/moodlesso/teams").json["uri"] == "/moodlesso/teams"
        assert "Signing in" in server.get("/sso/teams").body
    finally:
        backend.stop()


def test_without_a_source_of_tokens_there_are_no_endpoints(httpd):
    assert httpd(PHP).get("/moodlesso/teams").status == 404


@pytest.mark.parametrize("line, sentence", [
    ("MoodleSSOPrefix moodlesso", "write a path like"), ("MoodleSSOPrefix /x/", "without a slash"),
    ("MoodleSSOSecret abc", "write file:/path"), ("MoodleSSOSession idle=1s", "idle is 60s or more"),
    ("MoodleSSOSession idle=2h lifetime=1h", "lifetime not less"), ("MoodleSSOSession x=1", "idle and lifetime"),
    ("MoodleSSOTeamsScript https://x.example/t.js", "needs its hash"), ("MoodleSSOTeamsScript x", "write the URL")])
def test_mistakes_stop_the_start(httpd, line, sentence):
    status, output = httpd.prepare(line).check()
    assert status != 0 and sentence in output


@pytest.mark.parametrize("text, sentence", [
    (None, "cannot be read: No such file or directory; make one with: openssl rand -base64 32, the same for every node"),
    ("", "is empty; make one with: openssl rand -base64 32"), ("\nfar-too-late-far-too-late-far-too-late-far\n", "is empty; make"),
    ("short\n", "holds less than 32 characters; make one with: openssl rand -base64 32")])
def test_a_secret_that_is_none_is_a_sentence(httpd, issuer, run, text, sentence):
    path = run / "no-secret"
    path.unlink(missing_ok=True)
    if text is not None:
        path.write_text(text)
    status, output = httpd.prepare(config(issuer, f"MoodleSSOSecret file:{path}\n")).check()
    assert status != 0 and f"MoodleSSOSecret: {path} {sentence}" in output
    # where no session is sealed nobody reads it
    status, output = httpd.prepare(f"MoodleSSOSecret file:{path}\n").check()
    assert status == 0, output


def test_a_short_secret_stops_the_start(httpd, issuer, run):
    server = httpd.prepare(config(issuer, f"MoodleSSOSecret file:{secret(run, 'short')}\n"))
    with pytest.raises(AssertionError, match="holds less than 32 characters; make one with: openssl rand -base64 32"):
        server.start()
