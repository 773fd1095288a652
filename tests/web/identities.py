"""A provider of identities (OpenID Connect) on a port of its own: it keeps to the protocol, and lies on demand."""

from __future__ import annotations

import base64
import hashlib
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from flask import Flask, jsonify, redirect, request
from flask.typing import ResponseReturnValue
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey
from werkzeug.serving import make_server

CLIENT, SECRET = "formwork", "s3cret/with:odd"


class IdentityProvider:
    """`person` are the claims of whoever is at its login page; `lies` are laid over its next token."""

    def __init__(self) -> None:
        self.url = ""
        self.back = ""
        self.key: Any = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
        self.person: dict[str, Any] = {}
        self.lies: dict[str, Any] = {}
        self.signed_with: Any = None
        self.algorithm = "RS256"
        self.groups_apart = False
        self.untold = ""                       # what its discovery document leaves out
        self.codes: dict[str, Mapping[str, str]] = {}
        self.wrong: list[str] = []             # what a client did against the protocol

    def app(self) -> Flask:
        app = Flask("provider")
        app.add_url_rule("/.well-known/openid-configuration", "facts", self.facts)
        app.add_url_rule("/keys", "keys", lambda: jsonify(keys=[self.key.as_dict(private=False)]))
        app.add_url_rule("/authorize", "authorize", self.authorize)
        app.add_url_rule("/token", "token", self.token, methods=["POST"])
        app.add_url_rule("/userinfo", "userinfo", lambda: jsonify(self.person))
        return app

    def facts(self) -> ResponseReturnValue:
        ends = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys",
                "userinfo_endpoint": "userinfo"}
        told = {name: f"{self.url}/{path}" for name, path in ends.items() if name != self.untold}
        return jsonify(issuer=self.url, **told)

    def authorize(self) -> ResponseReturnValue:
        """The person is at home here: they are sent back at once, with a code."""
        asked = request.args.to_dict()
        if asked["redirect_uri"] != self.back or asked["client_id"] != CLIENT or asked["response_type"] != "code":
            return "unknown client or address", 400
        if asked.get("code_challenge_method") != "S256" or not asked.get("state") or "openid" not in asked["scope"]:
            self.wrong.append("no challenge, no state, or no openid")
        code = base64.urlsafe_b64encode(hashlib.sha256(asked["state"].encode()).digest()).decode()
        self.codes[code] = asked
        return redirect(f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}")

    def token(self) -> ResponseReturnValue:
        form = request.form
        asked = self.codes.pop(form["code"], None)
        given = request.authorization
        hashed = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(hashed).decode().rstrip("=")
        known = given is not None and given.username == CLIENT and given.password == "s3cret%2Fwith%3Aodd"
        if asked is None or not known or challenge != asked["code_challenge"] or form["redirect_uri"] != self.back:
            return jsonify(error="invalid_grant"), 400
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"], **self.person}
        if self.groups_apart:
            claims.pop("groups", None)
        claims = {name: value for name, value in {**claims, **self.lies}.items() if value is not None}
        header = {"alg": self.algorithm, "kid": self.key.kid}
        signed = jwt.encode(header, claims, self.signed_with or self.key, algorithms=[self.algorithm])
        return jsonify(access_token="opaque", token_type="Bearer", id_token=signed)


@contextmanager
def running() -> Iterator[IdentityProvider]:
    """A provider that answers until the block ends."""
    provider = IdentityProvider()
    server = make_server("127.0.0.1", 0, provider.app(), threaded=True)
    provider.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def other_keys() -> dict[str, tuple[str, Any]]:
    """Keys and algorithms with which nobody may sign for the provider."""
    return {
        "another key": ("RS256", RSAKey.generate_key(2048)),
        "a secret": ("HS256", OctKey.generate_key(256)),
        "another kind": ("ES256", ECKey.generate_key("P-256")),
    }
