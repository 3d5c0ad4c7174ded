# SPDX-License-Identifier: Apache-2.0
"""instructions.py -- user-space instructions per request, counted by callgrind: repeatable, whatever
else the machine is doing.

One httpd in one process (-X) of prefork: with threads, a request that the client sends late, as on a busy
machine, costs a way through the listener's queue, some 900 instructions that are nobody's. 60 requests to
warm up, then counting on; a dump after 100 more, another after 600 more: the second dump / 600 is the
figure, so start-up cancels out."""
import os
import re
import socket
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "httpd"))
import env  # noqa: E402

THREADS = ("<IfModule mpm_event_module>\nStartServers 1\nServerLimit 1\nThreadsPerChild 8\nMaxRequestWorkers 8\n"
           "MinSpareThreads 1\nMaxSpareThreads 8\n</IfModule>\nKeepAlive On\nMaxKeepAliveRequests 0\n")


class Lean(env.Httpd):
    """An httpd with few modules, ours only where it is measured, and a log that says little."""

    def __init__(self, run, www, php, config, ours=True, **kwargs):
        super().__init__(run, www, php, config, **kwargs)
        path = self.folder / "httpd.conf"
        lines = path.read_text().replace("LogLevel notice moodlesso:info", "LogLevel notice").splitlines()
        path.write_text("\n".join(line for line in lines if ours or "moodlesso_module" not in line) + "\n")


class Counted(Lean):
    """The same under callgrind, without threads."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, mpm="prefork", **kwargs)

    def start(self):
        self.out = self.folder / "callgrind"
        if env.IS_ROOT:  # callgrind's control pipes must belong to the account that httpd runs as
            for path in (self.folder, *self.folder.iterdir()):
                os.chown(path, env.servant().pw_uid, env.servant().pw_gid)
        self.process = env.Process(
            ["valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={self.out}", "-q",
             env.HTTPD, "-f", str(self.folder / "httpd.conf"), "-X"], self.folder / "out", as_servant=True)
        env.wait_until(lambda: not self.process.alive() or env.listens(self.port), "httpd under valgrind", 120)
        assert self.process.alive(), (self.folder / "out").read_text()
        return self

    def control(self, *words):
        done = env.Process(["callgrind_control", *words, str(self.process.process.pid)], self.folder / "control",
                           as_servant=True)
        assert done.process.wait(60) == 0, (self.folder / "control").read_text()

    def dumps(self):
        return sorted(self.folder.glob("callgrind.[0-9]*"), key=lambda p: int(p.suffix[1:]))

    def count(self, make, n=600):
        """Instructions per request; make(i) gives the bytes of the i-th."""
        assert keep_alive(self.port, 60, make) in (200, 302, 303, 401)
        self.control("-i", "on")
        keep_alive(self.port, 100, lambda i: make(60 + i))
        self.control("-d")
        keep_alive(self.port, n, lambda i: make(160 + i))
        self.control("-d")
        env.wait_until(lambda: len(self.dumps()) >= 2, "two dumps", 60)
        return int(re.search(r"^totals: (\d+)", self.dumps()[1].read_text(), re.M)[1]) / n


def keep_alive(port, n, make):
    """n requests on one connection; the last status."""
    with socket.create_connection(("127.0.0.1", port), 60) as s:
        f = s.makefile("rb")
        for i in range(n):
            s.sendall(make(i))
            length = 0
            status = f.readline()
            while (line := f.readline()) not in (b"\r\n", b""):
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            f.read(length)
    return int(status.split()[1])


def request(path="/static.txt", cookie=None, headers=()):
    lines = [f"GET {path} HTTP/1.1", "Host: bench.test", "User-Agent: bench/1.0", "Accept: */*",
             "Accept-Encoding: gzip, deflate", "Accept-Language: en", *headers]
    if cookie:
        lines.append(f"Cookie: {cookie}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
