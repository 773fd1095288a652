"""The provider of identities over HTTP (OpenID Connect: code flow with PKCE, state and nonce), by the guarded client.

Only signatures of public keys are taken, of the keys that the provider publishes; the token must be of this issuer, for
this client, of this errand and of now."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from flask import Flask, current_app

from engine.errors import Forbidden
from engine.runtime.jobs import outbound
from engine.runtime.jobs.outbound import Barred, Target
from engine.runtime.services.identity.identities import Errand, Provider
from engine.texts import say

EXTENSION = "formwork.provider"
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]
NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
KEPT = 3600.0                                  # seconds that what the provider says of itself is kept
LEEWAY = 60                                    # seconds by which clocks may differ
AWAY = say(zh="单点登录服务暂时无法使用", en="The provider of identities cannot be reached, or answered with nonsense")
REFUSED = say(zh="单点登录未通过验证", en="What the provider of identities sent does not hold")
BUTTON = say(zh="使用 {name} 登录", en="Sign in with {name}")


class Connect:
    """One provider, with what it has said of itself."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self._guard = threading.Lock()
        self._kept: dict[str, tuple[float, Any]] = {}

    # ---- what it says of itself

    def facts(self) -> Mapping[str, Any]:
        """The discovery document. Its issuer must be the one that the settings name."""
        url = f"{self.provider.issuer.rstrip('/')}/.well-known/openid-configuration"
        return self._known("facts", url, lambda found: (
            found.get("issuer") == self.provider.issuer and all(isinstance(found.get(name), str) for name in NEEDED)
        ))

    def _known(
        self, name: str, url: str, sound: Callable[[Mapping[str, Any]], bool], *, anew: bool = False
    ) -> Mapping[str, Any]:
        """A document of the provider, kept for a while; what is not `sound` is refused and asked for again."""
        with self._guard:
            known = self._kept.get(name)
        if known is not None and not anew and time.monotonic() - known[0] < KEPT:
            return known[1]  # type: ignore[no-any-return]
        found = self._ask("GET", url)
        if not sound(found):
            raise Forbidden(AWAY, code="provider")
        with self._guard:
            self._kept[name] = (time.monotonic(), found)
        return found

    def _ask(
        self, method: str, url: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        private = self.provider.private
        try:
            status, text = outbound.ask(Target(url, plain=private, private=private), method, body, headers or {})
            found = json.loads(text)
        except (OSError, Barred, ValueError) as error:
            current_app.logger.warning("the provider of identities: %s", type(error).__name__)
            raise Forbidden(AWAY, code="provider") from error
        if status != 200 or not isinstance(found, dict):
            raise Forbidden(AWAY, code="provider")
        return found

    # ---- the way there and back

    def address(self, back: str, state: str, nonce: str, challenge: str) -> str:
        """Where somebody is sent."""
        asked = {
            "response_type": "code", "client_id": self.provider.client, "redirect_uri": back,
            "scope": "openid profile email", "state": state, "nonce": nonce,
            "code_challenge": challenge, "code_challenge_method": "S256",
        }
        return f"{self.facts()['authorization_endpoint']}?{urlencode(asked)}"

    def claims(self, code: str, back: str, errand: Errand) -> Mapping[str, Any]:
        """Whom the provider vouches for. Raises `Forbidden` where anything of it does not hold."""
        answer = self._redeemed(code, back, errand)
        found = dict(self._verified(str(answer.get("id_token", "")), errand.nonce))
        told = self.facts().get("userinfo_endpoint")
        if self.provider.claim not in found and told and answer.get("access_token"):
            more = self._ask("GET", str(told), headers={"Authorization": f"Bearer {answer['access_token']}"})
            if more.get("sub") != found["sub"]:
                raise Forbidden(REFUSED, code="provider")
            found = {**more, **found}
        return found

    def _redeemed(self, code: str, back: str, errand: Errand) -> Mapping[str, Any]:
        fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": back,
                  "code_verifier": errand.verifier, "client_id": self.provider.client}
        secret = f"{quote(self.provider.client, safe='')}:{quote(self.provider.secret, safe='')}"
        headers = {
            "Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json",
            "Authorization": f"Basic {base64.b64encode(secret.encode()).decode()}",
        }
        return self._ask("POST", str(self.facts()["token_endpoint"]), urlencode(fields).encode(), headers)

    def _verified(self, text: str, nonce: str) -> Mapping[str, Any]:
        from joserfc.errors import JoseError

        try:
            try:
                found = self._decoded(text, anew=False)
            except (JoseError, ValueError):    # the keys may have been changed since
                found = self._decoded(text, anew=True)
            self._judge(found, nonce)
        except (JoseError, ValueError) as error:
            current_app.logger.warning("a token of the provider was refused: %s", type(error).__name__)
            raise Forbidden(REFUSED, code="provider") from error
        return found

    def _decoded(self, text: str, *, anew: bool) -> Mapping[str, Any]:
        from joserfc import jwt
        from joserfc.jwk import KeySet

        url = str(self.facts()["jwks_uri"])
        keys: Any = self._known("keys", url, lambda found: isinstance(found.get("keys"), list), anew=anew)
        found: Mapping[str, Any] = jwt.decode(text, KeySet.import_key_set(keys), algorithms=ALGORITHMS).claims
        return found

    def _judge(self, claims: Mapping[str, Any], nonce: str) -> None:
        from joserfc.jwt import JWTClaimsRegistry

        JWTClaimsRegistry(
            leeway=LEEWAY, iss={"essential": True, "value": self.provider.issuer},
            aud={"essential": True, "value": self.provider.client}, exp={"essential": True}, iat={"essential": True},
            sub={"essential": True}, nonce={"essential": True, "value": nonce},
        ).validate(dict(claims))
        audience = claims["aud"]
        party = claims.get("azp")
        if isinstance(audience, list) and len(audience) > 1 and party != self.provider.client:
            raise ValueError("another party asked for it")


def install(app: Flask, provider: Provider | None) -> None:
    app.extensions[EXTENSION] = None if provider is None else Connect(provider)


def of(app: Flask) -> Connect | None:
    """The provider of an application, if it has one."""
    found: Connect | None = app.extensions[EXTENSION]
    return found


def label(language: str) -> str:
    """What the button of the sign-in page says; blank without a provider."""
    found = of(current_app)
    return "" if found is None else BUTTON.to(language).replace("{name}", found.provider.label or "SSO")
