"""Sign-in with the company's identity provider: what belongs to one flow, and what the provider says of a person.

Everything secret of a flow is derived from one random text that only the browser keeps: `state`, `nonce` and the PKCE
verifier. The store keeps a hash of it, so that a flow works once and for ten minutes.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta

from loupe_auth.domain import fields

FLOW_LIFETIME = timedelta(minutes=10)
FLOW_PREFIX = "lo_"
_MAXIMUM_PATH = 1000
_MAXIMUM_SECRET = 2000


@dataclass(frozen=True)
class Flow:
    """One sign-in under way."""

    secret: str
    """Random text, a point, and the return path in base64url. Stays in the browser."""

    @property
    def hash(self) -> str:
        """SHA-256 of the secret, 64 hex digits: all that is stored."""
        return hashlib.sha256(self.secret.encode()).hexdigest()

    @property
    def state(self) -> str:
        """What the provider's answer must carry."""
        return self._derived("state")

    @property
    def nonce(self) -> str:
        """What the provider's token must carry."""
        return self._derived("nonce")

    @property
    def verifier(self) -> str:
        """What the provider wants with the code (RFC 7636)."""
        return self._derived("verifier")

    @property
    def challenge(self) -> str:
        """What the provider is told of the verifier beforehand."""
        return _text(hashlib.sha256(self.verifier.encode()).digest())

    @property
    def return_path(self) -> str:
        """Where to go afterwards; `/` where the secret is no secret of ours."""
        try:
            text = self.secret.partition(".")[2]
            return return_path(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode())
        except ValueError:
            return "/"

    def is_answered_by(self, state: str) -> bool:
        """Whether an answer with this state is for this flow."""
        is_ours = self.secret.startswith(FLOW_PREFIX) and len(self.secret) <= _MAXIMUM_SECRET
        return is_ours and hmac.compare_digest(self.state, state)

    def _derived(self, purpose: str) -> str:
        return _text(hmac.digest(self.secret.encode(), purpose.encode(), "sha256"))


@dataclass(frozen=True)
class Identity:
    """What the provider says of a person."""

    issuer: str
    subject: str
    email: str
    """As the provider writes it; empty: not told."""
    email_is_verified: bool
    display_name: str
    """Empty: not told."""
    groups: frozenset[str] | None
    """None: the provider tells no groups."""


@dataclass(frozen=True)
class GroupRules:
    """What groups of the provider mean here."""

    administrators: Collection[str] = ()
    supervisors: Collection[str] = ()
    """Supervisors of the department that they belong to."""
    departments: Mapping[str, str] | None = None
    """Group to display name of a department, the first one that fits counts; None: not mapped."""

    @property
    def decide_role(self) -> bool:
        """Whether the provider, and not an administrator here, says who is what."""
        return bool(self.administrators or self.supervisors)

    def department(self, groups: Collection[str]) -> str | None:
        """Returns the name of the department of somebody in these groups, or None where the rules do not say."""
        rules = self.departments or {}
        return next((name for group, name in rules.items() if group in groups), None)


def new_flow(path: str) -> Flow:
    """Returns a fresh flow that ends at `path`."""
    return Flow(f"{FLOW_PREFIX}{secrets.token_urlsafe(32)}.{_text(path.encode())}")


def return_path(path: str) -> str:
    """Returns a path of this installation; `/` for the empty one.

    Raises:
        InvalidArgument: it could lead to another host.
    """
    if not path:
        return "/"
    is_plain = path.isascii() and path.isprintable() and " " not in path and "\\" not in path
    if len(path) > _MAXIMUM_PATH or not is_plain or not path.startswith("/") or path.startswith("//"):
        raise fields.invalid("return_path", "must be a path of this installation, such as /projects")
    return path


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
