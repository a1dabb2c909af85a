"""The model card: the training's warnings in people's words, and intervals instead of certainty."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DATA, METRICS, model_of
from tests.browser.test_accessibility import violations
from tests.support.serving.fake_serving import FakeServing

ONE_PERSON = {"code": "one_group", "text": "All beats are of one person: the figures say nothing about other people."}
FEW = {"code": "few_rows", "text": "23 validation rows, 2 of the rarest class, are too few for early stopping."}
UNTESTED = {
    "code": "class_not_tested",
    "text": "No held-back beat is of class 1 (V): the figures say nothing about it.",
}
UNKNOWN = {"code": "of_tomorrow", "text": "A warning that this page does not know."}
ALL_RIGHT = {
    "accuracy": 1.0,
    "macro_f1": 1.0,
    "roc_auc": 1.0,
    "rows": 70,
    "confusion_matrix": [[60, 0], [0, 10]],
    "classes": {
        "0": {"precision": 1.0, "recall": 1.0, "f1": 1.0, "rows": 60},
        "1": {"precision": 1.0, "recall": 1.0, "f1": 1.0, "rows": 10},
    },
}
UNSURE = "the uncertainty is not known"
CERTAIN = {"precision": [1.0, 1.0], "recall": [1.0, 1.0]}


@pytest.fixture
def card_of(start, visit):
    """Shows the card of a model with this description."""
    fakes = []

    def shown(**description):
        model = model_of()
        model.description |= description
        fakes.append(FakeServing(model))
        fakes[-1].start()
        page = visit(start(fakes[-1].target)).open()
        return page.get_by_role("complementary", name="Model card")

    yield shown
    for fake in fakes:
        fake.stop()


def test_the_warnings_of_the_training_are_shown_in_plain_words(card_of):
    warnings = [ONE_PERSON, FEW, UNTESTED, UNKNOWN]
    data = {
        **DATA,
        "rows": {"train": 300, "validation": 23, "test": 100},
        "classes": {"0": {"train": 290, "validation": 21, "test": 100}, "1": {"train": 10, "validation": 2, "test": 0}},
        "note": "\n".join(["Made up for a test", *(each["text"] for each in warnings)]),
        "warnings": warnings,
    }
    card = card_of(data=data, class_names={"1": "V"}, metrics=METRICS | ALL_RIGHT)
    assert card.locator(".note p").all_inner_texts() == [
        "All training and test beats are of one person. Its quality for other people is not known.",
        "There were too few validation beats for early stopping: 23, and 2 of the rarest class. It was trained for a "
        "fixed time, and its probabilities were not calibrated: they are only approximate.",
        "It was not tested on beats of class 1 (V): its quality for that class is not known.",
        "A warning that this page does not know.",
        "It was tested on few beats of the class 1 (V) (10), so its figures are uncertain.",
        "Made up for a test",
    ]


def test_without_mistakes_the_interval_is_wilsons(card_of):
    intervals = {
        "over": "beats",
        "of": 70,
        "accuracy": [1.0, 1.0],
        "macro_f1": [1.0, 1.0],
        "classes": dict.fromkeys("01", CERTAIN),
    }
    card = card_of(metrics=METRICS | ALL_RIGHT | {"intervals": intervals})
    accuracy, macro = [each.inner_text().split("\n") for each in card.locator(".figures > div").all()[:2]]
    assert accuracy == ["Accuracy", "94.8\u00a0% or more", "measured: 100.0\u00a0%"]
    assert macro == ["Macro-F1", "no error seen", f"measured: 1.000; {UNSURE}"]
    rows = card.get_by_role("table", name="By class").get_by_role("row").all()[1:]
    assert [row.inner_text().split()[1:5] for row in rows] == [
        ["1.00", "0.94\N{EN DASH}1.00", "1.00", "0.94\N{EN DASH}1.00"],
        ["1.00", "0.72\N{EN DASH}1.00", "1.00", "0.72\N{EN DASH}1.00"],
    ]
    assert "range unknown" not in card.inner_text()


def test_with_few_people_no_interval_is_calculated_from_beats(card_of):
    intervals = {"over": "groups", "of": 3, "accuracy": [1.0, 1.0], "macro_f1": [1.0, 1.0], "classes": {}}
    by_group = {
        "of": 3,
        "calibration_error": [0.02, 0.02],
        "unusual": {"min": 0.0, "median": 0.01, "max": 0.12},
    }
    card = card_of(metrics=METRICS | ALL_RIGHT | {"intervals": intervals, "by_group": by_group})
    accuracy = card.locator(".figures > div").first.inner_text().split("\n")
    assert accuracy == ["Accuracy", "no error seen", f"measured: 100.0\u00a0%; {UNSURE}"]
    expect(card).to_contain_text("off by 2.0 % on average; for other people it is not known.")
    assert violations(card.page) == []


def test_a_confusion_matrix_without_class_labels_is_left_out(card_of):
    """As another program may describe its model."""
    card = card_of(metrics={"accuracy": 0.9, "confusion_matrix": [[60, 0], [0, 10]]})
    expect(card.get_by_text("90.0\u00a0%")).to_be_visible()
    expect(card.get_by_text("Confusion matrix")).to_have_count(0)
