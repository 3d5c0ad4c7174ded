// SPDX-License-Identifier: Apache-2.0
// mariadb.mjs -- a MariaDB of our own with Moodle's tables and users, those of tests/httpd.
import { spawnSync } from "node:child_process";
import { mkdirSync, openSync, closeSync } from "node:fs";
import { join } from "node:path";
import { HERE } from "./packages.mjs";
import { Process, findProgram, freePort, stopNow, waitUntil } from "./processes.mjs";

const TABLES = join(HERE, "../httpd/fixtures/moodle.mariadb.sql");
// The module's account reads, the application's writes.
const ACCOUNTS = `CREATE DATABASE moodle CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
CREATE USER sso@127.0.0.1 IDENTIFIED BY 'secret'; GRANT SELECT ON moodle.* TO sso@127.0.0.1;
CREATE USER moodle@localhost; GRANT ALL ON moodle.* TO moodle@localhost;`;
const AS_ROOT = process.geteuid() === 0 ? ["--user=root"] : [];

function must(done) {
    if (done.status !== 0) throw new Error(`MariaDB: ${done.error?.message ?? done.stdout + done.stderr}`);
}

export class MoodleDatabase {
    /** Why it cannot be started here, or null. */
    static missing() {
        const found = ["mariadbd", "mariadb-install-db", "mariadb"].find((name) => !findProgram(name));
        return found ? `${found} is not installed` : null;
    }

    static async start(folder) {
        const database = new MoodleDatabase();
        database.folder = join(folder, "mariadb");
        database.socket = join(database.folder, "socket");
        database.port = await freePort();
        mkdirSync(database.folder);
        // of its own: each server that starts deletes the temporary tables of all others there
        mkdirSync(join(database.folder, "tmp"));
        must(spawnSync(
            findProgram("mariadb-install-db"),
            ["--no-defaults", ...AS_ROOT, `--datadir=${database.folder}/data`,
                `--tmpdir=${database.folder}/tmp`, "--auth-root-authentication-method=normal", "--skip-test-db"],
            { encoding: "utf8" },
        ));
        await database.startServer();
        must(database.client(["-e", ACCOUNTS]));
        database.load(TABLES);
        return database;
    }

    async startServer() {
        this.server = new Process(
            findProgram("mariadbd"),
            ["--no-defaults", ...AS_ROOT, `--datadir=${this.folder}/data`, `--tmpdir=${this.folder}/tmp`,
                `--socket=${this.socket}`, "--bind-address=127.0.0.1", `--port=${this.port}`, "--innodb-buffer-pool-size=32M",
                "--innodb-flush-log-at-trx-commit=0", "--skip-name-resolve"],
            { log: join(this.folder, "log") },
        );
        await waitUntil("MariaDB", () => !this.server.alive || this.client(["-e", "SELECT 1"]).status === 0);
        if (!this.server.alive) throw new Error(`MariaDB ended, see ${this.folder}/log`);
    }

    client(args, input = "ignore") {
        const all = ["--no-defaults", `--socket=${this.socket}`, "-uroot", ...args];
        return spawnSync(findProgram("mariadb"), all, { encoding: "utf8", stdio: [input, "pipe", "pipe"] });
    }

    load(file, name = "moodle") {
        const input = openSync(file, "r");
        const done = this.client([name], input);
        closeSync(input);
        must(done);
    }

    run(sql) {
        must(this.client(["-e", sql]));
    }

    /** What configurations say of it. */
    get words() {
        return {
            "@DATABASE@": `host=127.0.0.1,port=${this.port},user=sso,pass=secret,dbname=moodle`,
            "@SOCKET@": this.socket,
        };
    }

    stop() {
        return stopNow(this.server);
    }
}
