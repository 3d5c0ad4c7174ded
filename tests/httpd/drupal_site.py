# SPDX-License-Identifier: Apache-2.0
"""drupal_site.py -- an HTTP stand-in for Drupal's answers about a session, 7 with Services and 10.

The answers are those of the real sites (status, headers and bodies as captured, shortened); what it
adds is faults on request. Where a real Drupal is at hand, MOODLESSO_TEST_DRUPAL names it."""
import json
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler

from env import LoopbackServer

UUID = "ece35137-815b-4d38-91de-b93a451580b3"
USER7 = {"uid": "2", "name": "alice", "mail": "alice@example.test", "status": "1", "language": "",
         "timezone": "Europe/Vienna", "roles": {"2": "authenticated user", "4": "teacher"},
         "field_first_name": {"und": [{"value": "Alice", "format": None, "safe_value": "Alice"}]}}
ANONYMOUS7 = {"uid": 0, "hostname": "127.0.0.1", "roles": {"1": "anonymous user"}}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def reply(self, status, body, kind="application/json", location=None):
        body = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Set-Cookie", "SSESSx=planted-by-drupal; path=/; HttpOnly")
        if location:
            self.send_header("Location", location)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.server.log.append((self.command, self.path, self.headers.get("Cookie")))
        known = self.headers.get("Cookie") == "SSESSx=live-session"
        fault = self.server.fault
        if fault == "hang":
            return self.server.released.wait(20)
        if fault == "huge":
            return self.reply(200, " " * 70000 + "{}")
        if fault == "bom":  # an editor's, before "<?php"
            return self.reply(200, "\ufeff" + json.dumps({"meta": {"links": {"me": {"meta": {"id": UUID}}}}}))
        if fault == "drip":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            for _ in range(1000):
                try:
                    self.wfile.write(b" ")
                    self.wfile.flush()
                except OSError:
                    return None
                if self.server.released.wait(0.05):
                    return None
            return None
        if fault == "redirect":
            return self.reply(301, "", location="http://127.0.0.1:1/elsewhere")
        if self.path == "/moodlesso/user/token":
            return self.reply(200, json.dumps({"token": "3Qft0UEX0Vd5hBxUiGHtw9w3WImceJ23G2-4HsrOwt4"}))
        if self.path == "/moodlesso/system/connect":
            if self.headers.get("X-CSRF-Token") != "3Qft0UEX0Vd5hBxUiGHtw9w3WImceJ23G2-4HsrOwt4":
                return self.reply(401, '["CSRF validation failed"]')
            return self.reply(200, json.dumps({"sessid": "x", "session_name": "SSESSx",
                                               "user": USER7 if known else ANONYMOUS7}))
        if self.path == "/user":
            return self.reply(302, "", "text/html", f"https://{self.headers['Host']}/user/{'2' if known else 'login'}")
        if self.path == "/jsonapi":
            body = {"jsonapi": {"version": "1.0"}, "data": []}
            if known:
                body["meta"] = {"links": {"me": {"meta": {"id": UUID}, "href": "x"}}}
            return self.reply(200, json.dumps(body), "application/vnd.api+json")
        if self.path.startswith(f"/jsonapi/user/user/{UUID}?"):
            attributes = {"display_name": "alice"}
            if known:
                attributes = {"drupal_internal__uid": 2, "name": "alice", "mail": "alice@example.test",
                              "preferred_langcode": "en", "field_first_name": "Alice"}
            return self.reply(200, json.dumps({"data": {"type": "user--user", "id": UUID, "attributes": attributes}}),
                              "application/vnd.api+json")
        return self.reply(404, "<html>not found</html>", "text/html")

    do_POST = do_GET

    def log_message(self, *args):
        pass


class DrupalSite:
    def __init__(self, root, certificate, key):
        self.root = root
        self.server = LoopbackServer(("127.0.0.1", 0), Handler)
        self.server.fault, self.server.log, self.server.released = None, [], threading.Event()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def log(self):
        return self.server.log

    def break_with(self, fault):
        self.server.released.set()
        self.server.released = threading.Event()
        self.server.fault = fault

    def stop(self):
        self.server.released.set()
        self.server.shutdown()
        self.server.server_close()
