// SPDX-License-Identifier: Apache-2.0
// microsoft.mjs -- what a tab of Teams needs of Microsoft: the metadata and keys of Entra on loopback, access tokens
// signed with them, and TeamsJS as its servers have it.
import { createHash, createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import { once } from "node:events";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { OURS } from "./packages.mjs";
import { stopLater } from "./processes.mjs";

export const TENANT = "72f988bf-86f1-41af-91ab-2d7cd011db47";
export const OTHER_TENANT = "fa15d692-e9c7-4460-a743-29f2956fd429";
/** The client id of the site, and the App ID URI that tokens of version 1 are made for. */
export const CLIENT = "6e74172b-be56-4843-9ff4-e66a39bb12e3";
export const APP = `api://moodle.example/${CLIENT}`;
/** Where people sign in: www/login/ */
const LOGIN = "https://login.example/authorize.php";
const GRAPH = "00000003-0000-0000-c000-000000000000";
const TEAMS_JS = join(OURS, "node_modules/@microsoft/teams-js/dist/umd/MicrosoftTeams.min.js");
const TEAMS_WEB = "5e3ce6c0-2b1f-4285-8d4b-75ee78787346";

const ISSUERS = {
    1: (tid) => `https://sts.windows.net/${tid}/`,
    2: (tid) => `https://login.microsoftonline.com/${tid}/v2.0`,
};
const encode = (what) => Buffer.from(what instanceof Buffer ? what : JSON.stringify(what)).toString("base64url");

/** An RSA key as Entra publishes it: without `alg`, with the issuer it may sign for, that of all tenants. By way of PEM:
    see newKey in tests/httpd/provider.mjs. */
function makeKey(kid) {
    const { publicKey, privateKey } = generateKeyPairSync("rsa", {
        modulusLength: 2048,
        publicKeyEncoding: { type: "spki", format: "pem" },
        privateKeyEncoding: { type: "pkcs8", format: "pem" },
    });
    const jwk = { use: "sig", kid, x5t: kid, issuer: ISSUERS[2]("{tenantid}"), ...createPublicKey(publicKey).export({ format: "jwk" }) };
    return { kid, jwk, privateKey };
}

/** The claims that tell the versions apart, and those of both: Microsoft, "Access token claims reference". */
function claimsOf(version, username, { tid = TENANT } = {}) {
    const now = Math.floor(Date.now() / 1000);
    const oid = `00000000-0000-4000-8000-${Buffer.from(username).toString("hex").padStart(12, "0")}`;
    const both = {
        iss: ISSUERS[version](tid), iat: now, nbf: now, exp: now + 4500, name: username, oid, rh: "I",
        scp: "access_as_user", sub: `pairwise-${username}`, tid, uti: "fqiBqXLPj0eQa82S-IYFAA", ver: `${version}.0`,
    };
    const email = `${username}@contoso.example`;
    return version === 1
        ? { aud: APP, ...both, acr: "1", amr: ["pwd"], appid: TEAMS_WEB, appidacr: "0", unique_name: email, upn: email }
        : { aud: CLIENT, ...both, azp: TEAMS_WEB, azpacr: "0", preferred_username: email };
}

export class Microsoft {
    /** Its `words` are for directives: the URLs of both metadata. */
    static async start(folder) {
        const microsoft = new Microsoft();
        microsoft.keys = { 1: makeKey("key-of-v1"), 2: makeKey("key-of-v2") };
        const cdn = join(folder, "www/cdn");
        const served = join(cdn, "teams-js/2.58.0/js");
        mkdirSync(served, { recursive: true });
        copyFileSync(TEAMS_JS, join(served, "MicrosoftTeams.min.js"));
        // Works as well, but is not what the hash was made of.
        writeFileSync(join(cdn, "changed.js"), `${readFileSync(TEAMS_JS, "utf8")}\n`);
        microsoft.server = createServer((request, response) => microsoft.answer(request, response));
        await new Promise((done) => microsoft.server.listen(0, "127.0.0.1", done));
        microsoft.url = `http://127.0.0.1:${microsoft.server.address().port}`;
        const secret = join(folder, "client-secret");
        writeFileSync(secret, "secret of the client\n");
        microsoft.words = {
            "@METADATA@": [2, 1].map((version) => `${microsoft.url}/${version}/metadata`).join(), "@SECRET@": secret,
        };
        return stopLater(microsoft);
    }

    /** /VERSION/metadata, /VERSION/keys, and /2/token */
    async answer(request, response) {
        const [, version, what] = request.url.split("/");
        const known = {
            metadata: () => ({
                issuer: ISSUERS[version](TENANT), jwks_uri: `${this.url}/${version}/keys`,
                authorization_endpoint: LOGIN, token_endpoint: `${this.url}/2/token`,
            }),
            keys: () => ({ keys: [this.keys[version].jwk] }),
            token: () => this.redeem(request),
        };
        const body = await known[what]();
        response.statusCode = body.error ? 400 : 200;
        response.setHeader("Content-Type", "application/json");
        response.end(JSON.stringify(body));
    }

    /** The token endpoint: an ID token for a code of www/login/authorize.php, which holds what was asked for. */
    async redeem(request) {
        let form = "";
        request.on("data", (part) => (form += part));
        await once(request, "end");
        const { code, code_verifier } = Object.fromEntries(new URLSearchParams(form));
        const { challenge, nonce, person } = JSON.parse(Buffer.from(code, "base64url"));
        if (createHash("sha256").update(code_verifier).digest("base64url") !== challenge) return { error: "invalid_grant" };
        const claims = { ...claimsOf(2, person), nonce, scp: undefined, azp: undefined };
        return { token_type: "Bearer", expires_in: 60, access_token: "opaque", id_token: this.sign(2, {}, claims) };
    }

    /** An access token of this version for a person; `changes` are other claims. */
    token(version, username, changes = {}) {
        return this.sign(version, {}, { ...claimsOf(version, username, changes), ...changes });
    }

    sign(version, header, claims) {
        const { kid, privateKey } = this.keys[version];
        const text = `${encode({ typ: "JWT", alg: "RS256", kid, ...header })}.${encode(claims)}`;
        return `${text}.${encode(sign("sha256", Buffer.from(text), privateKey))}`;
    }

    /** What a site gets that asks for Graph's scopes; nobody else can verify these, as the nonce is hashed when signed. */
    graphToken(username) {
        return this.sign(1, { nonce: "nonce-of-graph" }, { ...claimsOf(1, username), aud: GRAPH });
    }

    async stop() {
        this.server.closeAllConnections();
        await new Promise((done) => this.server.close(done));
    }
}
