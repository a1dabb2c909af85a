"""The report: version, data, machine and figures."""

import hashlib
import html
import json
import re
from base64 import b64decode
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data.recordings.cut import LIKENESS, RHYTHM
from tests.support.beats.made_beats import write_beats
from training.evaluation.calibration import Calibration
from training.evaluation.evaluation import Evaluation
from training.evaluation.reliability import reliability
from training.options import parse_options
from training.pipeline import train
from training.report import figures
from training.report.provenance import checksum
from training.report.report import newest_judged
from training.report.shown_beats import WORDS, ShownBeats

# Beats of which some have another class's shape, so that there are mistakes.
LABELS = ["normal"] * 60 + ["early"] * 40 + ["other"] * 20


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("reported")
    data = write_beats(folder / "beats.csv", LABELS)
    lines = data.read_text().splitlines()
    lines[::10] = [re.sub("normal|other", "early", line) for line in lines[::10]]
    data.write_text("\n".join(lines))
    options = ["--data", str(data), "--label", "last", "--epochs", "12", "--models", str(folder / "ecg")]
    return [found for turn in "12" if (found := train(parse_options([*options, "--seed", turn])))]


@pytest.fixture(scope="module")
def by_person(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A version for beats of 20 people with two features after the trace."""
    folder = tmp_path_factory.mktemp("people")
    lines = write_beats(folder / "plain.csv", [0, 1] * 200).read_text().splitlines()
    names = ["patient", *(f"F{number}" for number in range(1, 11)), "rr_previous", "like_beat", "label"]
    people = [f"Jane Q{number % 20}" for number in range(len(lines))]
    rows = [f"{person},{line}" for person, line in zip(people, lines, strict=True)]
    (folder / "beats.csv").write_text("\n".join([",".join(names), *rows]))
    options = ["--data", str(folder / "beats.csv"), "--epochs", "3", "--models", str(folder / "ecg")]
    version = train(parse_options(options))
    assert version
    return version


def metrics(version: Path) -> Any:
    return json.loads((version / "assets.extra" / "metrics.json").read_text())


def page(version: Path) -> str:
    """Return the text of the report without figures."""
    text = (version / "assets.extra" / "report.html").read_text()
    return html.unescape(
        re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", re.sub('(?s)base64,[^"]*|<style>.*?</style>', "", text)))
    )


def test_the_matrix_has_counts_and_their_share_of_the_row(versions):
    text = (versions[0] / "assets.extra" / "report.html").read_text()
    cells = re.findall(r'<td class="(?:right|wrong)"[^>]*>(\d+)<small>([^<]*)</small>', text)
    matrix = np.array(metrics(versions[0])["metrics"]["confusion_matrix"])
    assert [int(count) for count, _ in cells] == matrix.ravel().tolist()
    shares = (matrix / matrix.sum(axis=1, keepdims=True)).ravel()
    assert [share.replace("\N{NO-BREAK SPACE}", " ") for _, share in cells] == [
        figures.percent(share) for share in shares
    ]


def test_figures_have_their_intervals(versions):
    intervals = metrics(versions[0])["metrics"]["intervals"]
    low, high = intervals["accuracy"]
    assert f"{100 * low:.1f} to {100 * high:.1f} %" in page(versions[0])
    assert "{:.3f} to {:.3f}".format(*intervals["classes"]["0"]["recall"]) in page(versions[0])


def test_a_range_without_width_is_not_shown_as_certainty(two_classes):
    assert metrics(two_classes)["metrics"]["intervals"]["accuracy"] == [1.0, 1.0]
    assert "100.0 % accuracy range unknown" in page(two_classes)
    assert "100.0 to 100.0" not in page(two_classes)
    assert "1.000 to 1.000" not in page(two_classes)


def test_the_newest_other_version_is_compared_class_by_class(versions):
    first, second = map(metrics, versions)
    assert first["compared"] == {}
    assert "By class" not in page(versions[0])
    for label, scores in second["compared"]["1"]["classes"].items():
        assert scores == {name: first["metrics"]["classes"][label][name] for name in scores}
    assert "By class: version 1 and this one" in page(versions[1])
    judged: dict[str, dict[str, Any]] = {"2": {"classes": {}}, "10": {"classes": {}}, "11": {"reason": "does not load"}}
    assert (newest_judged(judged), newest_judged({})) == ("10", None)


def test_the_provenance_of_the_version_is_in_the_report(versions):
    described, text = metrics(versions[1]), page(versions[1])
    data = versions[1].parents[1] / "beats.csv"
    digest = hashlib.sha256(data.read_bytes()).hexdigest()
    assert described["provenance"]["files"] == {"data": {"source": "beats.csv", "count": 1, "sha256": digest}}
    assert digest in text
    assert described["provenance"]["command"].startswith(f"python -m training --data {data} --label last")
    assert described["provenance"]["command"] in text
    assert described["provenance"]["versions"].keys() == {"python", "tensorflow", "keras", "numpy", "scikit-learn"}
    assert described["training"]["batch_size"] == 32
    assert "batch size 32" in text
    assert "early stop no" in text
    counts = described["data"]["classes"]
    for part in ("train", "validation", "test"):
        assert sum(each[part] for each in counts.values()) == described["data"]["rows"][part]
    shape = [(layer["name"], layer["values"], layer["parameters"]) for layer in described["network"]]
    assert shape[:3] == [("normalization", 12, 0), ("hidden_1", 128, 13 * 128), ("hidden_2", 64, 129 * 64)]
    assert shape[3:] == [("logits", 3, 65 * 3), ("probabilities", 3, 0)]


def test_the_command_and_the_files_are_not_in_the_model_that_everybody_may_ask(versions):
    assert b"provenance" not in (versions[1] / "saved_model.pb").read_bytes()


def test_the_most_sure_mistakes_are_drawn_first(make_rows):
    truth, chances = np.array([0, 1, 0, 1]), np.array([[0.4, 0.6], [0.9, 0.1], [0.8, 0.2], [0.7, 0.3]], np.float32)
    evaluation = Evaluation(np.array([3, 5]), np.array([3, 5])[truth], chances, {3: "N", 5: "V" * 50})
    assert figures.mistakes(evaluation).tolist() == [1, 3, 0]
    rows = make_rows(np.arange(8, dtype=np.float32).reshape(4, 2), truth)
    beats = ShownBeats(rows, ["F1", "F2"])
    assert beats.mean_traces.tolist() == [[2, 3], [4, 5]]
    drawn = figures.worst_mistakes(beats, evaluation)
    assert drawn
    titles = re.findall(r"<text [^>]*>((?:\d\. is|predicted) [^<]*)</text>", drawn)
    short = "5 (" + "V" * 26 + "…"
    assert titles == [
        f"1. is {short}",
        "predicted 3 (N), 90.0 %",
        f"2. is {short}",
        "predicted 3 (N), 70.0 %",
        "3. is 3 (N)",
        f"predicted {short}, 60.0 %",
    ]
    right = Evaluation(np.array([3, 5]), evaluation.predicted, chances)
    assert figures.worst_mistakes(beats, right) is None


@pytest.mark.parametrize(("temperature", "titles"), [(1.0, ["not calibrated"]), (1.05, ["before", "after (T = 1.05)"])])
def test_calibration_is_drawn_twice_only_where_there_was_one(temperature, titles):
    found = reliability(np.array([0.9, 0.6], np.float32), np.array([True, False]))
    drawn = figures.reliability_diagram(Calibration(temperature, found, found))
    assert re.findall(r">([^<]*): expected calibration error", drawn) == titles


def test_rhythm_and_likeness_are_a_table_and_no_part_of_the_trace(make_rows):
    """Their values, 90 and 91, would be far beyond the trace's."""
    features = np.array([[1, 2, 3, 90, 91], [3, 2, 1, 90, 93]], np.float32)
    beats = ShownBeats(make_rows(features, np.array([0, 1])), ["F1", "F2", "F3", "rr_previous", "like_qrs"])
    both = np.array([1, 0])
    assert beats.traces(both).tolist() == [[3, 2, 1], [1, 2, 3]]
    assert beats.mean_traces.tolist() == [[1, 2, 3], [3, 2, 1]]
    assert beats.value_names == ["RR before (seconds)", "Likeness of the QRS complex"]
    assert (beats.values(both).tolist(), beats.mean_values.tolist()) == ([[90, 93], [90, 91]], [[90, 91], [90, 93]])
    wrong = Evaluation(np.array([0, 1]), np.array([0, 1]), np.array([[0.1, 0.9], [0.9, 0.1]], np.float32))
    for drawn in (figures.worst_mistakes(beats, wrong), figures.example_beats(beats, wrong)):
        assert drawn
        assert max(float(label) for label in re.findall(r"<text [^>]*>([\d.]+)</text>", drawn)) <= 3


def test_calibration_and_unusual_beats_by_person_have_no_names(by_person, versions):
    found, text = metrics(by_person)["metrics"]["by_group"], page(by_person)
    assert f"In the {found['of']} held-back groups between" in text
    assert (
        "interval of the calibration error over the groups is {:.3f} to {:.3f}.".format(*found["calibration_error"])
        in text
    )
    assert not [path for path in by_person.rglob("*") if path.is_file() and b"Jane" in path.read_bytes()]
    assert metrics(versions[0])["metrics"]["by_group"] is None
    assert "held-back groups between" not in page(versions[0])


def test_values_beside_the_trace_are_in_the_report_as_means_of_the_classes(by_person, versions):
    assert "mean of class RR before (seconds) Likeness to the usual beat 0 " in page(by_person)
    assert "mean of class" not in page(versions[0])


def test_example_beats_are_of_all_people_in_a_sorted_file(make_rows):
    """The beats of the second person are as high as 9."""
    features = np.repeat(np.array([[0, 1], [0, 9]], np.float32), 50, axis=0)
    beats = ShownBeats(make_rows(np.tile(features, (2, 1)), np.repeat([0, 1], 100)), ["F1", "F2"])
    chances = np.tile(np.array([0.9, 0.1], np.float32), (200, 1))
    drawn = figures.example_beats(beats, Evaluation(np.array([0, 1]), np.repeat([0, 1], 100), chances))
    assert max(float(label) for label in re.findall(r"<text [^>]*>([\d.]+)</text>", drawn)) > 6


def test_a_table_that_begins_with_a_rhythm_feature_is_drawn_completely(make_rows):
    beats = ShownBeats(make_rows(np.ones((2, 2), np.float32), np.array([0, 1])), ["rr_previous", "age"])
    assert (beats.mean_traces.shape, beats.value_names) == ((2, 2), [])


def test_values_beside_the_trace_have_the_words_that_the_page_has():
    page = (Path(__file__).parents[3] / "gateway/static/page/beats/features.js").read_text()
    assert dict(re.findall(r'^  (\w+): "(.*)",$', page, re.MULTILINE)) == WORDS
    assert WORDS.keys() == {*RHYTHM, *LIKENESS}


def test_mistakes_are_in_the_report_and_a_version_without_any_says_so(versions, two_classes):
    wrong = np.sum(metrics(versions[0])["metrics"]["confusion_matrix"]) * (
        1 - metrics(versions[0])["metrics"]["accuracy"]
    )
    assert f"wrong predictions with the highest probability, of {round(wrong)}." in page(versions[0])
    assert "All held-back beats were predicted right." in page(two_classes)


@pytest.mark.parametrize(
    ("share", "written"), [(0, "0.0 %"), (0.0004, "< 0.1 %"), (0.5, "50.0 %"), (0.9996, "> 99.9 %"), (1, "100.0 %")]
)
def test_only_exact_0_and_1_are_shown_as_certain(share, written):
    assert figures.percent(share) == written


def test_the_sum_of_several_files_is_that_of_sha256sums_lines(tmp_path):
    for name in ("b.csv", "a.csv"):
        (tmp_path / name).write_text(name)
    lines = "".join(f"{hashlib.sha256(name.encode()).hexdigest()}  {name}\n" for name in ("a.csv", "b.csv"))
    assert checksum([tmp_path / "b.csv", tmp_path / "a.csv"]) == hashlib.sha256(lines.encode()).hexdigest()


def test_figures_are_complete_svgs(versions):
    text = (versions[1] / "assets.extra" / "report.html").read_text()
    pictures = [b64decode(picture).decode() for picture in re.findall('base64,([^"]+)', text)]
    assert len(pictures) == 6
    assert all(picture.rstrip().endswith("</svg>") for picture in pictures)
