"""Sign callbacks as Standard Webhooks say, so that receivers can check them with the libraries they know.

Source: the specification at https://github.com/standard-webhooks/standard-webhooks, version 1.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable

from mien.domain.errors import InvalidRequest

PREFIX = "whsec_"
ID = "webhook-id"
TIMESTAMP = "webhook-timestamp"
SIGNATURE = "webhook-signature"
OWN_SIGNATURE = "X-Mien-Signature"


class Signer:
    """Sign with a secret: `whsec_` and the key in base64, or any other text, whose bytes are then the key.

    A plain text also signs as before Standard Webhooks: `X-Mien-Signature` holds `sha256=` and the HMAC-SHA256 of the
    body in hexadecimal. Raises InvalidRequest when what follows `whsec_` is not base64.
    """

    def __init__(self, secret: str) -> None:
        self._key = _key(secret)
        self._plain = not secret.startswith(PREFIX)

    def headers(self, delivery: str, timestamp: int, body: Iterable[bytes]) -> dict[str, str]:
        """Return the headers that sign a body sent under this id at this time, in Unix seconds."""
        told = hmac.new(self._key, f"{delivery}.{timestamp}.".encode(), hashlib.sha256)
        alone = hmac.new(self._key, digestmod=hashlib.sha256)
        for chunk in body:
            told.update(chunk)
            alone.update(chunk)
        signed = {SIGNATURE: f"v1,{base64.b64encode(told.digest()).decode()}"}
        return signed | {OWN_SIGNATURE: f"sha256={alone.hexdigest()}"} if self._plain else signed


def _key(secret: str) -> bytes:
    if not secret.startswith(PREFIX):
        return secret.encode()
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if not key:
        raise InvalidRequest(f"the secret of callbacks: after {PREFIX} the key must follow in base64")
    return key
