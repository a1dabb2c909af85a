"""When something is missing or goes wrong between the page, the gateway and the model."""

from hashlib import sha256

from playwright.sync_api import expect

from data.recordings.cut import PEAK_WINDOW, Cut
from tests.browser.conftest import BY_GROUP, DATA, INTERVALS, METRICS, WIDTH, beat, model_of
from tests.browser.test_beat import paste
from tests.support.serving.fake_serving import FakeModel

TEXT = " ".join(map(str, beat(2.0)))


def test_a_version_without_details_and_explanations_is_asked_for_plain_predictions(own_serving, start, visit):
    own_serving.models = {1: model_of(signatures=())}
    page = visit(start(own_serving.target)).open()
    paste(page, TEXT)
    expect(page.locator("#answer")).to_contain_text("88.1 %")
    expect(page.locator("#answer")).to_contain_text("has no out-of-distribution score")
    expect(page.locator("#deciding")).to_contain_text("This model version has no explanations")


def test_a_model_without_a_description_still_predicts(own_serving, start, visit):
    own_serving.models = {1: FakeModel(width=20, tells=False, signatures=())}
    page = visit(start(own_serving.target)).open()
    expect(page.locator("#no-examples")).to_be_visible()
    expect(page.locator("#card")).to_contain_text("has no evaluation")
    paste(page, TEXT)
    expect(page.locator("#answer")).to_contain_text("88.1 %")


def test_beats_that_were_cut_for_another_version_are_marked(own_serving, start, visit):
    own_serving.models = {1: model_of(names=Cut(WIDTH).names)}
    page = visit(start(own_serving.target)).open()
    paste(page, TEXT)
    expect(page.locator("#answer")).to_contain_text("88.1 %")
    expect(page.locator("#deciding")).to_contain_text("Most of the support")  # or the next version may say it
    own_serving.models = own_serving.models | {2: model_of(names=Cut(WIDTH, PEAK_WINDOW).names)}
    paste(page, TEXT)
    expect(page.get_by_role("alert")).to_contain_text("The open beats have other features than it expects")


def test_a_lost_gateway_is_reported_and_retried_when_the_network_is_back(own_serving, start, visit):
    gateway = start(own_serving.target)
    page = visit(gateway).open()
    page.context.set_offline(True)
    paste(page, TEXT)
    expect(page.get_by_role("alert")).to_contain_text("The gateway does not answer")
    expect(page.locator("#answer")).to_contain_text("Not answered yet")
    page.context.set_offline(False)
    expect(page.locator("#answer")).to_contain_text("88.1 %")
    expect(page.get_by_role("alert")).to_be_hidden()


def test_an_api_key_is_asked_for_if_the_gateway_requires_one(own_serving, start, visit, tmp_path):
    keys = tmp_path / "keys"
    keys.write_text(f"reader {sha256(b'right').hexdigest()}\n")
    visited = visit(start(own_serving.target, api_keys_file=keys))
    page = visited.page
    page.goto(visited.url)
    for key in ("wrong", "right"):
        page.get_by_label("Key", exact=True).fill(key)
        page.get_by_role("button", name="Use this key").click()
    paste(page, TEXT)
    expect(page.locator("#answer")).to_contain_text("88.1 %")
    assert page.evaluate("[sessionStorage.length, Object.keys(localStorage).length]") == [1, 0]
    page.reload()
    expect(page.locator("#text:enabled")).to_be_visible()
    expect(page.locator("#key")).to_be_hidden()


def test_a_key_that_fits_no_header_is_rejected_at_once_and_no_storage_is_needed(own_serving, start, visit, tmp_path):
    keys = tmp_path / "keys"
    keys.write_text(f"reader {sha256(b'right').hexdigest()}\n")
    visited = visit(start(own_serving.target, api_keys_file=keys))
    page = visited.page
    page.add_init_script(
        "Object.defineProperty(window, 'sessionStorage', { get() { throw new DOMException('no', 'SecurityError'); } });"
    )
    page.goto(visited.url)
    field, use = page.get_by_label("Key", exact=True), page.get_by_role("button", name="Use this key")
    field.fill("“right”")
    use.click()
    assert page.evaluate("document.getElementById('key-text').validity.patternMismatch")
    expect(page.locator("#key")).to_be_visible()
    field.fill(" right ")
    use.click()
    paste(page, TEXT)
    expect(page.locator("#answer")).to_contain_text("88.1 %")
    expect(page.get_by_role("alert")).to_be_hidden()


def test_the_model_card_warns_and_shows_ranges_and_names(own_serving, start, visit):
    model = model_of()
    note = "made up for a test\nAll beats are of one person: the figures say nothing about other people."
    model.description |= {
        "data": {**DATA, "note": note},
        "training": {"early_stop": False},
        "metrics": {**METRICS, "intervals": INTERVALS, "by_group": BY_GROUP},
        "class_names": {"1": "early beat"},
    }
    own_serving.models = {1: model}
    card = visit(start(own_serving.target)).open().get_by_role("complementary", name="Model card")
    assert card.locator(".note p").all_inner_texts() == note.splitlines()
    figures = [figure.inner_text().split("\n") for figure in card.locator(".figures > div").all()]
    assert figures[:2] == [
        ["Accuracy", "91.3\u00a0% to 97.8\u00a0%", "measured: 95.0\u00a0%"],
        ["Macro-F1", "0.900", "the uncertainty is not known"],
    ]
    expect(card).to_contain_text("by a bootstrap of the 7 test groups")
    expect(card).to_contain_text("classes 0, 1 (early beat)")
    expect(card).to_contain_text("off by 2.0 % on average, for other people probably 1.0 % to 9.0 %. They were not")
    expect(card).to_contain_text("flags 2.0 % of the test beats as unusual, of one person's or group's 0.0 % to 12.0 %")
    rows = card.get_by_role("table", name="By class").get_by_role("row")
    assert [row.inner_text().split() for row in rows.all()[1:]] == [
        ["●0", "0.95", "0.91\N{EN DASH}0.98", "0.97", "0.93\N{EN DASH}1.00", "0.96", "60"],
        ["▲1", "early", "beat", "0.95", "0.92", "0.94", "40"],
    ]


def test_a_new_version_changes_the_card(own_serving, start, visit):
    page = visit(start(own_serving.target)).open()
    own_serving.models = {1: own_serving.models[1], 2: model_of()}
    paste(page, TEXT)
    expect(page.locator("#served")).to_have_text("ecg, version 2")
    expect(page.locator("#card")).to_contain_text("ecg, version 2")
