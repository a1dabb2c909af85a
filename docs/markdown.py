"""Tables and code in Markdown, for the generated part of the reference."""

import json
from collections.abc import Sequence

from sphinx.errors import ExtensionError

Row = Sequence[str]


def table(head: Row, rows: Sequence[Row]) -> str:
    """Write a Markdown table; one without rows is an error, as then its source has changed."""
    if not rows:
        raise ExtensionError(f"a generated table has no rows: {', '.join(head)}")
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in lines
    )


def code(value: object) -> str:
    """Write a value as code; an empty one as nothing."""
    return "" if value in ("", None, [], {}) else f"`{json.dumps(value) if not isinstance(value, str) else value}`"
