"""Write a report one can open in a browser: expressions as charts, and what was seen; it needs nothing but itself."""

import base64
import html
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mien.pictures.charts import Found, as_html, chart_script, draw, picked

Json = Mapping[str, Any]
MOST_ROWS: Final = 60
MOST_WORDS: Final = 3000
MOST_COLUMNS: Final = 6
CAVEAT: Final = "Scores say how an expression is likely to be perceived. They do not say what a person feels."
STYLE: Final = """
body { font-family: system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; color: #1f2937; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; } h3 { font-size: 1rem; margin-bottom: 0; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: .6rem; }
figure { margin: 0; } figcaption { font-size: .8rem; }
img { border-radius: 4px; max-width: 100%; } .caveat, .note { color: #6b7280; font-size: .9rem; }
.words { line-height: 1.9; max-width: 60rem; } .words span { border-radius: 3px; padding: .1rem .15rem; }
.problem { color: #b91c1c; } table { border-collapse: collapse; font-size: .9rem; margin: .4rem 0 1rem; }
td, th { padding: .15rem .8rem .15rem 0; text-align: left; vertical-align: top; } td:first-child { max-width: 40rem; }
"""


@dataclass(frozen=True)
class Shown:
    """Hold a picture for the report: a JPEG file and what stands below it."""

    jpeg: bytes
    caption: str


@dataclass(frozen=True)
class Reported:
    """Hold one source for the report: its element of the predictions array, and pictures by file name."""

    element: Json
    pictures: Mapping[str, Sequence[Shown]]


@dataclass(frozen=True)
class Overall:
    """Hold what one model found in all files together: mean scores of the strongest expressions."""

    model: str
    files: int
    predictions: int
    strongest: Sequence[tuple[str, float]]


def write_report(
    sources: Iterable[Reported], chosen: Sequence[str] = (), overview: Sequence[Overall] = (), left_out: int = 0
) -> Iterator[str]:
    """Yield a self-contained HTML page piece by piece; `chosen` are the expressions to draw, else the strongest.

    `overview` is shown first; `left_out` says how many more sources there are that the page does not show.
    """
    script = f"<script>{chart_script()}</script>"
    head = f"<meta charset='utf-8'><title>mien report</title><style>{STYLE}</style>{script}"
    yield f"<!doctype html><html lang='en'><head>{head}</head><body><h1>mien report</h1><p class='caveat'>{CAVEAT}</p>"
    if overview:
        yield _overview(overview)
    for source in sources:
        yield from _sections(source, chosen)
    if left_out:
        yield f"<p class='note'>{left_out} more files are not shown here; tables have all of them.</p>"
    yield "</body></html>\n"


def _overview(overview: Sequence[Overall]) -> str:
    rows = "".join(
        f"<tr><td>{html.escape(one.model)}</td><td>{one.files}</td><td>{one.predictions}</td>"
        f"<td>{html.escape(', '.join(f'{name} {score:.2f}' for name, score in one.strongest))}</td></tr>"
        for one in overview
    )
    heads = "<tr><th>model</th><th>files</th><th>predictions</th><th>strongest expressions, mean</th></tr>"
    return f"<h2>All files</h2><table>{heads}{rows}</table>"


def _sections(source: Reported, chosen: Sequence[str]) -> Iterator[str]:
    if "error" in source.element:
        told = source.element["source"]
        name = told.get("filename") or told.get("url") or told["type"]
        yield f"<h2>{html.escape(name)}</h2><p class='problem'>{html.escape(source.element['error'])}</p>"
        return
    for item in source.element["results"]["predictions"]:
        pictures = "".join(_figure(one) for one in source.pictures.get(item["file"], ()))
        models = "".join(_model(name, result, chosen) for name, result in item["models"].items() if result)
        yield f"<h2>{html.escape(item['file'])}</h2>{models}<div class='pictures'>{pictures}</div>"
    for error in source.element["results"]["errors"]:
        yield f"<p class='problem'>{html.escape(error['file'])}: {html.escape(error['message'])}</p>"


def _figure(shown: Shown) -> str:
    coded = base64.b64encode(shown.jpeg).decode()
    caption = html.escape(shown.caption)
    image = f"<img src='data:image/jpeg;base64,{coded}' alt='{caption}'>"
    return f"<figure>{image}<figcaption>{caption}</figcaption></figure>"


def _model(name: str, result: Json, chosen: Sequence[str]) -> str:
    groups = [Found("", group["id"], group["predictions"]) for group in result["grouped_predictions"]]
    count = sum(len(group.predictions) for group in groups)
    title = f"<h3>{html.escape(name)}: {count} prediction{'' if count == 1 else 's'}</h3>"
    figure = draw(groups, chosen)
    if figure is None:
        return title + ("" if count else "<p class='note'>nothing found</p>")
    return title + as_html(figure) + _words(groups, chosen)


def _words(groups: Sequence[Found], chosen: Sequence[str]) -> str:
    """Return a table of what was said or written, with its scores; of what has no words nothing."""
    worded = [one for group in groups for one in group.predictions if one.get("text") or one.get("entity")]
    if not worded:
        return ""
    if all("text" in one and " " not in one["text"].strip() for one in worded) and len(worded) > 1:
        return _running(worded)
    names = picked(groups, chosen, MOST_COLUMNS)
    heads = "".join(f"<th>{html.escape(name)}</th>" for name in ("", *names))
    rows = "".join(_row(one, names) for one in worded[:MOST_ROWS])
    more = f"<p class='note'>and {len(worded) - MOST_ROWS} more</p>" if len(worded) > MOST_ROWS else ""
    return f"<table><tr>{heads}</tr>{rows}</table>{more}"


def _running(words: Sequence[Json]) -> str:
    """Return single words as running text, the darker the stronger their strongest expression, which hovering names."""
    spans = []
    for word in words[:MOST_WORDS]:
        scores = sorted(word.get("emotions") or (), key=lambda one: -float(one["score"]))[:3]
        told = ", ".join(f"{one['name']} {one['score']:.2f}" for one in scores)
        shade = scores[0]["score"] * 0.5 if scores else 0.0
        style = f"background: rgba(59, 130, 246, {shade:.2f})"
        spans.append(f"<span style='{style}' title='{html.escape(told)}'>{html.escape(word['text'])}</span>")
    more = f"<p class='note'>and {len(words) - MOST_WORDS} more words</p>" if len(words) > MOST_WORDS else ""
    return f"<p class='words'>{' '.join(spans)}</p>{more}"


def _row(prediction: Json, names: Sequence[str]) -> str:
    scores = {one["name"]: one["score"] for one in prediction.get("emotions") or ()}
    words = html.escape(str(prediction.get("text") or prediction.get("entity")))
    return f"<tr><td>{words}</td>{''.join(f'<td>{scores[name]:.2f}</td>' for name in names)}</tr>"
