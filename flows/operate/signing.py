"""Ed25519 signatures over short texts, with keys as PEM text."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from warehouse.errors import Problem, SettingsError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )


def signature_of(text: str, signing_key: str) -> str:
    """The signature in base64. Raises SettingsError where the key is not a private Ed25519 one."""
    return base64.b64encode(_private(signing_key).sign(text.encode())).decode()


def is_signed_by(text: str, signature: str, public_key: str) -> bool:
    """Whether the holder of the key signed this very text. Raises SettingsError for another kind of
    key.
    """
    from cryptography.exceptions import InvalidSignature

    try:
        _public(public_key).verify(base64.b64decode(signature, validate=True), text.encode())
    except (InvalidSignature, ValueError):
        return False
    return True


def public_of(signing_key: str) -> str:
    """The public key that belongs to a private one, both PEM text."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return (
        _private(signing_key)
        .public_key()
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def _private(text: str) -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(text.encode(), None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        # The library's message could hold parts of the key.
        raise SettingsError(
            "the signing key can't be used",
            [
                Problem(
                    "[run] signing_key_file",
                    "is not a private Ed25519 key in PEM without a passphrase",
                )
            ],
            "Make one: openssl genpkey -algorithm ed25519 -out signing.pem",
        )
    return key


def _public(text: str) -> Ed25519PublicKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(text.encode())
    except ValueError:
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise SettingsError(
            "the public key can't be used",
            [Problem("--public-key", "is not an Ed25519 key in PEM")],
            "Make it from the private one: openssl pkey -in signing.pem -pubout -out signing.pub",
        )
    return key
