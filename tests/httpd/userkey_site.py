# SPDX-License-Identifier: Apache-2.0
"""userkey_site.py -- the stand-in for Moodle with the plugin auth_userkey in it, and a plugin that misbehaves."""
import json
import threading
import time
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qsl

from env import LoopbackServer
from moodle_site import MoodleSite

TOKEN = "secret-of-userkey"  # what begins so may be in no log


class UserkeySite(MoodleSite):
    """Where wwwroot is the server's own address: what asks for keys is the server itself. `@PORT@` in root is filled in
    by opened()."""

    def __init__(self, server, name="moodle_site", root="http://127.0.0.1:@PORT@", redis=None):
        super().__init__(server, name, root, redis)
        serial = "SERIAL" if server.driver == "pgsql" else "INTEGER AUTO_INCREMENT"
        self.execute(f"CREATE TABLE mdl_user_private_key (id {serial} PRIMARY KEY, script VARCHAR(128), value VARCHAR(128), "
                     "userid BIGINT, iprestriction VARCHAR(255), validuntil BIGINT)")
        self.execute(f"CREATE TABLE standin_notes (id {serial} PRIMARY KEY, what VARCHAR(20), detail VARCHAR(255), "
                     "address VARCHAR(50))")
        if server.driver == "pgsql":
            self.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO moodle")
            self.execute("GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO moodle")

    def config(self, **settings):
        return super().config(**{"USERKEY_TOKEN": TOKEN, "USERKEY_MAPPING": "username", **settings})

    def opened(self, server):
        self.root = self.root.replace("@PORT@", str(server.port))
        return server

    def notes(self, what):
        """(detail, address) of each time."""
        return [tuple(row) for row in self.execute("SELECT detail, address FROM standin_notes WHERE what = %s ORDER BY id", what)]

    @property
    def issued(self):
        return len(self.notes("issue"))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        self.server.log.append((self.path, form, dict(self.headers)))
        is_key = self.path.endswith("login.php")
        if (fault := self.server.faults.get("redeem" if is_key else "request")) is not None:
            return fault(self)
        if is_key:
            return self.reply(303, b"", [("Location", "https://evil.example/"), ("Set-Cookie", self.server.cookie)])
        return self.reply(200, json.dumps({"loginurl": f"{self.server.root}/auth/userkey/login.php?key={'a1' * 16}"}).encode())

    do_GET = do_HEAD = lambda self: self.server.log.append((self.path, None, {}))

    def reply(self, status, body, headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


class Misbehaving(LoopbackServer):
    """A plugin with faults: {"request" or "redeem": function of the handler}. `cookie` is the line it sets."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.root = f"http://127.0.0.1:{self.server_address[1]}"
        self.log, self.faults, self.cookie, self.released = [], {}, "MoodleSession=none; path=/", threading.Event()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, address):
        """Whoever hangs up in the middle is part of the tests."""

    def stop(self):
        self.released.set()
        self.shutdown()
        self.server_close()


def saying(status, body, *headers):
    return lambda handler: handler.reply(status, body if isinstance(body, bytes) else json.dumps(body).encode(), headers)


def excepting(code):
    return saying(200, {"exception": "core\\exception\\x", "errorcode": code, "message": "M"})


def hanging(handler):
    handler.server.released.wait(20)


def dripping(handler):
    """A byte at a time, for ever."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    while not handler.server.released.is_set():
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.05)
