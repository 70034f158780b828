"""Conversions the catalogue may name."""

from mien.runtime.catalogue import CATALOGUE
from mien.runtime.conversions import CONVERSIONS


def test_every_conversion_the_catalogue_names_is_known() -> None:
    assert {file.converted.by for file in CATALOGUE if file.converted} <= set(CONVERSIONS)
