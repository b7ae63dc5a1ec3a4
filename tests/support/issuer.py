"""An OAuth issuer of the tests' own: real keys, real signatures, and tokens with anything wrong that a test wants."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ISSUER = "https://issuer.example"
AUDIENCE = "https://mcp.example.com/mcp"


def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65_537, 2_048)


@dataclass
class Issuer:
    """Signs tokens; `jwks` is what it publishes."""

    key: Any = field(default_factory=rsa_key)
    kid: str = "first"
    algorithm: str = "RS256"

    @classmethod
    def elliptic(cls, kid: str) -> Issuer:
        return cls(ec.generate_private_key(ec.SECP256R1()), kid, "ES256")

    def public_jwk(self, **extra: str) -> dict[str, Any]:
        kind = jwt.algorithms.ECAlgorithm if self.algorithm == "ES256" else jwt.algorithms.RSAAlgorithm
        return {**kind.to_jwk(self.key.public_key(), as_dict=True), "kid": self.kid, **extra}

    def public_pem(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def token(self, *, headers: dict[str, Any] | None = None, **claims: Any) -> str:
        """A good token, but for the claims given; None leaves a claim out."""
        now = int(time.time())
        good = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": "alice",
            "iat": now,
            "exp": now + 300,
            "scope": "budgets:read budgets:write prices:read assumptions:read",
        }
        said = {name: value for name, value in (good | claims).items() if value is not None}
        return jwt.encode(said, self.key, self.algorithm, {"kid": self.kid} | (headers or {}))


def jwks(*issuers: Issuer) -> bytes:
    """The key set that these publish."""
    return json.dumps({"keys": [issuer.public_jwk(use="sig") for issuer in issuers]}).encode()
