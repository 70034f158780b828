import pytest

from mien.delivery.signing import Signer
from mien.domain.errors import InvalidRequest


def test_the_signature_is_that_of_the_specification() -> None:
    # The worked example that the specification's own libraries test with.
    signer = Signer("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signed = signer.headers("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, [b'{"test": ', b"2432232314}"])
    assert signed == {"webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="}


@pytest.mark.parametrize("secret", ["whsec_", "whsec_not base64", "whsec_abc"])
def test_a_secret_without_a_key_is_refused(secret: str) -> None:
    with pytest.raises(InvalidRequest, match="base64"):
        Signer(secret)
