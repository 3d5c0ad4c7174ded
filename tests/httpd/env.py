# SPDX-License-Identifier: Apache-2.0
"""env.py -- the servers of the tests: real ones, on free loopback ports, started once, stopped by us.

Everything lives under build/run, or build/run-WORKER where several runs of pytest share the tests; system services
are never touched, and nothing is killed by name."""
import http.client
import http.server
import itertools
import json
import os
import pwd
import random
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
BUILD = TOP / "build"
MODULE = Path(os.environ.get("MODULE", BUILD / ".libs/mod_moodlesso.so")).resolve()
MODULES = Path(os.environ.get("HTTPD_MODULES", "/usr/lib/apache2/modules"))
HTTPD = os.environ.get("HTTPD", "/usr/sbin/apache2")
SANITIZER = os.environ.get("SAN", "")
# A server under a sanitiser is several times slower; only patience grows with it.
PATIENCE = 120 if SANITIZER else 30


def ports():
    """Below those that Linux as shipped gives to whoever asks for any: nobody else takes one of them between now and the
    start of its server, nor while that is stopped. Each of the processes that share the tests has its own."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    count = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    own = range(12000 + worker, 32768, count)
    first = random.randrange(len(own))
    return itertools.cycle([*own[first:], *own[:first]])


PORTS = ports()


def free_port():
    for port in PORTS:
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass


def wait_until(check, what, seconds=None):
    """Poll until check() is true; the event awaited is named in the failure."""
    end = time.monotonic() + (seconds or PATIENCE)
    while not check():
        if time.monotonic() > end:
            raise AssertionError(f"waited in vain for {what}")
        time.sleep(0.01)


def is_left_alone(ask, slow, down):
    """Three who ask wait in vain, and are told `slow`; from then on one a second, and everybody else hears `down` at once."""
    assert [ask(), ask()] == [slow] * 2
    opened, heard = time.monotonic(), [ask()]
    assert heard == [slow]
    while heard.count(down) < 3:
        heard.append(ask())
        assert heard[-1] in (slow, down) and heard.count(slow) <= 1 + time.monotonic() - opened, heard


def listens(place):
    """Does somebody accept connections on this loopback port, or at this unix socket?"""
    is_port = isinstance(place, int)
    with socket.socket(socket.AF_INET if is_port else socket.AF_UNIX) as s:
        s.settimeout(0.5)
        return s.connect_ex(("127.0.0.1", place) if is_port else str(place)) == 0


def find_program(*names):
    for name in names:
        for place in [shutil.which(name), *map(str, Path("/").glob(f"usr/lib/postgresql/*/bin/{name}")),
                      f"/usr/sbin/{name}"]:
            if place and os.path.exists(place):
                return place
    raise FileNotFoundError(f"{names[0]} is not installed; make -f apxs.mk check installs it")


def servant():
    """The account that servers run as when we are root: they refuse to be root."""
    for name in ("www-data", "apache", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            pass
    raise KeyError("no account www-data, apache or nobody")


IS_ROOT = os.geteuid() == 0


def run_folder():
    """build/run, with its worker's name; a link to a folder elsewhere when the servers' account could not reach build/."""
    run = BUILD / "-".join(["run", *filter(None, [os.environ.get("PYTEST_XDIST_WORKER")])])
    if run.is_symlink():
        shutil.rmtree(run.resolve(), ignore_errors=True)
        run.unlink()
    elif run.exists():
        shutil.rmtree(run)
    BUILD.mkdir(exist_ok=True)
    if IS_ROOT and subprocess.run(["setpriv", f"--reuid={servant().pw_uid}", "--clear-groups", "test", "-x",
                                   str(BUILD)]).returncode != 0:
        elsewhere = tempfile.mkdtemp(prefix="moodlesso-run-")
        run.symlink_to(elsewhere)
    else:
        run.mkdir()
    os.chmod(run, 0o755)
    return run.resolve()


def all_stand_still(pid):
    """Have all its threads stopped? One of them hears of the signal, in its turn, and tells the others."""
    return {state for state, _ in map(stat, Path(f"/proc/{pid}/task").glob("*/stat"))} <= {"T", "Z"}


def children_of(pid):
    return {int(path.parent.name) for path in Path("/proc").glob("[0-9]*/stat") if stat(path)[1] == str(pid)}


def stat(path):
    """State and parent of a process or thread; of one that has just ended, too."""
    try:
        return path.read_text().rpartition(")")[2].split()[:2]
    except (FileNotFoundError, ProcessLookupError):
        return "Z", None


class Process:
    """A server we started: stopped by pid, frozen and thawed by signal."""

    def __init__(self, args, log, as_servant=False, **kwargs):
        if as_servant and IS_ROOT:
            s = servant()
            args = ["setpriv", f"--reuid={s.pw_uid}", f"--regid={s.pw_gid}", "--clear-groups", *args]
        self.log = open(log, "ab")
        kwargs.setdefault("stdin", subprocess.DEVNULL)
        self.process = subprocess.Popen(args, stdout=self.log, stderr=self.log,
                                        # httpd signals its whole process group when it stops
                                        start_new_session=True, **kwargs)

    def send(self, number):
        self.process.send_signal(number)

    def freeze(self):
        self.send(signal.SIGSTOP)
        wait_until(lambda: all_stand_still(self.process.pid), "every thread to stop")

    def thaw(self):
        self.send(signal.SIGCONT)

    def stop(self, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.thaw()
            self.send(number)
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()

    def alive(self):
        return self.process.poll() is None


class LoopbackServer(http.server.ThreadingHTTPServer):
    """A thread for each connection. A crowd waits in its queue: of five, who comes sixth is heard a second later."""
    daemon_threads = True
    request_queue_size = 128


class MariaDB:
    def __init__(self, run):
        self.folder = run / "mariadb"
        self.port = free_port()
        self.folder.mkdir()
        # of its own: each server that starts deletes the temporary tables of all others there
        (self.folder / "tmp").mkdir()
        self.socket = str(self.folder / "sock")
        user = ["--user=root"] if IS_ROOT else []
        made = subprocess.run([find_program("mariadb-install-db"), "--no-defaults", *user, f"--datadir={self.folder}/data",
                               f"--tmpdir={self.folder}/tmp", "--auth-root-authentication-method=normal",
                               "--skip-test-db"], capture_output=True, text=True)
        assert made.returncode == 0, (made.stdout + made.stderr)[-2000:]
        self.start()
        self.execute("CREATE USER 'sso'@'127.0.0.1' IDENTIFIED BY 'secret'")

    def start(self):
        user = ["--user=root"] if IS_ROOT else []
        self.process = Process([find_program("mariadbd"), "--no-defaults", *user, f"--datadir={self.folder}/data",
                                f"--tmpdir={self.folder}/tmp", f"--socket={self.socket}",
                                "--bind-address=127.0.0.1", f"--port={self.port}",
                                "--innodb-buffer-pool-size=32M", "--innodb-flush-log-at-trx-commit=0",
                                "--skip-name-resolve", "--max-connections=500"], self.folder / "log")
        wait_until(self.answers, "MariaDB")

    def answers(self):
        try:
            self.connect().close()
            return True
        except Exception:
            return False

    def connect(self, database=None, **kwargs):
        import pymysql
        return pymysql.connect(unix_socket=self.socket, user="root", database=database, charset="utf8mb4",
                               autocommit=True, **kwargs)

    def execute(self, sql, *arguments, database=None):
        with self.connect(database) as c, c.cursor() as cursor:
            cursor.execute(sql, arguments or None)
            return cursor.fetchall()

    def load(self, database, *files):
        self.execute(f"DROP DATABASE IF EXISTS {database}")
        self.execute(f"CREATE DATABASE {database} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")
        self.execute(f"GRANT SELECT ON {database}.* TO 'sso'@'127.0.0.1'")
        for file in files:
            subprocess.run([find_program("mariadb"), "--no-defaults", f"--socket={self.socket}", "-uroot", database],
                           check=True, stdin=open(file, "rb"))

    def empty(self, database):
        """A new database, in which the module may make tables."""
        self.execute(f"DROP DATABASE IF EXISTS {database}")
        self.execute(f"CREATE DATABASE {database}")
        self.execute(f"GRANT ALL ON {database}.* TO 'sso'@'127.0.0.1'")

    def statements(self):
        """How many SELECTs the server has run."""
        return sum(int(row[1]) for row in self.execute("SHOW GLOBAL STATUS LIKE 'Com_stmt_execute'"))

    driver = "mysql"

    def parameters(self, database, user="sso", password="secret"):
        return f"host=127.0.0.1,port={self.port},user={user},pass={password},dbname={database}"


class PostgreSQL:
    def __init__(self, run):
        self.folder = run / "postgresql"
        self.port = free_port()
        self.folder.mkdir()
        if IS_ROOT:
            os.chown(self.folder, servant().pw_uid, servant().pw_gid)
        done = Process([find_program("initdb"), "-D", f"{self.folder}/data", "-U", "postgres", "-A", "trust",
                        "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"], self.folder / "initdb.log", as_servant=True)
        assert done.process.wait() == 0, (self.folder / "initdb.log").read_text()
        (self.folder / "data/pg_hba.conf").write_text(
            "local all postgres trust\nhost all sso,moodle,moodlesso 127.0.0.1/32 scram-sha-256\n")
        self.start()
        self.execute("CREATE ROLE sso LOGIN PASSWORD 'secret'")

    def start(self):
        self.process = Process([find_program("postgres"), "-D", f"{self.folder}/data", "-p", str(self.port),
                                "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={self.folder}",
                                "-c", "fsync=off", "-c", "max_connections=300"], self.folder / "log", as_servant=True)
        wait_until(self.answers, "PostgreSQL")

    def answers(self):
        try:
            self.connect().close()
            return True
        except Exception:
            return False

    def connect(self, database="postgres"):
        import psycopg2
        connection = psycopg2.connect(host=str(self.folder), port=self.port, user="postgres", dbname=database)
        connection.autocommit = True
        return connection

    def lets_in(self, user, database):
        """Does this account, of the password "secret", come in by way of the network?"""
        import psycopg2
        try:
            psycopg2.connect(host="127.0.0.1", port=self.port, user=user, password="secret", dbname=database).close()
            return True
        except psycopg2.OperationalError:
            return False

    def execute(self, sql, *arguments, database="postgres"):
        connection = self.connect(database)
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql, arguments or None)
                return cursor.fetchall() if cursor.description else ()
        finally:
            connection.close()

    def load(self, database, *files):
        self.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
        self.execute(f"CREATE DATABASE {database}")
        for file in files:
            self.execute(Path(file).read_text(), database=database)
        self.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO sso", database=database)

    def empty(self, database):
        """A new database, in which the module may make tables."""
        self.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
        self.execute(f"CREATE DATABASE {database} OWNER sso")

    def freeze(self):
        """Every process: a frozen postmaster alone would leave its backends answering. It comes first, so that no more
        of them begin."""
        self.process.freeze()
        self.stopped = children_of(self.process.process.pid)
        for pid in self.stopped:
            os.kill(pid, signal.SIGSTOP)  # who ends now stays until the postmaster goes on
        wait_until(lambda: all(map(all_stand_still, self.stopped)), "every backend to stop")

    def thaw(self):
        for pid in [self.process.process.pid, *self.stopped]:
            try:
                os.kill(pid, signal.SIGCONT)
            except ProcessLookupError:
                pass

    driver = "pgsql"

    def parameters(self, database, user="sso", password="secret"):
        return f"host=127.0.0.1 port={self.port} user={user} password={password} dbname={database}"


class SQLite:
    """In memory where there is such a folder: it is the one database here that waits for the disk at each commit, and who
    waits for its lock gives up after a second and a half."""
    driver = "sqlite3"
    MEMORY = Path("/dev/shm")

    def __init__(self, run):
        self.folder = run / "sqlite"
        if os.access(self.MEMORY, os.W_OK):
            # the one of an earlier run that was killed is taken away
            self.folder = self.MEMORY / f"moodlesso{str(run).replace('/', '-')}"
            self.stop()
        self.folder.mkdir()
        self.folder.chmod(0o755)

    def stop(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, database):
        return self.folder / f"{database}.db"

    def execute(self, sql, *arguments, database):
        import sqlite3
        connection = sqlite3.connect(self.path(database))
        connection.create_collation("NOCASE_UTF8", lambda a, b: (a.lower() > b.lower()) - (a.lower() < b.lower()))
        with connection:
            rows = connection.execute(sql.replace("%s", "?"), arguments).fetchall()
        connection.close()
        return rows

    def load(self, database, *files):
        import sqlite3
        self.path(database).unlink(missing_ok=True)
        connection = sqlite3.connect(self.path(database))
        connection.create_collation("NOCASE_UTF8", lambda a, b: (a.lower() > b.lower()) - (a.lower() < b.lower()))
        for file in files:
            connection.executescript(Path(file).read_text())
        connection.close()
        if IS_ROOT:
            os.chown(self.path(database), servant().pw_uid, servant().pw_gid)
            os.chown(self.folder, servant().pw_uid, servant().pw_gid)

    def empty(self, database):
        """No file yet, in a folder in which the module may make one."""
        for end in ("", "-wal", "-shm"):
            Path(f"{self.path(database)}{end}").unlink(missing_ok=True)
        if IS_ROOT:
            os.chown(self.folder, servant().pw_uid, servant().pw_gid)

    def parameters(self, database):
        return str(self.path(database))


class Redis:
    def __init__(self, run, *options):
        self.folder = Path(tempfile.mkdtemp(prefix="redis-", dir=run))
        os.chmod(self.folder, 0o755)
        self.port = free_port()
        self.socket = self.folder / "sock"
        self.options = options
        self.start()

    def start(self):
        self.process = Process([find_program("redis-server"), "--port", str(self.port), "--bind", "127.0.0.1",
                                "--unixsocket", str(self.socket), "--unixsocketperm", "777", "--dir",
                                str(self.folder), "--save", "", *self.options], self.folder / "log")
        wait_until(lambda: listens(self.port) and listens(self.socket), "Redis")

    def client(self, **kwargs):
        import redis
        return redis.Redis(unix_socket_path=str(self.socket), **kwargs)

    def stop(self):
        self.process.stop()


class PhpFpm:
    def __init__(self, run, www):
        folder = run / "php"
        folder.mkdir()
        self.socket = folder / "fpm.sock"
        s = servant()
        account = f"user = {s.pw_name}\ngroup = {s.pw_gid}\n" if IS_ROOT else ""
        (folder / "fpm.conf").write_text(
            f"[global]\nerror_log = {folder}/log\ndaemonize = no\n[www]\n{account}listen = {self.socket}\n"
            "listen.mode = 0666\npm = static\npm.max_children = 8\ncatch_workers_output = yes\n"
            "clear_env = yes\n")
        program = find_program(*[p.name for p in sorted(Path("/usr/sbin").glob("php-fpm*"))], "php-fpm")
        self.process = Process([program, "-y", str(folder / "fpm.conf"), "-F"], folder / "out")
        wait_until(lambda: listens(self.socket), "PHP-FPM")

    def stop(self):
        self.process.stop(signal.SIGQUIT)


class Answer:
    """One HTTP response: status, headers as (name, value) in order, body as text."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def all(self, name):
        return [v for n, v in self.headers if n.lower() == name.lower()]

    def one(self, name):
        values = self.all(name)
        assert len(values) <= 1, values
        return values[0] if values else None

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {self.headers}\n{self.body[:2000]}"


EVENT = ("<IfModule mpm_event_module>\nStartServers 2\nServerLimit 4\nThreadsPerChild 16\nMaxRequestWorkers 64\n"
         "MinSpareThreads 16\nMaxSpareThreads 64\n</IfModule>\n")
PREFORK = "<IfModule mpm_prefork_module>\nStartServers 4\nMaxRequestWorkers 16\n</IfModule>\n"
LOADED = ("authn_core authz_core authz_user authz_host authn_file auth_basic alias dir mime env setenvif headers "
          "watchdog rewrite cgid proxy proxy_http proxy_fcgi http2 ssl socache_shmcb status include actions").split()


def reports_of(text):
    """What a sanitiser says of us. httpd's own mutexes in shared memory, its listeners closed by another thread and
    the signal handler of prefork are not for ThreadSanitizer, which they are not built for; nor is what libcrypto does
    at its end, in threads that we merely started."""
    if SANITIZER != "tsan":
        return [text]
    return [report for report in text.split("==================\n")
            if "mod_moodlesso" in re.split(r"\n  (?:Thread T|Mutex M)", report)[0]]


class Httpd:
    """One httpd with our module. `config` is what the test shows; the rest is the same everywhere."""
    numbers = itertools.count(1)  # threads may start servers at the same time

    def __init__(self, run, www, php, config, mpm="event", workers=None, extra=(), load_last=False,
                 bare=False):
        self.folder = run / f"httpd-{next(Httpd.numbers)}"
        self.folder.mkdir()
        # of a sanitiser, in the children too, which run as another account
        self.reports = self.folder / "reports"
        self.reports.mkdir()
        self.reports.chmod(0o1777)
        self.port, self.tls_port = free_port(), free_port()
        self.error_log = self.folder / "error.log"
        self.read_to, self.stopped_at = 0, None
        self.allowed = []
        s = servant()
        account = f"User {s.pw_name}\nGroup #{s.pw_gid}\n" if IS_ROOT else ""
        names = [f"mpm_{mpm}", *[n for n in LOADED if n != "http2" or mpm == "event"], *extra]
        ours = "" if bare else f"LoadModule moodlesso_module {MODULE}\n"
        loads = "".join(f"LoadModule {n}_module {MODULES}/mod_{n}.so\n" for n in names
                        if (MODULES / f"mod_{n}.so").exists())
        self.config = config.replace("@PORT@", str(self.port)).replace("@TLSPORT@", str(self.tls_port)) \
            .replace("@WWW@", str(www)).replace("@RUN@", str(run)).replace("@HTTPD@", str(self.folder)) \
            .replace("@PHP@", f"proxy:unix:{php.socket}|fcgi://localhost" if php else "")
        (self.folder / "httpd.conf").write_text(
            f"ServerRoot {self.folder}\nServerName 127.0.0.1\nListen 127.0.0.1:{self.port}\n"
            f"{'' if load_last else ours}{loads}{ours if load_last else ''}{account}PidFile {self.folder}/pid\n"
            f"ErrorLog {self.error_log}\nLogLevel notice{'' if bare else ' moodlesso:info'}\nDocumentRoot {www}\n"
            f"<IfModule cgid_module>\nScriptSock {self.folder}/cgisock\n</IfModule>\n"
            f"<IfModule ssl_module>\nSSLSessionCache shmcb:{self.folder}/ssl(512000)\n</IfModule>\nTypesConfig /dev/null\nAddType text/html .html\nAddType text/plain .txt\nDirectoryIndex index.html\n"
            f"{workers or (PREFORK if mpm == 'prefork' else EVENT)}"
            # for longer than a client of the tests may be held up between two requests
            "GracefulShutdownTimeout 5\nKeepAliveTimeout 60\n"
            f"<Directory />\nAllowOverride None\nOptions FollowSymLinks ExecCGI Includes\nRequire all granted\n</Directory>\n"
            f"{self.config}\n")
        self.process, self.has_run = None, False

    def check(self):
        """httpd -t: (exit status, output)."""
        done = subprocess.run([HTTPD, "-t", "-f", str(self.folder / "httpd.conf")], capture_output=True, text=True,
                              env=self.environment())
        return done.returncode, done.stdout + done.stderr + self.log_text()

    def log_text(self):
        """The error log; a configuration that does not hold ends the start before there is one."""
        return self.error_log.read_text() if self.error_log.exists() else ""

    def environment(self):
        env = dict(os.environ)
        library = {"asan": "libasan.so", "tsan": "libtsan.so"}.get(SANITIZER)
        if library:
            path = subprocess.run(["gcc", f"-print-file-name={library}"], capture_output=True, text=True).stdout.strip()
            env["LD_PRELOAD"] = path
            env["ASAN_OPTIONS"] = f"detect_leaks=0:abort_on_error=0:log_path={self.reports}/r"
            env["UBSAN_OPTIONS"] = f"print_stacktrace=1:log_path={self.reports}/r"
            # prefork ends its children inside a signal handler
            env["TSAN_OPTIONS"] = f"log_path={self.reports}/r:report_signal_unsafe=0"
            if os.environ.get("APR_DEBUG"):
                env["LD_LIBRARY_PATH"] = os.environ["APR_DEBUG"]
        return env

    def starts(self):
        """How often it has begun to listen, or begun anew."""
        return self.error_log.read_text().count("resuming normal operations") if self.error_log.exists() else 0

    def start(self):
        before = self.starts()
        self.process = Process([HTTPD, "-f", str(self.folder / "httpd.conf"), "-DFOREGROUND"], self.folder / "out",
                               env=self.environment())
        # its signal handlers are set by then, too
        wait_until(lambda: not self.process.alive() or (self.starts() > before and self.runs_cgi()), "httpd")
        assert self.process.alive(), (self.folder / "out").read_text() + self.log_text()
        self.has_run = True
        return self

    def runs_cgi(self):
        """mod_cgid's daemon starts beside httpd; last of all its socket gets to belong to who httpd's workers are."""
        owner = servant().pw_uid if IS_ROOT else os.geteuid()
        return "LoadModule cgid_module" not in (self.folder / "httpd.conf").read_text() or \
            any(socket_file.stat().st_uid == owner for socket_file in self.folder.glob("cgisock.*"))

    def stop(self):
        if self.process:
            self.stopped_at = self.error_log.stat().st_size if self.error_log.exists() else 0
            self.process.stop()
            self.process = None
        found = [report for p in self.reports.iterdir() for report in reports_of(p.read_text())]
        assert not found, "\n".join(found)

    def graceful(self, until_old_are_gone=True):
        """Until then one of them may take a request yet, and answer as it is used to or hang up."""
        before, old = self.starts(), children_of(self.process.process.pid)
        self.process.send(signal.SIGUSR1)
        wait_until(lambda: self.starts() > before, "graceful restart")
        if until_old_are_gone:
            wait_until(lambda: not old & children_of(self.process.process.pid), "the old processes to end")

    def kill(self):
        """All its processes at once, as when the power goes; start() again is possible."""
        os.killpg(self.process.process.pid, signal.SIGKILL)
        self.process.process.wait()
        self.process.stop()
        self.process = None
        # the last of its processes to die lets go of them
        wait_until(lambda: not listens(self.port) and not listens(self.tls_port), "its sockets to be closed")
        self.expect("AH00098: pid file")

    # -- the log gate: a warning that a test did not announce fails it ------------------------------

    def expect(self, *patterns):
        self.allowed += patterns

    def unexpected(self):
        if not self.error_log.exists():
            return []
        text = self.error_log.read_bytes()
        end = len(text) if self.stopped_at is None else self.stopped_at
        lines = text[self.read_to:end].decode(errors="replace").splitlines(keepends=True)
        # mpm_event and a worker of its close one socket at once
        lines += [line for line in text[max(self.read_to, end):].decode(errors="replace").splitlines(keepends=True)
                  if "AH00468" not in line]
        self.read_to = len(text)
        allowed, self.allowed = self.allowed, []
        return [line for line in lines if re.search(r"\[[a-z_0-9]*:(warn|error|crit|alert|emerg)\]", line)
                and not any(re.search(p, line) for p in allowed)
                # httpd at our own stop, with connections kept alive; its note of being busy; mod_ssl newer than libssl
                and not re.search("AH00045|AH00288|AH0309[23]|AH10159|AH01882", line)]

    def logged(self, pattern):
        return self.error_log.exists() and re.search(pattern, self.error_log.read_text(errors="replace"))

    # -- clients ----------------------------------------------------------------------------------

    def get(self, path, cookie=None, headers=(), method="GET", body=None, host=None, timeout=PATIENCE):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            connection.putheader("Host", host or f"127.0.0.1:{self.port}")
            for name, value in headers:
                connection.putheader(name, value)
            if cookie is not None:
                connection.putheader("Cookie", cookie)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            response = connection.getresponse()
            return Answer(response.status, response.getheaders(), response.read().decode("utf-8", "replace"))
        finally:
            connection.close()

    def raw(self, request, port=None):
        """Bytes in, bytes out, until the server closes."""
        with socket.create_connection(("127.0.0.1", port or self.port), PATIENCE) as s:
            s.sendall(request)
            answer = b""
            while chunk := s.recv(65536):
                answer += chunk
        return answer

    def h2(self, path, cookie=None, headers=()):
        """One request over HTTP/2 with prior knowledge."""
        args = ["curl", "-s", "-i", "--http2-prior-knowledge", "-m", str(PATIENCE)]
        for name, value in headers:
            args += ["-H", f"{name}: {value}" if value else f"{name};"]
        if cookie is not None:
            args += ["-H", f"Cookie: {cookie}"]
        out = subprocess.run([*args, f"http://127.0.0.1:{self.port}{path}"], capture_output=True).stdout.decode(
            "utf-8", "replace")
        head, _, body = out.partition("\r\n\r\n")
        lines = head.split("\r\n")
        return Answer(int(lines[0].split()[1]), [tuple(line.split(": ", 1)) if ": " in line else (line.rstrip(":"), "")
                                                 for line in lines[1:]], body)

    def status(self):
        return self.get("/moodlesso-status").json


def tls_files(folder, *names):
    """A certificate for these names, signed by a root of our own; (root, certificate, key)."""
    folder.mkdir(exist_ok=True)
    root, key, cert = folder / "root.pem", folder / "key.pem", folder / "cert.pem"
    if not cert.exists():
        def openssl(*args):
            subprocess.run(["openssl", *map(str, args)], check=True, capture_output=True)
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                "-subj", "/CN=test root", "-keyout", folder / "root.key", "-out", root)
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={names[0]}",
                "-keyout", key, "-out", folder / "req.pem")
        (folder / "ext").write_text("subjectAltName=" + ",".join(
            ("IP:" if re.fullmatch(r"[\d.]+", n) else "DNS:") + n for n in names))
        openssl("x509", "-req", "-in", folder / "req.pem", "-CA", root, "-CAkey", folder / "root.key",
                "-CAcreateserial", "-days", "2", "-extfile", folder / "ext", "-out", cert)
    return root, cert, key
