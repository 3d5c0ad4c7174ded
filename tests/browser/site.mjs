// SPDX-License-Identifier: Apache-2.0
// site.mjs -- one httpd with the module, PHP-FPM behind it, and a certificate for every host name.
//
// Only loopback; names like teams.microsoft.com are led here by the browsers (browsers.mjs).
import { spawnSync } from "node:child_process";
import {
    chmodSync, cpSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync,
    symlinkSync, writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { BUILD, HERE, OURS } from "./packages.mjs";
import { Process, findProgram, freePort, stopNow, waitUntil } from "./processes.mjs";

const MODULE = resolve(process.env.MODULE ?? join(BUILD, ".libs/mod_moodlesso.so"));
const MODULES = process.env.HTTPD_MODULES ?? "/usr/lib/apache2/modules";
const HTTPD = process.env.HTTPD ?? findProgram("apache2", "httpd");
const LOADED = "mpm_event authn_core authz_core authz_user alias dir mime env setenvif headers rewrite " +
    "proxy proxy_fcgi proxy_http http2 ssl socache_shmcb";
// httpd at our own stop, with connections kept alive; mod_ssl newer than libssl
const NOT_OURS = /AH00045|AH00288|AH0309[23]|AH01882/;

const IS_ROOT = process.geteuid() === 0;

/** The account of the servers' workers when we are root: {name, uid, gid}. */
function servant() {
    const accounts = readFileSync("/etc/passwd", "utf8").split("\n").map((line) => line.split(":"));
    for (const wanted of ["www-data", "apache", "nobody"]) {
        const found = accounts.find(([name]) => name === wanted);
        if (found) return { name: wanted, uid: found[2], gid: found[3] };
    }
    throw new Error("no account www-data, apache or nobody");
}

function servantReaches(folder) {
    return spawnSync("setpriv", [`--reuid=${servant().uid}`, "--clear-groups", "test", "-x", folder]).status === 0;
}

/** build/browser/run, empty; a link to a folder elsewhere when the servers' account could not reach build/. */
export function runFolder() {
    const run = join(OURS, "run");
    const there = lstatSync(run, { throwIfNoEntry: false });
    if (there?.isSymbolicLink() && existsSync(run)) rmSync(realpathSync(run), { recursive: true });
    rmSync(run, { recursive: true, force: true });
    mkdirSync(OURS, { recursive: true });
    if (IS_ROOT && !servantReaches(OURS)) symlinkSync(mkdtempSync(join(tmpdir(), "moodlesso-browser-")), run);
    else mkdirSync(run);
    chmodSync(run, 0o755);
    return realpathSync(run);
}

/** The files that httpd and PHP-FPM serve: a copy that the servers' account can read. */
function copyFiles(from, to) {
    cpSync(from, to, { recursive: true });
    chmodSync(to, 0o755);
    for (const entry of readdirSync(to, { recursive: true })) chmodSync(join(to, entry), 0o755);
}

function makeCertificate(folder, hosts) {
    const names = hosts.map((host) => `DNS:${host}`).join(",");
    const made = spawnSync(
        "openssl",
        ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
            "-subj", "/CN=mod_moodlesso browser tests", "-addext", `subjectAltName=${names}`,
            "-addext", "basicConstraints=critical,CA:FALSE",
            "-keyout", `${folder}/key.pem`, "-out", `${folder}/certificate.pem`],
        { encoding: "utf8" },
    );
    if (made.status !== 0) throw new Error(`openssl: ${made.stderr}`);
}

function findPhp() {
    const versions = existsSync("/usr/sbin") ? readdirSync("/usr/sbin").filter((name) => /^php-fpm/.test(name)) : [];
    const program = findProgram(...versions.sort(), "php-fpm");
    if (!program) throw new Error("php-fpm is not installed");
    return program;
}

/** `args`: "-n", or none to have php.ini load what it does. */
async function startPhp(folder, args) {
    const socket = join(folder, "php.sock");
    const account = IS_ROOT ? `user = ${servant().name}\ngroup = ${servant().gid}\n` : "";
    writeFileSync(
        join(folder, "php-fpm.conf"),
        `[global]\nerror_log = ${folder}/php.log\ndaemonize = no\n[www]\n${account}listen = ${socket}\n` +
            "listen.mode = 0666\npm = static\npm.max_children = 4\ncatch_workers_output = yes\n",
    );
    const all = [...args, "-y", join(folder, "php-fpm.conf"), "-F"];
    const server = new Process(findPhp(), all, { log: join(folder, "php.out"), stopSignal: "SIGQUIT" });
    await waitUntil("PHP-FPM", () => existsSync(socket) || !server.alive);
    if (!server.alive) throw new Error(readFileSync(join(folder, "php.out"), "utf8"));
    return server;
}

export class Site {
    /** `hosts`: {"name": {folder: "of www/", config: "directives"}}; the first one is httpd's default.
     * `server`: directives for the server as a whole. `Database` (mariadb.mjs) and `Provider` (microsoft.mjs,
     * providers.mjs): undefined, or classes whose `words` the directives may use. */
    static async start(run, name, { hosts, server = "", Database, Provider }) {
        const site = new Site();
        site.folder = join(run, name);
        site.hosts = Object.keys(hosts);
        site.port = await freePort();
        mkdirSync(site.folder);
        copyFiles(join(HERE, "www"), join(site.folder, "www"));
        copyFiles(join(HERE, "../httpd/moodle"), join(site.folder, "www/moodle_site"));
        makeCertificate(site.folder, site.hosts);
        site.database = await Database?.start(site.folder);
        site.provider = await Provider?.start(site.folder, site.port);
        // The driver of the database is one of php.ini's extensions.
        site.php = await startPhp(site.folder, Database ? [] : ["-n"]);
        await site.startHttpd(hosts, server);
        return site;
    }

    async startHttpd(hosts, server) {
        const config = join(this.folder, "httpd.conf");
        const ofHosts = Object.entries(hosts).map((host) => this.hostConfig(...host));
        writeFileSync(config, [this.commonConfig(), `${this.filledIn(server)}\n`, ...ofHosts].join(""));
        this.httpd = new Process(HTTPD, ["-f", config, "-DFOREGROUND"], { log: join(this.folder, "httpd.out") });
        await waitUntil("httpd", () => !this.httpd.alive || this.log().includes("resuming normal operations"));
        if (!this.httpd.alive) throw new Error(readFileSync(join(this.folder, "httpd.out"), "utf8") + this.log());
    }

    commonConfig() {
        const loads = LOADED.split(" ").filter((name) => existsSync(`${MODULES}/mod_${name}.so`))
            .map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so\n`).join("");
        const account = IS_ROOT ? `User ${servant().name}\nGroup #${servant().gid}\n` : "";
        return `ServerRoot ${this.folder}
ServerName 127.0.0.1
Listen 127.0.0.1:${this.port}
LoadModule moodlesso_module ${MODULE}
${loads}${account}PidFile ${this.folder}/pid
ErrorLog ${this.folder}/error.log
LogLevel notice moodlesso:info
LogFormat "%{Host}i %U%q %>s | %{Content-Security-Policy}o | %{X-Frame-Options}o" short
CustomLog ${this.folder}/access.log short
TypesConfig /dev/null
AddType text/html .html
AddType text/javascript .js
DirectoryIndex index.html
Protocols h2 http/1.1
SSLSessionCache shmcb:${this.folder}/ssl(512000)
SSLCertificateFile ${this.folder}/certificate.pem
SSLCertificateKeyFile ${this.folder}/key.pem
<Directory />
AllowOverride None
Require all granted
</Directory>
<FilesMatch "\\.php$">
SetHandler "proxy:unix:${this.folder}/php.sock|fcgi://localhost"
</FilesMatch>
`;
    }

    filledIn(directives) {
        const words = { "@WWW@": `${this.folder}/www`, ...this.database?.words, ...this.provider?.words };
        return directives.replaceAll(/@[A-Z]+@/g, (word) => words[word]);
    }

    hostConfig(host, { folder, config = "" }) {
        return `<VirtualHost 127.0.0.1:${this.port}>
ServerName ${host}
SSLEngine on
DocumentRoot ${this.folder}/www/${folder}
${this.filledIn(config)}
</VirtualHost>
`;
    }

    log() {
        const file = join(this.folder, "error.log");
        return existsSync(file) ? readFileSync(file, "latin1") : "";
    }

    /** Warnings and worse in httpd's log. */
    warnings() {
        return this.log().split("\n")
            .filter((line) => /\[[a-z_0-9]*:(warn|error|crit|alert|emerg)\]/.test(line) && !NOT_OURS.test(line));
    }

    async stop() {
        await stopNow(this.httpd);
        await stopNow(this.php);
        await this.database?.stop();
        await stopNow(this.provider);
    }
}
