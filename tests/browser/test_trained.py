"""The page before a model that was really trained and is really served."""

from playwright.sync_api import expect

from tests.browser.test_beat import paste


def written(share: float, off: float) -> str:
    most = min(0.999, 1 - off)
    return "over" if share > most else f"{100 * share:.1f}"


def test_the_page_shows_a_trained_models_answers_to_its_own_and_to_unusual_beats(tree, visit):
    page = visit(tree.gateway).open()
    expect(page.locator("#card")).to_contain_text("ecg, version 1")
    expect(page.locator("#card")).to_contain_text("beats of 12 values")
    off = page.request.get(f"{page.url}model").json()["metrics"]["calibration"]["error_after"]
    for example in tree.examples(1):
        page.locator("#examples").get_by_role("button", name=f"Class {example['label']}").click()
        expect(page.locator("#answer")).to_contain_text(f"Class {example['predicted_class']}")
        expect(page.locator("#answer")).to_contain_text(written(example["probability"], off))
        expect(page.locator("#deciding")).to_contain_text(f"support for class {example['predicted_class']}")
        assert page.locator("#trace .lane rect").count() == 12
    paste(page, " ".join(["50"] * 12))
    expect(page.locator("#answer")).to_contain_text("Do not rely on this answer")
