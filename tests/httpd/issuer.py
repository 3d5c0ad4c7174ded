# SPDX-License-Identifier: Apache-2.0
"""issuer.py -- an OpenID provider on loopback: metadata, keys, tokens signed with them by openssl, and the code flow."""
import base64
import hashlib
import json
import secrets
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qsl, urlencode, urlsplit

from env import LoopbackServer


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


def s256(text):
    return b64(hashlib.sha256(text.encode()).digest())


class Issuer:
    """Serves /.well-known/openid-configuration, /keys, /authorize, /token and /end. All of its members may be changed
    while it runs: `keys`; `person`, claims of who signs in; `error`, its answer to a login instead; `says_iss`, whether
    it names itself (RFC 9207); `back`, a function that changes what the browser is about to bring back; `change`, one that
    changes what the token endpoint is about to send; `is_elsewhere`, whether that redirects; `keeps_codes`, whether
    they are good more than once; `named`, as what the metadata name it; `clock`, seconds by which it is ahead."""

    def __init__(self, folder, port=0, kind=Key):
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.keys = [kind(folder, "k1")]
        self.strange_keys = []  # JWKs that nobody signs with
        self.asked = {"metadata": 0, "keys": 0, "authorize": 0, "token": 0, "end": 0}
        self.black_hole, self.drips = threading.Event(), threading.Event()
        self.codes, self.forms, self.holding, self.says_iss, self.clock = {}, [], 0, None, 0
        self.be_honest()
        self.start(port)

    def be_honest(self):
        """Answer logins as at first."""
        self.person, self.error, self.status, self.is_elsewhere, self.named = {}, None, 200, False, None
        self.keeps_codes = False
        self.back, self.change = lambda back, query: back, lambda tokens, query: tokens
        self.drips.clear()

    def start(self, port=0):
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                url = urlsplit(self.path)
                name = {"/keys": "keys", "/authorize": "authorize", "/end": "end"}.get(url.path, "metadata")
                if issuer.black_hole.is_set() and name in ("keys", "metadata"):
                    issuer.released.wait()
                    return
                issuer.asked[name] += 1
                query = dict(parse_qsl(url.query))
                if name in ("authorize", "end"):
                    place = issuer.authorize(query) if name == "authorize" else query.get("post_logout_redirect_uri", "/")
                    self.answer(303, b"", [("Location", place)])
                else:
                    self.answer(200, json.dumps(issuer.jwks() if name == "keys" else issuer.metadata()).encode())

            def do_POST(self):
                form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
                issuer.asked["token"] += 1
                issuer.forms.append((form, dict(self.headers)))
                if issuer.black_hole.is_set():
                    issuer.holding += 1
                    issuer.released.wait()
                    return
                if issuer.is_elsewhere and self.path != "/elsewhere":
                    self.answer(307, b"{}", [("Location", f"{issuer.url}/elsewhere")])
                    return
                status, body = issuer.redeem(form)
                self.answer(status, body if isinstance(body, bytes) else json.dumps(body).encode())

            def answer(self, status, body, headers=()):
                self.send_response(status)
                for name, value in (("Content-Type", "application/json"), ("Content-Length", str(len(body))), *headers):
                    self.send_header(name, value)
                self.end_headers()
                if not issuer.drips.is_set():
                    self.wfile.write(body)
                    return
                try:
                    for byte in body:
                        self.wfile.write(bytes([byte]))
                        self.wfile.flush()
                        if issuer.released.wait(0.2):
                            return
                except OSError:
                    pass

            def date_time_string(self, timestamp=None):
                return super().date_time_string(time.time() + issuer.clock)

            def log_message(self, *args):
                pass

        self.released = threading.Event()
        self.server = LoopbackServer(("127.0.0.1", port), Handler)
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def metadata(self):
        more = {} if self.says_iss is None else {"authorization_response_iss_parameter_supported": self.says_iss}
        return {"issuer": self.named or self.url, "jwks_uri": f"{self.url}/keys", "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token", "end_session_endpoint": f"{self.url}/end",
                "response_types_supported": ["code"], "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"], **more}

    # -- the code flow: what a browser that is signed in here is sent back with ----------------------------

    def authorize(self, query):
        """The URL that the browser goes back to."""
        return f"{query['redirect_uri']}?{urlencode(self.response(query))}"

    def response(self, query):
        back = {"state": query["state"]}
        if self.says_iss:
            back["iss"] = self.url
        if self.error:
            return {**back, "error": self.error(query) if callable(self.error) else self.error}
        back["code"] = secrets.token_urlsafe(16)
        self.codes[back["code"]] = query
        return self.back(back, query)

    def redeem(self, form):
        """(status, body) of the token endpoint."""
        query = self.codes.get(form.get("code")) if self.keeps_codes else self.codes.pop(form.get("code"), None)
        if self.status != 200:
            return self.status, {"error": "server_error"}
        if query is None or query["redirect_uri"] != form.get("redirect_uri") or \
                query["code_challenge"] != s256(form.get("code_verifier", "")):
            return 400, {"error": "invalid_grant"}
        access = secrets.token_urlsafe(16)
        claims = {"aud": query["client_id"], "nonce": query["nonce"], "nbf": None, **self.person}
        tokens = {"access_token": access, "token_type": "Bearer", "expires_in": 60, "id_token": claims}
        tokens = self.change(tokens, query)
        if isinstance(tokens, dict) and isinstance(tokens.get("id_token"), dict):
            tokens["id_token"] = self.token(**tokens["id_token"])
        return 200, tokens

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
