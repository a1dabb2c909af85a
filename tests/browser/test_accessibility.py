"""Whom the page reaches: by keyboard, by screen reader, on a phone, in the dark."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import beat
from tests.browser.test_beat import paste
from tests.browser.test_file import lines, opened

AXE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"
LONG = "\n".join(lines([(-1) ** n * (n % 7 + 1.5) for n in range(60)], labels=[n % 2 for n in range(60)]))


def shown(page, what):
    if what == "beats":
        opened(page, LONG)
        expect(page.locator("#deciding")).to_contain_text("support for class")
        page.get_by_text("Values as a table").click()
    elif what == "unusual":
        paste(page, " ".join(map(str, beat(9.0))))
        expect(page.locator("#answer .banner")).to_be_visible()
    elif what == "error":
        paste(page, "1 2 3")
        expect(page.get_by_role("alert")).to_be_visible()


def violations(page):
    """What axe finds, as rule and elements; it is let in by the debugger, past the page's own policy."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")["violations"]
    return [(each["id"], [node["target"] for node in each["nodes"]]) for each in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("what", ["nothing", "beats", "unusual", "error"])
def test_axe_finds_nothing(visit, gateway, what, scheme):
    page = visit(gateway, color_scheme=scheme, reduced_motion="reduce").open()
    shown(page, what)
    assert violations(page) == []


@pytest.mark.parametrize("what", ["nothing", "beats", "unusual", "error"])
def test_a_phone_needs_no_sideways_scrolling(visit, gateway, what):
    page = visit(gateway, viewport={"width": 360, "height": 740}).open()
    shown(page, what)
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert violations(page) == []


def reach(page, name, most=60):
    """Press Tab until the control of this name has the focus; the focus must be visible."""
    for _ in range(most):
        page.keyboard.press("Tab")
        focus = page.evaluate(
            "[document.activeElement.innerText || document.activeElement.labels?.[0]?.innerText || "
            "document.activeElement.ariaLabel, getComputedStyle(document.activeElement).outlineStyle]"
        )
        if (focus[0] or "").strip() == name:
            assert focus[1] != "none" or name == "Choose files"  # whose label shows the focus for it
            return
    raise AssertionError(f"Tab never reaches {name!r}")


def test_everything_works_by_keyboard(page):
    reach(page, "Skip to the beats")
    page.keyboard.press("Enter")
    reach(page, "Choose files")
    reach(page, "A beat as text")
    page.keyboard.type("\n".join(" ".join(map(str, beat(first))) for first in (2.0, -2.0, 3.0)))
    reach(page, "Show this beat")
    page.keyboard.press("Enter")
    expect(page.locator("#beat-name")).to_be_focused()
    reach(page, "Next")
    page.keyboard.press("Enter")
    expect(page.locator("#beat-name")).to_contain_text("Beat 2 of 3")
    reach(page, "Value")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#reading")).to_contain_text("Value 1: 0.10")
    reach(page, "1")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#beat-name")).to_contain_text("Beat 3 of 3")
    expect(page.get_by_role("button", name="Beat 3", exact=True)).to_be_focused()


def test_answers_and_errors_are_announced(page):
    shown(page, "unusual")
    expect(page.locator("#answer")).to_have_attribute("aria-live", "polite")
    shown(page, "error")
    expect(page.get_by_role("alert")).to_contain_text("The beat has the wrong length")


def test_the_colours_follow_the_system_or_the_choice(visit, gateway):
    def ground():
        return page.evaluate("getComputedStyle(document.body).backgroundColor")

    page = visit(gateway, color_scheme="dark").open()
    dark = ground()
    page.emulate_media(color_scheme="light")
    light = ground()
    assert light != dark
    page.get_by_label("Colours").select_option("dark")
    assert ground() == dark
    page.reload()
    assert ground() == dark


def test_nothing_moves_with_reduced_motion(visit, gateway):
    moving = "[...document.querySelectorAll('*')].some((e) => getComputedStyle(e).transitionDuration !== '0s')"
    page = visit(gateway).open()
    shown(page, "beats")
    assert page.evaluate(moving)
    page.emulate_media(reduced_motion="reduce")
    assert not page.evaluate(moving)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_api_is_documented_for_the_served_model(visit, gateway, scheme):
    visited = visit(gateway, color_scheme=scheme)
    visited.page.goto(visited.url + "docs")
    visited.page.get_by_role("button", name="post /predict").first.click()
    expect(visited.page.get_by_text("0.25").first).to_be_visible()
    visited.page.get_by_role("link", name="Back to the beats").click()
    expect(visited.page.locator("#served")).to_have_text("ecg, version 1")
