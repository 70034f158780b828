import pytest

from mien.intake.limits import GIGA, IntakeLimits, readable_bytes


@pytest.mark.parametrize(
    ("count", "text"),
    [(GIGA, "1 GB"), (1536 * 1024**2, "1.5 GB"), (100 * 1024**2, "100 MB"), (2048, "2 KB"), (5, "5 bytes")],
)
def test_sizes_read_well(count, text):
    assert readable_bytes(count) == text


def test_small_archives_may_grow_more_than_large_ones():
    limits = IntakeLimits(archive_bytes=1000, archive_free_bytes=100, archive_ratio=10)
    assert [limits.tar_bytes(size) for size in (1, 10, 50, 500)] == [100, 100, 500, 1000]
