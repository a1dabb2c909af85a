"""The fenced blocks of the documents: sh and python are commands, a text or json right after one is its output."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
DOCUMENTS: Final = [ROOT / "README.md", *sorted(ROOT.glob("docs/guides/*.md")), *sorted(ROOT.glob("docs/how-to/*.md"))]
# Commands that tests/process/test_documents.py does not run, and why. A block with one of them is not run as a whole.
NOT_RUN: Final = {
    "make run": "tests/process/test_run.py runs it",
    "make images": "needs a Docker engine; tests/unit/project/test_images.py reads the Dockerfile",
    "docker": "needs a Docker engine",
    "skaffold": "needs a cluster; tests/cluster runs it",
    "helm": "needs a cluster; its values are rendered",
    "kubectl": "needs a cluster",
    "python -m rollout": "needs a cluster; its command line is parsed",
    "python -m data beats": "needs a recording; its command line is parsed",
    "python -m training --data path/to": "stands for a file of the reader's own; its command line is parsed",
}
_FENCE: Final = re.compile(r"^```(sh|python)\n(.*?)^```\n(?:\n```(text|json)\n(.*?)^```$)?", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """Commands of a document, and the output that the document shows."""

    page: str
    language: str
    text: str
    output_kind: str
    output: str

    def __str__(self) -> str:
        return f"{self.page}: {self.text.splitlines()[0]}"

    @property
    def not_run(self) -> set[str]:
        """The commands for which the block is not run."""
        return {name for name in NOT_RUN for line in self.text.splitlines() if line.startswith(name)}

    def commands(self) -> list[list[str]]:
        """Each command as the shell splits it."""
        return [shlex.split(line, comments=True) for line in self.text.splitlines()] if self.language == "sh" else []


def blocks() -> list[Block]:
    """Return the blocks of all documents."""
    return [
        Block(str(path.relative_to(ROOT)), *(each or "" for each in found))
        for path in DOCUMENTS
        for found in _FENCE.findall(path.read_text())
    ]
