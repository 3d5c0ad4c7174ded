# SPDX-License-Identifier: Apache-2.0
"""The cookie that counts is the one PHP reads: our answer equals PHP's, or is nobody; never another
user. PHP-FPM itself is asked about every header."""
import random

import pytest

from sites import ALICE, BOB, PHP, Moodle, use

A, B = "secret-aaaa", "secret-bbbb"
CASES = [
    f"MoodleSession={A}", f"MoodleSession={A}; MoodleSession={B}", f"MoodleSession={B}; MoodleSession={A}",
    f"MoodleSession={A}; MoodleSession={A}", f"MoodleSession=; MoodleSession={A}", f"MoodleSession; MoodleSession={A}",
    f"MoodleSession[]={B}; MoodleSession={A}", f"MoodleSession={A}; MoodleSession[]={B}",
    f"MoodleSession={A}; MoodleSession[x]={B}", f"MoodleSession[x={B}; MoodleSession={A}",
    f"Moodle.Session={B}; MoodleSession={A}", f" MoodleSession={A}", f"\tMoodleSession={A}", f"a=b;MoodleSession={A};c",
    f"a=b, MoodleSession={B}", f"MoodleSession ={B}; MoodleSession={A}", f"%4doodleSession={B}; MoodleSession={A}",
    f"MoodleSession={A.replace('a', '%61')}", f"MoodleSession={A}%20", f"MoodleSession={A}+", f'MoodleSession="{A}"',
    f"moodlesession={B}; MoodleSession={A}", f"MoodleSession={A.upper()}", f"MoodleSession={A}%00", f"MoodleSession={A}%",
    f"MoodleSession={A}; path=/", f"; ; ;MoodleSession={A}", f"=;MoodleSession={A}", f"MoodleSession=={A}",
    f"MoodleSession=deleted; MoodleSession={A}", f"__Host-MoodleSession={B}; MoodleSession={A}",
    "x;" * 999 + f"MoodleSession={A}", "x;" * 1000 + f"MoodleSession={A}", f"MoodleSession={A}" + "; x" * 2000,
]


@pytest.fixture
def site(httpd, sqlite):
    moodle = Moodle(sqlite)
    moodle.session(A, ALICE)
    moodle.session(B, BOB)
    server = httpd(moodle.directives() + use("moodle") + PHP)
    server.expect("Input variables exceeded 1000")
    return server


def compare(server, header):
    """Ask once; both what PHP reads and what we make of it are in the answer."""
    answer = server.get("/env.php", cookie=header)
    assert answer.status == 200, header
    ours = answer.json["server"].get("MOODLESSO_USERNAME")
    php = answer.json["cookies"].get("MoodleSession")
    theirs = {A: "alice", B: "bob"}.get(php) if isinstance(php, str) else None
    assert ours in (theirs, None), (header[:200], ours, php)
    return ours, theirs


@pytest.mark.parametrize("header", CASES, ids=lambda header: header[:50])
def test_known_cases(site, header):
    compare(site, header)


def test_what_is_clear_is_answered(site):
    for header in (CASES[0], CASES[3], CASES[11], CASES[13], CASES[17], CASES[25], CASES[31], CASES[33]):
        assert compare(site, header) == ("alice", "alice"), header[:200]


def test_two_thousand_random_headers(site):
    random.seed(20261122)
    pieces = ["MoodleSession", A, B, "=", "=", ";", "; ", " ", "[", "]", ".", ",", "%61", "%", "%00", "\t", '"', "+", "x",
              "MoodleSession=" + A, "MoodleSession=" + B, "; MoodleSession=" + A, ";MoodleSession=" + B]
    agreed = 0
    for _ in range(2000):
        header = "".join(random.choice(pieces) for _ in range(random.randint(1, 9)))
        ours, theirs = compare(site, header)
        agreed += ours is not None
    assert agreed > 50
