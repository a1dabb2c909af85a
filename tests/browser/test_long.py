"""A recording of hours: the page stays responsive, shows its progress, and reading can be stopped."""

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from bench.page import processor_times
from tests.browser.test_recording import drop
from tests.support.beats.recordings import heartbeats, strip

RATE = 250
HOURS = 2
LONGEST = 100  # milliseconds that a task of the page may keep its processor busy
PATIENCE = 120_000  # milliseconds
SEEN = """(id) => {
    window.seen = [];
    const node = document.getElementById(id);
    new MutationObserver(() => seen.at(-1) !== node.textContent && seen.push(node.textContent))
        .observe(node, { childList: true });
}"""


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    """The files of a recording of hours."""
    folder = tmp_path_factory.mktemp("long")
    samples = strip(heartbeats(RATE, HOURS * 3600), RATE, HOURS * 3600 * RATE)
    (folder / "long.dat").write_bytes(np.rint(samples * 200).astype("<i2").tobytes())
    header = folder / "long.hea"
    header.write_text(f"long 1 {RATE} {len(samples)}\nlong.dat 16 200 16 0 0 0 0 ECG\n")
    return [header, folder / "long.dat"]


def longest_task(trace: Path) -> float:
    """The processor's time, in milliseconds, of the longest task of the page's own thread.

    The clock's time, which the browser calls a long task by, tells more about what else the machine does.
    """
    times = processor_times(trace)
    assert len(times) > 100
    return max(times)


def test_the_page_responds_while_hours_of_recording_are_opened_and_answered(browser, page, recording, tmp_path):
    trace = tmp_path / "trace.json"
    page.evaluate(SEEN, "read-step")

    def opened() -> float:
        browser.start_tracing(page=page, path=trace, categories=["toplevel"])
        page.locator("#files").set_input_files(recording)
        expect(page.get_by_role("status")).not_to_contain_text("All are answered", timeout=PATIENCE)
        expect(page.get_by_role("status")).to_contain_text("All are answered", timeout=PATIENCE)
        browser.stop_tracing()
        return longest_task(trace)

    # Where others use the processor's caches a task takes more of its time: one of three times it has room.
    assert any(opened() < LONGEST for _ in range(3))
    assert page.evaluate("seen")[-3:] == ["Reading", "Finding R peaks", "Cutting beats"]


def test_a_long_task_is_detected(browser, page, tmp_path):
    trace = tmp_path / "trace.json"
    browser.start_tracing(page=page, path=trace, categories=["toplevel"])
    page.evaluate("{ let sum = 0; while (sum < 6e8) sum += 1; }")
    drop(page)
    expect(page.get_by_role("status")).to_contain_text("All are answered")
    browser.stop_tracing()
    assert longest_task(trace) > LONGEST


def test_stopping_to_read_keeps_the_open_file(page, recording):
    drop(page)
    expect(page.get_by_role("status")).to_contain_text("All are answered")
    page.evaluate("HTMLElement.prototype.scrollIntoView = () => {}")
    page.locator("#files").set_input_files(recording)
    page.get_by_role("button", name="Stop reading").click()
    expect(page.get_by_role("status")).to_have_text("Reading was stopped.")
    expect(page.get_by_role("progressbar")).to_be_hidden()
    expect(page.locator("#beat-name")).to_contain_text("lead.csv")
    drop(page, beats=5)
    expect(page.get_by_role("status")).to_contain_text("4 beats cut")


def test_another_lead_is_read_with_a_bar_that_stops_it(page, recording):
    page.locator("#files").set_input_files(recording)
    expect(page.get_by_role("status")).to_contain_text("All are answered", timeout=PATIENCE)
    page.get_by_label("Invert the lead").check()
    page.get_by_role("button", name="Stop reading").click()
    expect(page.get_by_label("Invert the lead")).not_to_be_checked()
    page.get_by_label("Invert the lead").check()
    expect(page.get_by_role("status")).to_contain_text("inverted", timeout=PATIENCE)
    expect(page.get_by_role("button", name="Stop reading")).to_be_hidden()


def test_beats_of_a_part_are_found_without_reading_all_beats(page):
    drop(page)
    expect(page.get_by_role("status")).to_contain_text("All are answered")
    found = page.evaluate(
        """async (ranges) => {
            const { Collection } = await import(new URL("static/page/beats/collection.js", location.href));
            const { beatsOf } = await import(new URL("static/page/beats/beat.js", location.href));
            const peaks = Int32Array.from({ length: 50 }, (_, at) => 100 * at + (at % 7));
            const starts = Float64Array.from(peaks, (peak) => peak - 10.5);
            const spans = new Float64Array(50).fill(80);
            const beats = beatsOf({ values: new Float32Array(100), width: 2, peaks, starts, spans, rate: 250 });
            const collection = new Collection({ name: "made", beats, recording: { beats } });
            const all = (first, last) => beats.filter((beat) => beat.end >= first && beat.peak <= last);
            const numbers = (list) => list.map(({ number }) => number);
            return ranges.map((range) => [numbers(collection.within(...range)), numbers(all(...range))]);
        }""",
        [[0, 0], [-5, 20_000], [169, 306], [171, 305], [4990, 9000]],
    )
    assert all(one == other for one, other in found)
    assert [len(one) for one, _ in found] == [1, 50, 3, 2, 0]
