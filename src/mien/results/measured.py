"""Hold what was measured as a list that can draw itself and turn into tables."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from mien.domain.errors import InvalidRequest
from mien.pictures.charts import Found, draw
from mien.pictures.report import Overall, Reported, write_report
from mien.results.frames import arrow_table, data_frame, write_csv, write_parquet
from mien.results.overview import Overview
from mien.results.reading import read_predictions
from mien.results.walking import Json, Problem, Row, problems_of, tables_of


class Measured(list[dict[str, Any]]):
    """Hold a predictions array: one element per source, shaped like the predictions endpoint's, and still a list."""

    @classmethod
    def read(cls, path: str | Path) -> "Measured":
        """Read a predictions array from a JSON file, also one of the former hosted service. Raises InvalidRequest."""
        return cls(dict(element) for element in read_predictions(Path(path)))

    @property
    def models(self) -> list[str]:
        """Return the models that found something."""
        return list(tables_of(self))

    @property
    def problems(self) -> list[Problem]:
        """Return what could not be measured, and why."""
        return [problem for element in self for problem in problems_of(element)]

    def rows(self, model: str | None = None) -> list[Row]:
        """Return a flat row per prediction of a model; the model may be left out when only one found something.

        Raises InvalidRequest when it is left out and there are several, or it found nothing.
        """
        tables = tables_of(self)
        if model is None and len(tables) <= 1:
            return next(iter(tables.values()), [])
        if model not in tables:
            raise InvalidRequest(f"model {model!r}: name one of those that found something: {', '.join(tables)}")
        return tables[model]

    def to_pandas(self, model: str | None = None) -> Any:
        """Return a model's rows as a pandas DataFrame. Raises LibraryMissing, and InvalidRequest as `rows` does."""
        return data_frame(self.rows(model))

    def to_arrow(self, model: str | None = None) -> Any:
        """Return a model's rows as an Arrow table. Raises LibraryMissing, and InvalidRequest as `rows` does."""
        return arrow_table(self.rows(model))

    def to_json(self, path: str | Path | None = None) -> str:
        """Return the array as JSON, and write it to a file if one is named."""
        text = json.dumps(self, ensure_ascii=False)
        if path is not None:
            Path(path).write_text(text, "utf-8")
        return text

    def to_csv(self, folder: str | Path) -> list[Path]:
        """Write a CSV file per model into a folder and return their paths."""
        return write_csv(tables_of(self), Path(folder))

    def to_parquet(self, folder: str | Path) -> list[Path]:
        """Write a Parquet file per model into a folder and return their paths. Raises LibraryMissing."""
        return write_parquet(tables_of(self), Path(folder))

    def plot(self, model: str | None = None, expressions: Sequence[str] = ()) -> Any:
        """Return a Plotly figure of what a model found; notebooks show it, `write_html` keeps it.

        What lies at several times, in films and recordings, becomes lines over time for each group; one face or text
        becomes bars, several of them a heat map. Without `expressions` those that are strongest most often are drawn.
        Raises InvalidRequest as `rows` does, and when nothing was found.
        """
        rows = self.rows(model)
        name = model or self.models[0] if rows else ""
        figure = draw(_found(self, name), expressions)
        if figure is None:
            raise InvalidRequest("nothing was found, so there is nothing to draw")
        return figure

    def report(self, path: str | Path, expressions: Sequence[str] = ()) -> Path:
        """Write a self-contained HTML report and return its path."""
        written = Path(path)
        with written.open("w", encoding="utf-8") as out:
            sources = (Reported(element, {}) for element in self)
            out.writelines(write_report(sources, expressions, self.overview() if len(self) > 1 else ()))
        return written

    def overview(self) -> list[Overall]:
        """Return for each model how many files and predictions there are, and its strongest expressions on average."""
        overview = Overview()
        for element in self:
            overview.add(element)
        return overview.models()


def _found(elements: Iterable[Json], model: str) -> list[Found]:
    items = [item for element in elements for item in (element.get("results") or {}).get("predictions", [])]
    several = len({item["file"] for item in items if (item["models"].get(model) or {}).get("grouped_predictions")}) > 1
    return [
        Found(item["file"] if several else "", group["id"], group["predictions"])
        for item in items
        for group in (item["models"].get(model) or {}).get("grouped_predictions", [])
    ]
