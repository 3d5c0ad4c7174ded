# SPDX-License-Identifier: Apache-2.0
"""provider.py -- a certified OpenID provider (provider.mjs), in a process of its own that can be stopped and frozen."""
import http.client
import json
import ssl
import subprocess
import urllib.parse
from pathlib import Path

import env

AUDIENCE = "https://moodle.example"


class Provider:
    """Speaks https with a certificate of a root of our own; keeps its keys while it is stopped."""

    def __init__(self, folder):
        self.folder, self.port = folder, env.free_port()
        self.root, self.cert, self.key = env.tls_files(folder, "127.0.0.1")
        self.url, self.log = f"https://127.0.0.1:{self.port}", folder / "log"
        self.trusted = ssl.create_default_context(cafile=self.root)
        self.start()

    def start(self):
        self.process = env.Process([env.find_program("node"), Path(__file__).with_name("provider.mjs"), str(self.port),
                                    self.key, self.cert, self.folder / "state"], self.log, stdin=subprocess.PIPE, text=True)
        try:
            env.wait_until(lambda: env.listens(self.port) or not self.process.alive(), "the provider")
            assert self.process.alive(), self.log.read_text()
        except AssertionError:
            self.stop()
            raise

    def stop(self):
        self.process.process.stdin.close()
        self.process.stop()

    def freeze(self):
        """A black hole: it takes connections and never answers."""
        self.process.freeze()

    def thaw(self):
        self.process.thaw()

    def command(self, name, argument):
        ended = len(self.ended())
        self.process.process.stdin.write(json.dumps({name: argument}) + "\n")
        self.process.process.stdin.flush()
        env.wait_until(lambda: len(self.ended()) > ended, name)
        assert self.ended()[-1] == "done", self.ended()[-1]

    def ended(self):
        return [line for line in self.log.read_text().splitlines() if line == "done" or line.startswith("failed: ")]

    def publish(self, *kids):
        """Have the keys of these ids from now on; the first one signs."""
        self.command("publish", kids)

    def logout(self, sub, sid, to):
        """Send a logout token there."""
        self.command("logout", {"sub": sub, "sid": sid, "to": to})

    def clients(self, *clients):
        """With these people can sign in."""
        self.command("clients", clients)

    def asked(self):
        """How often was it asked for its metadata and its keys?"""
        lines = self.log.read_text().splitlines()
        return lines.count("GET /.well-known/openid-configuration"), lines.count("GET /jwks")

    def tokens(self, count, sub="alice", alg="RS256", resource=AUDIENCE, **more):
        """New access tokens, asked of the provider as any client would."""
        form = {"grant_type": "urn:mod-moodlesso:anybody", "client_id": "moodle", "client_secret": "of-this-test-alone",
                "sub": sub, "alg": alg, "resource": resource, **more}
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=env.PATIENCE, context=self.trusted)
        tokens = []
        for _ in range(count):
            connection.request("POST", "/token", urllib.parse.urlencode(form), {"Content-Type": "application/x-www-form-urlencoded"})
            tokens.append(json.load(connection.getresponse())["access_token"])
        connection.close()
        return tokens

    def token(self, *arguments, **more):
        return self.tokens(1, *arguments, **more)[0]
