"""Say what is wrong with a request, and where, in the words of its author."""

import re
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

_QUOTED = re.compile(r"'([^']*)'")

_EXPECTED: dict[str, str] = {
    "missing": "is required",
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "string_type": "must be a string",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
}


def complaint(where: str, error: ValidationError) -> str:
    """Return every fault pydantic found as `where.field: what`, one after the other."""
    return "; ".join(f"{_place(where, fault['loc'])}: {_fault(fault)}" for fault in error.errors(include_url=False))


def _place(where: str, location: tuple[int | str, ...]) -> str:
    steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in location)
    return f"{where}{steps}"


def _fault(fault: ErrorDetails) -> str:
    context: dict[str, Any] = fault.get("ctx", {})
    match fault["type"]:
        case "greater_than_equal":
            return f"must be at least {context['ge']:g}"
        case "greater_than":
            return f"must be more than {context['gt']:g}"
        case "less_than_equal":
            return f"must be at most {context['le']:g}"
        case "less_than":
            return f"must be less than {context['lt']:g}"
        case "literal_error" | "enum":
            return f"must be one of {', '.join(_QUOTED.findall(context['expected']))}"
        case "value_error" | "assertion_error":
            return str(context["error"])
        case other:
            return _EXPECTED.get(other, fault["msg"])
