"""Identity keys: the keys that host sites sign identity tokens with."""

from collections.abc import Mapping

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

Key = str | RSAPublicKey | EllipticCurvePublicKey
"""A shared secret, or a public key."""

MIN_SECRET_LENGTH = 32


def read_keys(configured: Mapping[str, str]) -> dict[str, Key]:
    """Return the keys by id. Raises ValueError, which names the entry, for a PEM that is no RSA or P-256 public key."""
    return {kid: _read(kid, text) for kid, text in configured.items()}


def _read(kid: str, text: str) -> Key:
    if "-----BEGIN" not in text:
        return text
    if "PRIVATE KEY" in text:
        raise ValueError(f'"{kid}" is a private key; write the public one, the private one stays with the host site')
    try:
        key = load_pem_public_key(text.replace("\\n", "\n").encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ValueError(f'"{kid}" is not a public key in PEM') from error
    if isinstance(key, RSAPublicKey) and key.key_size >= 2048:
        return key
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
        return key
    raise ValueError(f'"{kid}" must be an RSA key of 2048 bits or more (RS256) or a P-256 key (ES256)')
