// SPDX-License-Identifier: Apache-2.0
// providers.mjs -- two certified OpenID providers (npm oidc-provider): https://school.example, at which sue is signed in
// as soon as she comes, and https://office.example, at which otto is. Browsers reach them through httpd, the module
// on loopback.
import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { installedModule } from "./packages.mjs";
import { stopLater } from "./processes.mjs";

const PEOPLE = { school: "sue", office: "otto" };
const SITES = ["https://moodle.example", "https://closed.example"];
const SECRET = "secret of the client";

const settings = (person) => ({
    jwks: { keys: [{ ...generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" }), kid: "k1", alg: "ES256", use: "sig" }] },
    clients: [{
        client_id: "moodle", client_secret: SECRET, id_token_signed_response_alg: "ES256",
        redirect_uris: SITES.map((site) => `${site}/moodlesso/callback`),
        post_logout_redirect_uris: SITES.map((site) => `${site}/bye.html`),
    }],
    cookies: { keys: ["of these tests alone"] },
    ttl: { AccessToken: 60, Grant: 600, IdToken: 60, Interaction: 60, Session: 600 }, // seconds
    features: { devInteractions: { enabled: false } },
    interactions: { url: (ctx, { uid }) => `/interaction/${uid}` },
    findAccount: (ctx, sub) => ({ accountId: sub, claims: () => ({ sub, preferred_username: sub }) }),
    async loadExistingGrant({ oidc: { provider, client, session } }) {
        const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
        grant.addOIDCScope("openid profile email");
        await grant.save();
        return grant;
    },
    claims: { openid: ["sub"], profile: ["preferred_username"], email: [] },
    conformIdTokenClaims: false,
});

async function serve(name, person) {
    const { default: Provider } = await installedModule("oidc-provider");
    const issuer = `https://${name}.example`;
    const provider = new Provider(issuer, settings(person));
    provider.proxy = true;
    const known = provider.callback();
    const server = createServer((request, response) => {
        if (request.url === "/metadata") response.end(JSON.stringify(metadata));
        else if (!request.url.startsWith("/interaction/")) known(request, response);
        else provider.interactionFinished(request, response, { login: { accountId: person } });
    });
    await new Promise((done) => server.listen(0, "127.0.0.1", done));
    const url = `http://127.0.0.1:${server.address().port}`;
    const metadata = {
        issuer, authorization_endpoint: `${issuer}/auth`, end_session_endpoint: `${issuer}/session/end`,
        token_endpoint: `${url}/token`, jwks_uri: `${url}/jwks`, authorization_response_iss_parameter_supported: true,
    };
    return { url, server };
}

export class Providers {
    /** Its `words` are for directives: @SCHOOL@ and @OFFICE@ are URLs on loopback, @SECRET@ a file. */
    static async start(folder) {
        const providers = new Providers();
        const secret = join(folder, "client-secret");
        writeFileSync(secret, `${SECRET}\n`);
        providers.served = await Promise.all(Object.entries(PEOPLE).map((who) => serve(...who)));
        const [school, office] = providers.served;
        providers.words = { "@SECRET@": secret, "@SCHOOL@": school.url, "@OFFICE@": office.url };
        return stopLater(providers);
    }

    async stop() {
        for (const { server } of this.served) {
            server.closeAllConnections();
            await new Promise((done) => server.close(done));
        }
    }
}
