import pytest

from mien.cli.serve import console_address


@pytest.mark.parametrize(
    ("url", "public", "address"),
    [
        ("http://127.0.0.1:8004", None, "http://127.0.0.1:8004/"),
        ("http://0.0.0.0:8004", None, "http://127.0.0.1:8004/"),
        ("http://[::]:8004", None, "http://[::1]:8004/"),
        ("http://0.0.0.0:8004", "https://mien.example.org/", "https://mien.example.org/"),
    ],
)
def test_the_console_is_where_a_browser_can_go(url: str, public: str | None, address: str) -> None:
    assert console_address(url, public) == address
