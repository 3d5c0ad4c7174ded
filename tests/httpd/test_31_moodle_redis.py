# SPDX-License-Identifier: Apache-2.0
"""Moodle >= 4.5 with Redis sessions: a hash per session, written as phpredis writes it."""
import itertools
import subprocess
import time

import pytest

import env
from sites import PATIENT, STATUS, WHOAMI, Moodle, use


@pytest.fixture
def moodle(database):
    return Moodle(database)


def igbinary(value):
    if isinstance(value, int):
        for tag, width in ((6, 1), (8, 2), (10, 4)):
            if value < 256 ** width:
                return b"\0\0\0\2" + bytes([tag]) + value.to_bytes(width, "big")
    return b"\0\0\0\2\x11" + bytes([len(value)]) + value.encode()


def php(value):
    return f"i:{value};" if isinstance(value, int) else f's:{len(value)}:"{value}";'


def session(redis, sid, userid=3, age=0, write=php, prefix="", **fields):
    now = int(time.time()) - age
    fields = {"id": sid, "sid": sid, "state": "0", "userid": userid, "timecreated": now, "timemodified": now, **fields}
    redis.hset(f"{prefix}session_{sid}", mapping={k: write(v) for k, v in fields.items() if v is not None})
    return f"MoodleSession={sid}"


def directives(moodle, redis, options=PATIENT, source=""):
    return (f'MoodleSSODatabase m {moodle.server.driver} "{moodle.server.parameters(moodle.name)}"\n'
            f"MoodleSSORedis r 127.0.0.1:{redis.port} {options}\n"
            f"MoodleSSOSource moodle moodle database=m handler=redis4.5 redis=r {source}\n" + use("moodle") + WHOAMI)


@pytest.mark.parametrize("write", [php, igbinary])
def test_a_hash_becomes_an_identity(httpd, moodle, redis, write):
    server = httpd(directives(moodle, redis, source="redis_prefix=m45."))
    client = redis.client()
    who = server.get("/whoami", cookie=session(client, f"secret-{write.__name__}", write=write, prefix="m45.")).json
    assert (who["subject"], who["username"], who["family_name"]) == ("3", "alice", "Ünïcode 山田")
    assert abs(int(who["expires"]) - time.time() - 28800) < 30


def test_what_phpredis_itself_writes_is_read(httpd, sqlite, redis):
    """Not our idea of the encoding but the extension's, through its own serialisers."""
    moodle = Moodle(sqlite)
    server = httpd(directives(moodle, redis))
    for serializer in ("PHP", "IGBINARY"):
        code = (f"$r = new Redis(); $r->connect('127.0.0.1', {redis.port}); "
                f"$r->setOption(Redis::OPT_SERIALIZER, Redis::SERIALIZER_{serializer}); "
                f"$r->hMSet('session_secretext{serializer}', ['userid' => 4, 'timemodified' => time(), "
                "'sid' => 'x']);")
        subprocess.run(["php", "-r", code], check=True)
        assert server.get("/whoami", cookie=f"MoodleSession=secretext{serializer}").json["username"] == "bob"


@pytest.mark.parametrize("fields, reason", [
    ({"userid": 0}, "SESSION_ANONYMOUS"), ({"userid": None}, "SESSION_UNKNOWN"),
    ({"timemodified": None}, "SESSION_UNKNOWN"), ({"userid": 1}, "SESSION_GUEST"), ({"userid": 5}, "USER_SUSPENDED"),
    ({"userid": 4711}, "USER_DELETED"), ({"userid": "alice"}, "REDIS_ANSWER"), ({"userid": "3"}, None)])
def test_rules_for_hashes(httpd, sqlite, redis, fields, reason):
    moodle = Moodle(sqlite)
    server = httpd(directives(moodle, redis))
    if reason == "REDIS_ANSWER":
        server.expect("REDIS_ANSWER")
    client = redis.client()
    client.delete("session_secret-r")
    who = server.get("/whoami", cookie=session(client, "secret-r", **fields)).json
    assert who.get("reason") == reason


def test_no_key_and_timeouts(httpd, sqlite, redis):
    moodle = Moodle(sqlite)
    server = httpd(directives(moodle, redis))
    assert server.get("/whoami", cookie="MoodleSession=secret-none").json["reason"] == "SESSION_UNKNOWN"
    cookie = session(redis.client(), "secret-old", age=28810)
    assert server.get("/whoami", cookie=cookie).json["reason"] == "SESSION_TIMED_OUT"


def test_the_second_factor_in_the_hash(httpd, sqlite, redis):
    moodle = Moodle(sqlite)
    server = httpd(directives(moodle, redis, source="mfa=required"))
    text = 'SESSION|O:8:"stdClass":1:{s:22:"tool_mfa_authenticated";b:%d;}'
    for flag, reason in ((1, None), (0, "MFA_PENDING")):
        cookie = session(redis.client(), f"secret-mfa{flag}", sessdata=text % flag)
        assert server.get("/whoami", cookie=cookie).json.get("reason") == reason


def test_password_acl_database_number_and_unix_socket(httpd, sqlite, run):
    moodle = Moodle(sqlite)
    redis = env.Redis(run, "--requirepass", "secret")
    try:
        redis.client(password="secret").execute_command("ACL", "SETUSER", "reader", "on", ">secret2", "~session_*",
                                                        "+hmget", "+select", "+auth")
        (run / "redis-secret").write_text("secret\n")
        (run / "redis-secret2").write_text("secret2\n")
        cookie = session(redis.client(password="secret", db=3), "secret-acl")
        for address, options, reason in [
                (f"127.0.0.1:{redis.port}", f"db=3 password=file:{run}/redis-secret", None),
                (f"unix:{redis.socket}", f"db=3 user=reader password=file:{run}/redis-secret2", None),
                (f"unix:{redis.socket}", f"password=file:{run}/redis-secret", "SESSION_UNKNOWN"),
                (f"unix:{redis.socket}", f"password=file:{run}/redis-secret2", "REDIS_DENIED"),
                (f"unix:{redis.socket}", "", "REDIS_DENIED")]:
            server = httpd(f'MoodleSSODatabase m sqlite3 "{sqlite.parameters("moodle")}"\n'
                           f"MoodleSSORedis r {address} {options} {PATIENT}\n"
                           "MoodleSSOSource moodle moodle database=m handler=redis4.5 redis=r\n" + use("moodle") + WHOAMI)
            server.expect("REDIS_DENIED: source moodle: Redis refuses us")
            assert server.get("/whoami", cookie=cookie).json.get("reason") == reason, (address, options)
            server.stop()
            assert bool(server.logged("REDIS_DENIED")) == (reason == "REDIS_DENIED")
    finally:
        redis.stop()


def test_a_frozen_redis_costs_its_deadline_and_not_more(httpd, sqlite, run):
    moodle = Moodle(sqlite)
    redis = env.Redis(run)
    try:
        server = httpd(directives(moodle, redis, "timeout=200ms") + STATUS)
        cookie = session(redis.client(), "secret-frozen")
        server.expect("REDIS_TIMEOUT")
        numbers = itertools.count()

        def ask():
            began = time.monotonic()
            reason = server.get("/whoami", cookie=f"MoodleSession=secret-{next(numbers)}").json["reason"]
            assert time.monotonic() - began < 10
            return reason

        env.wait_until(lambda: ask() == "SESSION_UNKNOWN", "Redis")
        redis.process.freeze()
        env.is_left_alone(ask, "REDIS_TIMEOUT", "REDIS_DOWN")
        redis.process.thaw()
        env.wait_until(lambda: server.get("/whoami", cookie=cookie).json["identified"], "Redis to be asked again")
        assert server.logged("Redis r answers again")
    finally:
        redis.stop()


def test_redis_restarted_is_used_again(httpd, sqlite, run):
    moodle = Moodle(sqlite)
    redis = env.Redis(run)
    try:
        server = httpd(directives(moodle, redis) + "MoodleSSOCacheTTL 1s 1ms\n")
        assert server.get("/whoami", cookie=session(redis.client(), "secret-a")).json["identified"]
        redis.stop()
        assert server.get("/whoami", cookie="MoodleSession=secret-b").json["reason"] == "REDIS_DOWN"
        redis.start()
        assert server.get("/whoami", cookie=session(redis.client(), "secret-c")).json["identified"]
    finally:
        redis.stop()
