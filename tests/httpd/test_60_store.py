# SPDX-License-Identifier: Apache-2.0
"""The store: tables made once, single use by any number of nodes, epochs everywhere within a second,
and a store that is away, at start or later."""
import collections
import os
import re
import shutil
import signal
import stat
import subprocess
import threading
import time
from pathlib import Path

import pymysql
import pytest

import env
from sites import ALICE, PATIENT, STATUS, WHOAMI, Moodle, use
from test_91_faults import freeze, server_database, stop, thaw  # noqa: F401

# of the tables that this code makes
VERSION = int(re.search(r"#define SSO_SQL_SCHEMA +(\d+)", (env.TOP / "mod_moodlesso/io/store_sql.h").read_text())[1])


class Store:
    """An empty database, as the store of servers and of drivers (store_driver.c)."""

    def __init__(self, server, run, name="store"):
        self.server, self.name = server, name
        self.program = run / "store_driver"  # where the servers' account can run it
        if not self.program.exists():
            shutil.copy(os.environ["STORE_DRIVER"], self.program)
            self.program.chmod(0o755)
        server.empty(name)

    def directive(self, options=PATIENT):
        return f'MoodleSSOStore {self.server.driver} "{self.server.parameters(self.name)}" {options}\n'

    def execute(self, sql, *arguments):
        return self.server.execute(sql, *arguments, database=self.name)

    def begin(self, *arguments, stderr=subprocess.STDOUT, **kwargs):
        """A node without a server; as the servers' account, which owns a file of SQLite."""
        s = env.servant()
        account = ["setpriv", f"--reuid={s.pw_uid}", f"--regid={s.pw_gid}", "--clear-groups"] if env.IS_ROOT else []
        return subprocess.Popen([*account, str(self.program), self.server.driver, self.server.parameters(self.name),
                                 *map(str, arguments)], stdout=subprocess.PIPE, stderr=stderr, text=True,
                                **kwargs)

    def drive(self, *arguments):
        out, _ = self.begin(*arguments).communicate(timeout=env.PATIENCE)
        return out.splitlines()

    def drive_many(self, count, *arguments):
        return [line for process in [self.begin(*arguments) for _ in range(count)]
                for line in process.communicate(timeout=env.PATIENCE)[0].splitlines()]


@pytest.fixture
def store(database, run):
    return Store(database, run)


@pytest.fixture
def shared(server_database, run):  # noqa: F811
    """On a server of this test alone, that may be stopped."""
    return Store(server_database, run)


def state(server):
    return server.status()["store"]


def fresh(server):
    """The store answers this server now."""
    pulled = state(server)["pulled"]
    return pulled is not None and pulled < 2.5


# -- directives ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("config, sentence", [
    ("MoodleSSOStore sqlite3", "write sqlite3|mysql|pgsql"),
    ("MoodleSSOStore redis localhost", "redis is no driver"),
    ("MoodleSSOStore pgsql host=h max=0", "max=0 is no number from 1"),
    ("MoodleSSOStore pgsql host=h password=hunter2", "takes secrets from files only"),
    ("<VirtualHost *>\nMoodleSSOStore pgsql host=h\n</VirtualHost>", "cannot occur within <VirtualHost>"),
    ("<VirtualHost *>\nMoodleSSOStateDir /x\n</VirtualHost>", "cannot occur within <VirtualHost>"),
])
def test_a_mistake_is_a_sentence(httpd, config, sentence):
    status, output = httpd.prepare(config).check()
    assert status != 0
    assert sentence in output


def test_a_check_of_the_configuration_makes_nothing(httpd, run):
    folder = run / "never-made"
    status, output = httpd.prepare(f"MoodleSSOStateDir {folder}").check()
    assert status == 0, output
    assert not folder.exists()


def test_without_a_directive_there_is_no_store(httpd, sqlite):
    server = httpd(Moodle(sqlite).directives() + STATUS)
    assert server.status()["store"] is None


# -- the state directory -------------------------------------------------------------------------------


def refused(httpd, config, sentence):
    """The start ends with this sentence."""
    with pytest.raises(AssertionError, match=sentence):
        httpd.prepare(config).start()


def state_dir(run, name):
    folder = run / name
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def test_the_state_directory_is_made_for_the_account_of_the_processes(httpd, run):
    folder = state_dir(run, "state")
    server = httpd(f"MoodleSSOStateDir {folder}\n" + STATUS)
    assert state(server)["version"] == VERSION
    assert state(server)["dialect"] == "sqlite3"
    env.wait_until(lambda: fresh(server), "the first pull")
    for path, mode in ((folder, 0o700), (folder / "store.sqlite3", 0o600), (folder / "store.sqlite3-wal", 0o600)):
        about = path.stat()
        assert stat.S_IMODE(about.st_mode) == mode, path
        assert about.st_uid == (env.servant().pw_uid if env.IS_ROOT else os.getuid()), path
    server.stop()
    again = httpd(f"MoodleSSOStateDir {folder}\n" + STATUS)
    assert state(again)["version"] == VERSION


def test_a_state_directory_beside_its_own_server_root(httpd):
    server = httpd("MoodleSSOStateDir state\n" + STATUS)
    assert (server.folder / "state/store.sqlite3").exists()


def test_a_state_directory_that_cannot_be_used_is_a_sentence(httpd, run):
    refused(httpd, f"MoodleSSOStateDir {run}/none/below", "none/below cannot be made: No such file")
    file = run / "a-file"
    file.write_text("")
    refused(httpd, f"MoodleSSOStateDir {file}", "a-file is no directory")


@pytest.mark.skipif(not env.IS_ROOT, reason="needs root: a directory of another account")
def test_a_state_directory_of_another_account_is_left_alone(httpd, run):
    folder = state_dir(run, "foreign")
    folder.mkdir(mode=0o755)
    refused(httpd, f"MoodleSSOStateDir {folder}", "foreign is not writable for .*, as which .* chown -R ")
    assert folder.stat().st_uid == 0
    assert list(folder.iterdir()) == []


def test_a_file_that_cannot_be_made_is_a_sentence(httpd, run):
    refused(httpd, f'MoodleSSOStore sqlite3 "{run}/none/store.sqlite3"',
            "none/store.sqlite3 cannot be made: No such file")


@pytest.mark.parametrize("config, sentence", [
    ("MoodleSSOStateDir @RUN@/none/below",
     "MoodleSSOStateDir: @RUN@/none/below cannot be made: No such file or directory: @RUN@/none; make that directory"),
    ("MoodleSSOStateDir @HTTPD@/httpd.conf", "MoodleSSOStateDir: @HTTPD@/httpd.conf is no directory"),
    ("MoodleSSOStateDir @HTTPD@/httpd.conf/below", "below cannot be made: Not a directory: @HTTPD@/httpd.conf;"),
    ('MoodleSSOStore sqlite3 "@RUN@/none/x"',
     "MoodleSSOStore: @RUN@/none/x cannot be made: No such file or directory: @RUN@/none; make that directory"),
])
def test_a_check_of_the_configuration_says_so_too(httpd, run, config, sentence):
    server = httpd.prepare(config)
    status, output = server.check()
    assert status != 0
    assert sentence.replace("@RUN@", str(run)).replace("@HTTPD@", str(server.folder)) in output
    assert not (run / "none").exists()


# -- the tables ------------------------------------------------------------------------------------------


def test_two_servers_that_start_at_once_make_the_tables_once(httpd, store):
    servers = [None, None]

    def start(i):
        servers[i] = httpd(store.directive() + STATUS)

    threads = [threading.Thread(target=start, args=(i,)) for i in range(2)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert [state(server)["version"] for server in servers] == [VERSION, VERSION]
    assert dict(store.execute("SELECT name, value FROM moodlesso_meta")) == {"version": str(VERSION), "least_version": "1"}


def test_ten_nodes_that_start_at_once_make_the_tables_once(store):
    for _ in range(3):
        assert store.drive_many(10, "prepare") == [f"version {VERSION}"] * 10
        store.server.empty(store.name)


def test_sqlite_is_in_wal_mode(sqlite, run):
    store = Store(sqlite, run)
    store.drive("prepare")
    assert store.execute("PRAGMA journal_mode") == [("wal",)]


def test_tables_of_a_newer_version_stop_the_start(httpd, store):
    store.drive("prepare")
    store.execute(f"UPDATE moodlesso_meta SET value = '{VERSION + 1}'")
    refused(httpd, store.directive(), f"its tables have version {VERSION + 1}, which this version of the module \\({VERSION}\\) must not use")


def test_a_newer_version_may_let_older_ones_in(httpd, store):
    store.drive("prepare")
    store.execute(f"UPDATE moodlesso_meta SET value = '{VERSION + 1}' WHERE name = 'version'")
    server = httpd(store.directive() + STATUS)
    assert state(server)["version"] == VERSION + 1


@pytest.mark.parametrize("name", ["mariadb", "postgresql"])
def test_an_account_that_may_not_make_tables_uses_those_that_are_there(httpd, request, run, name):
    store = Store(request.getfixturevalue(name), run)
    store.drive("prepare")
    if name == "mariadb":
        store.execute("CREATE OR REPLACE USER 'rows'@'127.0.0.1' IDENTIFIED BY 'secret'")
        store.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON store.* TO 'rows'@'127.0.0.1'")
    else:
        store.execute("DROP ROLE IF EXISTS rows")
        hba = store.server.folder / "data/pg_hba.conf"
        hba.write_text(hba.read_text() + "host all rows 127.0.0.1/32 scram-sha-256\n")
        store.execute("CREATE ROLE rows LOGIN PASSWORD 'secret'")
        store.execute("SELECT pg_reload_conf()")
        env.wait_until(lambda: store.server.lets_in("rows", store.name), "the file to be read")
        store.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO rows")
    try:
        parameters = store.server.parameters(store.name, user="rows")
        server = httpd(f'MoodleSSOStore {store.server.driver} "{parameters}"\n' + STATUS)
        assert state(server)["version"] == VERSION
        env.wait_until(lambda: fresh(server), "the first pull")
        server.stop()
    finally:
        if name == "postgresql":
            store.execute("DROP OWNED BY rows")
            store.execute("DROP ROLE rows")


# -- once, on any number of nodes ---------------------------------------------------------------------


def test_of_forty_at_once_exactly_one_is_first(store):
    """4 processes of 10 threads, 100 texts each."""
    lines = store.drive_many(4, "see", 10, 100)
    kinds = collections.Counter(line.split()[0] for line in lines)
    assert kinds == {"first": 100, "again": 3900}, [line for line in lines if line.startswith("error")][:5]
    assert {line for line in lines if line.startswith("first")} == {f"first {i}" for i in range(100)}


def test_of_many_revocations_at_once_the_latest_stays(store):
    lines = store.drive_many(4, "many", 10, 100, 10 ** 15)
    assert collections.Counter(lines) == {"done": 4000}
    assert [tuple(map(int, row)) for row in store.execute("SELECT COUNT(*), MIN(at), MAX(at) FROM moodlesso_epochs")] \
        == [(100, 10 ** 15 + 9, 10 ** 15 + 9)]


def test_a_node_killed_in_the_middle_lets_nothing_be_first_twice(store):
    """kill -9 of one of two, then the whole again: what was reported as first is never first once more."""
    victim, other = store.begin("see", 4, 3000), store.begin("see", 4, 3000)
    lines = [victim.stdout.readline() for _ in range(300)]
    victim.kill()
    lines += victim.stdout.readlines() + other.communicate(timeout=env.PATIENCE)[0].splitlines(True)
    # one may be cut off in the middle, or not have been written
    firsts = [line for line in lines if line.startswith("first ") and line.endswith("\n")]
    assert len(firsts) == len(set(firsts))
    assert 2900 < len(firsts) <= 3000
    assert collections.Counter(line.split()[0] for line in store.drive("see", 1, 3000)) == {"again": 3000}


# -- connections that are lost ----------------------------------------------------------------------


class Held:
    """A node that is asked line by line, on connections it keeps."""

    def __init__(self, store):
        self.process = store.begin("hold", stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def send(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def hear(self):
        return self.process.stdout.readline().strip()

    def ask(self, line):
        self.send(line)
        return self.hear()

    def is_connected(self):
        """Does the kernel count a connection of it as established?"""
        fds = Path(f"/proc/{self.process.pid}/fd")
        own = {os.readlink(fd) for fd in fds.iterdir()}
        lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return any(line[3] == "01" and f"socket:[{line[9]}]" in own for line in lines)

    def close(self):
        self.process.stdin.close()
        self.process.wait(env.PATIENCE)


def lose(store):
    """The server ends every connection of the module."""
    if store.server.driver == "mysql":
        for row in store.execute("SELECT id FROM information_schema.processlist WHERE user = 'sso'"):
            try:
                store.execute(f"KILL {row[0]}")
            except pymysql.err.OperationalError as error:
                assert error.args[0] == 1094  # it has ended by itself, as one killed before does
    else:
        store.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'sso'")


@pytest.mark.parametrize("name", ["mariadb", "postgresql"])
def test_a_connection_lost_while_idle_costs_no_error(request, run, name):
    store = Store(request.getfixturevalue(name), run)
    node = Held(store)
    try:
        for i in range(3):
            assert node.ask(f"see {i}") == f"first {i}"
            lose(store)
            env.wait_until(lambda: not node.is_connected(), "the connection to be closed")
        assert node.ask("revoke x") == "done"
        assert node.ask("see 0") == "again 0"
    finally:
        node.close()


def test_what_may_have_happened_is_not_done_again(postgresql, run):
    """The connection is lost while the statement waits for a lock: seeing is an error, revoking is repeated."""
    store = Store(postgresql, run)
    node = Held(store)
    waiting = "SELECT COUNT(*) FROM pg_stat_activity WHERE usename = 'sso' AND wait_event_type = 'Lock'"
    blocker = store.server.connect(store.name)
    blocker.autocommit = False
    try:
        for number, (line, answer) in enumerate((("see b", "error 1 "), ("revoke b", "done"))):
            assert node.ask(f"see {number}") == f"first {number}"  # on the connection that is lost then
            blocker.cursor().execute("LOCK TABLE moodlesso_seen, moodlesso_epochs")
            node.send(line)
            env.wait_until(lambda: store.execute(waiting)[0][0] == 1, "the lock")
            lose(store)
            if line == "revoke b":
                env.wait_until(lambda: store.execute(waiting)[0][0] == 1, "it to ask again")
            blocker.rollback()
            assert node.hear().startswith(answer)
        assert node.ask("see b") == "first b"
    finally:
        blocker.close()
        node.close()


def test_a_statement_ends_with_our_patience(postgresql, run):
    """After the timeout nothing of ours goes on in the database."""
    store = Store(postgresql, run)
    node = Held(store)
    blocker = store.server.connect(store.name)
    blocker.autocommit = False
    try:
        assert node.ask("see a") == "first a"
        blocker.cursor().execute("LOCK TABLE moodlesso_seen")
        began = time.monotonic()
        assert node.ask("see b").startswith("error 2 ")
        assert 1.5 < time.monotonic() - began < 15  # the timeout is 2 s, the lock is held for ever
        env.wait_until(lambda: store.execute("SELECT COUNT(*) FROM pg_stat_activity WHERE usename = 'sso' AND state = 'active'")[0][0] == 0,
                       "the server to give it up as well")
        blocker.rollback()
        assert node.ask("see b") == "first b"
    finally:
        blocker.close()
        node.close()


def test_while_the_store_is_away_whoever_asks_hears_so_in_time(shared):
    node = Held(shared)
    try:
        assert node.ask("see a") == "first a"
        for away, back in ((freeze, thaw), (stop, lambda server: server.start())):
            away(shared.server)
            waits = []
            for _ in range(6):
                began = time.monotonic()
                assert node.ask("see a").startswith(("error 1", "error 2"))
                waits.append(time.monotonic() - began)
            assert max(waits) < 15, waits  # the timeout is 2 s, the store away for ever
            back(shared.server)
            env.wait_until(lambda: node.ask("see a") == "again a", "the store to be asked again")
    finally:
        node.close()


# -- epochs on every node -----------------------------------------------------------------------------


# It is a second that is promised.
@pytest.mark.alone
def test_what_one_node_ends_every_node_knows_within_a_second(httpd, store):
    servers = [httpd(store.directive() + STATUS) for _ in range(2)]
    for server in servers:
        env.wait_until(lambda: fresh(server), "the first pull")
    waits = []
    for i in range(1, 4):
        assert store.drive("revoke", "sid", f"s{i}", i) == ["done"]
        began = time.monotonic()
        env.wait_until(lambda: all(state(server)["epochs"] == i for server in servers), "the epoch")
        waits.append(time.monotonic() - began)
    assert max(waits) < 2.5 or env.SANITIZER, waits
    assert [state(server)["floor"] for server in servers] == [0, 0]


def test_a_server_that_starts_knows_what_was_ended_before(httpd, store):
    store.drive("many", 1, 50, 10 ** 15)
    server = httpd(store.directive() + STATUS)
    assert state(server)["epochs"] == 50  # at its first request: read before it began to listen to any


def test_old_rows_are_forgotten(httpd, store):
    store.drive("prepare")
    old = int(time.time()) - 40 * 86400
    store.execute("INSERT INTO moodlesso_seen (hash, kind, expires) VALUES ('a', 'jti', %s)", old)
    store.execute("INSERT INTO moodlesso_epochs (key_hash, kind, tag, at, changed) VALUES ('a', 'sid', 'a', %s, %s)",
                  old * 10 ** 6, old)
    store.drive("purge")
    assert store.execute("SELECT COUNT(*) FROM moodlesso_seen")[0][0] == 0
    assert store.execute("SELECT COUNT(*) FROM moodlesso_epochs")[0][0] == 0


def test_another_process_takes_over_when_the_one_that_pulls_is_killed(httpd, sqlite, run):
    store = Store(sqlite, run)
    server = httpd(store.directive() + STATUS)
    server.expect("AH00051|AH00052|AH01239")  # mod_cgid's daemon is among them
    env.wait_until(lambda: fresh(server), "the first pull")
    for pid in subprocess.run(["pgrep", "-P", str(server.process.process.pid)], capture_output=True,
                              text=True).stdout.split():
        os.kill(int(pid), signal.SIGKILL)
    store.drive("revoke", "sid", "s", 1)
    env.wait_until(lambda: state(server)["epochs"] == 1, "another process", 30)


@pytest.mark.parametrize("mpm", ["event", "prefork"])
def test_graceful_restarts_keep_the_store(httpd, sqlite, run, mpm):
    store = Store(sqlite, run)
    server = httpd(store.directive() + STATUS, mpm=mpm)
    server.expect("AH00494|AH00493|AH00489|AH00095")
    for i in range(1, 4):
        store.drive("revoke", "sid", f"s{i}", i)
        server.graceful()
        env.wait_until(lambda: state(server)["epochs"] == i and fresh(server), "the new processes")


# -- a store that is away ---------------------------------------------------------------------------


def test_a_store_that_is_down_at_start_is_a_warning(httpd, shared):
    stop(shared.server)
    server = httpd(shared.directive("timeout=500ms") + STATUS)
    server.expect("the store is asked again each second, sessions go on meanwhile", "DB_(DOWN|TIMEOUT): the store failed 3 times")
    assert server.get("/static.txt").status == 200
    assert state(server)["version"] == 0
    assert state(server)["pulled"] is None
    shared.server.start()
    env.wait_until(lambda: state(server)["version"] == VERSION and fresh(server), "the store to be used")


def test_a_store_that_hangs_at_start_holds_the_start_up_for_a_while_only(httpd, shared):
    freeze(shared.server)
    try:
        began = time.monotonic()
        server = httpd(shared.directive("timeout=500ms") + STATUS)
        assert time.monotonic() - began < 20
        server.expect("the store is asked again each second", "DB_(DOWN|TIMEOUT): the store failed 3 times")
        assert server.get("/static.txt").status == 200
    finally:
        thaw(shared.server)
    env.wait_until(lambda: state(server)["version"] == VERSION and fresh(server), "the store to be used")


def test_a_store_that_goes_away_later_ends_nobody(httpd, shared, sqlite):
    moodle = Moodle(sqlite)
    cookie = moodle.session("secret-a", ALICE)
    server = httpd(shared.directive("timeout=500ms") + moodle.directives() + use("moodle") + WHOAMI + STATUS)
    shared.drive("revoke", "sid", "s", 1)
    env.wait_until(lambda: state(server)["epochs"] == 1, "the epoch")
    server.expect("DB_(DOWN|TIMEOUT): the store failed 3 times")
    stop(shared.server)
    env.wait_until(lambda: state(server)["circuit"] == "open", "the circuit to open")
    assert state(server)["epochs"] == 1
    assert server.get("/whoami", cookie=cookie).json["identified"]
    before = state(server)["pulled"]
    env.wait_until(lambda: state(server)["pulled"] > before + 1, "the copy to get older")
    shared.server.start()
    env.wait_until(lambda: fresh(server) and state(server)["circuit"] == "closed", "the store to be used again")
    assert server.logged("the store answers again")
    shared.drive("revoke", "sid", "t", 1)
    env.wait_until(lambda: state(server)["epochs"] == 2, "the epoch")


def test_tables_made_newer_while_the_store_was_away_are_left_alone(httpd, shared):
    shared.drive("prepare")
    shared.execute(f"UPDATE moodlesso_meta SET value = '{VERSION + 1}'")
    stop(shared.server)
    server = httpd(shared.directive("timeout=500ms") + STATUS)
    server.expect("the store is asked again each second", f"the store is not ready: its tables have version {VERSION + 1}",
                  "DB_(DOWN|TIMEOUT): the store failed 3 times")
    shared.server.start()
    env.wait_until(lambda: state(server)["circuit"] == "closed", "the store to be asked")
    assert state(server)["version"] == 0
    assert shared.execute("SELECT COUNT(*) FROM moodlesso_meta")[0][0] == 2


# -- mod_watchdog -----------------------------------------------------------------------------------------


def test_without_mod_watchdog_the_start_says_what_to_load(httpd, sqlite, run):
    """Debian has it built in: hidden from the module by a library in front of APR."""
    source, library = run / "hide.c", run / "hide.so"
    source.write_text("#define _GNU_SOURCE\n#include <dlfcn.h>\n#include <string.h>\n"
                      "void *apr_dynamic_fn_retrieve(const char *name) {\n"
                      "  void *(*real)(const char *) = dlsym(RTLD_NEXT, \"apr_dynamic_fn_retrieve\");\n"
                      "  return strncmp(name, \"ap_watchdog\", 11) ? real(name) : 0;\n}\n")
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, source], check=True)
    server = httpd.prepare(Store(sqlite, run).directive())
    environment = server.environment()
    environment["LD_PRELOAD"] = f"{environment.get('LD_PRELOAD', '')} {library}".strip()
    server.environment = lambda: environment
    with pytest.raises(AssertionError, match="mod_watchdog is needed and not loaded"):
        server.start()
