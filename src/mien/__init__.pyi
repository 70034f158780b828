"""Say to type checkers what the lazy door offers."""

from mien.api import analyze as analyze

__version__: str
