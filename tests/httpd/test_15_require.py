# SPDX-License-Identifier: Apache-2.0
"""AuthType MoodleSSO, Require, and the answer when there is no proof."""
import base64

import pytest

from sites import ALICE, BOB, SUE, WHOAMI, Drupal, Moodle, use

PRIVATE = "<Location /private>\nAuthType MoodleSSO\nAuthName site\n%s\n</Location>\n"


@pytest.fixture
def moodle(sqlite):
    return Moodle(sqlite)


def statuses(server, moodle, path="/private/page.txt"):
    """(nobody, alice, bob)"""
    answers = [server.get(path, cookie=c) for c in (None, moodle.session("secret-a", ALICE),
                                                    moodle.session("secret-b", BOB))]
    for answer in answers:
        assert ("secret page" in answer.body) == (answer.status == 200)
    return [a.status for a in answers]


@pytest.mark.parametrize("require, expected", [
    ("Require valid-user", [401, 200, 200]),
    ("Require user alice", [401, 200, 403]),
    ("Require user bob carol", [401, 403, 200]),
    ("Require moodlesso-source moodle", [401, 200, 200]),
    ("Require moodlesso-source drupal", [401, 403, 403]),
    ("Require moodlesso-claim idnumber:E-1001", [401, 200, 403]),
    ("Require moodlesso-claim email~.*@example\\.test", [401, 200, 200]),
    ("Require moodlesso-claim email~alice", [401, 403, 403]),
    ("Require moodlesso-claim idnumber:E-1001 idnumber:E-1002", [401, 200, 200]),
    ("Require moodlesso-claim phone:1", [401, 403, 403]),
    ("Require moodlesso-role teacher", [401, 403, 403]),
    ("Require all granted", [200, 200, 200]),
    ("<RequireAny>\nRequire ip 10.0.0.1\nRequire user alice\n</RequireAny>", [401, 200, 403]),
    ("<RequireAny>\nRequire ip 127.0.0.1\nRequire user alice\n</RequireAny>", [200, 200, 200]),
    ("<RequireAll>\nRequire valid-user\nRequire not user bob\n</RequireAll>", [401, 200, 403]),
    # mod_authz_core cannot tell that another login would not help here
    ("Require expr %{REMOTE_USER} == 'alice'", [401, 200, 401]),
    ("Require expr reqenv('MOODLESSO_IDNUMBER') == 'E-1002'", [403, 403, 200]),
    ("Require valid-user\nMoodleSSOUnauthenticated 401", [401, 200, 200]),
    ("Require valid-user\nMoodleSSOUnauthenticated auto", [401, 200, 200]),
    ("Require valid-user\nMoodleSSOUnauthenticated 403", [403, 200, 200]),
    ("Require valid-user\nMoodleSSOUnauthenticated pass", [200, 200, 200]),
    ("Require user alice\nMoodleSSOUnauthenticated pass", [200, 200, 403]),
    # pass lets in who has no proof, not whom another rule keeps out
    ("<RequireAll>\nRequire ip 10.0.0.1\nRequire valid-user\n</RequireAll>\nMoodleSSOUnauthenticated pass",
     [403, 403, 403]),
])
def test_require(httpd, moodle, require, expected):
    server = httpd(moodle.directives() + "MoodleSSOSource drupal moodle database=m cookie=Other\n" + use("moodle") + PRIVATE % require)
    server.expect("AH01629", "AH01630", "AH01631")  # client denied by server configuration
    assert statuses(server, moodle) == expected


def test_roles_of_drupal(httpd, sqlite):
    drupal = Drupal(sqlite, 10)
    cookie, https = drupal.cookie("alice")
    server = httpd("MoodleSSOBaseURL http://x.example.test\n" + drupal.directives() + use("drupal") +
                   PRIVATE % "Require moodlesso-role nobody teacher" +
                   "<Location /folder>\nRequire moodlesso-role \"no such\" administrator\n</Location>")
    server.expect("AH01630", "AH01631")
    assert server.get("/private/page.txt", cookie=cookie).status == 200
    assert server.get("/folder/", cookie=cookie).status == 403


def test_a_401_says_how_and_why(httpd, moodle):
    server = httpd(moodle.directives() + use("moodle") + PRIVATE % "Require valid-user")
    answer = server.get("/private/page.txt", cookie="MoodleSession=secret-no")
    assert answer.status == 401
    assert answer.one("WWW-Authenticate") == 'MoodleSSO realm="site", error="SESSION_UNKNOWN"'
    assert "secret-no" not in answer.body


def test_a_suspended_user_gets_403_as_signing_in_would_not_help(httpd, moodle):
    server = httpd(moodle.directives() + use("moodle") + PRIVATE % "Require valid-user")
    assert server.get("/private/page.txt", cookie=moodle.session("secret-s", SUE)).status == 403


def test_a_broken_source_is_500_and_a_dead_one_503(httpd, moodle):
    server = httpd(moodle.directives("prefix=no_") + use("moodle") + PRIVATE % "Require valid-user")
    server.expect("DB_QUERY")
    assert server.get("/private/page.txt", cookie="MoodleSession=secret-x").status == 500
    assert server.get("/static.txt", cookie="MoodleSession=secret-x").status == 200
    server = httpd('MoodleSSODatabase m pgsql "host=127.0.0.1 port=1 user=x"\n'
                   "MoodleSSOSource moodle moodle database=m\n" + use("moodle") + PRIVATE % "Require valid-user")
    answer = server.get("/private/page.txt", cookie="MoodleSession=secret-x")
    assert (answer.status, answer.one("Retry-After")) == (503, "3")
    assert server.get("/static.txt", cookie="MoodleSession=secret-x").status == 200


def test_sources_in_order_and_the_first_to_vouch_wins(httpd, moodle, sqlite):
    drupal = Drupal(sqlite, 10)
    cookie, _ = drupal.cookie("alice")
    server = httpd("MoodleSSOBaseURL http://x.example.test\n" + moodle.directives() + drupal.directives() +
                   use("drupal", "moodle") + WHOAMI)
    bob = moodle.session("secret-bob", BOB)
    assert server.get("/whoami", cookie=f"{bob}; {cookie}").json["source"] == "drupal"
    assert server.get("/whoami", cookie=bob).json["source"] == "moodle"
    stale = cookie.split("=")[0] + "=stale"
    assert server.get("/whoami", cookie=f"{bob}; {stale}").json["username"] == "bob"
    assert server.get("/whoami", cookie=f"MoodleSession=x; {stale}").json["reason"] == "SESSION_UNKNOWN"


def test_a_dead_source_is_skipped_but_remembered(httpd, moodle):
    server = httpd(moodle.directives() + 'MoodleSSODatabase dead mysql "host=127.0.0.1,port=1"\n'
                   "MoodleSSOSource drupal drupal database=dead version=8 cookie=SESSx\n" + use("drupal", "moodle") + WHOAMI)
    bob = moodle.session("secret-bob", BOB)
    assert server.get("/whoami", cookie=f"SESSx=abc; {bob}").json["username"] == "bob"
    assert server.get("/whoami", cookie="SESSx=abc; MoodleSession=nobody").json["reason"] == "DB_DOWN"


def test_another_auth_type_is_not_satisfied_by_our_user(httpd, moodle, run):
    """A Moodle session must not open what Basic authentication guards."""
    (run / "passwords").write_text("carol:{SHA}" + base64.b64encode(__import__("hashlib").sha1(b"pw").digest()).decode())
    server = httpd(moodle.directives() + use("moodle") + f"""
        <Location /private>
          AuthType Basic
          AuthName basic
          AuthUserFile {run}/passwords
          Require valid-user
        </Location>""")
    cookie = moodle.session("secret-basic")
    assert server.get("/private/page.txt", cookie=cookie).status == 401
    basic = [("Authorization", "Basic " + base64.b64encode(b"carol:pw").decode())]
    assert server.get("/private/page.txt", cookie=cookie, headers=basic).status == 200


def test_auth_type_may_be_left_out(httpd, moodle):
    server = httpd(moodle.directives() + use("moodle") + "<Location /private>\nRequire valid-user\n</Location>")
    assert statuses(server, moodle) == [401, 200, 200]


@pytest.mark.parametrize("more", ["", "MoodleSSOUse moodle\nMoodleSSO Off\n"])
def test_where_no_source_is_used_nobody_passes_and_the_log_says_why(httpd, moodle, more):
    server = httpd(moodle.directives() + f"<Location /private>\nAuthType MoodleSSO\n{more}Require valid-user\n</Location>")
    server.expect("moodlesso: AuthType MoodleSSO at /private/page.txt, but MoodleSSOUse names no source here "
                  r"\(or MoodleSSO is Off\): write MoodleSSOUse NAME")
    assert statuses(server, moodle) == [500, 500, 500]
    assert not server.logged("AH01796")


@pytest.mark.parametrize("name, status", [("moodle", 200), ("modl", 500)])
def test_a_source_that_is_none_is_told_in_htaccess_too(httpd, moodle, run, name, status):
    folder = run / "htaccess"
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    (folder / "page.txt").write_text("secret page\n")
    (folder / ".htaccess").write_text(f"AuthType MoodleSSO\nAuthName m\nRequire moodlesso-source {name}\n")
    server = httpd(moodle.directives() + use("moodle") + f"Alias /own {folder}\n<Directory {folder}>\nAllowOverride AuthConfig\n"
                   "</Directory>\n")
    if status == 500:
        server.expect("Require moodlesso-source: there is no MoodleSSOSource modl; there are: moodle")
    for sid in ("secret-one", "secret-two"):
        assert server.get("/own/page.txt", cookie=moodle.session(sid)).status == status
