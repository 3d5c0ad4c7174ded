// SPDX-License-Identifier: Apache-2.0
// providers.mjs -- two certified OpenID providers (npm oidc-provider): https://school.example, at which sue is signed in
// as soon as she comes, and https://office.example, at which otto is. Browsers reach them through httpd, the module
// on loopback.
import { AsyncLocalStorage } from "node:async_hooks";
import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { request } from "node:https";
import { join } from "node:path";
import { installedModule } from "./packages.mjs";
import { stopLater } from "./processes.mjs";

const PEOPLE = { school: "sue", office: "otto" };
const SITES = ["moodle", "patient", "closed", "linked"].map((name) => `https://${name}.example`);
const SECRET = "secret of the client";

/** By how many minutes the clock is off of whom this is run for. */
const clock = new AsyncLocalStorage();
const now = Date.now;
Date.now = () => now() + 60_000 * (clock.getStore() ?? 0);

/** By way of PEM: see newKey in tests/httpd/provider.mjs. */
function newKey(kid) {
    const { privateKey } = generateKeyPairSync("ec", {
        namedCurve: "P-256",
        privateKeyEncoding: { type: "pkcs8", format: "pem" },
        publicKeyEncoding: { type: "spki", format: "pem" },
    });
    return { ...createPrivateKey(privateKey).export({ format: "jwk" }), kid, alg: "ES256", use: "sig" };
}

const settings = (keys, fetch) => ({
    jwks: { keys },
    clients: [{
        client_id: "moodle", client_secret: SECRET, id_token_signed_response_alg: "ES256",
        redirect_uris: SITES.map((site) => `${site}/moodlesso/callback`),
        post_logout_redirect_uris: SITES.map((site) => `${site}/bye.html`),
        backchannel_logout_uri: `${SITES[0]}/moodlesso/backchannel-logout`, backchannel_logout_session_required: true,
    }],
    cookies: { keys: ["of these tests alone"] },
    ttl: { AccessToken: 60, Grant: 600, IdToken: 60, Interaction: 600, Session: 600 }, // seconds
    features: { backchannelLogout: { enabled: true }, devInteractions: { enabled: false } },
    fetch,
    interactions: { url: (ctx, { uid }) => `/interaction/${uid}` },
    findAccount: (ctx, sub) => ({ accountId: sub, claims: () => ({ sub, preferred_username: sub }) }),
    async loadExistingGrant({ oidc: { provider, client, session } }) {
        const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
        grant.addOIDCScope("openid profile email");
        await grant.save();
        return grant;
    },
    claims: { openid: ["sub", "sid"], profile: ["preferred_username"], email: [] },
    conformIdTokenClaims: false,
});

/** fetch(), for which every host is the httpd of the tests. */
function fetchFrom(folder, port) {
    const ca = readFileSync(join(folder, "certificate.pem"));
    return (url, { method, headers, body }) => new Promise((done, failed) => {
        const { host, pathname: path } = new URL(url);
        const options = { host: "127.0.0.1", port, servername: host, ca, path, method };
        request({ ...options, headers: { ...Object.fromEntries(new Headers(headers)), host } }, (answer) => {
            answer.resume().on("end", () => done(new Response(null, { status: answer.statusCode })));
        }).on("error", failed).end(String(body));
    });
}

class Served {
    /** How many minutes its clock is ahead. */
    minutes = 0;
    keys = [];

    static async start(name, fetch) {
        const served = new Served();
        const issuer = `https://${name}.example`;
        const { default: Provider } = await installedModule("oidc-provider");
        served.make = () => Object.assign(new Provider(issuer, settings(served.keys, fetch)), { proxy: true });
        served.rotate();
        served.server = createServer((...asked) => clock.run(served.minutes, () => served.answer(PEOPLE[name], ...asked)));
        await new Promise((done) => served.server.listen(0, "127.0.0.1", done));
        served.url = `http://127.0.0.1:${served.server.address().port}`;
        served.metadata = {
            issuer, authorization_endpoint: `${issuer}/auth`, end_session_endpoint: `${issuer}/session/end`,
            token_endpoint: `${served.url}/token`, jwks_uri: `${served.url}/jwks`, authorization_response_iss_parameter_supported: true,
        };
        return served;
    }

    /** From now on another key signs; those before stay published. */
    rotate() {
        this.keys = [newKey(`k${this.keys.length + 1}`), ...this.keys];
        this.provider = this.make();
    }

    answer(person, request, response) {
        if (request.url === "/metadata") response.end(JSON.stringify(this.metadata));
        else if (!request.url.startsWith("/interaction/")) this.provider.callback()(request, response);
        else this.provider.interactionFinished(request, response, { login: { accountId: person } });
    }

    stop() {
        this.server.closeAllConnections();
        return new Promise((done) => this.server.close(done));
    }
}

export class Providers {
    /** `school` and `office` are Served. Its `words` are for directives: @SCHOOL@ and @OFFICE@ are URLs on loopback,
     * @SECRET@ a file. `port`: of httpd. */
    static async start(folder, port) {
        const providers = new Providers();
        const secret = join(folder, "client-secret");
        const fetch = fetchFrom(folder, port);
        writeFileSync(secret, `${SECRET}\n`);
        for (const name of Object.keys(PEOPLE)) providers[name] = await Served.start(name, fetch);
        providers.words = { "@SECRET@": secret, "@SCHOOL@": providers.school.url, "@OFFICE@": providers.office.url };
        return stopLater(providers);
    }

    stop = () => Promise.all(Object.keys(PEOPLE).map((name) => this[name].stop()));
}
