# SPDX-License-Identifier: Apache-2.0
"""backend.py -- an HTTP application behind mod_proxy_http: shows the request headers it gets, and
answers with the status and headers that the query asks for."""
import json
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler

from env import LoopbackServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
        length = int(self.headers.get("Content-Length") or 0)
        body = json.dumps({"headers": self.headers.items(), "uri": self.path, "method": self.command,
                           "body": self.rfile.read(length).decode("latin-1")}).encode()
        self.send_response(int(query.get("status", 200)))
        for name, value in json.loads(query.get("headers", "[]")):
            self.send_header(name, value)
        if query.get("status") != "304":
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD" and query.get("status") != "304":
            self.wfile.write(body)

    do_GET = do_POST = do_HEAD = answer

    def log_message(self, *args):
        pass


class Backend:
    def __init__(self):
        self.server = LoopbackServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
