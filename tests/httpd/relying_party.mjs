// SPDX-License-Identifier: Apache-2.0
// relying_party.mjs -- a certified relying party (npm openid-client) that judges providers: node relying_party.mjs
//
// Each line of standard input is a command in JSON, answered by a line of JSON on standard output:
//   {"begin": {"issuer": .., "client": .., "secret": .., "redirect": .., "seconds": ..}}
//       reads the provider's metadata; {"url": ..} to send the browser to. It waits so long for each answer of the provider.
//   {"finish": "https://.."}     the browser came back there: {"claims": {..}} of the ID token
// What it refuses is {"refused": "why"}.
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";

const packages = resolve(fileURLToPath(import.meta.url), "../../../build/browser/package.json");
const client = await import(pathToFileURL(createRequire(packages).resolve("openid-client")));

let config, checks;

const commands = {
    async begin({ issuer, client: id, secret, redirect, seconds }) {
        config = await client.discovery(new URL(issuer), id, undefined, client.ClientSecretBasic(secret), {
            // it is on loopback, without TLS; so the signature of what it says counts (OpenID Connect Core 3.1.3.7, 6)
            execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks],
            timeout: seconds,
        });
        checks = {
            pkceCodeVerifier: client.randomPKCECodeVerifier(),
            expectedState: client.randomState(),
            expectedNonce: client.randomNonce(),
            idTokenExpected: true,
        };
        const url = client.buildAuthorizationUrl(config, {
            redirect_uri: redirect,
            scope: "openid profile email",
            code_challenge: await client.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
            code_challenge_method: "S256",
            state: checks.expectedState,
            nonce: checks.expectedNonce,
        });
        return { url };
    },
    async finish(url) {
        return { claims: (await client.authorizationCodeGrant(config, new URL(url), checks)).claims() };
    },
};

for await (const line of createInterface(process.stdin)) {
    const [[name, argument]] = Object.entries(JSON.parse(line));
    try {
        console.log(JSON.stringify(await commands[name](argument)));
    } catch (error) {
        let why = error;
        while (why.cause instanceof Error) why = why.cause;
        console.log(JSON.stringify({ refused: error.error ? `${why.message}: ${error.error}` : why.message }));
    }
}
