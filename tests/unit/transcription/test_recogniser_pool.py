import numpy as np
import pytest

from mien.domain.cancellation import Cancellation
from mien.domain.errors import Cancelled
from mien.transcription.recogniser_pool import RecogniserPool

SILENCE = b"\0\0" * 8000


@pytest.fixture(scope="module")
def pool():
    pool = RecogniserPool(2)
    yield pool
    pool.close()


def test_each_stretch_is_heard_and_the_order_stays(pool):
    hum = (np.sin(np.arange(16_000) / 8) * 8000).astype("<i2").tobytes()
    heard = list(pool.recognise([SILENCE, hum, SILENCE, b""], Cancellation()))
    assert len(heard) == 4
    assert heard[0] == heard[2] == heard[3] == []
    assert heard[1]
    assert all(0 <= sure <= 1 for words in heard for _, _, _, sure in words)


def test_hearing_stops_when_asked(pool):
    cancellation = Cancellation()
    cancellation.cancel(Cancelled())
    with pytest.raises(Cancelled):
        list(pool.recognise([SILENCE], cancellation))
