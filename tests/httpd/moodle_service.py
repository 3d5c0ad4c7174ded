# SPDX-License-Identifier: Apache-2.0
"""moodle_service.py -- an HTTP stand-in for Moodle's web service over REST.

The answers are those of real Moodles (fixtures/moodle_service.json, as captured, shortened), and so is who is shown what:
core_user_get_users_by_field leaves out, without a word, whoever's field the token's user may not see; himself he sees always."""
import json
import re
import ssl
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qsl

from env import LoopbackServer

REAL = json.loads((Path(__file__).parent / "fixtures" / "moodle_service.json").read_text())
TOKEN = "0123456789abcdef0123456789abcdef"
ALL = frozenset({"viewdetails", "viewalldetails", "viewuseridentity", "viewhiddendetails"})


def user(number, username, idnumber="", **more):
    return {**REAL["user"], "id": number, "username": username, "idnumber": idnumber, "email": f"{username}@example.test", **more}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode(), keep_blank_values=True))
        self.server.log.append((self.path, form))
        fault = self.server.fault
        if fault == "hang":
            return self.server.released.wait(20)
        if fault == "page":
            return self.reply(200, b"<html>a proxy</html>")
        if fault == "off":
            return self.reply(403, b"")
        if fault == "broken":
            return self.reply(500, b"")
        value = REAL["exceptions"][fault] if fault else self.server.answer(self.path, form)
        return self.reply(200, json.dumps(value).encode())

    def reply(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Cache-Control", "private, must-revalidate, pre-check=0, post-check=0, max-age=0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


class MoodleService(LoopbackServer):
    """Members may be changed while it runs: `users`, `fault`, `may` (capabilities of the token's user), `hides` (the site's
    hiddenuserfields)."""

    def __init__(self, root, certificate, key):
        super().__init__(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.root, self.port = root, self.server_address[1]
        self.log, self.fault, self.may, self.hides, self.released = [], None, ALL, frozenset(), threading.Event()
        self.users = [user(1, "guest", email="root@localhost"), user(3, "alice", "E-1001"), user(4, "bob", "E-1002"),
                      user(5, "sue.suspended", "E-1003", suspended=True), user(6, "nora.nologin", "E-1004", auth="nologin"),
                      user(7, "una.unconfirmed", "E-1005", confirmed=False), user(10, "wsuser", "WS-1")]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, address):
        """Whoever hangs up in the middle is part of the tests."""

    def find(self, username):
        return next(person for person in self.users if person["username"] == username)

    def shown(self, person):
        """Moodle's user_get_user_details."""
        own = person["username"] == "wsuser"
        if not own and "viewdetails" not in self.may:
            return {}
        left_out = set()
        if not own and "viewalldetails" not in self.may:
            left_out |= {"username", "idnumber", "department", "auth", "confirmed", "lang", "theme", "mailformat"}
        if not own and "viewuseridentity" not in self.may:
            left_out |= {"email"}
        if "viewhiddendetails" not in self.may:
            left_out |= self.hides
        return {key: value for key, value in person.items() if key not in left_out and (key != "idnumber" or value)}

    def answer(self, path, form):
        if path != "/webservice/rest/server.php" or form.get("moodlewsrestformat") != "json":
            raise AssertionError(path)
        if form.get("wstoken") != TOKEN:
            return REAL["exceptions"]["invalidtoken"]
        if form["wsfunction"] == "core_webservice_get_site_info":
            return REAL["site_info"]
        if form["wsfunction"] != "core_user_get_users_by_field":
            return REAL["exceptions"]["accessexception"]
        field, value = form["field"], form["values[0]"]
        if field == "username" and not re.fullmatch(r"[-._@a-z0-9]+", value):
            return REAL["exceptions"]["invalidparameter"]
        # as MariaDB compares
        found = [self.shown(person) for person in self.users if person[field].lower() == value.lower()]
        return [details for details in found if details.get(field)]

    def stop(self):
        self.released.set()
        self.shutdown()
        self.server_close()
