"""The example in training/README.md, run as it is."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

README = (Path(__file__).parents[3] / "training" / "README.md").read_text()


@pytest.fixture
def names(three_classes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The variables of the example after running it beside a version."""
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    shutil.copytree(three_classes, tmp_path / "models" / "ecg" / "1")
    monkeypatch.chdir(tmp_path)
    found: dict[str, Any] = {}
    exec(example, found)
    return found


@pytest.mark.filterwarnings("ignore:(?s).*tf.lite.Interpreter is deprecated:UserWarning")
def test_the_example_gives_one_answer_in_all_ways(names):
    right = names["answer"]["probabilities"].numpy()
    assert names["answer"]["predicted_class"].numpy() == [names["example"]["predicted_class"]]
    assert right.max() == pytest.approx(names["example"]["probability"], abs=1e-6)
    assert names["description"]["data"]["source"] == "beats.csv"
    for way in ("by_keras", "by_lite"):
        assert np.asarray(names[way]) == pytest.approx(right, abs=1e-5)


def test_the_command_for_onnx_makes_a_model_of_the_same_answers(three_classes, tmp_path):
    pytest.importorskip("tf2onnx", reason="tf2onnx is not installed")
    from onnx.reference import ReferenceEvaluator

    (line,) = re.findall(r"^python (-m tf2onnx.convert .*)$", README, re.MULTILINE)
    shutil.copytree(three_classes, tmp_path / "models" / "ecg" / "1")
    command = [sys.executable, *shlex.split(line)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    beats = np.random.default_rng(0).normal(size=(5, 12)).astype(np.float32)
    model = ReferenceEvaluator(str(tmp_path / "ecg.onnx"))
    answers = dict(zip(model.output_names, model.run(None, {"features": beats}), strict=True))
    right = tf.saved_model.load(str(three_classes)).signatures["serving_default"](features=beats)
    assert answers["predicted_class"].tolist() == right["predicted_class"].numpy().tolist()
    assert answers["probabilities"] == pytest.approx(right["probabilities"].numpy(), abs=1e-5)
