// SPDX-License-Identifier: Apache-2.0
// provider.mjs -- a certified OpenID provider (npm oidc-provider) on loopback: node provider.mjs PORT KEY CERTIFICATE STATE
//
// STATE is a file that keeps its signing keys while it is not running.
// Each line of standard input is a command in JSON, answered by "done" in a line of its own on standard output, where each
// request has its line too:
//   {"publish": ["k1", "k2"]}                   the key ids it has from now on; the first one signs
//   {"logout": {"sub": .., "sid": .., "to": ..}} sends a logout token there
//   {"clients": [{"client_id": ..}, ...]}       with these people can sign in, as RFC 7591 writes them; everybody who
//                                               comes is alice
// Its access tokens come from the token endpoint by a grant of its own, that takes the word of whoever asks.
import { createRequire } from "node:module";
import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";

const [port, key, certificate, state] = process.argv.slice(2);
const packages = resolve(fileURLToPath(import.meta.url), "../../../build/browser/package.json");
const { default: Provider } = await import(pathToFileURL(createRequire(packages).resolve("oidc-provider")));

const GRANT = "urn:mod-moodlesso:anybody";
const CLIENT = "moodle";
const ISSUER = `https://127.0.0.1:${port}`;
const kept = existsSync(state) ? JSON.parse(readFileSync(state)) : { published: ["k1"], keys: {} };

/** A new private key as a JWK. By way of PEM: node 20 may wait for ever when it writes the JWK of a key just generated, and
    collects its garbage meanwhile. */
function newKey(type, options) {
    const { privateKey } = generateKeyPairSync(type, {
        ...options,
        privateKeyEncoding: { type: "pkcs8", format: "pem" },
        publicKeyEncoding: { type: "spki", format: "pem" },
    });
    return createPrivateKey(privateKey).export({ format: "jwk" });
}

/** The key pairs of an id: one for each algorithm, made when first named. */
function keysOf(id) {
    kept.keys[id] ??= [
        { ...newKey("rsa", { modulusLength: 2048 }), kid: `${id}-rsa`, alg: "RS256" },
        { ...newKey("ec", { namedCurve: "P-256" }), kid: `${id}-ec`, alg: "ES256" },
    ];
    return kept.keys[id].map((key) => ({ ...key, use: "sig" }));
}

/** An access token of whoever is named: a JWT for the resource asked for (RFC 9068, RFC 8707). */
function tokensOf(provider) {
    return async (ctx) => {
        const { client, params } = ctx.oidc;
        const token = new provider.AccessToken({ accountId: params.sub, client, gty: GRANT, scope: "read" });
        token.resourceServer = new provider.ResourceServer(params.resource, {
            audience: params.resource,
            scope: "read",
            accessTokenFormat: "jwt",
            accessTokenTTL: 3600,
            jwt: { sign: { alg: params.alg } },
        });
        ctx.body = { access_token: await token.save(), token_type: token.tokenType, expires_in: token.expiration };
    };
}

/** Everybody who comes to sign in is alice, and has agreed to everything. */
const people = {
    findAccount: (ctx, sub) => ({
        accountId: sub, claims: () => ({ sub, preferred_username: sub, email: `${sub}@example.test`, email_verified: true }),
    }),
    interactions: { url: (ctx, { uid }) => `/interaction/${uid}` },
    async loadExistingGrant({ oidc: { provider, client, session } }) {
        const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
        grant.addOIDCScope("openid profile email");
        await grant.save();
        return grant;
    },
    claims: { openid: ["sub", "sid"], profile: ["preferred_username"], email: ["email", "email_verified"] },
    conformIdTokenClaims: false,
    pkce: { required: () => true },
};

/** The provider with these keys; `logoutUri` is where its client hears of logouts. */
function providerWith(ids, logoutUri) {
    const provider = new Provider(ISSUER, {
        jwks: { keys: ids.flatMap(keysOf) },
        clients: [
            {
                client_id: CLIENT,
                client_secret: "of-this-test-alone",
                token_endpoint_auth_method: "client_secret_post",
                grant_types: [GRANT],
                response_types: [],
                redirect_uris: [],
                ...(logoutUri && { backchannel_logout_uri: logoutUri, backchannel_logout_session_required: true }),
            },
            ...clients,
        ],
        ...people,
        features: { devInteractions: { enabled: false }, backchannelLogout: { enabled: true }, resourceIndicators: { enabled: true } },
        extraTokenClaims: ({ oidc: { params } }) => ({ preferred_username: params.sub, sid: params.sid }),
        // its guard against requests to one's own machine is a dispatcher
        fetch: (url, { dispatcher, ...rest }) => fetch(url, rest),
    });
    provider.registerGrantType(GRANT, tokensOf(provider), ["sub", "sid", "alg", "resource"]);
    return provider;
}

let provider, clients = [];

const commands = {
    clients(more) {
        clients = more;
        commands.publish(kept.published);
    },
    publish(ids) {
        provider = providerWith(ids);
        kept.published = ids;
        writeFileSync(state, JSON.stringify(kept), { mode: 0o600 });
    },
    async logout({ sub, sid, to }) {
        const client = await providerWith(kept.published, to).Client.find(CLIENT);
        await client.backchannelLogout(sub, sid);
    },
};

commands.publish(kept.published);
createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (request, response) => {
    console.log(`${request.method} ${request.url}`);
    if (request.url.startsWith("/interaction/")) {
        provider.interactionFinished(request, response, { login: { accountId: "alice" } });
    } else provider.callback()(request, response);
}).listen(port, "127.0.0.1");

for await (const line of createInterface(process.stdin)) {
    const [[name, argument]] = Object.entries(JSON.parse(line));
    try {
        await commands[name](argument);
        console.log("done");
    } catch (error) {
        console.log(`failed: ${error.message}`);
    }
}
process.exit();
