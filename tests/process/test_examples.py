"""The programs of examples/, as their README starts them, against one gateway, model server and trained network."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.gateway.gateway_process import ROOT
from tests.support.tree import Tree, running_tree

EXAMPLES = ROOT / "examples"
LINE = re.compile(r"label (\d+): class (\d+), probability (\d\.\d{3})")


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory, trained: Path) -> Iterator[Tree]:
    """Version 1, which takes 12 values, trained, served and answered for."""
    with running_tree(tmp_path_factory.mktemp("examples"), trained) as tree:
        yield tree


def run(*command: object, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a command in the project's folder, without the machine's proxies."""
    program = str(command[0])
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not here")
    without_proxy = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return subprocess.run(
        [str(each) for each in command], cwd=ROOT, env=without_proxy | env, capture_output=True, text=True, timeout=300
    )


def printed(*command: object, **env: str) -> str:
    done = run(*command, **env)
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def url(tree: Tree) -> str:
    return f"http://127.0.0.1:{tree.gateway.port}"


@pytest.mark.parametrize("program", [(sys.executable, "predict.py"), ("node", "predict.mjs")])
def test_the_models_own_beats_are_predicted(tree, program):
    runtime, file = program
    lines = LINE.findall(printed(runtime, EXAMPLES / file, url(tree)))
    examples = tree.gateway.ask("GET", "/examples").json["examples"]
    answers = tree.gateway.ask("POST", "/predict", {"instances": [each["features"] for each in examples]}).json
    assert lines == [
        (str(example["label"]), str(answer["predicted_class"]), f"{answer['probability']:.3f}")
        for example, answer in zip(examples, answers["predictions"], strict=True)
    ]


ONE_BEAT = [("sh", "predict.sh"), ("java", "Predict.java")]


@pytest.mark.parametrize("program", ONE_BEAT)
def test_one_beat_of_a_file_is_predicted(tree, tmp_path, program):
    runtime, file = program
    if runtime == "sh" and shutil.which("curl") is None:
        pytest.skip("curl is not here")
    beat = {"features": tree.examples(1)[0]["features"]}
    (tmp_path / "beat.json").write_text(json.dumps(beat))
    answer = json.loads(printed(runtime, EXAMPLES / file, url(tree), tmp_path / "beat.json"))
    assert answer == tree.gateway.ask("POST", "/predict?details=true", beat).json


@pytest.mark.parametrize("program", ONE_BEAT)
def test_a_rejection_is_shown_in_the_gateways_words(tree, program):
    runtime, file = program
    if runtime == "sh" and shutil.which("curl") is None:
        pytest.skip("curl is not here")
    done = run(runtime, EXAMPLES / file, url(tree))  # beat.json has more values than this model takes
    assert done.returncode != 0
    assert "140" in done.stdout + done.stderr


@pytest.mark.parametrize("program", [(sys.executable, "predict.py"), ("node", "predict.mjs")])
def test_a_gateway_without_examples_gives_its_error_message(tree, program):
    runtime, file = program
    done = run(runtime, EXAMPLES / file, f"{url(tree)}/nowhere")
    assert done.returncode == 1
    assert "404" in done.stderr


def test_the_notebook_trains_a_version_and_meets_it_at_the_gateway(tree, tmp_path):
    env = {"ECG_URL": url(tree), "ECG_MODELS": str(tree.base), "ECG_NOTEBOOK_FOLDER": str(tmp_path)}
    text = printed(sys.executable, "-m", "examples.notebook", MPLBACKEND="agg", **env)
    version = tree.gateway.ask("GET", "/model").json["version"]
    assert version > 1
    right = re.search(rf"^Version {version}: (\d+)% of 100 beats", text, re.MULTILINE)
    assert right
    assert int(right[1]) > 80
    assert (tmp_path / "doubtful.png").stat().st_size > 0
    # and the beat that the README's clients send is one that such a model takes
    beat = json.loads((EXAMPLES / "beat.json").read_text())
    assert tree.gateway.ask("POST", "/predict", beat).status_code == 200
