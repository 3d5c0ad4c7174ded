# SPDX-License-Identifier: Apache-2.0
"""Start-up: every mistake is a sentence with a fix, and stops the start."""
import subprocess

import pytest

import env
from sites import ALICE, BOB, STATUS, WHOAMI, Moodle, use

DB = 'MoodleSSODatabase m sqlite3 "/nonexistent.db"\n'
SOURCE = DB + "MoodleSSOSource moodle moodle database=m\n"
CLIENT = ("MoodleSSOBaseURL https://moodle.example.edu\nMoodleSSOSource s oidc issuer=https://id.example.edu client_id=us "
          "client_secret=file:@HTTPD@/httpd.conf ")


@pytest.mark.parametrize("config, sentence", [
    ("MoodleSSOBaseURL moodle.example.edu", "write the origin people see, like https://moodle.example.edu"),
    ("MoodleSSOBaseURL https://moodle.example.edu/moodle", "write the origin people see"),
    ("MoodleSSOCache 64", "write a size like 64m"),
    ("MoodleSSOCache 1k", "write a size from 64k to 64g"),
    ("MoodleSSOCacheTTL soon", "write one or two lengths of time"),
    ("MoodleSSODatabase m", "write NAME sqlite3|mysql|pgsql"),
    ("MoodleSSODatabase m oracle x", "oracle is no driver; write sqlite3, mysql (MariaDB too) or pgsql"),
    ("MoodleSSODatabase m mysql x timeout=2", None),
    ("MoodleSSODatabase m mysql x timeout=2y", "timeout=2y is no length of time"),
    ("MoodleSSODatabase m mysql x password=hunter2", "takes secrets from files only"),
    ("MoodleSSODatabase m mysql x password=file:/nonexistent", "/nonexistent cannot be read"),
    ("MoodleSSODatabase m! mysql x", "a name has 1 to 32 letters"),
    (DB + DB, "m is defined twice"),
    ("MoodleSSORedis r localhost", "write host:port or unix:/path"),
    ("MoodleSSORedis r localhost:6379 tls=on", "tls= needs hiredis 1.0"),
    ("MoodleSSOSource s", "write NAME moodle|drupal"),
    ("MoodleSSOSource s joomla", "joomla is no kind of source; write moodle, drupal, oidc or loginkey"),
    ("MoodleSSOSource s moodle database=m", "MoodleSSOSource s: there is no MoodleSSODatabase m"),
    (DB + "MoodleSSOSource s moodle database=m handler=redis4.5 redis=r", "there is no MoodleSSORedis r"),
    (DB + "MoodleSSOSource s moodle database=m tymeout=3s", "tymeout= is not known here; the keys are database"),
    (DB + "MoodleSSOSource s drupal database=m version=8", "give cookie_domain="),
    (CLIENT + "logins=0", "MoodleSSOSource: logins=0 is no number from 1 to 1000"),
    (CLIENT + "timeout=1min", "MoodleSSOSource: timeout= is how long a login may wait for the provider's token endpoint: 100ms to 10s"),
    (CLIENT + "timeout=500ms logins=1000", None),
    (DB + "MoodleSSODatabase d sqlite3 x\nMoodleSSOSource s moodle database=o", "there is no MoodleSSODatabase o; there are: d, m"),
    ("MoodleSSORedis q localhost:1\n" + DB + "MoodleSSOSource s moodle database=m handler=redis4.5 redis=r",
     "there is no MoodleSSORedis r; there are: q"),
    ("MoodleSSORedis r redis://127.0.0.1:6379", "write 127.0.0.1:6379, without redis://"),
    (DB + "MoodleSSOSource s drupal database=m version=8 cookie_domain=https://www.example.edu",
     "cookie_domain= is no URL: write www.example.edu, or .example.edu as in Drupal's settings"),
    ("<Location />\nMoodleSSOUse drupal\n</Location>", "there is no MoodleSSOSource drupal"),
    (SOURCE + "MoodleSSOSource a moodle database=m\n<Location />\nMoodleSSOUse Moodle\n</Location>",
     "there is no MoodleSSOSource Moodle; there are: a, moodle"),
    (SOURCE + "<Location />\nRequire moodlesso-source modl\n</Location>", "there is no MoodleSSOSource modl; there are: moodle"),
    ("<Location />\nRequire moodlesso-source moodle modl\n</Location>\n" + SOURCE, "there is no MoodleSSOSource modl"),
    ("<Location />\nRequire moodlesso-source moodle\n</Location>\n" + SOURCE, None),
    ("<Location />\nRequire moodlesso-source moodle\n</Location>\n" + DB +
     "<VirtualHost *>\nMoodleSSOSource moodle moodle database=m\n</VirtualHost>", None),
    ("<Location />\nRequire moodlesso-source\n</Location>", "Require moodlesso-source: write the name of a MoodleSSOSource"),
    ("<Location />\nRequire moodlesso-role\n</Location>", "Require moodlesso-role: write the name of a role"),
    ("<Location />\nRequire moodlesso-claim\n</Location>", "Require moodlesso-claim: write NAME:VALUE or NAME~REGEX"),
    ("<Location />\nRequire moodlesso-claim email:\n</Location>", "Require moodlesso-claim email:: write NAME:VALUE"),
    ("<Location />\nRequire moodlesso-claim email~\n</Location>", "Require moodlesso-claim email~: write NAME:VALUE"),
    ("<Location />\nMoodleSSOUnauthenticated maybe\n</Location>", "write auto, login, 401, 403 or pass"),
    ("<Location />\nMoodleSSOPublish HTTP_X \"%{email}\"\n</Location>", "does not begin with HTTP_"),
    ("<Location />\nMoodleSSOPublish MOODLESSO_EMAIL \"x\"\n</Location>", "has its meaning already"),
    ("<Location />\nMoodleSSOPublish CITY \"%{city\"\n</Location>", "write %{claim}"),
    ("MoodleSSOFrameAncestors *", "unsafe-any"),
    ("MoodleSSOFrameAncestors https://h/path", "without a path"),
    ("MoodleSSOFrameAncestors 'unsafe-inline'", "is no preset"),
    ("<Location />\nRequire moodlesso-claim email\n</Location>", "write NAME:VALUE or NAME~REGEX"),
    ("<Location />\nRequire moodlesso-claim email~(\n</Location>", "no regular expression"),
    ("<Location />\nMoodleSSOCache 64m\n</Location>", "not allowed in <Location>"),
    ('MoodleSSOStore sqlite3 "/nonexistent.db"\nMoodleSSOSource s oidc issuer=https://id.example.edu audience=us',
     "nothing that seals sessions: write MoodleSSOSecret file:/etc/moodlesso/secret, the same on every node, or MoodleSSOStateDir"),
    ('MoodleSSOStore sqlite3 "/nonexistent.db"\nMoodleSSOSecret file:/nonexistent\n'
     "MoodleSSOSource s oidc issuer=https://id.example.edu audience=us", "MoodleSSOSecret: /nonexistent cannot be read"),
    ('MoodleSSOStore sqlite3 "/nonexistent.db"', None),
    ("<VirtualHost *>\nMoodleSSOCache 64m\n</VirtualHost>", "cannot occur within <VirtualHost> section"),
])
def test_a_mistake_is_a_sentence(httpd, config, sentence):
    status, output = httpd.prepare(config).check()
    if sentence is None:
        assert status == 0, output
    else:
        assert status != 0
        assert sentence in output


def test_names_may_be_used_before_they_are_defined(httpd):
    config = "<Location />\nMoodleSSOUse moodle\n</Location>\nMoodleSSOSource moodle moodle database=m\n" + DB
    status, output = httpd.prepare(config).check()
    assert status == 0, output


def test_a_virtual_host_inherits_and_overrides(httpd, sqlite):
    Moodle(sqlite, "one").session("secret-same", ALICE)
    Moodle(sqlite, "two").session("secret-same", BOB)
    server = httpd(f"""
        MoodleSSODatabase m sqlite3 "{sqlite.parameters('one')}"
        MoodleSSOSource moodle moodle database=m
        {use('moodle')} {WHOAMI}
        <VirtualHost *:@PORT@>
          ServerName one.test
        </VirtualHost>
        <VirtualHost *:@PORT@>
          ServerName two.test
          MoodleSSODatabase m sqlite3 "{sqlite.parameters('two')}"
          MoodleSSOSource moodle moodle database=m
        </VirtualHost>""")
    for _ in range(2):  # the second round comes from the cache, which must not mix the two
        for host, name in (("one.test", "alice"), ("two.test", "bob")):
            who = server.get("/whoami", "MoodleSession=secret-same", host=host).json
            assert who.get("username") == name, who


def test_virtual_hosts_with_equal_names_do_not_hide_one_another(httpd, sqlite):
    """Not even two of one server name, of which httpd reaches the first."""
    Moodle(sqlite, "one").session("secret-same", ALICE)
    host = f"""
        <VirtualHost *:@PORT@>
          ServerName one.test
          MoodleSSODatabase m sqlite3 "{sqlite.parameters('one')}"
          MoodleSSORedis r 127.0.0.1:6379
          MoodleSSOSource moodle moodle database=m
          MoodleSSOSource idp oidc issuer=http://127.0.0.1:1 audience=us
          {use('moodle')} {WHOAMI} {STATUS}
        </VirtualHost>"""
    server = httpd(f"""
        MoodleSSOStateDir @HTTPD@/state
        MoodleSSODatabase m sqlite3 "{sqlite.parameters('one')}"
        MoodleSSOSource moodle moodle database=m
        {host} {host.replace('one.test', 'two.test')} {host} {host.replace('one.test', 'any.test').replace('*:@PORT@', '*')}""")
    server.expect("issuer idp: ")
    for name in ("two.test", "one.test", "two.test"):
        assert server.get("/whoami", "MoodleSession=secret-same", host=name).json["username"] == "alice"
    status = server.get("/moodlesso-status", host="two.test").json
    one, two = (f"@{name}.test:{server.port}" for name in ("one", "two"))
    assert {name: kind["asked"] for name, kind in status["sources"].items()} == {
        "moodle": 0, f"moodle{one}": 1, f"moodle{one}#2": 0, f"moodle{two}": 1, "moodle@any.test": 0,
        f"idp{one}": 0, f"idp{one}#2": 0, f"idp{two}": 0, "idp@any.test": 0}
    assert set(status["databases"]) == {"m", f"m{one}", f"m{one}#2", f"m{two}", "m@any.test"}
    assert set(status["redises"]) == {f"r{one}", f"r{one}#2", f"r{two}", "r@any.test"}
    assert set(status["issuers"]) == {f"idp{one}", f"idp{one}#2", f"idp{two}", "idp@any.test"}


def test_off_switches_everything_off(httpd, sqlite):
    moodle = Moodle(sqlite)
    server = httpd(moodle.directives() + use("moodle") + WHOAMI + """
        <Location />
          MoodleSSOFrameAncestors teams
        </Location>
        <Location /folder>
          MoodleSSO Off
        </Location>
        <Location /folder/whoami>
          SetHandler moodlesso-whoami
        </Location>""")
    cookie = moodle.session("secret-off")
    assert server.get("/whoami", cookie=cookie).json["identified"]
    answer = server.get("/folder/whoami", cookie=cookie)
    assert "MoodleSSO is Off here" in answer.body
    assert answer.all("Content-Security-Policy") == []


def test_every_load_order_and_prefork_work(httpd, sqlite):
    moodle = Moodle(sqlite)
    cookie = moodle.session("secret-order")
    for kwargs in ({"load_last": True}, {"mpm": "prefork"}, {"mpm": "worker", "workers": "StartServers 1\n"}):
        server = httpd(moodle.directives() + use("moodle") + WHOAMI, **kwargs)
        assert server.get("/whoami", cookie=cookie).json["username"] == "alice"
        server.stop()


def test_one_symbol_leaves_the_module():
    out = subprocess.run(["nm", "-D", "--defined-only", env.MODULE], capture_output=True, text=True, check=True).stdout
    assert [line.split()[-1] for line in out.splitlines()] == ["moodlesso_module"]


def test_the_server_starts_without_any_database(httpd, run):
    server = httpd('MoodleSSODatabase m mysql "host=127.0.0.1,port=1,user=x"\n'
                   "MoodleSSOSource moodle moodle database=m\n" + use("moodle") + WHOAMI)
    assert server.get("/static.txt").status == 200
    assert server.get("/whoami", cookie="MoodleSession=secret-x").json["reason"] == "DB_DOWN"
