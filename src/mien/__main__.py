"""Let `python -m mien` be the command line."""

from mien.cli.main import app

app()
