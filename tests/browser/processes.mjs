// SPDX-License-Identifier: Apache-2.0
// processes.mjs -- servers that we start and stop ourselves, by process id, whatever happens.
import { spawn } from "node:child_process";
import { existsSync, openSync, closeSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

export const PATIENCE = 30_000; // milliseconds

const opened = new Set();

/** Have `thing.stop()` called at the end of the run, also after a failure or a signal. */
export function stopLater(thing) {
    opened.add(thing);
    return thing;
}

export async function stopNow(thing) {
    if (opened.delete(thing)) await thing.stop();
}

/** Stop what is left, the youngest first. */
export async function stopEverything() {
    for (const thing of [...opened].reverse()) {
        await stopNow(thing).catch((error) => console.error(`while stopping: ${error.message}`));
    }
}

/** The promise, or a rejection that names what was awaited. */
export async function within(milliseconds, what, promise) {
    let timer;
    const late = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error(`waited in vain for ${what}`)), milliseconds);
    });
    try {
        return await Promise.race([promise, late]);
    } finally {
        clearTimeout(timer);
    }
}

// The last resort, when nothing could be awaited any more.
process.on("exit", () => {
    for (const thing of opened) thing.child?.kill();
});

/** Poll until check() is true; for what has no event to await. */
export async function waitUntil(what, check) {
    const end = Date.now() + PATIENCE;
    while (!check()) {
        if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
        await new Promise((done) => setTimeout(done, 20));
    }
}

/** Where a program is, or null; names are tried in order. */
export function findProgram(...names) {
    const folders = [...(process.env.PATH ?? "").split(":"), "/usr/sbin", "/usr/local/sbin"];
    const places = names.flatMap((name) => (name.includes("/") ? [name] : folders.map((folder) => join(folder, name))));
    return places.find((place) => existsSync(place)) ?? null;
}

/** Loopback ports below those that Linux as shipped gives to whoever asks for any: nobody else takes one between now and
    the start of its server. */
const LOW = 12000, HIGH = 32768;
let nextPort = LOW + Math.floor(Math.random() * (HIGH - LOW));

function isFree(port) {
    return new Promise((done) => {
        const server = createServer().once("error", () => done(false));
        server.listen(port, "127.0.0.1", () => server.close(() => done(true)));
    });
}

/** A loopback TCP port that nobody listens on; never the same one again. */
export async function freePort() {
    for (;;) {
        const port = nextPort;
        nextPort = port + 1 < HIGH ? port + 1 : LOW;
        if (await isFree(port)) return port;
    }
}

/** A program in a process group of its own: httpd signals its whole group, and ^C is for us alone. */
export class Process {
    constructor(program, args, { log, stopSignal = "SIGTERM" }) {
        const output = openSync(log, "a");
        this.stopSignal = stopSignal;
        this.alive = true;
        this.child = spawn(program, args, { detached: true, stdio: ["ignore", output, output] });
        closeSync(output);
        this.ended = new Promise((done) => {
            this.child.once("exit", done);
            this.child.once("error", done);
        }).then(() => (this.alive = false));
        stopLater(this);
    }

    async stop() {
        if (!this.alive) return;
        this.child.kill(this.stopSignal);
        await within(PATIENCE, "the end of a server", this.ended).catch(() => process.kill(-this.child.pid, "SIGKILL"));
    }
}
