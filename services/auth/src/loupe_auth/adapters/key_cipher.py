"""Encrypts the private halves of signing keys, so that a copy of the database signs nothing."""

from __future__ import annotations

import base64
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import SecretStr

_PREFIX = "enc1:"
_NONCE_BYTES = 12
MINIMUM_CHARS = 32


class KeyNotReadable(Exception):
    """A stored key was encrypted under another key, or the settings have none."""


class KeyCipher:
    """AES-256-GCM under a key derived from a long random text.

    Args:
        secret: at least 32 characters; None: nothing is encrypted.

    Raises:
        ValueError: the text is too short.
    """

    def __init__(self, secret: SecretStr | None) -> None:
        self._aead = None
        if secret is None:
            return
        text = secret.get_secret_value()
        if len(text) < MINIMUM_CHARS:
            raise ValueError(f"LOUPE_AUTH_KEY_ENCRYPTION_KEY needs at least {MINIMUM_CHARS} characters.")
        derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"loupe-auth signing keys")
        self._aead = AESGCM(derive.derive(text.encode()))

    def is_in_order(self, stored: str) -> bool:
        """Whether a stored key is as it would be stored now: encrypted if there is something to encrypt with."""
        return self._aead is None or stored.startswith(_PREFIX)

    def encrypt(self, key_id: str, private_key: str) -> str:
        """Returns the form to store; the key's id is bound in, so that rows cannot be exchanged."""
        if self._aead is None:
            return private_key
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._aead.encrypt(nonce, private_key.encode(), key_id.encode())
        return _PREFIX + base64.b64encode(nonce + sealed).decode()

    def decrypt(self, key_id: str, stored: str) -> str:
        """Returns the private key.

        Raises:
            KeyNotReadable: it was encrypted under another key.
        """
        if not stored.startswith(_PREFIX):
            return stored
        raw = base64.b64decode(stored.removeprefix(_PREFIX))
        try:
            if self._aead is None:
                raise InvalidTag
            return self._aead.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], key_id.encode()).decode()
        except InvalidTag as error:
            raise KeyNotReadable(
                "The signing keys in the database are encrypted under another key. Set LOUPE_AUTH_KEY_ENCRYPTION_KEY "
                "to it, or make new ones with: python -m loupe_auth rotate-signing-key --drop-old"
            ) from error
