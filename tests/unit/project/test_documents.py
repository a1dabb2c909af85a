"""Everything that the documents name exists: commands that are not run are parsed, files of the walks are checked."""

import re
import shutil
import subprocess
from collections.abc import Callable

import pytest

import data.__main__
import rollout.options
import training.options
from docs.generated import GENERATED, MARK
from tests.support.documents import NOT_RUN, ROOT, blocks

COMMANDS = [command for block in blocks() if block.not_run for command in block.commands()]
MAKEFILE = (ROOT / "Makefile").read_text()
PARSERS: dict[str, Callable[[list[str]], object]] = {
    "data": data.__main__._parser().parse_args,
    "training": training.options.parse_options,
    "rollout": rollout.options.parse_options,
}
OF_THE_CLUSTER = {"--wait", "--wait-for-jobs", "--reset-then-reuse-values", "--timeout", "15m"}


def documented_commands(*program: str) -> list[list[str]]:
    """The arguments of each documented command of a program."""
    return [command[len(program) :] for command in COMMANDS if command[: len(program)] == list(program)]


@pytest.mark.parametrize(
    ("module", "arguments"),
    [(module, arguments) for module in PARSERS for arguments in documented_commands("python", "-m", module)],
    ids=lambda part: part if isinstance(part, str) else " ".join(part),
)
def test_a_command_line_is_one_that_the_program_takes(module, arguments):
    PARSERS[module](arguments)


@pytest.mark.parametrize("arguments", documented_commands("make"), ids=" ".join)
def test_a_target_is_one_of_the_makefile(arguments):
    assert f"\n{arguments[0]}:" in MAKEFILE


@pytest.mark.parametrize(
    "arguments", [*documented_commands("helm", "install"), *documented_commands("helm", "upgrade")], ids=" ".join
)
def test_values_for_the_chart_are_rendered(arguments):
    if shutil.which("helm") is None:
        pytest.skip("helm is not on PATH")
    kept = [each for each in arguments if each not in OF_THE_CLUSTER]
    done = subprocess.run(["helm", "template", *kept], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_each_reason_not_to_run_a_command_is_still_needed():
    assert {name for block in blocks() for name in block.not_run} == NOT_RUN.keys()


@pytest.mark.parametrize(("document", "folder"), [("ARCHITECTURE.md", ""), ("gateway/README.md", "gateway")])
def test_the_files_of_the_walks_exist(document, folder):
    steps = re.findall(r"^\| \d\d? \| `(\S+)` \|", (ROOT / document).read_text(), re.MULTILINE)
    assert len(steps) >= 10
    assert [step for step in steps if not (ROOT / folder / step).is_file()] == []


def test_the_modules_that_architecture_and_glossary_name_exist():
    texts = "".join((ROOT / name).read_text() for name in ("ARCHITECTURE.md", "docs/glossary.md"))
    named = re.findall(r"`((?:data|training|serving|gateway|rollout)/[\w/]+\.py)`", texts)
    assert len(named) > 30
    assert [name for name in named if not (ROOT / name).is_file()] == []


def test_every_generated_table_has_its_page():
    pages = (ROOT / "docs" / "reference").glob("*.md")
    assert {name for page in pages for name in MARK.findall(page.read_text())} == GENERATED.keys()
