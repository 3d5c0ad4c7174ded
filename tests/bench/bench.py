# SPDX-License-Identifier: Apache-2.0
"""bench.py -- what the module costs, beside bare httpd and its peers, in one run.

Instructions are counted (callgrind) and repeatable; throughput and times are medians of interleaved
rounds on whatever machine this is, good as ratios only. Each line that has a limit says whether it is
kept; the exit status is 1 when a counted one is not."""
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "httpd"))
import env  # noqa: E402
import peers  # noqa: E402
from instructions import THREADS, Counted, Lean, request  # noqa: E402
from issuer import EcKey, Issuer, b64  # noqa: E402
from sites import Moodle  # noqa: E402

HERE = Path(__file__).resolve().parent
SESSION = "183ahfus9mnrgmi70cjhu3g9js"
OTHERS = "MOODLEID1_=%25ED%25C3; _ga=GA1.1.1234567890.1234567890"
FETCH = ["Sec-Fetch-Dest: iframe", "Sec-Fetch-Site: same-origin", "Sec-Fetch-Storage-Access: none"]
NAVIGATE = ["Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"]
PROTECTED = "<Location /protected>\nAuthType MoodleSSO\nRequire valid-user\n</Location>\n"
EMPTY = "<Location />\n</Location>\n"
ROUNDS, SECONDS, PAIRS = 5, 3, 15
MODULES = "authn_core authz_core authz_user alias dir mime headers watchdog".split()
broken = []


def say(*columns):
    print("  ".join(f"{c:>{w}}" if i else f"{c:<{w}}" for i, (c, w) in enumerate(columns)), flush=True)


def limit(name, value, bound, counted=True, at_least=False):
    kept = value >= bound if at_least else value <= bound
    word = "at least" if at_least else "at most"
    print(f"    {name}: {value:,.2f}, {word} {bound:,} {'- kept' if kept else '- NOT KEPT'}", flush=True)
    if counted and not kept:
        broken.append(name)


class Site:
    """The servers and files of this run."""

    def __init__(self):
        self.run = env.run_folder()
        self.www = self.run / "www"
        self.www.mkdir()
        for folder in (".", "protected", "bearer"):
            (self.www / folder).mkdir(exist_ok=True)
            (self.www / folder / "static.txt").write_text("x" * 1024)
        (self.www / "check.php").write_text(CHECK_PHP)
        for path in [self.www, *self.www.rglob("*")]:
            os.chmod(path, 0o755)
        self.php = env.PhpFpm(self.run, self.www)
        self.mariadb = env.MariaDB(self.run)
        self.moodle = Moodle(self.mariadb)
        self.moodle.session(SESSION)
        self.issuer = peers.Issuer(self.run / "issuer")
        self.ec_issuer = peers.Issuer(self.run / "ec-issuer", kind=EcKey)
        self.idp = Issuer(self.run / "idp")
        self.ec = Issuer(self.run / "ec", kind=EcKey)
        self.many = Issuer(self.run / "many")
        self.many.strange_keys = [{"kty": "RSA", "kid": f"strange-{i}", "use": "sig", "e": "AQAB",
                                   "n": b64(b"\xc0" + os.urandom(254) + b"\x01")} for i in range(999)]

    def stop(self):
        self.php.stop()
        self.mariadb.process.stop()
        self.issuer.stop()
        self.ec_issuer.stop()
        for idp in (self.idp, self.ec, self.many):
            idp.stop()


CHECK_PHP = """<?php
$db = new mysqli('127.0.0.1', 'sso', 'secret', 'moodle', (int)$_SERVER['DB_PORT']);
$q = $db->prepare('SELECT s.sid, u.username FROM mdl_sessions s JOIN mdl_user u ON u.id=s.userid WHERE s.sid=?');
$q->execute([$_COOKIE['MoodleSession']]);
if (!$q->get_result()->fetch_row())
    http_response_code(403);
echo str_repeat('x', 1024);
"""


def cases(site):
    """(name, config, ours, modules, bytes of a request)."""
    ours = site.moodle.directives() + "MoodleSSOCacheTTL 600s 600s\n<Location />\nMoodleSSOUse moodle\n</Location>\n"
    tokens_of = lambda idp: (  # noqa: E731
        "MoodleSSOBaseURL https://bench.test\nMoodleSSOStateDir @HTTPD@/state\n"
        f"MoodleSSOSource idp oidc issuer={idp.url} audience=https://moodle.example algs={idp.keys[0].alg}\n"
        "MoodleSSOCacheTTL 600s 600s\n"
        "<Location />\nMoodleSSOUse idp\n</Location>\n<Location /moodlesso-status>\nSetHandler moodlesso-status\n</Location>\n")
    tokens = tokens_of(site.idp)
    secret = site.run / "client_secret"
    secret.write_text("a secret of the provider's")
    login = tokens.replace("audience=", f"client_id=moodle client_secret=file:{secret} audience=")
    framed = "MoodleSSOBaseURL https://bench.test\nMoodleSSOFrameAncestors teams\n" + ours
    known = f"{OTHERS}; MoodleSession={SESSION}"
    csp = 'Header {} Content-Security-Policy "frame-ancestors https://teams.microsoft.com https://*.teams.microsoft.com"\n'
    dbd = (f'DBDriver mysql\nDBDParams "{site.mariadb.parameters("moodle")}"\nAuthnCacheEnable\n'
           "<Location /protected>\nAuthType Basic\nAuthName x\nAuthBasicProvider socache dbd\nAuthnCacheProvideFor dbd\n"
           "AuthnCacheTimeout 600\nAuthDBDUserPWQuery \"SELECT password FROM bench_user WHERE name=%s\"\n"
           "Require valid-user\n</Location>\n")
    openidc = peers.openidc_config(site.issuer, "@PORT@")
    plain = lambda cookie=None, path="/static.txt", headers=(): (lambda i: request(path, cookie, headers))  # noqa: E731
    return [
        ("bare httpd, empty <Location>", EMPTY, False, [], plain(known)),
        ("bare httpd, no cookie", EMPTY, False, [], plain()),
        ("bare httpd, other cookies", EMPTY, False, [], plain(OTHERS)),
        ("mod_headers set", EMPTY + csp.format("set"), False, [], plain(known)),
        ("mod_headers edit", EMPTY + csp.format("set") + 'Header edit Content-Security-Policy "frame" "frame"\n', False, [],
         plain(known)),
        ("frame-ancestors", "<Location />\nMoodleSSOFrameAncestors teams\n</Location>\n", True, [], plain(known)),
        ("no credential, no cookie", ours, True, [], plain()),
        ("no credential, other cookies", ours, True, [], plain(OTHERS)),
        ("cached Moodle session", ours, True, [], plain(known)),
        ("in a frame, cached", framed, True, [], plain(known, headers=FETCH)),
        ("in a frame, cached, frame cookies", framed + "MoodleSSOFrameCookies MoodleSession*\n", True, [],
         plain(known.replace("MoodleS", "__Host-MoodleS"), headers=FETCH)),
        ("bearer RS256, seen before", tokens, True, [], plain(None, headers=[f"Authorization: Bearer {site.idp.token()}"])),
        ("bearer RS256, first seen", tokens, True, [], fresh_tokens(site.idp)),
        ("bearer RS256, bad signature", tokens, True, [], fresh_tokens(site.idp, bad=True)),
        ("bearer RS256, first seen, 1,000 keys", tokens_of(site.many), True, [], fresh_tokens(site.many)),
        ("bearer ES256, first seen", tokens_of(site.ec), True, [], fresh_tokens(site.ec)),
        ("bearer ES256, bad signature", tokens_of(site.ec), True, [], fresh_tokens(site.ec, bad=True)),
        ("sealed session", tokens, True, [], "session"),
        ("sealed session, allowed, its account known", site.moodle.directives() + tokens + "<Location />\n"
         "MoodleSSOAllow claim name ~Alice.*\nMoodleSSOMatch username username\n</Location>\n", True, [], "session"),
        ("401 to a script", tokens + PROTECTED, True, [], plain(None, "/protected/static.txt", ["Sec-Fetch-Mode: cors"])),
        ("to the Teams page", tokens + PROTECTED, True, [],
         plain(None, "/protected/static.txt", [NAVIGATE[0], *FETCH[:1], "Sec-Fetch-Site: cross-site"])),
        ("to the login", login + PROTECTED, True, [], plain(None, "/protected/static.txt", NAVIGATE)),
        ("from there to the provider", login, True, [], plain(None, "/moodlesso/start/idp?return=%2Fprotected%2Fstatic.txt", NAVIGATE)),
        ("cold Moodle session", ours.replace("600s 600s", "0s 0s"), True, [], plain(known)),
        ("mod_authnz: dbd + socache (Basic)", dbd, False,
         ["authn_dbd", "authn_socache", "auth_basic", "dbd", "socache_shmcb"],
         plain(None, "/protected/static.txt", ["Authorization: Basic YWxpY2U6c2VjcmV0"])),
        ("mod_auth_openidc, session cookie", openidc, False, ["auth_openidc"], "sign in"),
        ("mod_auth_openidc, bearer RS256", openidc, False, ["auth_openidc"],
         plain(None, "/bearer/static.txt", [f"Authorization: Bearer {site.issuer.token(aud='bench')}"])),
        ("mod_auth_openidc, bearer RS256, first seen", openidc, False, ["auth_openidc"],
         fresh_tokens(site.issuer, path="/bearer/static.txt")),
        ("mod_auth_openidc, bearer ES256, first seen", peers.openidc_config(site.ec_issuer, "@PORT@"), False, ["auth_openidc"],
         fresh_tokens(site.ec_issuer, path="/bearer/static.txt")),
        ("mod_auth_openidc, to the login", openidc, False, ["auth_openidc"],
         plain(None, "/protected/static.txt", NAVIGATE)),
    ]


def fresh_tokens(idp, bad=False, path="/static.txt"):
    """A new token in each request, all signed before the first one: (i) -> bytes."""
    made = []

    def make(i):
        if not made:
            made.extend(idp.token(jti=f"{bad}{i}") for i in range(1000))
            if bad:
                made[:] = [token[:-20] + "A" * 19 + token[-1] for token in made]
        return request(path, None, [f"Authorization: Bearer {made[i]}"])
    return make


def our_session(server, site):
    """The Cookie header of a session of ours."""
    answer = server.get("/moodlesso/teams", method="POST", headers=[("Authorization", f"Bearer {site.idp.token()}")], body=b"")
    return answer.one("Set-Cookie").partition(";")[0]


def make_server(site, kind, case, **kwargs):
    name, config, ours, modules, make = case
    env.LOADED = MODULES + modules
    server = kind(site.run, site.www, site.php, config, ours=ours, **kwargs).start()
    if "oidc issuer=" in config:
        env.wait_until(lambda: server.status()["issuers"]["idp"]["keys"] > 0, "the keys of the issuer", 120)
    if make == "session":
        make = (lambda cookie: lambda i: request("/static.txt", cookie))(our_session(server, site))
    if make == "sign in":
        cookie = peers.openidc_sign_in(server, site.issuer)
        make = lambda i: request("/protected/static.txt", cookie).replace(  # noqa: E731
            b"Host: bench.test", f"Host: bench.test:{server.port}".encode())
    return server, make


def count_instructions(site, all_cases):
    print("\nUser-space instructions per request (callgrind, one process, keep-alive, a 1 KB file)")
    counts = {}
    for case in all_cases:
        server, make = make_server(site, Counted, case, workers=THREADS)
        try:
            counts[case[0]] = server.count(make)
        finally:
            server.stop()
        base = {"no credential, no cookie": "bare httpd, no cookie",
                "no credential, other cookies": "bare httpd, other cookies"}.get(case[0], "bare httpd, empty <Location>")
        above = f"{counts[case[0]] - counts[base]:+,.0f} above bare" if base in counts else "bare was not asked for"
        say((case[0], 44), (f"{counts[case[0]]:,.0f}", 12), (above, 24))
        if base in counts:
            counts[case[0] + " above"] = counts[case[0]] - counts[base]
    for name, most in (("frame-ancestors", 4000), ("no credential, no cookie", 1500),
                       ("no credential, other cookies", 1500), ("cached Moodle session", 10000),
                       ("bearer RS256, seen before", 18000), ("bearer RS256, first seen", 620000),
                       ("bearer ES256, first seen", 1160000), ("sealed session", 20000),
                       ("sealed session, allowed, its account known", 30000),
                       ("401 to a script", 4000), ("to the Teams page", 40000), ("to the login", 40000)):
        if f"{name} above" in counts:
            limit(f"{name}, above bare", counts[f"{name} above"], most)
    for name, other, most in (("bearer RS256, bad signature", "bearer RS256, first seen", 1),
                              ("bearer ES256, bad signature", "bearer ES256, first seen", 1),
                              ("bearer RS256, first seen, 1,000 keys", "bearer RS256, first seen", 1.05)):
        if name in counts and other in counts:
            limit(f"{name}, of {other}", counts[name] / counts[other], most)
    # mod_auth_openidc does in one redirect what is two here: only the second one needs secrets
    both, theirs = ("to the login above", "from there to the provider above"), "mod_auth_openidc, to the login above"
    if all(name in counts for name in (*both, theirs)):
        limit("both ways to the provider, of mod_auth_openidc's", sum(counts[name] for name in both) / counts[theirs], 0.6)
    if "in a frame, cached" in counts:
        limit("frame cookies, of the same request without",
              counts["in a frame, cached, frame cookies"] / counts["in a frame, cached"], 1.03)


def system_calls(site, all_cases):
    print("\nSystem calls per request (strace, one thread answers 500 requests on one connection)")
    seen = {}
    from instructions import keep_alive
    for case in all_cases:
        if case[0] not in ("bare httpd, empty <Location>", "frame-ancestors", "cached Moodle session"):
            continue
        server, make = make_server(site, Lean, case, workers=THREADS)
        try:
            keep_alive(server.port, 60, make)
            children = subprocess.run(["pgrep", "-P", str(server.process.process.pid)], capture_output=True, text=True)
            trace = server.folder / "strace"
            tracer = env.Process(["strace", "-f", "-c", "-o", str(trace), *[
                w for pid in children.stdout.split() for w in ("-p", pid)]], server.folder / "strace.log")
            env.wait_until(lambda: "attached" in (server.folder / "strace.log").read_text(), "strace", 20)
            keep_alive(server.port, 500, make)
            tracer.stop(env.signal.SIGINT)
            seen[case[0]] = per_request(trace.read_text(), 500)
        finally:
            server.stop()
        say((case[0], 36), (" ".join(f"{name}:{n}" for name, n in sorted(seen[case[0]].items())), 12))
    bare = seen["bare httpd, empty <Location>"]
    more = sum(max(0, n - bare.get(name, 0)) for name, n in seen["cached Moodle session"].items())
    limit("system calls of a cached session more than bare", more, 0)


def per_request(table, requests):
    """{name: calls} of one request, from strace -c. Rounded: the listener and the timers call now and then."""
    calls = {}
    for line in table.splitlines():
        words = line.split()
        if len(words) >= 5 and re.match(r"[\d.]+$", words[0]) and words[-1] != "total":
            calls[words[-1]] = round(int(words[3]) / requests)
    return {name: n for name, n in calls.items() if n}


def load(server, make, seconds=SECONDS):
    """(requests/s, p50 ms, p99 ms, CPU microseconds per request) under wrk, 32 connections."""
    text = make(0).decode()
    path = text.split()[1]
    headers = [line for line in text.split("\r\n")[1:] if line]
    pids = [str(server.process.process.pid)] + subprocess.run(
        ["pgrep", "-P", str(server.process.process.pid)], capture_output=True, text=True).stdout.split()
    before = sum(map(cpu, pids))
    out = subprocess.run(["wrk", "-t2", "-c32", f"-d{seconds}s", "--latency", *[w for h in headers for w in ("-H", h)],
                          f"http://127.0.0.1:{server.port}{path}"], capture_output=True, text=True).stdout
    used = sum(map(cpu, pids)) - before
    assert "Non-2xx" not in out, out
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1])
    count = int(re.search(r"(\d+) requests in", out)[1])
    unit = {"us": 0.001, "ms": 1, "s": 1000}
    p50, p99 = (float(m[1]) * unit[m[2]] for m in (re.search(rf"{p}%\s+([\d.]+)(us|ms|s)", out) for p in (50, 99)))
    return rate, p50, p99, used / count * 1e6


def cpu(pid):
    """CPU seconds of a process so far."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except FileNotFoundError:
        return 0


def throughput(site, all_cases):
    print(f"\nThroughput (wrk, 32 connections, medians of {ROUNDS} interleaved rounds)")
    wanted = [c for c in all_cases if c[0] not in ("bare httpd, no cookie", "bare httpd, other cookies", "mod_headers edit",
                                                   "in a frame, cached", "401 to a script", "to the Teams page", "to the login",
                                                   "from there to the provider",
                                                   "mod_auth_openidc, to the login")
              and "first seen" not in c[0] and "bad signature" not in c[0]]
    servers = {c[0]: make_server(site, Lean, c) for c in wanted}
    env.LOADED = MODULES + ["proxy", "proxy_fcgi", "setenvif", "env"]
    php = Lean(site.run, site.www, site.php,
               f'<FilesMatch \\.php$>\nSetHandler "@PHP@"\n</FilesMatch>\nSetEnv DB_PORT {site.mariadb.port}\n', ours=False)
    servers["PHP-FPM checking the session row"] = (
        php.start(), lambda i: request("/check.php", f"MoodleSession={SESSION}"))
    results = {name: [] for name in servers}
    try:
        for _ in range(ROUNDS):
            for name, (server, make) in servers.items():
                results[name].append(load(server, make))
    finally:
        for server, _ in servers.values():
            server.stop()
    say(("", 36), ("ratio to bare", 14), ("CPU above, us", 14), ("p50 ms", 8), ("p99 ms", 8))
    bare = results["bare httpd, empty <Location>"]
    for name, rounds in results.items():
        ratio = statistics.median(r[0] / b[0] for r, b in zip(rounds, bare))
        above = statistics.median(r[3] - b[3] for r, b in zip(rounds, bare))
        say((name, 36), (f"{ratio:.3f}", 14), (f"{above:+.1f}", 14), (f"{statistics.median(r[1] for r in rounds):.2f}", 8),
            (f"{statistics.median(r[2] for r in rounds):.2f}", 8))


def cached_throughput(site, all_cases):
    """What most requests feel: bare httpd, a cached session, and the same with a cache that takes no care."""
    print(f"\nA cached session under 32 threads (wrk, 32 connections, medians of {PAIRS} interleaved rounds)")
    by_name = {c[0]: c for c in all_cases}
    bare, ours = by_name["bare httpd, empty <Location>"], by_name["cached Moodle session"]
    threads = "StartServers 1\nServerLimit 1\nThreadsPerChild 32\nMaxRequestWorkers 32\n"
    servers = [make_server(site, Lean, bare, workers=threads), make_server(site, Lean, ours, workers=threads)]
    env.MODULE, module = env.BUILD / "bench" / "mod_moodlesso.so", env.MODULE
    servers.append(make_server(site, Lean, ours, workers=threads))
    env.MODULE = module
    try:
        rounds = [[load(server, make, 2)[0] for server, make in servers] for _ in range(PAIRS)]
    finally:
        for server, _ in servers:
            server.stop()
    limit("requests/s with a cached session, of bare", statistics.median(o / b for b, o, _ in rounds), 0.90,
          counted=False, at_least=True)
    limit("requests/s with a cached session, of a cache without any lock or version",
          statistics.median(o / plain for _, o, plain in rounds), 0.95, counted=False, at_least=True)


def program(name, *arguments):
    return subprocess.run([str(env.BUILD / name), *arguments], check=True, capture_output=True, text=True).stdout


def cold_look_up(site):
    print("\nA cold look-up beside a bare client's round trip of the same query (MariaDB, TCP)")
    now = int(time.time())
    with site.mariadb.connect("moodle") as c, c.cursor() as cursor:
        cursor.executemany("INSERT INTO mdl_sessions (state, sid, userid, timecreated, timemodified) VALUES "
                           f"(0, %s, 3, {now}, {now})", [(f"bench{i:07d}",) for i in range(25000)])
    before = site.mariadb.statements()
    rounds = [tuple(map(float, line.split())) for line in
              program("lookup_bench", "mysql", site.mariadb.parameters("moodle")).splitlines()]
    statements = site.mariadb.statements() - before
    ours, bare = (statistics.median(r[i] for r in rounds) for i in (0, 1))
    print(f"    look-up {ours:.1f} us, round trip {bare:.1f} us, statements {statements} for {len(rounds) * 1000 + 1000}")
    limit("cold look-up, of a round trip", statistics.median(o / b for o, b in rounds), 1.3, counted=False)
    limit("statements per look-up", statements / (len(rounds) * 1000 + 1000), 1)


def cache(site):
    print("\nThe cache: full and empty, one thread and many")
    costs = {}
    for fill in ("0", "1000000"):
        out = site.run / f"callgrind-{fill}"
        subprocess.run(["valgrind", "--tool=callgrind", "--toggle-collect=measured", f"--callgrind-out-file={out}", "-q",
                        str(env.BUILD / "cache_bench"), "hits", fill], check=True, capture_output=True)
        costs[fill] = int(re.search(r"^(?:totals|summary): (\d+)", out.read_text(), re.M)[1]) / 10000
    print(f"    instructions per hit: empty {costs['0']:.0f}, beside 1,000,000 sessions {costs['1000000']:.0f}")
    limit("a full cache, of an empty one", costs["1000000"] / costs["0"], 1.05)
    limit("bytes per session", float(program("cache_bench", "bytes")), 600)
    rounds = [tuple(map(float, line.split())) for line in program("cache_bench", "threads", "32").splitlines()]
    limit("hits/s of 32 threads on these cores, of 2 threads", statistics.median(many / two for many, two in rounds), 0.95,
          counted=False, at_least=True)


def frozen(site):
    """A database frozen for 2 seconds while new sessions come in: what an open file feels."""
    print("\nThe database frozen for 2 seconds, 64 workers, 16 clients with new sessions, 1 with an open file")
    env.LOADED = MODULES
    from load import Load
    config = (site.moodle.directives(database="timeout=2s") + "<Location /protected>\nMoodleSSOUse moodle\nRequire valid-user\n"
              "</Location>\n<Location /moodlesso-status>\nSetHandler moodlesso-status\n</Location>\n")
    server = Lean(site.run, site.www, None, config).start()
    times = {"before": [], "frozen": []}
    counter = iter(range(10 ** 9))

    def visit():
        return server.get("/protected/static.txt", cookie=f"MoodleSession=new{next(counter)}").status
    clients = Load(16, visit)
    try:
        for phase in times:
            if phase == "frozen":
                site.mariadb.process.freeze()
            end = time.monotonic() + 2
            while time.monotonic() < end:
                began = time.perf_counter()
                assert server.get("/static.txt").status == 200
                times[phase].append((time.perf_counter() - began) * 1000)
    finally:
        site.mariadb.process.thaw()
        clients.stop()
    state = server.get("/moodlesso-status").json["sources"]["moodle"]
    server.stop()
    p99 = {phase: statistics.quantiles(t, n=100)[98] for phase, t in times.items()}
    print(f"    p99 of the open file: {p99['before']:.2f} ms before, {p99['frozen']:.2f} ms while frozen")
    limit("p99 while frozen, of before", p99["frozen"] / p99["before"], 1.5, counted=False)
    limit("threads that ever waited", state["waiting_peak"], 16)


def main():
    site = Site()
    site.moodle.execute("CREATE TABLE bench_user (name varchar(40) PRIMARY KEY, password varchar(80))")
    site.moodle.execute("INSERT INTO bench_user VALUES ('alice', '{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=')")
    site.mariadb.execute("GRANT SELECT ON moodle.bench_user TO 'sso'@'127.0.0.1'")
    # with arguments: what is counted of the cases whose name holds one of them, and nothing else
    wanted = sys.argv[1:]
    try:
        all_cases = [c for c in cases(site) if not wanted or any(w in c[0] for w in wanted)]
        count_instructions(site, all_cases)
        if not wanted or {c[0] for c in all_cases} >= {"bare httpd, empty <Location>", "cached Moodle session"}:
            system_calls(site, all_cases)
            cached_throughput(site, all_cases)
        if wanted:
            return 1 if broken else 0
        throughput(site, all_cases)
        cold_look_up(site)
        cache(site)
        frozen(site)
    finally:
        site.stop()
    print(f"\n{'all counted limits kept' if not broken else 'NOT KEPT: ' + ', '.join(broken)}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
