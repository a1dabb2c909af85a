"""One beat as people read ECGs: ms and mV where they are known, and no more certainty than there is."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import METRICS, beat, model_of
from tests.browser.test_beat import paste
from tests.fake_serving import FakeServing


@pytest.fixture
def before(start, visit):
    """Opens the page before a model of a test's own."""
    fakes = []

    def open_page(model, **options):
        fakes.append(FakeServing(model))
        fakes[-1].start()
        return visit(start(fakes[-1].target), **options).open()

    yield open_page
    for fake in fakes:
        fake.stop()


def pasted(page, first):
    paste(page, " ".join(map(str, beat(first))))
    expect(page.locator("#answer .predicted")).to_be_visible()


def test_a_beat_that_is_not_to_be_relied_on_has_a_guess_and_no_percentage(page):
    pasted(page, 40.0)
    answer = page.locator("#answer")
    expect(answer.locator(".predicted")).to_contain_text("The model's guess: ▲Class 1")
    expect(answer).to_contain_text("The guess says little because this beat is unlike those")
    expect(answer).not_to_contain_text("%")


def test_nothing_is_surer_than_the_calibration_allows(page):
    pasted(page, 4.9)  # of which the model is sure by 99.3 %, and whose probabilities are off by 2 %
    answer = page.locator("#answer")
    expect(answer.locator(".probability")).to_have_text("over 98 %")
    expect(answer.get_by_role("row", name="Class 0")).to_contain_text("under 2 %")
    expect(answer).not_to_contain_text("99.")


@pytest.mark.parametrize(("off", "said"), [(0.0134, "over 98.6 %"), (0.0, "over 99.9 %"), (None, "over 99.9 %")])
def test_no_beat_is_certain(before, off, said):
    model = model_of(unusual_from=50.0)
    calibration = off is not None and METRICS["calibration"] | {"error_after": off}
    model.description["metrics"] = METRICS | {"calibration": calibration or None}
    page = before(model)
    pasted(page, 40.0)  # which the model gives 1.0
    expect(page.locator("#answer .probability")).to_have_text(said)
    expect(page.locator("#answer")).not_to_contain_text("100.0 %")
