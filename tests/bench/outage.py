# SPDX-License-Identifier: Apache-2.0
"""outage.py -- what people feel while the identity provider is away: ten times as many clients as httpd has workers.

Two sites, each an httpd with a provider of its own, get the same load at the same time: files, sealed sessions, strangers
whose tokens name a key that nobody knows, and new sign-ins. The provider of the one stays well; that of the other is silent
(it takes connections and never answers), silent while httpd is restarted, and stopped. Figures are medians of some rounds;
the times are good as ratios between the two only, but for a sign-in's: it shall be answered within 50 ms, on a machine
that lets the site that is well do so. A request that waited for the provider would wait for seconds, a thousand times as
long: a ratio of two is what neighbours on the machine can do."""
import statistics
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "httpd"))
import env  # noqa: E402
from bench import MODULES, PROTECTED, broken, limit, say  # noqa: E402
from instructions import Lean  # noqa: E402
from provider import AUDIENCE, Provider  # noqa: E402

WORKERS, ROUNDS, SECONDS, SIGN_INS, ENOUGH = 32, 5, 2, 80, 50
MPM = (f"<IfModule mpm_event_module>\nStartServers 2\nServerLimit 2\nThreadsPerChild {WORKERS // 2}\nMaxRequestWorkers {WORKERS}\n"
       # else httpd closes connections that rest when its workers are busy, which a client would count as lost
       "</IfModule>\nKeepAlive Off\n")
WELL, SILENT, RESTARTED, STOPPED = "well", "silent", "silent, httpd restarted", "stopped"
CROWDS = ("files", "sessions", "strangers", "sign-ins")


class Crowd:
    """Clients of one sort; each rests about `think` milliseconds between two requests."""

    def __init__(self, site, name, clients, think, method, path, header, values):
        self.name, file = name, site.folder / name
        file.write_text("\n".join(values) + "\n")
        self.wrk = subprocess.Popen(["wrk", "-t1", f"-c{clients}", f"-d{SECONDS}s", "-s", Path(__file__).with_name("outage.lua"),
                                     f"http://127.0.0.1:{site.server.port}", "--", str(think), method, path, header, str(file)],
                                    stdout=subprocess.PIPE, text=True)

    def leave(self):
        """p99 in ms, when every request was answered as it should be."""
        requests, refused, lost, p99 = map(int, self.wrk.communicate()[0].partition("RESULT ")[2].split())
        seen = (self.name, requests, refused, lost)
        assert requests > 0 and lost == 0, seen
        assert refused == (requests if self.name == "strangers" else 0), seen
        assert self.name != "sign-ins" or requests <= SIGN_INS, "too few tokens: some came twice"
        return p99 / 1000


class Site:
    """An httpd and its provider."""

    def __init__(self, run, www, name):
        self.run, self.www, self.folder = run, www, run / name
        self.provider = Provider(self.folder)
        # of a key that it had for a moment, before anybody asked
        self.provider.publish("gone")
        self.strangers = [f"Bearer {token}" for token in self.provider.tokens(100)]
        self.provider.publish("k1")
        self.known = self.provider.token()
        self.new = iter([f"Bearer {token}" for token in self.provider.tokens(4 * ROUNDS * SIGN_INS)])
        self.start()
        answer = self.server.get("/moodlesso/teams", method="POST", headers=[("Authorization", f"Bearer {self.known}")], body=b"")
        self.session = answer.one("Set-Cookie").partition(";")[0]

    def start(self):
        env.LOADED = MODULES
        config = (f"MoodleSSOBaseURL https://bench.test\nMoodleSSOStateDir {self.folder}/moodlesso\n"
                  f"MoodleSSOSource idp oidc issuer={self.provider.url} audience={AUDIENCE} ca={self.provider.root}\n"
                  "<Location />\nMoodleSSOUse idp\n</Location>\n"
                  "<Location /moodlesso-status>\nSetHandler moodlesso-status\n</Location>\n")
        self.server = Lean(self.run, self.www, None, config + PROTECTED, workers=MPM).start()
        env.wait_until(lambda: self.issuer()["keys"] == 2, "the keys of the provider")

    def restart(self):
        self.server.stop()
        self.start()

    def stop(self):
        self.server.stop()
        self.provider.stop()

    def issuer(self):
        return self.server.status()["issuers"]["idp"]

    def crowds(self):
        new = [next(self.new) for _ in range(SIGN_INS)]
        return [Crowd(self, "files", 4 * WORKERS, 300, "GET", "/static.txt", "Accept", ["*/*"]),
                Crowd(self, "sessions", 4 * WORKERS, 300, "GET", "/protected/static.txt", "Cookie", [self.session]),
                Crowd(self, "strangers", 3 * WORKERS // 2, 300, "GET", "/protected/static.txt", "Authorization", self.strangers),
                Crowd(self, "sign-ins", WORKERS // 2, 700, "POST", "/moodlesso/teams", "Authorization", new)]


def measure(phase, well, away):
    """Medians of p99 in ms, and of the ratio between the two sites, for each crowd."""
    rounds = []
    for i in range(ROUNDS):
        # who comes first has the better places: each in turn
        crowds = {site: site.crowds() for site in ((well, away), (away, well))[i % 2]}
        rounds.append([[crowd.leave() for crowd in crowds[site]] for site in (well, away)])
    columns = list(zip(*[zip(*pair) for pair in rounds]))
    medians = [[statistics.median(pair[i] for pair in column) for column in columns] for i in (0, 1)]
    say((phase, 26), *[(f"{here:.2f} / {there:.2f}", 18) for there, here in zip(*medians)])
    for name, column in zip(CROWDS[:2], columns):
        limit(f"p99 of {name}, of well", statistics.median(a / w for w, a in column), 2, counted=phase != WELL)
    limit("p99 of sign-ins, ms", medians[1][3], ENOUGH, counted=phase != WELL and medians[0][3] <= ENOUGH)


def run_phases(well, away):
    say(("p99 in ms, away / well", 26), *[(name, 18) for name in CROWDS])
    measure(WELL, well, away)
    # new servers, which have not asked for the strangers' key within the last five minutes
    well.restart()
    away.restart()
    away.provider.freeze()
    measure(SILENT, well, away)
    assert away.issuer()["failures"] > 0
    well.restart()
    away.restart()
    measure(RESTARTED, well, away)
    assert away.issuer()["failures"] > 0
    away.provider.stop()
    measure(STOPPED, well, away)
    assert away.issuer()["failures"] > 1 and well.issuer()["failures"] == 0


def main():
    print(f"The provider away: {WORKERS} workers, {10 * WORKERS} clients, {ROUNDS} rounds of {SECONDS} s each", flush=True)
    run = env.run_folder()
    www = run / "www"
    for folder in (www, www / "protected"):
        folder.mkdir()
        (folder / "static.txt").write_text("x" * 1024)
    sites = []
    try:
        for name in ("well", "away"):
            sites.append(Site(run, www, name))
        run_phases(*sites)
    finally:
        for site in sites:
            site.stop()
    print("all counted limits kept" if not broken else f"NOT KEPT: {', '.join(broken)}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
