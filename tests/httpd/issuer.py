# SPDX-License-Identifier: Apache-2.0
"""issuer.py -- an OpenID provider's metadata and keys on loopback, and tokens signed with them by openssl."""
import base64
import json
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def b64(data):
    return base64.urlsafe_b64encode(data if isinstance(data, bytes) else json.dumps(data).encode()).rstrip(b"=").decode()


class Key:
    """An RSA key, by its id."""
    alg = "RS256"

    def __init__(self, folder, kid):
        self.kid, self.file = kid, folder / f"{kid}.key"
        subprocess.run(["openssl", "genrsa", "-out", self.file, "2048"], check=True, capture_output=True)
        modulus = subprocess.run(["openssl", "rsa", "-in", self.file, "-noout", "-modulus"], check=True, capture_output=True,
                                 text=True).stdout.strip().split("=")[1]
        self.jwk = {"kty": "RSA", "kid": kid, "use": "sig", "e": "AQAB", "n": b64(bytes.fromhex(modulus))}

    def sign(self, header, claims):
        text = f"{b64({'alg': self.alg, 'typ': 'JWT', 'kid': self.kid, **header})}.{b64(claims)}"
        return f"{text}.{b64(self.signature(text))}"

    def signature(self, text):
        return subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.file], input=text.encode(), check=True,
                              capture_output=True).stdout


class EcKey(Key):
    """A key on P-256."""
    alg = "ES256"

    def __init__(self, folder, kid):
        self.kid, self.file = kid, folder / f"{kid}.key"
        subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", self.file], check=True)
        point = subprocess.run(["openssl", "ec", "-in", self.file, "-pubout", "-outform", "DER"], check=True,
                               capture_output=True).stdout[-64:]
        self.jwk = {"kty": "EC", "kid": kid, "use": "sig", "crv": "P-256", "x": b64(point[:32]), "y": b64(point[32:])}

    def signature(self, text):
        """The two numbers side by side (RFC 7518 3.4), which openssl writes in DER."""
        der = super().signature(text)
        r, s = der[4:4 + der[3]], der[6 + der[3]:]
        return b"".join(number.lstrip(b"\0").rjust(32, b"\0") for number in (r, s))


class Issuer:
    """Serves /.well-known/openid-configuration and /keys; `keys` may be changed while it runs."""

    def __init__(self, folder, port=0, kind=Key):
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.keys = [kind(folder, "k1")]
        self.strange_keys = []  # JWKs that nobody signs with
        self.asked = {"metadata": 0, "keys": 0}
        self.black_hole = threading.Event()
        self.start(port)

    def start(self, port=0):
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                if issuer.black_hole.is_set():
                    issuer.released.wait()
                    return
                name = "keys" if self.path == "/keys" else "metadata"
                issuer.asked[name] += 1
                body = json.dumps(issuer.jwks() if name == "keys" else issuer.metadata()).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        self.released = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def metadata(self):
        return {"issuer": self.url, "jwks_uri": f"{self.url}/keys", "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token", "response_types_supported": ["code"],
                "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["RS256"]}

    def jwks(self):
        return {"keys": [*self.strange_keys, *[key.jwk for key in self.keys]]}

    def rotate(self, kid):
        self.keys = [Key(self.folder, kid)]

    def token(self, key=None, header=(), **claims):
        now = int(time.time())
        claims = {"iss": self.url, "sub": "alice", "aud": "https://moodle.example", "iat": now, "nbf": now, "exp": now + 3600,
                  "preferred_username": "alice", "name": "Alice Anders", "given_name": "Alice", "family_name": "Anders",
                  **claims}
        return (key or self.keys[0]).sign(dict(header), {k: v for k, v in claims.items() if v is not None})

    def stop(self):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()
