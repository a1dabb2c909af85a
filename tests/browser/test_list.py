"""The list's headline and cells: doubtful beats come first, and only comparable labels are compared."""

import csv

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DATA, METRICS, model_of
from tests.browser.test_accessibility import violations
from tests.browser.test_file import lines, opened, rows
from tests.support.serving.fake_serving import FakeServing

UNLIKE = "3 of 5 beats are unlike the training beats: do not rely on their classes."
DOUBTFUL = "\n".join(lines((-3.0, 6.0, -7.0, 8.0, 0.2)))


def test_doubtful_beats_are_listed_first(page):
    opened(page, DOUBTFUL)
    summary = page.locator("#summary")
    assert summary.inner_text().split("\n")[:2] == ["✖", UNLIKE]
    expect(summary.locator("> *").first).to_contain_text(UNLIKE)
    expect(summary.locator("> *").nth(1)).to_contain_text("For 1 other beat the model abstains")
    reliable, doubtful = summary.locator(".class-counts").all()
    expect(reliable).to_contain_text("Classes to rely on")
    expect(reliable).to_contain_text("Class 0: 1")
    expect(reliable).not_to_contain_text("Class 1")
    expect(doubtful).to_contain_text("Class 0: 1")
    expect(doubtful).to_contain_text("Class 1: 3")
    assert page.get_by_role("status").inner_text().startswith(UNLIKE)


def test_no_probability_is_shown_for_an_unreliable_class(page):
    opened(page, DOUBTFUL)
    assert [row[1:4] for row in rows(page)] == [
        ["●0", "95.3", "%"],
        ["▲(1)", "\N{EN DASH}", "not"],
        ["●(0)", "\N{EN DASH}", "not"],
        ["▲(1)", "\N{EN DASH}", "not"],
        ["▲(1)", "55.0", "%"],
    ]


def test_a_shown_probability_is_limited_by_the_calibration(page):
    opened(page, "\n".join(lines((4.9, -4.9))))
    assert [row[1:5] for row in rows(page)] == [["▲1", "over", "98", "%"], ["●0", "over", "98", "%"]]


@pytest.mark.parametrize(
    ("labels", "said"),
    [(["N", "V"] * 3, "for which it has no names"), ([1, 2, 3, 4, 5], "The labels are other numbers")],
)
def test_labels_of_another_kind_are_not_compared_with_the_answers(page, labels, said):
    opened(page, "\n".join(lines(labels=labels)))
    expect(page.locator("#summary")).to_contain_text(said)
    expect(page.locator("#summary")).not_to_contain_text("agrees")
    assert "differs" not in [option.get_attribute("value") for option in page.locator("#shown option").all()]
    expect(page.locator("#answer")).to_contain_text("which cannot be compared with the model's classes")
    expect(page.locator("#rows")).not_to_contain_text("≠")


def test_classes_are_named_and_labels_compared_by_name(named):
    opened(named, "\n".join(lines(labels=("normal", "V", "Normal", "V", "X"))))
    summary = named.locator("#summary")
    expect(summary).to_contain_text("Of 4 labelled beats, the model agrees with 3: 75.0 % (95 % interval 30.1 %")
    expect(summary).to_contain_text("1 beat with the label X cannot be compared: it is no class of this model.")
    expect(summary).to_contain_text("Class 0 (Normal): 2")
    expect(named.locator("#of-class")).to_contain_text("Class 1 (V) (3)")
    expect(named.locator("#examples")).to_contain_text("Class 1 (V)")
    expect(named.locator("#answer .predicted")).to_contain_text("Class 0 (Normal)")
    expect(named.locator("#answer")).to_contain_text("Its label is normal too.")
    assert [named.locator("#rows tr .chip").nth(place).inner_text() for place in (0, 2)] == ["●0 (Normal)", "▲(1, V)"]
    assert violations(named) == []
    with named.expect_download() as download:
        named.get_by_role("button", name="Download the answers as CSV").click()
    with open(download.value.path(), newline="") as file:
        answers = list(csv.DictReader(file))
    assert [(row["label"], row["class_name"], row["agrees_with_label"]) for row in answers] == [
        ("normal", "Normal", "true"),
        ("V", "V", "true"),
        ("Normal", "V", "false"),
        ("V", "V", "true"),
        ("X", "Normal", ""),
    ]


def test_symbols_are_compared_by_aami_where_the_model_was_trained_so(start, visit):
    model = model_of()
    note = "Its labels, WFDB's symbols, are joined to classes by AAMI EC57: 0 N, 1 V."
    model.description |= {"class_names": {"0": "N", "1": "V"}, "data": {**DATA, "note": note}, "metrics": METRICS}
    fake = FakeServing(model)
    fake.start()
    page = visit(start(fake.target)).open()
    opened(page, "\n".join(lines(labels=("L", "E", "r", "V", "A"))))
    expect(page.locator("#summary")).to_contain_text("Of 4 labelled beats, the model agrees with 4")
    expect(page.locator("#summary")).to_contain_text("by AAMI EC57, which counts L as N, E and r as V.")
    expect(page.locator("#answer")).to_contain_text("Its label L (N by AAMI EC57) means the same class.")
    chip = page.locator(".probabilities .chip", has_text="Class 0 (N)")
    assert chip.evaluate("node => node.getClientRects().length") == 1  # no line is broken
    page.context.close()
    fake.stop()
