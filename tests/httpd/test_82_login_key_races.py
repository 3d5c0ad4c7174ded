# SPDX-License-Identifier: Apache-2.0
"""One-time login URLs, each opened by forty at once: on every database, on two nodes, and while the server is killed.

PYTEST_ADDOPTS=-s shows how long it took."""
import collections
import itertools
import json
import threading
import time

import pytest

import env
from load import Line, at_once
from login_keys import HOST, TOKEN, clients, config
from sites import Moodle
from test_51_sessions import secret
from test_60_store import Store

KEYS = 50 if env.SANITIZER else 1000
PEOPLE = 40
NAMES = ("alice", "bob")
# A thread for each: httpd closes connections that wait when there are none left.
WORKERS = ("<IfModule mpm_event_module>\nStartServers 2\nServerLimit 2\nThreadsPerChild 64\nMaxRequestWorkers 128\n"
           "MinSpareThreads 64\nMaxSpareThreads 128\n</IfModule>\n")


class Person:
    """Opens URLs at a node. An address that is wrong twenty times within a minute is refused unheard, so there are many."""
    addresses = itertools.count()

    def __init__(self, server):
        self.server, self.line, self.tries = server, None, 0

    def post(self, path, body, *headers):
        if self.line is None or self.tries == 19:
            self.hang_up()
            self.line = Line(self.server.port, next(Person.addresses))
        self.tries += 1
        return self.line.ask("POST", path, [("Host", HOST), *headers], body)

    def redeem(self, key):
        """The session that it began, or the reason why there is none."""
        answer = self.post("/moodlesso/key", f"key={key}")
        if answer.status == 303:
            return answer.one("Set-Cookie").split(";")[0]
        assert answer.all("Set-Cookie") == []
        return answer.body.partition("<code>")[2].partition("<")[0]

    def ask(self, name):
        """The key of a new URL."""
        answer = self.post("/moodlesso/userkey", json.dumps({"user": {"email": f"{name}@example.test"}}),
                           ("Authorization", f"Bearer {TOKEN}"))
        assert answer.status == 200, answer
        return answer.json["loginurl"].partition("/key/")[2].partition("?")[0]

    def hang_up(self):
        if self.line is not None:
            self.line.close()
        self.line, self.tries = None, 0


def together(people, do):
    """do(person, i) by all at once; what one of them trips over is the test's failure."""
    for result in at_once(len(people), lambda i: do(people[i], i)):
        if isinstance(result, Exception):
            raise result


def issue(nodes, count):
    """Keys of alice and bob in turn, asked for by eight at once."""
    people = [Person(nodes[i % len(nodes)]) for i in range(8)]
    keys = [None] * count

    def ask(person, i):
        for number in range(i, count, len(people)):
            keys[number] = person.ask(NAMES[number % 2])
        person.hang_up()

    together(people, ask)
    assert len(set(keys)) == count
    return keys


def told(what, count, began):
    seconds = time.monotonic() - began
    print(f"{what}: {count} in {seconds:.1f} s, {count / seconds:.0f}/s")


def make_nodes(httpd, run, sqlite, database, count):
    """Nodes that share a store and a secret."""
    store = Store(database, run, "login_keys")
    more = f"MoodleSSOSecret file:{secret(run, 'n' * 40)}\n{store.directive()}"
    text = config(Moodle(sqlite), clients(run), "mapping=email lifetime=1h", more)
    return [httpd(text, workers=WORKERS) for _ in range(count)], store


def check_sessions(nodes, keys, sessions):
    """`sessions`: {key: what it began}; each is of the person whom the key was made for, on every node."""
    assert len(set(sessions.values())) == len(sessions)
    for number in range(0, len(keys), len(keys) // 20):
        for node in nodes if keys[number] in sessions else []:
            who = node.get("/whoami", cookie=sessions[keys[number]], host=HOST).json
            assert who["username"] == NAMES[number % 2]


class Race:
    """All keys, tried by everybody; what came of it."""

    def __init__(self, keys):
        self.keys, self.sessions, self.lock = keys, {}, threading.Lock()
        self.reasons = collections.Counter()

    def redeem(self, person, key):
        result = person.redeem(key)
        with self.lock:
            if "=" not in result:
                self.reasons[result] += 1
                return
            assert key not in self.sessions, "a key was good twice"
            self.sessions[key] = result
            self.begun()

    def begun(self):
        """There is one session more; nobody else notes anything meanwhile."""


@pytest.mark.parametrize("name, count", [("sqlite", 1), ("mariadb", 1), ("postgresql", 1), ("postgresql", 2)])
def test_of_forty_who_open_a_url_at_once_one_is_signed_in(request, httpd, run, sqlite, name, count):
    nodes, store = make_nodes(httpd, run, sqlite, request.getfixturevalue(name), count)
    began = time.monotonic()
    keys = issue(nodes, KEYS)
    told(f"{name}, {count} nodes: issued", KEYS, began)
    race = Race(keys)

    def open_all(person, i):
        for key in keys:
            race.redeem(person, key)
        person.hang_up()

    began = time.monotonic()
    together([Person(nodes[i % count]) for i in range(PEOPLE)], open_all)
    told(f"{name}, {count} nodes: redeemed", KEYS * PEOPLE, began)
    assert len(race.sessions) == KEYS
    assert race.reasons == {"LOGINKEY_USED": KEYS * (PEOPLE - 1)}
    assert store.execute("SELECT COUNT(*) FROM moodlesso_keys")[0][0] == 0
    check_sessions(nodes, keys, race.sessions)


class Interrupted(Race):
    """As a Race, by people who try again what was not answered: the server is killed meanwhile."""

    def __init__(self, keys, server):
        super().__init__(keys)
        self.server, self.sent, self.unanswered, self.kill_at = server, set(), set(), None
        self.left = [collections.deque(keys) for _ in range(PEOPLE)]

    def go_on(self, person, i):
        """Until all keys are answered, or the server is gone."""
        left = self.left[i]
        while left:
            self.sent.add(left[0])
            try:
                self.redeem(person, left[0])
            except OSError:
                self.unanswered.add(left[0])
                break
            left.popleft()
        person.hang_up()

    def begun(self):
        """Kill it when there are so many sessions; who is still at it sees that."""
        if len(self.sessions) == self.kill_at:
            self.server.kill()

    def round(self, kill_at=None):
        self.kill_at = kill_at
        together([Person(self.server) for _ in range(PEOPLE)], self.go_on)


@pytest.mark.parametrize("name", ["sqlite", "postgresql"])
def test_a_server_that_is_killed_lets_no_key_be_good_twice_and_loses_none(request, httpd, run, sqlite, name):
    """A key that was sent and not answered may be gone, or good, once; the others are as they were."""
    (server,), store = make_nodes(httpd, run, sqlite, request.getfixturevalue(name), 1)
    race = Interrupted(issue([server], KEYS // 2), server)
    for part in (1, 2, 3):
        race.round(len(race.keys) * part // 4)
        assert len(race.sent) < len(race.keys) and race.unanswered
        server.start()
    race.round()
    lost = set(race.keys) - set(race.sessions)
    print(f"{name}: of {len(race.unanswered)} keys not answered {len(lost)} were gone")
    assert lost <= race.unanswered
    assert set(race.reasons) == {"LOGINKEY_USED"}
    assert store.execute("SELECT COUNT(*) FROM moodlesso_keys")[0][0] == 0
    check_sessions([server], race.keys, race.sessions)
