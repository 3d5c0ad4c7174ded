# SPDX-License-Identifier: Apache-2.0
"""outage.py -- what people feel while the identity provider is away: ten times as many clients as httpd has workers.

Files, sealed sessions, strangers whose tokens name a key that nobody knows, and new sign-ins, all at once, with the
provider healthy, silent (it takes connections and never answers), silent while httpd is restarted, stopped, and healthy
again. A figure is the median of some rounds. The times are good as ratios to the healthy provider only, but for a
sign-in's: it shall be answered within 50 ms."""
import statistics
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "httpd"))
import env  # noqa: E402
from bench import MODULES, PROTECTED, broken, limit, say  # noqa: E402
from instructions import Lean  # noqa: E402
from provider import AUDIENCE, Provider  # noqa: E402

WORKERS, ROUNDS, SECONDS, SIGN_INS = 32, 3, 2, 150
MPM = (f"<IfModule mpm_event_module>\nStartServers 2\nServerLimit 2\nThreadsPerChild {WORKERS // 2}\nMaxRequestWorkers {WORKERS}\n"
       # else httpd closes connections that rest when its workers are busy, which a client would count as lost
       "</IfModule>\nKeepAlive Off\n")
HEALTHY, SILENT, RESTARTED, STOPPED, AGAIN = "healthy", "silent", "silent, httpd restarted", "stopped", "healthy again"


class Crowd:
    """Clients of one sort; `think` is for how many milliseconds each rests between two requests."""

    def __init__(self, folder, name, clients, think, method, path, header, values):
        self.name, self.file = name, folder / name
        self.file.write_text("\n".join(values) + "\n")
        self.arguments = [str(clients)], [str(think), method, path, header, str(self.file)]

    def come(self, port):
        (clients,), words = self.arguments
        self.wrk = subprocess.Popen(["wrk", "-t1", f"-c{clients}", f"-d{SECONDS}s", "-s", Path(__file__).with_name("outage.lua"),
                                     f"http://127.0.0.1:{port}", "--", *words], stdout=subprocess.PIPE, text=True)

    def leave(self):
        """(requests, those answered with an error status, those not answered, p99 in ms)"""
        out = self.wrk.communicate()[0]
        requests, refused, lost, p99 = map(int, out.partition("RESULT ")[2].split())
        return requests, refused, lost, p99 / 1000


class Outage:
    def __init__(self):
        self.run = env.run_folder()
        self.www = self.run / "www"
        for folder in (self.www, self.www / "protected"):
            folder.mkdir()
            (folder / "static.txt").write_text("x" * 1024)
        self.provider = Provider(self.run / "provider")
        # of a key that it had for a moment, before anybody asked
        self.provider.publish("gone")
        strangers = [self.provider.token() for _ in range(200)]
        self.provider.publish("k1")
        self.known = self.provider.token()
        self.new = iter([self.provider.token() for _ in range(5 * ROUNDS * SIGN_INS)])
        self.strangers = [f"Bearer {token}" for token in strangers]
        self.p99 = {}

    def start(self):
        env.LOADED = MODULES
        config = ("MoodleSSOBaseURL https://bench.test\nMoodleSSOStateDir @RUN@/state\n"
                  f"MoodleSSOSource idp oidc issuer={self.provider.url} audience={AUDIENCE} ca={self.provider.root}\n"
                  "<Location />\nMoodleSSOUse idp\n</Location>\n<Location /moodlesso-status>\nSetHandler moodlesso-status\n</Location>\n")
        self.server = Lean(self.run, self.www, None, config + PROTECTED, workers=MPM).start()
        env.wait_until(lambda: self.issuer()["keys"] == 2, "the keys of the provider")

    def restart(self):
        self.server.stop()
        self.start()

    def issuer(self):
        return self.server.status()["issuers"]["idp"]

    def crowds(self):
        new = [f"Bearer {next(self.new)}" for _ in range(SIGN_INS)]
        return [Crowd(self.run, "files", 4 * WORKERS, 200, "GET", "/static.txt", "Accept", ["*/*"]),
                Crowd(self.run, "sessions", 4 * WORKERS, 200, "GET", "/protected/static.txt", "Cookie", [self.session]),
                Crowd(self.run, "strangers", 3 * WORKERS // 2, 200, "GET", "/protected/static.txt", "Authorization", self.strangers),
                Crowd(self.run, "sign-ins", WORKERS // 2, 300, "POST", "/moodlesso/teams", "Authorization", new)]

    def round(self, phase):
        """What came of it, by crowd."""
        crowds = self.crowds()
        for crowd in crowds:
            crowd.come(self.server.port)
        seen = {crowd.name: crowd.leave() for crowd in crowds}
        for name, (requests, refused, lost, p99) in seen.items():
            assert requests > 0 and lost == 0, (phase, name, seen[name])
            assert refused == (requests if name == "strangers" else 0), (phase, name, seen[name])
        assert seen["sign-ins"][0] <= SIGN_INS, "too few tokens: some came twice"
        return seen

    def measure(self, phase):
        rounds = [self.round(phase) for _ in range(ROUNDS)]
        self.p99[phase] = {name: statistics.median(seen[name][3] for seen in rounds) for name in rounds[0]}
        say((phase, 26), *[(f"{p99:.2f}", 10) for p99 in self.p99[phase].values()],
            (f"{sum(crowd[0] for seen in rounds for crowd in seen.values()):,}", 10))

    def sign_in(self):
        answer = self.server.get("/moodlesso/teams", method="POST", headers=[("Authorization", f"Bearer {self.known}")], body=b"")
        self.session = answer.one("Set-Cookie").partition(";")[0]

    def run_phases(self):
        self.start()
        self.sign_in()
        say(("provider; p99 in ms of", 26), ("files", 10), ("sessions", 10), ("strangers", 10), ("sign-ins", 10), ("requests", 10))
        self.measure(HEALTHY)
        # a new server, which has not asked for the strangers' key within the last five minutes
        self.restart()
        self.provider.freeze()
        self.measure(SILENT)
        self.restart()
        self.measure(RESTARTED)
        assert self.issuer()["failures"] > 0
        self.provider.stop()
        self.measure(STOPPED)
        assert self.issuer()["failures"] > 1
        self.provider.start()
        env.wait_until(lambda: self.issuer()["failures"] == 0, "the provider to be asked again", 60)
        self.measure(AGAIN)

    def judge(self):
        for phase in (SILENT, RESTARTED, STOPPED):
            for name in ("files", "sessions"):
                healthy = (self.p99[HEALTHY][name] + self.p99[AGAIN][name]) / 2
                limit(f"{phase}: p99 of {name}, of healthy", self.p99[phase][name] / healthy, 1.5)
            limit(f"{phase}: p99 of sign-ins, ms", self.p99[phase]["sign-ins"], 50)


def main():
    print(f"The provider away: {WORKERS} workers, {10 * WORKERS} clients, {ROUNDS} rounds of {SECONDS} s each")
    outage = Outage()
    try:
        outage.run_phases()
    finally:
        outage.server.stop()
        outage.provider.stop()
    outage.judge()
    print("all limits kept" if not broken else f"NOT KEPT: {', '.join(broken)}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
