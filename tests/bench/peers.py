# SPDX-License-Identifier: Apache-2.0
"""peers.py -- what mod_auth_openidc needs to be measured: an issuer of ours, and a sign-in with it."""
import http.client
import json
import re
import ssl
import subprocess
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from issuer import Key


class Issuer:
    """Signs tokens with a key of this run; serves its JWKS and a token endpoint."""

    def __init__(self, folder, kind=Key):
        folder.mkdir(exist_ok=True)
        self.key, self.cert = kind(folder, "k1"), folder / "issuer.pem"
        subprocess.run(["openssl", "req", "-x509", "-key", self.key.file, "-days", "2", "-subj", "/CN=i", "-out", self.cert],
                       check=True, capture_output=True)
        self.jwks = {"keys": [{**self.key.jwk, "alg": self.key.alg}]}
        self.nonce = None
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.reply(issuer.jwks)

            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                self.reply({"access_token": "x", "token_type": "Bearer", "expires_in": 3600,
                            "id_token": issuer.token(aud="bench", nonce=issuer.nonce)})

            def reply(self, value):
                body = json.dumps(value).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.cert, self.key.file)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def token(self, **claims):
        now = int(time.time())
        claims = {"iss": self.url, "sub": "alice", "iat": now, "nbf": now, "exp": now + 3600, "name": "Alice Anders",
                  "email": "alice@example.test", "preferred_username": "alice", **claims}
        return self.key.sign({}, claims)

    def stop(self):
        self.server.shutdown()


def openidc_config(issuer, port):
    """mod_auth_openidc with sessions in the client's cookie, and with bearer tokens verified locally."""
    return f"""
        OIDCProviderIssuer {issuer.url}
        OIDCProviderAuthorizationEndpoint {issuer.url}/authorize
        OIDCProviderTokenEndpoint {issuer.url}/token
        OIDCProviderJwksUri {issuer.url}/jwks
        OIDCSSLValidateServer Off
        OIDCClientID bench
        OIDCClientSecret bench
        OIDCRedirectURI http://bench.test:{port}/protected/callback
        OIDCCryptoPassphrase 0123456789abcdef
        OIDCSessionType client-cookie
        OIDCOAuthSSLValidateServer Off
        OIDCOAuthVerifyJwksUri {issuer.url}/jwks
        <Location /protected>
          AuthType openid-connect
          Require valid-user
        </Location>
        <Location /bearer>
          AuthType oauth20
          Require valid-user
        </Location>"""


def openidc_sign_in(server, issuer):
    """Walk through the code flow; the session's cookies."""
    def get(path, cookies):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
        connection.request("GET", path, headers={"Host": f"bench.test:{server.port}", "Accept": "text/html",
                                                 "Cookie": "; ".join(f"{k}={v}" for k, v in cookies.items())})
        response = connection.getresponse()
        response.read()
        for value in response.headers.get_all("Set-Cookie") or []:
            name, _, rest = value.partition("=")
            cookies[name] = rest.split(";")[0]
        return response

    cookies = {}
    location = get("/protected/static.txt", cookies).headers["Location"]
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(location).query))
    issuer.nonce = query["nonce"]
    done = get(f"/protected/callback?code=c&state={urllib.parse.quote(query['state'])}", cookies)
    assert done.status == 302, done.status
    return "; ".join(f"{k}={v}" for k, v in cookies.items() if re.match("mod_auth_openidc_session", k) and v)
