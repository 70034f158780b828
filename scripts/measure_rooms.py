"""Check the sizes and names the house allows: files, functions, and words that say nothing."""

import ast
import sys
from pathlib import Path

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 50
EMPTY_NAMES = {"utils", "util", "common", "misc", "helpers", "helper"}
EMPTY_ENDINGS = ("Manager", "Handler", "Processor")


def main() -> int:
    """Print everything over its limit and return 1 if there is something."""
    root = Path(__file__).parent.parent
    found = [
        line for folder in ("src", "training") for path in sorted((root / folder).rglob("*.py")) for line in _look(path)
    ]
    for line in found:
        print(line.replace(f"{root}/", ""))
    return 1 if found else 0


def _look(path: Path) -> list[str]:
    text = path.read_text("utf-8")
    lines = len(text.splitlines())
    found = [f"{path}: {lines} lines, at most {MAX_FILE_LINES}"] if lines > MAX_FILE_LINES else []
    if path.stem in EMPTY_NAMES:
        found.append(f"{path}: '{path.stem}' does not say what the room is for")
    for node in ast.walk(ast.parse(text)):
        found += [f"{path}:{problem}" for problem in _look_at(node)]
    return found


def _look_at(node: ast.AST) -> list[str]:
    if isinstance(node, ast.ClassDef) and (node.name.endswith(EMPTY_ENDINGS) or node.name.startswith("Base")):
        return [f"{node.lineno}: '{node.name}' does not say what it is"]
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return []
    length = (node.end_lineno or node.lineno) - node.lineno + 1
    return (
        [f"{node.lineno}: {node.name} has {length} lines, at most {MAX_FUNCTION_LINES}"]
        if length > MAX_FUNCTION_LINES
        else []
    )


if __name__ == "__main__":
    sys.exit(main())
