# SPDX-License-Identifier: Apache-2.0
"""relying_party.py -- a certified relying party (relying_party.mjs): what it makes of a provider is a judgement independent
of ours."""
import json
import subprocess
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import env


class RelyingParty:
    """Waits so many seconds for each answer of a provider."""

    def __init__(self, folder, client, secret, redirect, seconds):
        self.log = folder / "relying-party.log"
        self.about = {"client": client, "secret": secret, "redirect": redirect, "seconds": seconds}
        self.process = env.Process([env.find_program("node"), Path(__file__).with_name("relying_party.mjs")], self.log,
                                   stdin=subprocess.PIPE, text=True)

    def stop(self):
        self.process.process.stdin.close()
        self.process.stop()

    def said(self):
        return self.log.read_text().splitlines()

    def command(self, name, argument):
        before = len(self.said())
        self.process.process.stdin.write(json.dumps({name: argument}) + "\n")
        self.process.process.stdin.flush()
        env.wait_until(lambda: len(self.said()) > before and self.log.read_text().endswith("\n") or not self.process.alive(), name)
        assert self.process.alive(), self.log.read_text()
        return json.loads(self.said()[-1])

    def sign_in(self, issuer, seconds=None):
        """One whole login there: {"claims": ..}, or {"refused": why}; for once it waits so many seconds."""
        answer = self.begin(issuer, seconds)
        return self.finish(issuer.authorize(dict(parse_qsl(urlsplit(answer["url"]).query)))) if "url" in answer else answer

    def begin(self, issuer, seconds=None):
        """{"url": where the browser goes}"""
        return self.command("begin", {"issuer": issuer.url, **self.about, "seconds": seconds or self.about["seconds"]})

    def finish(self, url):
        """... and where it came back."""
        return self.command("finish", url)
