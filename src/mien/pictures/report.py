"""Write a report one can open in a browser: expressions over time, and what was seen; it needs nothing but itself."""

import base64
import html
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import plotly.graph_objects as go
import plotly.io

Json = Mapping[str, Any]
MOST_CHOSEN: Final = 6
PLOT_HEIGHT: Final = 320
CAVEAT: Final = "Scores say how an expression is likely to be perceived. They do not say what a person feels."
STYLE: Final = """
body { font-family: system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; color: #1f2937; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; } h3 { font-size: 1rem; margin-bottom: 0; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: .6rem; }
figure { margin: 0; } figcaption { font-size: .8rem; }
img { border-radius: 4px; max-width: 100%; } .caveat, .note { color: #6b7280; font-size: .9rem; }
.problem { color: #b91c1c; } table { border-collapse: collapse; font-size: .9rem; }
td, th { padding: .15rem .8rem .15rem 0; text-align: left; }
"""


@dataclass(frozen=True)
class Shown:
    """Hold a picture for the report: a JPEG file and what stands below it."""

    jpeg: bytes
    caption: str


@dataclass(frozen=True)
class Timeline:
    """Hold one expression of one group over time; None between stretches leaves a gap."""

    group: str
    expression: str
    seconds: Sequence[float | None]
    scores: Sequence[float | None]


@dataclass(frozen=True)
class Reported:
    """Hold one source for the report: its element of the predictions array, and pictures by file name."""

    element: Json
    pictures: Mapping[str, Sequence[Shown]]


def write_report(sources: Iterable[Reported], chosen: Sequence[str] = ()) -> str:
    """Return a self-contained HTML page; `chosen` are the expressions to draw, else the strongest of each model."""
    sections = [section for source in sources for section in _sections(source, chosen)]
    script = f"<script>{plotly.offline.get_plotlyjs()}</script>"
    head = f"<meta charset='utf-8'><title>mien report</title><style>{STYLE}</style>{script}"
    body = f"<h1>mien report</h1><p class='caveat'>{CAVEAT}</p>{''.join(sections)}"
    return f"<!doctype html><html lang='en'><head>{head}</head><body>{body}</body></html>\n"


def _sections(source: Reported, chosen: Sequence[str]) -> Iterator[str]:
    if "error" in source.element:
        told = source.element["source"]
        name = told.get("filename") or told.get("url") or told["type"]
        yield f"<h2>{html.escape(name)}</h2><p class='problem'>{html.escape(source.element['error'])}</p>"
        return
    for item in source.element["results"]["predictions"]:
        pictures = "".join(_figure(one) for one in source.pictures.get(item["file"], ()))
        models = "".join(_model(name, result, chosen) for name, result in item["models"].items())
        yield f"<h2>{html.escape(item['file'])}</h2>{models}<div class='pictures'>{pictures}</div>"
    for error in source.element["results"]["errors"]:
        yield f"<p class='problem'>{html.escape(error['file'])}: {html.escape(error['message'])}</p>"


def _figure(shown: Shown) -> str:
    coded = base64.b64encode(shown.jpeg).decode()
    caption = html.escape(shown.caption)
    image = f"<img src='data:image/jpeg;base64,{coded}' alt='{caption}'>"
    return f"<figure>{image}<figcaption>{caption}</figcaption></figure>"


def _model(name: str, result: Json, chosen: Sequence[str]) -> str:
    groups = result["grouped_predictions"]
    count = sum(len(group["predictions"]) for group in groups)
    title = f"<h3>{html.escape(name)}: {count} predictions</h3>"
    if not count:
        return f"{title}<p class='note'>nothing found</p>"
    picked = [label for label in chosen if label in labels_of(groups)] or strongest_labels(groups)
    lines = [line for group in groups for line in timelines(group, picked)]
    if not any(len(line.scores) > 1 for line in lines):
        return title + _table(groups, picked)
    return title + _plot(lines)


def labels_of(groups: Sequence[Json]) -> list[str]:
    """Return the expressions that a model has scored."""
    first = next((one for group in groups for one in group["predictions"]), None)
    return [score["name"] for score in first["emotions"]] if first else []


def strongest_labels(groups: Sequence[Json], count: int = MOST_CHOSEN) -> list[str]:
    """Return the expressions that are the strongest most often, and then those with the highest peaks."""
    peaks: dict[str, float] = {}
    first: Counter[str] = Counter()
    for prediction in (one for group in groups for one in group["predictions"]):
        for score in prediction["emotions"]:
            peaks[score["name"]] = max(score["score"], peaks.get(score["name"], 0.0))
        first[max(prediction["emotions"], key=lambda one: float(one["score"]))["name"]] += 1
    return sorted(peaks, key=lambda name: (-first[name], -peaks[name]))[:count]


def timelines(group: Json, chosen: Sequence[str]) -> list[Timeline]:
    """Return a line per expression over the times of a group's predictions; those without a time are left out.

    A prediction at a moment is a point, one over a stretch a level line from its begin to its end.
    """
    lines = []
    for label in chosen:
        seconds: list[float | None] = []
        scores: list[float | None] = []
        for prediction in group["predictions"]:
            score = next((one["score"] for one in prediction["emotions"] if one["name"] == label), None)
            time = prediction.get("time")
            if isinstance(time, Mapping):
                seconds += [time["begin"], time["end"], None]
                scores += [score, score, None]
            elif time is not None:
                seconds.append(time)
                scores.append(score)
        lines.append(Timeline(group["id"], label, seconds, scores))
    return [line for line in lines if line.seconds]


def draw_timelines(groups: Sequence[Json], chosen: Sequence[str] = ()) -> go.Figure | None:
    """Return a figure of expressions over time, by default the strongest; None when nothing has a time."""
    picked = [label for label in chosen if label in labels_of(groups)] or strongest_labels(groups)
    lines = [line for group in groups for line in timelines(group, picked)]
    return _drawn(lines) if lines else None


def _plot(lines: Sequence[Timeline]) -> str:
    return str(plotly.io.to_html(_drawn(lines), include_plotlyjs=False, full_html=False))


def _drawn(lines: Sequence[Timeline]) -> go.Figure:
    several = len({line.group for line in lines}) > 1
    figure = go.Figure()
    for line in lines:
        name = f"{line.group} {line.expression}" if several else line.expression
        figure.add_trace(
            go.Scatter(
                x=list(line.seconds), y=list(line.scores), name=name, mode="lines",
                hovertemplate="%{y:.2f} at %{x:.2f} s<extra>" + html.escape(name) + "</extra>",
            )
        )  # fmt: skip
    figure.update_layout(
        height=PLOT_HEIGHT, margin={"l": 50, "r": 10, "t": 10, "b": 40}, hovermode="x unified", template="plotly_white"
    )
    figure.update_xaxes(title="seconds", rangemode="tozero")
    figure.update_yaxes(title="score", range=[0, 1])
    return figure


def _table(groups: Sequence[Json], chosen: Sequence[str]) -> str:
    """Return the scores as a table, for what has no times: pictures, words of a text."""
    heads = "".join(f"<th>{html.escape(label)}</th>" for label in ("", *chosen))
    rows = []
    for group in groups:
        for prediction in group["predictions"]:
            scores = {one["name"]: one["score"] for one in prediction["emotions"]}
            words = html.escape(str(prediction.get("text") or prediction.get("entity") or group["id"]))
            rows.append(f"<tr><td>{words}</td>{''.join(f'<td>{scores[label]:.2f}</td>' for label in chosen)}</tr>")
    return f"<table><tr>{heads}</tr>{''.join(rows)}</table>"
