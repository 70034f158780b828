"""Draw expressions as charts: lines over time or in order, bars for one face or text, a heat map for some."""

import html
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import plotly.graph_objects as go
import plotly.io
import plotly.offline

Json = Mapping[str, Any]
MOST_LINES: Final = 6
MOST_BARS: Final = 12
MOST_CELLS_ACROSS: Final = 12
MOST_CELLS_DOWN: Final = 40
"""More rows cannot be read in a heat map; they become lines in order, as rows without a name do."""

LINES_HEIGHT: Final = 320
ROW_HEIGHT: Final = 22
LONGEST_NAME: Final = 60
COLOURS: Final = "Blues"


@dataclass(frozen=True)
class Found:
    """Hold what one model found in one group of one file; `file` is empty where there is only one file."""

    file: str
    group: str
    predictions: Sequence[Json]

    @property
    def name(self) -> str:
        """Return what the group is called in a chart."""
        return " ".join(part for part in (self.file, self.group) if part and part != "unknown")


@dataclass(frozen=True)
class Timeline:
    """Hold one expression of one group over time; None between stretches leaves a gap."""

    group: str
    expression: str
    seconds: Sequence[float | None]
    scores: Sequence[float | None]


def draw(groups: Sequence[Found], chosen: Sequence[str] = ()) -> go.Figure | None:
    """Return a chart of expressions, by default the strongest; None when nothing was found.

    What lies at several times becomes lines over time, one face or text bars, some of them a heat map with a row for
    each, and many of them, the words of a text, lines in order.
    """
    if not labels_of(groups):
        return None
    lines = timelines(groups, picked(groups, chosen, MOST_LINES))
    if lines and any(len([one for one in line.seconds if one is not None]) > 1 for line in lines):
        return _lines(lines)
    rows = [(label(group, one), one) for group in groups for one in group.predictions]
    if len(rows) == 1:
        return _bars(rows[0][1], picked(groups, chosen, MOST_BARS))
    if len(rows) <= MOST_CELLS_DOWN and all(name for name, _ in rows):
        return _cells(rows, picked(groups, chosen, MOST_CELLS_ACROSS))
    return _in_order(groups, picked(groups, chosen, MOST_LINES))


def as_html(figure: go.Figure, script: bool | str = False) -> str:
    """Return a chart as a piece of HTML; `script` brings what draws it along, or names where that lies."""
    return str(plotly.io.to_html(figure, include_plotlyjs=script, full_html=False))


def titled(figure: go.Figure, title: str) -> go.Figure:
    """Return the chart with a title above it."""
    room = 70 if figure.layout.xaxis.side != "top" else 190
    figure.update_layout(title=html.escape(title), margin_t=room, height=figure.layout.height + 60)
    return figure


def chart_script() -> str:
    """Return the script that draws charts."""
    return str(plotly.offline.get_plotlyjs())


def page_of(figures: Sequence[go.Figure], script: str | None = None) -> str:
    """Return charts as a page; `script` is where it finds what draws them, without one the page brings it along."""
    first: bool | str = script or True
    parts = [as_html(figure, False if number else first) for number, figure in enumerate(figures)]
    return f"<!doctype html><html><head><meta charset='utf-8'></head><body>{''.join(parts)}</body></html>\n"


def picked(groups: Sequence[Found], chosen: Sequence[str], count: int) -> list[str]:
    """Return the expressions to draw: those of the chosen ones that were scored, else the strongest."""
    return [name for name in chosen if name in labels_of(groups)] or strongest_labels(groups, count)


def labels_of(groups: Sequence[Found]) -> list[str]:
    """Return the expressions that a model has scored."""
    first = next((one for group in groups for one in group.predictions), None)
    return list(_scores(first)) if first else []


def strongest_labels(groups: Sequence[Found], count: int) -> list[str]:
    """Return the expressions that are the strongest most often, and then those with the highest peaks."""
    peaks: dict[str, float] = {}
    first: Counter[str] = Counter()
    for prediction in (one for group in groups for one in group.predictions):
        scores = _scores(prediction)
        peaks |= {name: max(score, peaks.get(name, 0.0)) for name, score in scores.items()}
        first.update([max(scores, key=lambda name: scores[name])] if scores else [])
    return sorted(peaks, key=lambda name: (-first[name], -peaks[name]))[:count]


def timelines(groups: Iterable[Found], chosen: Sequence[str]) -> list[Timeline]:
    """Return a line per group and expression over the times of its predictions; those without a time are left out.

    A prediction at a moment is a point, one over a stretch a level line from its begin to its end.
    """
    lines = [_timeline(group, name) for group in groups for name in chosen]
    return [line for line in lines if line.seconds]


def label(group: Found, prediction: Json) -> str:
    """Return what a row is called: its words, else its group."""
    words = str(prediction.get("text") or prediction.get("entity") or "")
    told = " ".join(part for part in (group.file, words) if part) if words else group.name
    return told if len(told) <= LONGEST_NAME else told[: LONGEST_NAME - 1] + "…"


def _timeline(group: Found, name: str) -> Timeline:
    seconds: list[float | None] = []
    scores: list[float | None] = []
    for prediction in group.predictions:
        score = _scores(prediction).get(name)
        time = prediction.get("time")
        if isinstance(time, Mapping):
            seconds += [time["begin"], time["end"], None]
            scores += [score, score, None]
        elif time is not None:
            seconds.append(time)
            scores.append(score)
    return Timeline(group.name, name, seconds, scores)


def _lines(lines: Sequence[Timeline]) -> go.Figure:
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
    _laid_out(figure, LINES_HEIGHT)
    figure.update_layout(hovermode="x unified", showlegend=True)
    figure.update_xaxes(title="seconds", rangemode="tozero")
    figure.update_yaxes(title="score", range=[0, 1])
    return figure


def _bars(prediction: Json, chosen: Sequence[str]) -> go.Figure:
    scores = _scores(prediction)
    figure = go.Figure(
        go.Bar(x=[scores[name] for name in chosen], y=list(chosen), orientation="h", hovertemplate="%{y} %{x:.2f}")
    )
    _laid_out(figure, 90 + ROW_HEIGHT * len(chosen))
    figure.update_xaxes(title="score", range=[0, 1])
    figure.update_yaxes(autorange="reversed", automargin=True)
    return figure


def _cells(rows: Sequence[tuple[str, Json]], chosen: Sequence[str]) -> go.Figure:
    # Rows of the same name are rows of their own: what is drawn along the axis are numbers, with names as ticks.
    figure = go.Figure(
        go.Heatmap(
            z=[[_scores(prediction).get(name) for name in chosen] for _, prediction in rows],
            x=list(chosen), y=list(range(len(rows))), zmin=0, zmax=1, colorscale=COLOURS, xgap=1, ygap=1,
            customdata=[[html.escape(name)] * len(chosen) for name, _ in rows],
            hovertemplate="%{customdata}: %{x} %{z:.2f}<extra></extra>",
        )
    )  # fmt: skip
    _laid_out(figure, 140 + ROW_HEIGHT * len(rows))
    names = [html.escape(name) for name, _ in rows]
    figure.update_xaxes(side="top", tickangle=-40, automargin=True)
    figure.update_yaxes(
        tickmode="array", tickvals=list(range(len(rows))), ticktext=names, autorange="reversed", automargin=True
    )
    return figure


def _in_order(groups: Sequence[Found], chosen: Sequence[str]) -> go.Figure:
    figure = go.Figure()
    for group in groups:
        names = [html.escape(label(group, one)) for one in group.predictions]
        for name in chosen:
            shown = f"{group.name} {name}" if group.name and len(groups) > 1 else name
            figure.add_trace(
                go.Scatter(
                    x=list(range(1, len(names) + 1)), y=[_scores(one).get(name) for one in group.predictions],
                    name=shown, mode="lines", text=names,
                    hovertemplate="%{text} %{y:.2f}<extra>" + html.escape(shown) + "</extra>",
                )
            )  # fmt: skip
    _laid_out(figure, LINES_HEIGHT)
    figure.update_layout(showlegend=True)
    figure.update_xaxes(title="prediction, in order")
    figure.update_yaxes(title="score", range=[0, 1])
    return figure


def _scores(prediction: Json) -> dict[str, float]:
    return {one["name"]: one["score"] for one in prediction.get("emotions") or ()}


def _laid_out(figure: go.Figure, height: int) -> None:
    figure.update_layout(height=height, margin={"l": 50, "r": 10, "t": 10, "b": 40}, template="plotly_white")
