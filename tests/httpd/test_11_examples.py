# SPDX-License-Identifier: Apache-2.0
"""The configurations of conf.d/, as they stand but for addresses, names and passwords of this run."""
import re
from pathlib import Path

import pytest

import env
from backend import Backend
from drupal_site import DrupalSite
from sites import BOB, PATIENT, PHP, STATUS, WHOAMI, Drupal, Moodle

CONF = Path(__file__).resolve().parents[2] / "conf.d"


@pytest.fixture
def example(httpd, mariadb, redis, run):
    """Start an example; its databases are those of this run."""
    moodle, drupal = Moodle(mariadb), Drupal(mariadb, 10)
    (run / "password").write_text("secret\n")

    def start(name, *replacements, more=""):
        text = (CONF / name).read_text()
        text = re.sub(r'mysql "host=127.0.0.1,user=moodlesso,dbname=(\w+)" password=file:\S+',
                      lambda m: f'mysql "host=127.0.0.1,port={mariadb.port},user=sso,dbname='
                                f'{moodle.name if m[1] == "moodle" else drupal.name}" password=file:{run}/password', text)
        text = text.replace("127.0.0.1:6379 timeout=100ms", f"127.0.0.1:{redis.port} {PATIENT}").replace(".example.edu", ".example.test")
        for old, new in replacements:
            assert old in text
            text = text.replace(old, new)
        server = httpd(text + WHOAMI + STATUS + PHP + more)
        server.expect("AH01630", "AH01631")
        return server

    start.moodle, start.drupal = moodle, drupal
    return start


def test_all_examples_are_tested():
    tested = set(re.findall(r'example\(\s*"([a-z-]+\.conf)"', Path(__file__).read_text()))
    assert tested == {p.name for p in CONF.glob("*.conf")} - {"moodlesso.conf"}


SHORT = ("drupal-moodle", "teams-moodle", "drupal-teams-moodle", "moodle-behind-tls-proxy", "drupal-moodle-redis", "drupal-moodle-nodes")


def directives(name):
    return re.findall(r"^ *(MoodleSSO\w+)", (CONF / f"{name}.conf").read_text(), re.M)


@pytest.mark.parametrize("name", SHORT)
def test_signing_in_to_moodle_takes_eight_directives(name):
    assert 6 <= len(directives(name)) <= 8 and "MoodleSSOMoodleLogin" in directives(name)


def test_frame_teams(example):
    server = example("frame-teams.conf", more="MoodleSSOBaseURL https://moodle.example.test\n")
    assert "https://teams.microsoft.com" in server.get("/static.txt").one("Content-Security-Policy")
    server.expect("CROSS_SITE_POST")
    forged = [("Sec-Fetch-Storage-Access", "none"), ("Sec-Fetch-Site", "cross-site")]
    assert server.get("/env.php", method="POST", headers=forged, body=b"").status == 403
    assert server.get("/enrol/lti/launch.php", method="POST", headers=forged, body=b"").status == 404


def test_moodle_session(example):
    server = example("moodle-session.conf", ("/reports", "/private"))
    assert server.get("/private/page.txt").status == 401
    assert server.get("/private/page.txt", cookie=example.moodle.session("secret-x")).status == 200


def test_moodle_redis(example, redis):
    from test_31_moodle_redis import session
    server = example("moodle-redis.conf")
    assert server.get("/whoami", cookie=session(redis.client(), "secret-example")).json["username"] == "alice"


def test_login_urls(example, mariadb, run, moodle_files):
    from login_keys import HOST, Portal, clients, redeem
    from moodle_site import MoodleSite, shown
    site = MoodleSite(mariadb, "moodle")
    site.switch_to_shibboleth("alice")
    server = example("login-urls.conf", ("/etc/moodlesso/applications", str(clients(run))),
                     ("MoodleSSOSource   portal", "MoodleSSOStateDir @HTTPD@/state\nMoodleSSOSource   portal"), more=site.config())
    path = Portal(server).url({"username": "alice"}, wantsurl="/course/view.php?id=3")
    browser, landed = redeem(server, path)
    answer = browser.open(landed.one("Location").partition(HOST)[2])
    assert (shown(answer), shown(answer, "uri")) == ("alice", "/course/view.php?id=3")


def test_drupal_session(example):
    server = example("drupal-session.conf")
    cookie = example.drupal.cookie("alice")[0]
    assert server.get("/whoami", cookie=cookie).json["username"] == "alice"
    assert "MOODLESSO_USERNAME" in server.get("/env.php", cookie=cookie).json["server"]
    server = example("drupal-session.conf", ("/icons", "/env.php"))
    assert "MOODLESSO_USERNAME" not in server.get("/env.php", cookie=cookie).json["server"]


def test_teams_moodle(example, mariadb, moodle_files):
    from moodle_site import MoodleSite
    site = MoodleSite(mariadb, "moodle")
    server = example("teams-moodle.conf", ("MoodleSSOSource   teams", "MoodleSSOStateDir @HTTPD@/state\nMoodleSSOSource   teams"),
                     ("clients=teams", "clients=teams metadata=http://127.0.0.1:1/v2,http://127.0.0.1:1/v1"), more=site.config())
    server.expect("issuer teams.*: ")
    frame = [("Sec-Fetch-Dest", "iframe"), ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate")]
    assert server.get("/my/", headers=frame).one("Location") == "/moodlesso/teams?return=%2Fmy%2F"
    assert server.get("/login/index.php", headers=frame).one("Location") == "/moodlesso/teams?return=%2Flogin%2Findex.php"
    answer = server.get("/login/index.php?loginredirect=0", headers=frame)
    assert "https://teams.microsoft.com" in answer.one("Content-Security-Policy")
    assert any(line.startswith("__Host-MoodleSession=") for line in answer.all("Set-Cookie"))


def in_and_out(browser):
    """Drupal's alice reaches a deep link, and a logout in Moodle ends both sessions."""
    from moodle_site import ROOT, sesskey, shown
    page = browser.open("/course/view.php?id=7&x=y")
    assert (shown(page), shown(page, "uri")) == ("alice", "/course/view.php?id=7&x=y")
    assert browser.once(f"/login/logout.php?sesskey={sesskey(page)}").one("Location") == f"{ROOT}/"
    assert browser.open("/my/") and browser.paths[-1] == "GET /login/index.php"


def all_is_good(server):
    """moodlesso-check, but for issuers that nobody asks here."""
    found = server.get("/moodlesso-check").json["lines"]
    assert len(found) > 10
    assert [line for line in found if line["ok"] is False and not line["name"].startswith("issuer.")] == []


CHECK = "<Location /moodlesso-check>\nSetHandler moodlesso-check\n</Location>\n"


def test_drupal_teams_moodle(example, mariadb, moodle_files):
    from moodle_site import ROOT, Browser, MoodleSite
    from test_70_moodle_login import https_cookie
    from test_71_wrong_user import allow
    site = MoodleSite(mariadb, "moodle")
    site.switch_to_shibboleth("alice")
    allow(site, "DELETE ON mdl_sessions")
    allow(example.drupal, "DELETE ON sessions", "UPDATE (timestamp) ON sessions")
    server = example("drupal-teams-moodle.conf", ("prefix=drupal.", f"prefix={example.drupal.name}."),
                     # nobody is asked outside of this machine
                     ("clients=teams", "clients=teams metadata=http://127.0.0.1:1/v2,http://127.0.0.1:1/v1"),
                     more=site.config() + f"MoodleSSOBaseURL {ROOT}\nMoodleSSOStateDir @HTTPD@/state\n" + CHECK)
    server.expect("issuer teams.*: ")
    all_is_good(server)
    frame = [("Sec-Fetch-Dest", "iframe"), ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate")]
    assert server.get("/login/index.php", headers=frame).one("Location") == "/moodlesso/teams?return=%2Flogin%2Findex.php"
    answer = server.get("/login/index.php?loginredirect=0", headers=frame)
    assert "https://teams.microsoft.com" in answer.one("Content-Security-Policy")
    assert any(line.startswith("__Host-MoodleSession=") for line in answer.all("Set-Cookie"))
    in_and_out(Browser(server, cookies=dict([https_cookie(example.drupal)])))


def test_drupal_moodle_redis(example, mariadb, redis, moodle_files):
    from moodle_site import ROOT, Browser, MoodleSite
    from test_70_moodle_login import https_cookie
    from test_71_wrong_user import allow
    redis.client().flushall()
    site = MoodleSite(mariadb, "moodle", redis=redis)
    site.switch_to_shibboleth("alice")
    allow(example.drupal, "DELETE ON sessions", "UPDATE (timestamp) ON sessions")
    server = example("drupal-moodle-redis.conf", more=site.config() + f"MoodleSSOBaseURL {ROOT}\n" + CHECK)
    all_is_good(server)
    in_and_out(Browser(server, cookies=dict([https_cookie(example.drupal)])))
    assert "alice" not in site.users().values()


def test_moodle_behind_tls_proxy(example, mariadb, moodle_files, run):
    from issuer import Issuer
    from moodle_site import ROOT, MoodleSite, sesskey, shown
    from test_50_tokens import knows_keys
    from test_54_login import Browser
    from test_71_wrong_user import allow
    site = MoodleSite(mariadb, "moodle")
    allow(site, "DELETE ON mdl_sessions")
    (run / "campus-secret").write_text("secret-campus\n")
    issuer = Issuer(run / "issuer-tls-proxy")
    try:
        server = example("moodle-behind-tls-proxy.conf", ("https://id.example.test/realms/campus", issuer.url),
                         ("/etc/moodlesso/campus", str(run / "campus-secret")),
                         more=site.config() + "MoodleSSOStateDir @HTTPD@/state\n" + CHECK)
        knows_keys(server, "campus")
        all_is_good(server)
        browser, page = Browser(server), [("Accept", "text/html"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")]
        issuer.person = {"sub": "1", "preferred_username": "new.person", "given_name": "New", "family_name": "Person",
                         "email": "new@example.test", "email_verified": True}
        start = browser.ask("/my/", headers=page).one("Location")
        assert start == "/moodlesso/start/campus?return=%2Fmy%2F"
        answer = browser.sign_in(issuer, start)
        for _ in range(4):
            if answer.status in (302, 303):
                answer = browser.ask(answer.one("Location").removeprefix(ROOT), headers=page)
        assert shown(answer) == "new.person"
        leave = browser.ask(f"/login/logout.php?sesskey={sesskey(answer)}", headers=page)
        assert leave.one("Location").startswith(f"{issuer.url}/end?") and "new.person" not in site.users().values()
    finally:
        issuer.stop()


def test_drupal_moodle_nodes(example, postgresql, moodle_files, run):
    """Two of the three: what one node did is so on the other."""
    from moodle_site import Browser, MoodleSite
    from test_70_moodle_login import https_cookie
    from sites import Drupal, FIXTURES
    (run / "password").write_text("secret\n")
    postgresql.empty("example_store")
    site = MoodleSite(postgresql, "campus")
    site.switch_to_shibboleth("alice")
    site.execute((FIXTURES / "drupal10.pgsql.sql").read_text())
    drupal = Drupal(postgresql, 10)  # for its cookies
    site.execute("UPDATE sessions SET timestamp = extract(epoch FROM now())::bigint")
    for schema, pattern in (("moodle", "mdl\\_%%"), ("drupal", "%%")):
        site.execute(f"CREATE SCHEMA {schema}")
        site.execute(f"GRANT USAGE ON SCHEMA {schema} TO sso, moodle")
        for name, in site.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE %s",
                                  pattern.replace("%%", "%")):
            site.execute(f"ALTER TABLE public.{name} SET SCHEMA {schema}")
    site.execute("ALTER ROLE moodle IN DATABASE campus SET search_path = moodle")
    for right in ("SELECT ON ALL TABLES IN SCHEMA moodle", "SELECT ON ALL TABLES IN SCHEMA drupal", "DELETE ON moodle.mdl_sessions",
                  "DELETE ON drupal.sessions", "UPDATE (timestamp) ON drupal.sessions"):
        site.execute(f"GRANT {right} TO sso")
    replacements = [("file:/etc/moodlesso/store", f"file:{run}/password"), ("file:/etc/moodlesso/campus", f"file:{run}/password"),
                    ("host=db.example.test user=moodlesso dbname=moodlesso", f"host=127.0.0.1 port={postgresql.port} user=sso dbname=example_store"),
                    ("host=db.example.test user=moodlesso dbname=campus", f"host=127.0.0.1 port={postgresql.port} user=sso dbname=campus")]
    one, other = (example("drupal-moodle-nodes.conf", *replacements, more=site.config() + CHECK) for _ in range(2))
    for node in (one, other):
        env.wait_until(lambda node=node: node.get("/moodlesso-check").json["ok"], "the store to be ready")
        all_is_good(node)
    browser = Browser(one, cookies=dict([https_cookie(drupal)]))
    from moodle_site import shown
    assert shown(browser.open("/my/")) == "alice"
    browser.server = other
    session = browser.cookies["MoodleSession"]
    assert shown(browser.open("/course/view.php?id=7")) == "alice" and browser.cookies["MoodleSession"] == session
    in_and_out(browser)
    browser.server = one
    assert browser.open("/my/") and browser.paths[-1] == "GET /login/index.php"
    turn = one.get("/moodlesso-check", method="POST", headers=[("Sec-Fetch-Site", "same-origin")], body=b"switch=drupal&value=off")
    assert turn.json["sources"]["drupal"]["on"] is False
    env.wait_until(lambda: other.get("/moodlesso-check").json["sources"]["drupal"]["on"] is False, "the other node to be told")


def test_drupal_moodle(example, mariadb, moodle_files):
    from moodle_site import Browser, MoodleSite
    from test_70_moodle_login import https_cookie
    from test_71_wrong_user import allow
    site = MoodleSite(mariadb, "moodle")
    site.switch_to_shibboleth("alice")
    allow(site, "DELETE ON mdl_sessions")
    allow(example.drupal, "DELETE ON sessions", "UPDATE (timestamp) ON sessions")
    in_and_out(Browser(example("drupal-moodle.conf", more=site.config()), cookies=dict([https_cookie(example.drupal)])))


def test_userkey_plugin(example, mariadb, moodle_files, run):
    from moodle_site import Browser, sesskey, shown
    from test_70_moodle_login import https_cookie
    from test_71_wrong_user import allow
    from userkey_site import TOKEN, UserkeySite
    site = UserkeySite(mariadb, "moodle")
    (run / "userkey-token").write_text(TOKEN + "\n")
    uid = example.drupal.execute("SELECT uid FROM users_field_data WHERE name = 'alice'")[0][0]
    site.execute("UPDATE mdl_user SET idnumber = %s WHERE username = 'alice'", str(uid))
    allow(site, "DELETE ON mdl_sessions")
    allow(example.drupal, "DELETE ON sessions")
    server = site.opened(example("userkey-plugin.conf", ("https://moodle.example.test", "http://127.0.0.1:@PORT@"),
                                 ("/etc/moodlesso/userkey-token", str(run / "userkey-token")),
                                 more=site.config(USERKEY_MAPPING="idnumber")))
    name, value = https_cookie(example.drupal)
    browser = Browser(server, site.root, cookies={name[1:]: value})
    page = browser.open("/course/view.php?id=7&x=y")
    assert (shown(page), shown(page, "uri"), len(browser.steps)) == ("alice", "/course/view.php?id=7&x=y", 3)
    assert browser.once(f"/login/logout.php?sesskey={sesskey(page)}").one("Location") == f"{site.root}/"
    assert browser.open("/my/") and browser.paths[-1] == "GET /login/index.php"


def test_drupal_and_moodle(example):
    server = example("drupal-and-moodle.conf", ("/teachers", "/private"))
    assert server.get("/env.php", cookie=example.moodle.session("secret-b", BOB)).json["server"]["REMOTE_USER"] == "bob"
    alice = example.drupal.cookie("alice")[0]
    assert server.get("/env.php", cookie=alice).json["server"]["MOODLESSO_GIVEN_NAME"] == "Alice"
    assert server.get("/private/page.txt", cookie=alice).status == 200
    assert server.get("/private/page.txt", cookie=example.moodle.session("secret-c")).status == 403
    assert server.get("/private/page.txt").status == 401


def test_behind_a_tls_proxy(example):
    server = example("behind-tls-proxy.conf")
    cookie, https = example.drupal.cookie("bob")
    assert https
    assert server.get("/whoami", cookie=cookie).json["subject"] == "3"


def test_drupal_http(example, run):
    site = DrupalSite(*env.tls_files(run / "tls-example", "127.0.0.1"))
    try:
        server = example("drupal-http.conf", ("https://www.example.test", f"https://127.0.0.1:{site.port}"),
                         ("cookie_domain=.example.test", f"cookie=SSESSx ca={site.root}"))
        assert server.get("/whoami", cookie="SSESSx=live-session").json["username"] == "alice"
    finally:
        site.stop()


def test_proxied_application(example):
    backend = Backend()
    try:
        server = example("proxied-application.conf", ("http://127.0.0.1:8081/", f"http://127.0.0.1:{backend.port}/"))
        cookie, names = example.moodle.session("secret-p"), ("Remote-User", "Remote_User", "Remote-Person", "Remote_Person", "REMOTE.PERSON")
        forged = [*((name, "forged") for name in names), ("Connection", "close, Remote-User, Remote-Person")]
        answer = server.get("/app/x", cookie=cookie, headers=forged)
        headers = dict(answer.json["headers"])
        assert "forged" not in answer.body, "under any name that an application takes for ours"
        assert headers["Remote-User"] == "alice" and headers["Remote-Person"].startswith("Alice ")
        assert headers["Remote-Person"].endswith(" (E-1001)")
        example.moodle.execute("UPDATE mdl_user SET idnumber = '' WHERE username = 'bob'")
        cookie = example.moodle.session("secret-bob", BOB)
        headers = dict(server.get("/app/x", cookie=cookie, headers=forged).json["headers"])
        assert headers["Remote-User"] == "bob" and "Remote-Person" not in headers
    finally:
        backend.stop()


def test_the_file_that_a2enmod_enables(httpd):
    server = httpd((CONF / "moodlesso.conf").read_text())
    assert server.get("/moodlesso-status").status == 200
    assert "MoodleSSOUse names no source" in server.get("/moodlesso-whoami").body


def test_teams_signin(example, run):
    server = example("teams-signin.conf", ("MoodleSSOSource  teams", "MoodleSSOStateDir @HTTPD@/state\nMoodleSSOSource  teams"),
                     # nobody is asked outside of this machine
                     ("clients=teams", "clients=teams metadata=http://127.0.0.1:1/v2,http://127.0.0.1:1/v1"),
                     more="<Location /moodlesso-status>\nRequire all granted\n</Location>\n")
    server.expect("issuer teams.*: ")
    frame = [("Sec-Fetch-Dest", "iframe"), ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate")]
    assert server.get("/static.txt", headers=frame).one("Location") == "/moodlesso/teams?return=%2Fstatic.txt"
    page = server.get("/moodlesso/teams?return=%2Fstatic.txt", headers=frame)
    assert "https://teams.microsoft.com" in page.one("Content-Security-Policy")
    assert set(server.status()["issuers"]) == {"teams", "teams-v1"}


def test_teams_own_script(example, run):
    (run / "www/teams").mkdir(mode=0o755)
    (run / "www/teams/MicrosoftTeams.min.js").write_text("// TeamsJS\n")
    server = example("teams-own-script.conf", ("MoodleSSOSource      teams", "MoodleSSOStateDir @HTTPD@/state\nMoodleSSOSource      teams"),
                     # nobody is asked outside of this machine
                     ("clients=teams", "clients=teams metadata=http://127.0.0.1:1/v2,http://127.0.0.1:1/v1"))
    server.expect("issuer teams.*: ")
    frame = [("Sec-Fetch-Dest", "iframe"), ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate")]
    assert server.get("/static.txt", headers=frame).one("Location") == "/sso/teams?return=%2Fstatic.txt"
    page = server.get("/sso/teams?return=%2Fstatic.txt", headers=frame)
    assert 'src="/teams/MicrosoftTeams.min.js">' in page.body and 'id="storage"' in page.body
    assert server.get("/teams/MicrosoftTeams.min.js").body == "// TeamsJS\n"
    asks = [*frame, ("Sec-Fetch-Storage-Access", "inactive"), ("Origin", "https://teams.microsoft.com")]
    assert server.get("/static.txt", headers=asks).one("Activate-Storage-Access") == 'retry; allowed-origin="https://teams.microsoft.com"'


def test_linked_accounts(example, run):
    from issuer import Issuer
    from test_50_tokens import knows_keys
    from test_54_login import Browser
    (run / "campus-secret").write_text("secret-campus\n")
    issuer = Issuer(run / "issuer-linked-example")
    try:
        server = example("linked-accounts.conf", ("https://id.example.test/realms/campus", issuer.url),
                         ("/var/lib/moodlesso", "@HTTPD@/state"), ("/etc/moodlesso/campus", str(run / "campus-secret")),
                         # nobody is asked outside of this machine
                         ("preset=google", "preset=google metadata=http://127.0.0.1:1/google"),
                         ("/etc/moodlesso/google", str(run / "campus-secret")), ("/auth/shibboleth/index.php", "/private"))
        server.expect("issuer google: ")
        knows_keys(server, "campus")
        browser = Browser(server)
        issuer.person = {"sub": "1", "email": "Alice@Example.test", "email_verified": True}
        browser.sign_in(issuer, "/moodlesso/start/campus?return=/private/page.txt")
        assert browser.ask("/private/page.txt").status == 200
        assert browser.ask("/whoami").json["username"] == "alice"
        assert len(browser.ask("/moodlesso/account.json").json["accounts"]) == 1
        issuer.person = {"sub": "2", "email": "nobody@example.test", "email_verified": True}
        assert "NOT_LINKED" in Browser(server).sign_in(issuer, "/moodlesso/start/campus").body
    finally:
        issuer.stop()


def test_moodle_web_service(example, run):
    from issuer import Issuer
    from moodle_service import TOKEN, MoodleService
    from test_50_tokens import knows_keys
    from test_54_login import Browser
    (run / "campus-secret").write_text("secret-campus\n")
    (run / "moodle-token").write_text(TOKEN + "\n")
    issuer, service = Issuer(run / "issuer-service-example"), MoodleService(*env.tls_files(run / "tls-service", "127.0.0.1"))
    try:
        server = example("moodle-web-service.conf", ("https://id.example.test/realms/campus", issuer.url),
                         ("url=https://moodle.example.test", f"url=https://127.0.0.1:{service.port} ca={service.root}"),
                         ("/var/lib/moodlesso", "@HTTPD@/state"), ("/etc/moodlesso/campus", str(run / "campus-secret")),
                         ("/etc/moodlesso/moodle-token", str(run / "moodle-token")), ("/reports>", "/private>"))
        knows_keys(server, "campus")
        browser = Browser(server)
        issuer.person = {"sub": "1", "email": "Alice@Example.test", "email_verified": True}
        browser.sign_in(issuer, "/moodlesso/start/campus?return=/private/page.txt")
        assert browser.ask("/private/page.txt").status == 200
        assert browser.ask("/whoami").json["username"] == "alice"
        issuer.person = {"sub": "2", "email": "nobody@example.test", "email_verified": True}
        assert "NOT_LINKED" in Browser(server).sign_in(issuer, "/moodlesso/start/campus").body
    finally:
        issuer.stop()
        service.stop()


def test_busy_site(example, run):
    from issuer import Issuer
    from test_50_tokens import knows_keys
    from test_54_login import Browser
    (run / "campus-secret").write_text("secret-campus\n")
    issuer = Issuer(run / "issuer-busy")
    try:
        server = example("busy-site.conf", ("https://id.example.test/realms/campus", issuer.url), ("/var/lib/moodlesso", "@HTTPD@/state"),
                         ("/etc/moodlesso/campus", str(run / "campus-secret")), ("/reports", "/private"))
        knows_keys(server, "campus")
        status = server.status()
        assert status["cache"]["bytes"] > 200 << 20 and status["logins"]["providers"]["campus"]["waiting_places"] == 16
        browser = Browser(server)
        browser.sign_in(issuer, "/moodlesso/start/campus?return=/private/page.txt")
        assert browser.ask("/private/page.txt").status == 200
        assert server.get("/private/page.txt", cookie=example.moodle.session("secret-busy")).status == 200
    finally:
        issuer.stop()


def test_institution(example, run):
    from issuer import Issuer
    from test_50_tokens import bearer, knows_keys
    issuer = Issuer(run / "issuer-institution")
    try:
        server = example("institution.conf", ("domain example.edu", "domain example.test"), ("https://id.example.test/realms/campus", issuer.url),
                         ("/var/lib/moodlesso", "@HTTPD@/state"),
                         more="<Location /moodlesso-status>\nRequire all granted\n</Location>\n")
        knows_keys(server)
        who = {"aud": "moodle", "typ": "Bearer", "email_verified": True}
        for email, role, status in (("a@cs.example.test", "student", 200), ("a@example.test", "guest-7", 200),
                                    ("a@other.test", "student", 403), ("a@example.test", "guest-x", 403)):
            token = issuer.token(**who, email=email, roles=[role])
            assert server.get("/static.txt", headers=bearer(token)).status == status, email
    finally:
        issuer.stop()


def test_bearer_tokens(example, run):
    from issuer import Issuer
    from test_50_tokens import bearer, knows_keys
    issuer = Issuer(run / "issuer-example")
    try:
        server = example("bearer-tokens.conf", ("https://id.example.test/realms/campus", issuer.url),
                         ("/var/lib/moodlesso", "@HTTPD@/state"), ("/api", "/private"))
        knows_keys(server)
        assert server.get("/private/page.txt").status == 401
        token = issuer.token(aud="grades-api", typ="Bearer")
        assert server.get("/private/page.txt", headers=bearer(token)).status == 200
    finally:
        issuer.stop()


def test_several_nodes(example, postgresql, run):
    """Sessions, the ids of logout tokens and what ended are shared; the state directories are not."""
    from issuer import Issuer
    from test_50_tokens import knows_keys
    from test_51_sessions import secret, sign_in
    from test_52_logout import logout_token, send
    issuer = Issuer(run / "issuer-nodes")
    postgresql.empty("nodes")
    replacements = [("file:/etc/moodlesso/secret ", f"file:{secret(run, 'n' * 40)} "),
                    ("file:/etc/moodlesso/secret.previous", f"file:{secret(run, 'o' * 40)}"),
                    ("file:/etc/moodlesso/store", f"file:{run}/password"), ("/var/lib/moodlesso", "@HTTPD@/state"),
                    ("host=db.example.test user=moodlesso dbname=moodlesso",
                     f"host=127.0.0.1 port={postgresql.port} user=sso dbname=nodes"), ("https://id.example.test", issuer.url)]
    try:
        one, other = (example("several-nodes.conf", *replacements, more="<LocationMatch ^/(moodlesso-status|whoami)>\n"
                              "Require all granted\n</LocationMatch>\n") for _ in range(2))
        for node in (one, other):
            node.expect("TOKEN_SEEN")
            knows_keys(node)
        cookie = sign_in(one, issuer, aud="https://www.example.test", sid="s1")
        assert other.get("/static.txt", cookie=cookie).status == 200
        token = logout_token(issuer, aud="https://www.example.test", sid="s1")
        assert send(other, token).status == 200
        assert other.get("/static.txt", cookie=cookie).status == 401
        assert send(one, token).json["error_description"] == "TOKEN_SEEN"
        env.wait_until(lambda: one.get("/static.txt", cookie=cookie).status == 401, "the first node to know")
        assert one.get("/whoami", cookie=cookie).json["reason"] == "SESSION_REVOKED"
    finally:
        issuer.stop()


def test_choose_provider(example, run):
    from test_51_sessions import PAGE
    for name in ("university", "school"):
        (run / f"secret-{name}").write_text("secret-provider\n")
    (run / "own-pages").mkdir()
    (run / "own-pages/texts.en").write_text("site: University of X\n")
    server = example("choose-provider.conf", ("/etc/moodlesso/pages", str(run / "own-pages")), ("/var/lib/moodlesso", "@HTTPD@/state"),
                     ("/etc/moodlesso/university", str(run / "secret-university")), ("/etc/moodlesso/school", str(run / "secret-school")),
                     ("https://id.example.test/realms/campus", "http://127.0.0.1:9/realms/campus"), ("preset=entra ", "preset=entra metadata=http://127.0.0.1:9/none "))
    server.expect("127.0.0.1:9", "metadata", "school", "university")
    assert server.get("/reports", headers=PAGE).one("Location") == "/moodlesso/login?return=%2Freports"
    page = server.get("/moodlesso/login?return=%2Freports").body
    assert "<header>University of X</header>" in page
    assert page.index("University account") < page.index("School account (Microsoft)")
    assert server.get("/login/index.php", method="POST", body=b"").json["reason"] == "PASSWORD_LOGIN_OFF"
    for wanted, back in (("https://www.example.test/", "https://www.example.test/"), ("https://evil.test/", "/")):
        assert f'name="return" value="{back}"' in server.get(f"/moodlesso/logout?return={wanted}").body


def test_oidc_login(example, run):
    from issuer import Issuer
    from test_50_tokens import knows_keys
    from test_51_sessions import PAGE
    from test_54_login import Browser
    (run / "campus-secret").write_text("secret-campus\n")
    issuer = Issuer(run / "issuer-login-example")
    try:
        server = example("oidc-login.conf", ("https://id.example.test/realms/campus", issuer.url),
                         ("/var/lib/moodlesso", "@HTTPD@/state"), ("/etc/moodlesso/campus", str(run / "campus-secret")),
                         more="<Location /moodlesso-status>\nRequire all granted\n</Location>\n")
        knows_keys(server, "campus")
        browser = Browser(server)
        place = browser.ask("/static.txt").one("Location")
        assert place == "/moodlesso/start/campus?return=%2Fstatic.txt"
        assert browser.sign_in(issuer, place).one("Location") == "https://app.example.test/static.txt"
        assert browser.ask("/static.txt").status == 200
        assert server.get("/api", headers=PAGE).status == 401 and server.get("/api").status == 401
        assert browser.ask("/grades").one("Location") == "/moodlesso/start/campus?return=%2Fgrades&acr=mfa"
    finally:
        issuer.stop()
