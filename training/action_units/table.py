"""Prints the tables of action units and descriptions as Markdown, for docs/science-face.md.

python -m training.action_units.table
"""

from mien.models.action_units import read_action_units
from mien.models.evidence_table import EvidenceTable
from mien.models.face_descriptions import read_descriptions


def table(told: EvidenceTable, title: str) -> str:
    """Write one line per label: base, what raises and what lowers its logit, and the rule."""
    lines = [f"| {title} | base | raised by | lowered by | rule |", "| --- | ---: | --- | --- | --- |"]
    for label, base, weights, rule in zip(told.labels, told.base, told.weights, told.rules, strict=True):
        named = sorted(zip(told.signs, weights.tolist(), strict=True), key=lambda one: -abs(one[1]))
        raised = ", ".join(f"{sign} {weight:.2g}" for sign, weight in named if weight > 0)
        lowered = ", ".join(f"{sign} {-weight:.2g}" for sign, weight in named if weight < 0)
        lines.append(f"| {label} | {base:+.1f} | {raised} | {lowered or 'none'} | {rule} |")
    return "\n".join(lines)


def main() -> None:
    """Print both tables."""
    print(table(read_action_units(), "action unit"))
    print()
    print(table(read_descriptions(), "description"))


if __name__ == "__main__":
    main()
