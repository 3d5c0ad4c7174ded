# SPDX-License-Identifier: Apache-2.0
"""sites.py -- Moodle's and Drupal's tables as the tests use them, on any database."""
import contextlib
import json
import time
from pathlib import Path

FIXTURES = Path(__file__).parent / "fixtures"
SUFFIX = {"mysql": "mariadb", "pgsql": "pgsql", "sqlite3": "sqlite3"}
# where it is no matter how long somebody is waited for
PATIENT = "timeout=20s"
ALICE, BOB, SUE, NORA, UNA, DAN, GUEST, ADMIN = 3, 4, 5, 6, 7, 8, 1, 2


class Moodle:
    """A Moodle database; `directives` define it as MoodleSSODatabase m and MoodleSSOSource moodle."""

    def __init__(self, server, name="moodle"):
        self.server, self.name = server, name
        server.load(name, FIXTURES / f"moodle.{SUFFIX[server.driver]}.sql")

    def directives(self, source="", database=PATIENT):
        return (f'MoodleSSODatabase m {self.server.driver} "{self.server.parameters(self.name)}" {database}\n'
                f"MoodleSSOSource moodle moodle database=m {source}\n")

    def execute(self, sql, *arguments):
        return self.server.execute(sql, *arguments, database=self.name)

    def session(self, sid, userid=ALICE, age=0, sessdata=None):
        now = int(time.time())
        self.execute("INSERT INTO mdl_sessions (state, sid, userid, sessdata, timecreated, timemodified, firstip, "
                     "lastip) VALUES (0, %s, %s, %s, %s, %s, '127.0.0.1', '127.0.0.1')", sid, userid, sessdata,
                     now - age, now - age)
        return f"MoodleSession={sid}"


class Drupal:
    """A Drupal database of version 7 or 10, with the live sessions of its capture made fresh."""

    def __init__(self, server, version, name=None):
        self.server, self.version, self.name = server, version, name or f"drupal{version}"
        server.load(self.name, FIXTURES / f"drupal{version}.{SUFFIX[server.driver]}.sql")
        self.execute("UPDATE sessions SET timestamp = %s", int(time.time()))
        lines = (FIXTURES / f"drupal{version}.cookies.tsv").read_text().splitlines()
        self.options = PATIENT
        self.cookies = [dict(zip(lines[0].split("\t"), line.split("\t"))) for line in lines[1:]]

    def directives(self, source="cookie_domain=.example.test", database=None):
        database = self.options if database is None else database
        return (f'MoodleSSODatabase d {self.server.driver} "{self.server.parameters(self.name)}" {database}\n'
                f"MoodleSSOSource drupal drupal database=d version={'7' if self.version == 7 else '8'} {source}\n")

    def execute(self, sql, *arguments):
        return self.server.execute(sql, *arguments, database=self.name)

    @contextlib.contextmanager
    def silent(self):
        """Nobody gets an answer about sessions: their table is locked."""
        locker = self.server.connect(self.name)
        try:
            locker.cursor().execute("LOCK TABLES sessions WRITE" if self.server.driver == "mysql" else "BEGIN; LOCK TABLE sessions")
            yield
        finally:
            locker.close()

    def cookie(self, who):
        """(header, is it one of https?)"""
        line = next(c for c in self.cookies if c["who"] == who)
        return f"{line['cookie_name']}={line['cookie_value_as_sent']}", line["scheme"] == "https"


WHOAMI = "<Location /whoami>\nSetHandler moodlesso-whoami\n</Location>\n"
STATUS = "<Location /moodlesso-status>\nSetHandler moodlesso-status\n</Location>\n"
PHP = ("<FilesMatch \\.php$>\nSetHandler \"@PHP@\"\n</FilesMatch>\n"
       "<Proxy fcgi://localhost>\nProxySet connectiontimeout=5 timeout=60\n</Proxy>\n")
CGI = "AddHandler cgi-script .cgi\n"


def use(*names):
    return f"<Location />\nMoodleSSOUse {' '.join(names)}\n</Location>\n"


def asking(**query):
    """The query that makes env.php, env.cgi and the backend send a status and headers."""
    import urllib.parse
    return urllib.parse.urlencode({k: json.dumps(v) if k == "headers" else v for k, v in query.items()})
