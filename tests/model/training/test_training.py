"""From a file of beats to a published version, checked by loading the version like a server."""

import json
import re
import shutil
import subprocess
import sys
from base64 import b64decode
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog

from tests.support.beats.made_beats import write_beats
from training.dataset.splits import read_splits
from training.errors import PublishError, TrainingError
from training.export.saved_model import verify
from training.ood.score import fit_ood
from training.options import parse_options
from training.outcome import Outcome, fit_and_evaluate
from training.pipeline import train


def run(data: Path, models: Path, *arguments: str) -> Path:
    version = train(parse_options(["--data", str(data), "--models", str(models), "--epochs", "15", *arguments]))
    assert version
    return version


def load(version: Path):
    return tf.saved_model.load(str(version)).signatures


@pytest.mark.parametrize(("fixture", "labels"), [("two_classes", [-1, 1]), ("three_classes", [1, 2, 7])])
def test_the_signature_is_the_contract(fixture, labels, request):
    version = request.getfixturevalue(fixture)
    serve = load(version)["serving_default"]
    _, inputs = serve.structured_input_signature
    assert {name: (spec.dtype, spec.shape.as_list()) for name, spec in inputs.items()} == {
        "features": (tf.float32, [None, 12])
    }
    answers = serve(features=tf.zeros([4, 12]))
    assert {name: (tensor.dtype, tensor.shape.as_list()) for name, tensor in answers.items()} == {
        "probabilities": (tf.float32, [4, len(labels)]),
        "predicted_class": (tf.int64, [4]),
        "probability": (tf.float32, [4]),
    }


@pytest.mark.parametrize(("fixture", "labels"), [("two_classes", [-1, 1]), ("three_classes", [1, 2, 7])])
def test_answers_agree_with_each_other_and_with_the_labels_of_the_data(fixture, labels, request):
    version = request.getfixturevalue(fixture)
    beats = np.stack([np.sin(np.arange(12) * (1 + place / 2)) for place in range(len(labels))]).astype(np.float32)
    answers = {name: tensor.numpy() for name, tensor in load(version)["serving_default"](features=beats).items()}
    assert answers["predicted_class"].tolist() == labels
    assert answers["probabilities"].sum(axis=1) == pytest.approx(1)
    assert answers["probability"] == pytest.approx(answers["probabilities"].max(axis=1))
    assert answers["probabilities"].argmax(axis=1).tolist() == list(range(len(labels)))


def test_the_model_tells_its_labels_names_and_origin(three_classes):
    metadata = {name: tensor.numpy() for name, tensor in load(three_classes)["metadata"]().items()}
    assert metadata["class_labels"].tolist() == [1, 2, 7]
    assert [name.decode() for name in metadata["feature_names"]] == [f"F{n}" for n in range(1, 13)]
    description = json.loads(metadata["description"])
    assert description["data"]["source"] == "beats.csv"
    assert description["metrics"]["accuracy"] >= 0.9


def test_text_labels_are_named_wherever_people_read(tmp_path, capsys):
    data = Path(__file__).parents[2] / "cases" / "tables" / "str_header.csv"
    odd = tmp_path / "odd.csv"  # text that is markup, a formula and in letters that few fonts have
    odd.write_text(data.read_text().replace(",N\n", ",<b>$正$ $常$\n"))
    version = run(odd, tmp_path / "ecg", "--epochs", "3", "--classes", "V,<b>$正$ $常$")
    names = {"0": "V", "1": "<b>$正$ $常$"}
    assert json.loads(load(version)["metadata"]()["description"].numpy())["class_names"] == names
    assert json.loads((version / "assets.extra" / "metrics.json").read_text())["class_names"] == names
    assert "columns: predicted class; 0 (V), 1 (<b>$正$ $常$))" in capsys.readouterr().out
    page = (version / "assets.extra" / "report.html").read_text()
    assert "<td>1 (&lt;b&gt;$正$ $常$)</td>" in page
    pictures = [b64decode(picture).decode() for picture in re.findall('base64,([^"]+)', page)]
    counts = [picture.count("1 (&lt;b&gt;$正$ $常$)") for picture in pictures]
    # ROC and precision-recall curves, reliability, learning curves, any mistakes, and examples
    assert [*counts[:4], counts[-1]] == [1, 1, 0, 0, 1]


def test_warmup_metrics_and_report_travel_with_the_version(two_classes):
    extra = two_classes / "assets.extra"
    records = tf.data.TFRecordDataset(str(extra / "tf_serving_warmup_requests"))
    requests = [PredictionLog.FromString(record.numpy()).predict_log.request for record in records]
    shapes = [
        [dim.size for dim in request.inputs["features"].tensor_shape.dim] for request in requests if request.inputs
    ]
    assert shapes == [[1, 12]] * 3 + [[16, 12]] * 3
    asked = [request.model_spec.signature_name for request in requests]
    assert asked == ["metadata", *["serving_default", "details", "explain"] * 2]
    metrics = json.loads((extra / "metrics.json").read_text())
    assert metrics["data"]["rows"] == {"train": 82, "validation": 14, "test": 24}
    assert np.sum(metrics["metrics"]["confusion_matrix"]) == 24
    page = (extra / "report.html").read_text()
    assert page.count("data:image/svg+xml;base64,") == 5
    assert "http://" not in page
    assert "https://" not in page


def test_few_rows_are_enough_and_synthetic_ones_are_marked_everywhere(tmp_path, capsys):
    data = write_beats(tmp_path / "beats.csv", [0] * 14 + [1] * 6 + [2] * 3)
    data.write_text("# synthetic: made for a test\n" + data.read_text())
    version = run(data, tmp_path / "ecg")
    assert "NOTE: Synthetic: made for a test" in capsys.readouterr().out
    report = (version / "assets.extra" / "report.html").read_text()
    assert "Synthetic: made for a test" in report
    assert "for validation trained it, too" in report
    assert "Probabilities are not calibrated, because the validation beats were used for training" in report
    description = json.loads(load(version)["metadata"]()["description"].numpy())
    assert description["data"]["note"].startswith("Synthetic: made for a test\nNo column says whose beats they are")
    assert ([each["code"] for each in description["data"]["warnings"]], description["data"]["groups"]) == (
        ["no_groups", "few_rows"],
        None,
    )
    assert sum(description["data"]["rows"].values()) == 23


def outcome(data: Path, folder: Path, *arguments: str) -> Outcome:
    """The result of a training before it is written."""
    options = parse_options(["--data", str(data), "--epochs", "15", *arguments])
    folder.mkdir()
    return fit_and_evaluate(read_splits(options, folder), options.recipe)


def test_a_test_file_is_the_held_back_set(tmp_path):
    data, held_back = write_beats(tmp_path / "train.csv", [0] * 20 + [1] * 20), tmp_path / "test.csv"
    write_beats(held_back, [0] * 7 + [1] * 4)
    truth = outcome(data, tmp_path / "rows", "--test", str(held_back), "--epochs", "1").evaluation.truth
    assert np.bincount(truth).tolist() == [7, 4]


def test_the_same_seed_makes_the_same_model(tmp_path):
    data = write_beats(tmp_path / "beats.csv", [0] * 30 + [1] * 30)
    beat = np.linspace(-1, 1, 12, dtype=np.float32)[None]
    first, again, other = (
        outcome(data, tmp_path / f"{turn}", "--seed", seed).trained.model(beat, training=False).numpy()
        for turn, seed in enumerate(("3", "3", "4"))
    )
    assert (first == again).all()
    assert (first != other).any()


def test_a_constant_column_does_not_blow_up_new_values(tmp_path):
    data = write_beats(tmp_path / "beats.csv", [0] * 20 + [1] * 20)
    data.write_text("\n".join(f"1,{line}" for line in data.read_text().splitlines()))
    network = outcome(data, tmp_path / "rows", "--label", "last").trained.model
    beat = np.insert(np.sin(np.arange(12)), 0, 1.0)
    near, same = network(np.stack([beat + np.eye(13)[0] * 0.01, beat]).astype(np.float32), training=False).numpy()
    assert near == pytest.approx(same, abs=0.05)


def test_balanced_weights_help_the_rare_class(tmp_path):
    noise = np.random.default_rng(0).normal(size=(4400, 1))
    labels = np.repeat([0, 1], [4000, 400])  # so many that the recall of the held-back ones is no matter of luck
    rows = "\n".join(f"{value:.4f},{label}" for (value,), label in zip(noise + labels[:, None], labels, strict=True))
    (tmp_path / "beats.csv").write_text(rows)
    plain, balanced = (
        outcome(tmp_path / "beats.csv", tmp_path / how, "--class-weights", how).evaluation.metrics()["classes"]["1"]
        for how in ("none", "balanced")
    )
    assert plain["recall"] < 0.3 < 0.6 < balanced["recall"]


def test_a_network_that_diverged_is_not_published(tmp_path):
    data = write_beats(tmp_path / "beats.csv", [0] * 20 + [1] * 20)
    with pytest.raises(TrainingError, match="diverged"):
        run(data, tmp_path / "ecg", "--learning-rate", "1e38", "--batch-size", "1")
    assert list((tmp_path / "ecg").iterdir()) == []


def test_a_version_that_answers_otherwise_is_refused(two_classes, make_rows):
    beats = np.zeros((3, 12), np.float32)
    answers = load(two_classes)["serving_default"](features=beats)["probabilities"].numpy()
    rows = make_rows(beats, np.arange(3) % 2)
    odd = fit_ood(rows, rows, seed=0)
    for wrong in (answers + 0.01, answers * np.nan):
        with pytest.raises(PublishError, match="differs from the trained one"):
            verify(two_classes, beats, wrong, odd)


def test_old_versions_are_pruned_except_spared_ones_and_the_number_is_written(two_classes, tmp_path):
    data = write_beats(tmp_path / "beats.csv", [0] * 20 + [1] * 20)
    for number in "1234":
        shutil.copytree(two_classes, tmp_path / "ecg" / number)
    (tmp_path / "spare").write_text("1\n")
    files = ["--spare-file", str(tmp_path / "spare"), "--version-file", str(tmp_path / "version")]
    run(data, tmp_path / "ecg", "--keep", "2", "--epochs", "1", *files)
    assert sorted(path.name for path in (tmp_path / "ecg").iterdir()) == ["1", "4", "5"]
    assert (tmp_path / "version").read_text() == "5\n"


def test_a_malformed_spare_file_is_an_error_before_the_training(tmp_path):
    (tmp_path / "spare").write_text("latest")
    with pytest.raises(TrainingError, match="'latest' is not a version number"):
        run(tmp_path / "missing.csv", tmp_path / "ecg", "--spare-file", str(tmp_path / "spare"))
    assert not (tmp_path / "ecg").exists()


def test_unless_published_does_nothing_if_a_version_exists(tmp_path):
    (tmp_path / "ecg" / "3").mkdir(parents=True)
    training = [sys.executable, "-m", "training", "--models", tmp_path / "ecg", "--data", tmp_path / "missing.csv"]
    training += ["--unless-published", "--version-file", tmp_path / "version"]
    ended = subprocess.run(training, capture_output=True, text=True, check=True)
    assert ended.stdout == f"Nothing to do: {tmp_path / 'ecg' / '3'} is published\n"
    assert [entry.name for entry in (tmp_path / "ecg").iterdir()] == ["3"]
    assert not (tmp_path / "version").exists()


def test_a_full_disk_publishes_nothing_and_says_so(tmp_path):
    data = write_beats(tmp_path / "beats.csv", [0] * 20 + [1] * 20)
    training = [sys.executable, "-m", "training", "--data", str(data), "--models", str(tmp_path / "ecg")]
    # No file may grow beyond some 20 kB. By a shell: code between fork and exec disturbs the threads of gRPC.
    limited = ["sh", "-c", 'ulimit -f 40 && exec "$@"', "sh", *training, "--epochs", "1"]
    done = subprocess.run(limited, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "nothing was published" in done.stderr
    assert "Traceback" not in done.stderr
    assert list((tmp_path / "ecg").iterdir()) == []
