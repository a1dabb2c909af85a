"""The files for editors, hooks and workflows name existing tools."""

import json
import re
from pathlib import Path

from pre_commit.clientlib import load_config

ROOT = Path(__file__).parents[3]
MAKEFILE = (ROOT / "Makefile").read_text()
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def code() -> list[str]:
    """The folders that `make lint` checks."""
    found = re.search(r"^CODE := (.+)$", MAKEFILE, re.MULTILINE)
    assert found
    return found[1].split()


def test_the_hooks_are_valid_and_start_only_what_is_there():
    (repository,) = load_config(ROOT / ".pre-commit-config.yaml")["repos"]
    programs = {hook["id"]: hook["entry"].split() for hook in repository["hooks"]}
    assert {program[0] for program in programs.values()} == {
        ".venv/bin/ruff",
        ".venv/bin/mypy",
        ".venv/bin/shellcheck",
        "scripts/check-workflows",
        "scripts/page/check",
    }
    assert all((ROOT / program[0]).exists() for program in programs.values() if program[0].startswith("scripts/"))
    assert programs["mypy"][1:] == code()


def test_the_workflows_pin_each_action_by_its_commit_and_call_targets_that_exist():
    targets = set(re.findall(r"^([a-z0-9-]+):", MAKEFILE, re.MULTILINE))
    assert len(WORKFLOWS) == 2
    for workflow in WORKFLOWS:
        text = workflow.read_text()
        actions = re.findall(r"uses: (.+)", text)
        assert [each for each in actions if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v[\d.]+", each)] == []
        assert set(re.findall(r"\bmake ([a-z0-9-]+)", text)) - targets <= {"release"}


def test_the_workflow_tries_the_model_server_of_the_charts_values():
    values = (ROOT / "helm" / "ecg" / "values.yaml").read_text()
    tag = re.search(r"repository: tensorflow/serving\n\s+tag: \"?([\d.]+)", values)
    assert tag
    assert f"tensorflow/serving:{tag[1]}" in (ROOT / ".github" / "workflows" / "ci.yml").read_text()


def test_the_dev_container_sets_up_by_the_make_target():
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text())
    assert container["postCreateCommand"].startswith("make setup")
    assert container["forwardPorts"] == [5000]
