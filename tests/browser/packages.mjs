// SPDX-License-Identifier: Apache-2.0
// packages.mjs -- where things are built, and the npm packages installed there, outside the source tree.
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

export const HERE = resolve(fileURLToPath(import.meta.url), "..");
export const BUILD = resolve(HERE, "../../build");
export const OURS = join(BUILD, "browser");

const requireInstalled = createRequire(join(OURS, "package.json"));

/** An npm package of package.json; says how to install it when it is not there. */
export function installed(name) {
    try {
        return requireInstalled(name);
    } catch (error) {
        if (error.code !== "MODULE_NOT_FOUND") throw error;
        console.error(
            `${name} is not installed; make -f apxs.mk browser installs it`);
        process.exit(2);
    }
}

/** One that is an ECMAScript module. */
export const installedModule = (name) => import(pathToFileURL(requireInstalled.resolve(name)));
