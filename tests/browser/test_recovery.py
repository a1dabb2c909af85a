"""An error is shown until it is over, and the page retries automatically."""

from playwright.sync_api import expect

from tests.browser.conftest import beat
from tests.browser.test_accessibility import violations
from tests.browser.test_beat import paste
from tests.browser.test_file import drop, lines, opened

TEXT = " ".join(map(str, beat(2.0)))
FIVE = "\n".join(lines([2.0] * 5))
# What a recovery says of itself, without waiting for a clock.
STEPS = """async (hidden) => {
    const { Recovery } = await import(new URL("static/page/gateway/recovery.js", location.href));
    const said = [];
    const recovery = new Recovery(() => said.push("again"), (seconds) => said.push(seconds));
    recovery.later();
    recovery.tick(1);
    recovery.later(3);
    recovery.later(20); // for another reason
    if (hidden) Object.defineProperty(document, "visibilityState", { configurable: true, get: () => "hidden" });
    for (let second = 0; second < 5; second++) recovery.tick(1);
    if (hidden) {
        said.push("looked at");
        delete document.visibilityState;
        document.dispatchEvent(new Event("visibilitychange"));
    }
    recovery.later();
    recovery.stop();
    recovery.tick(100);
    recovery.later();
    recovery.stop();
    return said;
}"""


def away(page, path="predict"):
    """Answer as a gateway without a model does."""
    content = {"error": {"code": "model_not_ready", "message": "No model server answers", "request_id": "r1"}}
    page.route(f"**/{path}*", lambda route: route.fulfill(status=503, json=content))


def back(page, path="predict"):
    page.unroute(f"**/{path}*")


def test_pauses_grow_and_start_over_after_a_success(page):
    assert page.evaluate(STEPS, False) == [1, 0, "again", 3, 2, 1, 0, "again", 6, None, 1, None]


def test_a_hidden_page_does_not_retry(page):
    assert page.evaluate(STEPS, True) == [1, 0, "again", 3, 2, 1, "looked at", 0, "again", 6, None, 1, None]


def test_a_page_opened_before_there_is_a_model_continues_when_one_is_served(own_serving, start, visit):
    models, own_serving.models = own_serving.models, {}
    visited = visit(start(own_serving.target))
    page = visited.page
    page.goto(visited.url)
    expect(page.get_by_role("alert")).to_contain_text("The model is not ready")
    own_serving.models = models
    expect(page.locator("#text:enabled")).to_be_visible()
    expect(page.get_by_role("alert")).to_be_hidden()


def test_answers_resume_automatically_and_no_beat_is_sent_twice(own_serving, start, visit):
    page = visit(start(own_serving.target)).open()
    away(page)
    drop(page, "beats.csv", FIVE)
    expect(page.get_by_role("alert")).to_contain_text("No model server answers")
    expect(page.locator("#again-text")).to_contain_text("Trying again in")
    expect(page.locator("#go-on")).to_contain_text("0 of 5 beats answered.")
    assert violations(page) == []
    back(page)
    expect(page.get_by_role("status")).to_contain_text("All are answered")
    expect(page.get_by_role("alert")).to_be_hidden()
    expect(page.locator("#deciding")).to_contain_text("Most of the support")
    asked = [request for request in own_serving.predicts() if request.model_spec.signature_name != "explain"]
    assert sum(request.inputs["features"].tensor_shape.dim[0].size for request in asked) == 5


def test_a_retry_can_be_started_at_once(page):
    away(page)
    page.evaluate("window.setInterval = () => 1")  # no pause ever ends
    paste(page, TEXT)
    expect(page.locator("#again-text")).to_contain_text("Trying again in")
    back(page)
    page.get_by_role("button", name="Try again now").click()
    expect(page.locator("#answer")).to_contain_text("88.1 %")
    expect(page.get_by_role("alert")).to_be_hidden()


def test_a_files_error_stays_while_answers_arrive_and_ends_with_the_next_file(page):
    away(page)
    drop(page, "beats.csv", FIVE)
    expect(page.get_by_role("alert")).to_contain_text("No model server answers")
    drop(page, "no.csv", "no\n")
    expect(page.get_by_role("alert")).to_contain_text("no.csv")
    back(page)
    expect(page.get_by_role("alert")).not_to_contain_text("No model server answers")
    expect(page.get_by_role("alert")).to_contain_text("no.csv")
    opened(page, FIVE)
    expect(page.get_by_role("alert")).to_be_hidden()


def test_a_failed_explanation_is_requested_again(page):
    away(page, "explain")
    paste(page, TEXT)
    expect(page.locator("#answer")).to_contain_text("88.1 %")
    expect(page.get_by_role("alert")).to_contain_text("No model server answers")
    back(page, "explain")
    expect(page.locator("#deciding")).to_contain_text("Most of the support")
    expect(page.get_by_role("alert")).to_be_hidden()
