"""Say in a line what one prediction found."""

from collections.abc import Mapping, Sequence

from rich.console import Console

from mien.results.walking import Json, problems_of

NARROWEST = 120


def wide_console() -> Console:
    """Return a console at least as wide as our tables: a pipe has no width, and ids must not be cut there."""
    console = Console()
    return console if console.width >= NARROWEST else Console(width=NARROWEST)


def strongest(prediction: Json, count: int = 5) -> list[tuple[str, float]]:
    """Return the names and scores of the strongest expressions, strongest first."""
    ordered = sorted(prediction["emotions"], key=lambda one: -one["score"])
    return [(one["name"], one["score"]) for one in ordered[:count]]


def where(prediction: Json) -> str:
    """Say where a prediction lies: its frame and box, its stretch of time, or its words."""
    parts = []
    if prediction.get("time") and "frame" in prediction:
        parts.append(f"{prediction['time']:.2f} s")
    if isinstance(prediction.get("time"), Mapping):
        parts.append(f"{prediction['time']['begin']:.2f}–{prediction['time']['end']:.2f} s")
    if box := prediction.get("box"):
        parts.append(f"box {box['x']:.0f},{box['y']:.0f} {box['w']:.0f}x{box['h']:.0f}")
    if words := prediction.get("text") or prediction.get("entity"):
        parts.append(f"“{words}”")
    return "  ".join(parts) or "whole file"


def expressions(prediction: Json, count: int = 5) -> str:
    """Say the strongest expressions in a line, and the sentiment and the link where they were asked for."""
    parts = [", ".join(f"{name} {score:.2f}" for name, score in strongest(prediction, count))]
    if sentiment := prediction.get("sentiment"):
        parts.append(f"sentiment {mean_sentiment(sentiment):.1f} of 9")
    if uri := prediction.get("uri"):
        parts.append(str(uri))
    return "; ".join(parts)


def mean_sentiment(sentiment: Sequence[Json]) -> float:
    """Return the mean level of a distribution over "1" (most negative) to "9" (most positive)."""
    total = sum(one["score"] for one in sentiment) or 1.0
    return float(sum(int(one["name"]) * one["score"] for one in sentiment) / total)


def problems(element: Json) -> list[str]:
    """Return what went wrong with a source, a line each."""
    return [f"{problem.file}: {problem.message}" for problem in problems_of(element)]
