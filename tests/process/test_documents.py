"""The commands of README, guides and how-tos, run against one model server and one gateway."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.support.beats.made_beats import write_beats
from tests.support.documents import ROOT, Block, blocks
from tests.support.gateway.gateway_process import running
from tests.support.tree import Tree

RUN = [block for block in blocks() if not block.not_run]
PAGES = sorted({block.page for block in RUN})
DOCUMENTED = "http://127.0.0.1:5000"


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory, trained: Path) -> Iterator[Tree]:
    """The folder after `make run`, with another port for the gateway, and a file of beats."""
    with ExitStack() as stack:
        tree = Tree(tmp_path_factory.mktemp("docs"), stack)
        shutil.copytree(trained, tree.base)
        tree.serve()
        tree.gateway = stack.enter_context(running(f"unix:{tree.socket}"))
        write_beats(tree.folder / "beats.csv", (0, 1) * 40, 12)
        yield tree


def typed(block: Block, tree: Tree) -> str:
    """Run a block as its reader would, in a shell where the virtual environment is active."""
    text = block.text.replace(DOCUMENTED, f"http://127.0.0.1:{tree.gateway.port}")
    command = [sys.executable, "-c", text] if block.language == "python" else ["bash", "-euo", "pipefail", "-c", text]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    env = os.environ | {"PATH": path, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tree.folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def shape(value: Any) -> Any:
    """The keys and kinds of a JSON value; lists by their first item, as their lengths are the model's."""
    if isinstance(value, dict):
        return {name: shape(each) for name, each in value.items()}
    if isinstance(value, list):
        return [shape(each) for each in value[:1]]
    return "number" if type(value) in (int, float) else type(value).__name__


def check(block: Block, tree: Tree) -> None:
    output = typed(block, tree)
    if block.output_kind == "json":
        assert shape(json.loads(output)) == shape(json.loads(block.output)), block
    else:
        assert output.endswith(block.output), block


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not on PATH")
@pytest.mark.parametrize("page", PAGES)
def test_commands_run_one_after_another_and_print_what_the_page_shows(page, tree):
    for block in RUN:
        if block.page == page:
            check(block, tree)
