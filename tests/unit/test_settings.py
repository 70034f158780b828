from pathlib import Path

import pytest

from mien.domain.errors import InvalidRequest
from mien.settings import read_settings


def test_variables_set_what_their_names_say():
    settings = read_settings(
        {"MIEN_DATA": "/d", "MIEN_WORKERS": "3", "MIEN_ALLOW_PRIVATE_ADDRESSES": "1", "OTHER": "x"}
    )
    assert (settings.data, settings.workers, settings.allow_private_addresses) == (Path("/d"), 3, True)
    assert settings.store_url == "sqlite:////d/mien.db"


def test_an_option_of_a_command_wins_over_its_variable():
    assert read_settings({"MIEN_PORT": "1"}, port=2, host=None).port == 2


def test_a_value_that_cannot_be_understood_is_named():
    with pytest.raises(InvalidRequest, match=r"MIEN_WORKERS.*'many'"):
        read_settings({"MIEN_WORKERS": "many"})
