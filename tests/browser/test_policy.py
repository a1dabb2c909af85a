"""The gateway's content security policy allows the pages' own files and nothing else."""

from collections.abc import Callable

from tests.browser.conftest import Visit
from tests.support.gateway.gateway_process import Gateway


def test_swagger_ui_shows_the_description(visit: Callable[..., Visit], gateway: Gateway):
    page = visit(gateway).page
    page.goto(f"http://127.0.0.1:{gateway.port}/docs")
    page.locator("#operations-default-predict, [id^=operations-][id$=predict]").first.click()
    page.get_by_role("button", name="Try it out").first.click()
    page.get_by_role("button", name="Execute").first.click()
    page.locator(".responses-table .response").first.wait_for()


def test_a_script_that_was_put_into_the_page_does_not_run(visit: Callable[..., Visit], gateway: Gateway):
    visited = visit(gateway)
    page = visited.open()
    page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<img src=/static/icon.svg onload=\"window.broken = 1\">')"
    )
    page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'window.broken = 1'}))")
    page.wait_for_function("[...document.images].some(image => image.complete)")
    assert page.evaluate("window.broken") is None
    refused = [each for each in visited.complaints if "Content Security Policy" in each]
    assert refused
    visited.complaints[:] = [each for each in visited.complaints if each not in refused]
