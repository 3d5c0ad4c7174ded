// SPDX-License-Identifier: Apache-2.0
// connect_proxy.mjs -- an HTTP proxy that leads CONNECT for the site's hosts to one port, and refuses the rest.
import { createServer } from "node:http";
import { connect } from "node:net";
import { stopLater } from "./processes.mjs";

export class ConnectProxy {
    /** Listens on a loopback port of its own, `proxy.port`. */
    static async start(hosts, port) {
        const proxy = new ConnectProxy();
        proxy.sockets = new Set();
        proxy.server = createServer((_, response) => response.writeHead(403).end());
        proxy.server.on("connect", (request, client) => proxy.lead(request, client, hosts, port));
        proxy.server.on("connection", (socket) => proxy.keep(socket));
        await new Promise((done) => proxy.server.listen(0, "127.0.0.1", done));
        proxy.port = proxy.server.address().port;
        return stopLater(proxy);
    }

    keep(socket) {
        this.sockets.add(socket);
        socket.on("close", () => this.sockets.delete(socket));
        socket.on("error", () => socket.destroy());
    }

    lead(request, client, hosts, port) {
        if (!hosts.includes(request.url.split(":")[0])) return client.end("HTTP/1.1 403 Forbidden\r\n\r\n");
        const server = connect(port, "127.0.0.1", () => {
            client.write("HTTP/1.1 200 Connection established\r\n\r\n");
            client.pipe(server).pipe(client);
        });
        this.keep(server);
        server.on("close", () => client.destroy());
        client.on("close", () => server.destroy());
    }

    async stop() {
        this.server.close();
        for (const socket of this.sockets) socket.destroy();
    }
}
