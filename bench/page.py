"""`make bench-page`: time, freezes and memory of the page with a day's recording and 50,000 beats, in Chromium.

A task of the page's main thread is a freeze of its duration. The longest one is shown in wall-clock time, by the
browser's long task entries, and in CPU time, which other programs hardly change. Memory is the increase after opening
the files: the maximum of the resident memory of the page's process, and the final value by
`performance.measureUserAgentSpecificMemory`. Both are compared with the size of the signal in the page: float32 for the
samples of the chosen lead; float64 for a table.
"""

import argparse
import json
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil
from playwright.sync_api import Error, Page, Route, expect, sync_playwright

from bench import machine, prepare
from bench.contenders import PYTHON, free_ports, model_server
from bench.contracts import recorded
from bench.page_recordings import FORMATS, RATE, write_beats
from bench.processes import Command, Processes
from bench.report import aligned

BEATS: Final = 50_000
TABLE: Final = "table"
PATIENCE: Final = 3_600_000  # milliseconds
LONG: Final = 100.0  # milliseconds
ARGUMENTS: Final = ["--no-sandbox", "--disable-gpu", "--enable-blink-features=ForceEagerMeasureMemory"]
HEAD: Final = [
    "opened",
    "beats",
    "open s",
    "answers s",
    "longest task, ms",
    "of the processor",
    "over 100",
    "most MB",
    "by the signal",
    "held MB",
    "by the signal",
]
WATCH: Final = """
globalThis.tasks = [];
new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration)))
  .observe({ type: "longtask", buffered: true });
"""
TASK: Final = "ThreadControllerImpl::RunTask"
MEMORY: Final = "performance.measureUserAgentSpecificMemory().then(({ bytes }) => bytes)"


@dataclass(slots=True)
class Resident:
    """The resident memory of a process in bytes, polled in a thread."""

    process: psutil.Process
    most: int = 0

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Record the largest increase during the block."""
        ended = threading.Event()
        before = self.process.memory_info().rss

        def watch() -> None:
            while not ended.wait(0.05):
                self.most = max(self.most, self.process.memory_info().rss - before)

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


def main() -> int:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(prog="make bench-page", description=__doc__)
    parser.add_argument("--hours", type=int, default=24)
    parser.add_argument("--only", nargs="+", choices=[*FORMATS, TABLE], default=[*FORMATS, TABLE])
    parser.add_argument("--models", type=Path, help="model base path (default: train on synthetic beats)")
    parser.add_argument("--out", type=Path, default=Path("build/bench"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    place = prepare.place(options.models, options.out, zeros=False)
    width = len(recorded(place.version, 1)[0].features)
    ports = free_ports(2)
    settings = {"ECG_LISTEN": f"127.0.0.1:{ports[1]}", "ECG_SERVING_TARGET": f"127.0.0.1:{ports[0]}"}
    commands = [model_server(place.models, ports[0]), Command([PYTHON, "-m", "gateway"], settings)]
    rows = [HEAD]
    with (
        tempfile.TemporaryDirectory(prefix="ecg-bench-") as folder,
        Processes(commands, place.out / "page.log", machine.cores()[0]),
    ):
        for name in options.only:
            if name == TABLE:
                files, signal = write_beats(Path(folder), BEATS, width), 8 * BEATS * width
            else:
                files, signal = FORMATS[name](Path(folder), options.hours), 4 * options.hours * 3600 * RATE
            with page_at(f"http://127.0.0.1:{ports[1]}/") as page:
                rows.append([name, *opened(page, files, signal, place.out / "page-trace.json")])
                print(*rows[-1], flush=True)  # the table is printed only at the end
            for file in files:
                file.unlink()
    print(aligned(rows))
    return 0


@contextmanager
def page_at(url: str) -> Iterator[Page]:
    """Yield the page in a new browser, after it has loaded the model."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        page = browser.new_page()
        page.set_default_timeout(PATIENCE)
        page.add_init_script(WATCH)
        for path in (url, f"{url}static/page/opening/worker.js"):
            page.route(path, _isolated)
        while not _ready(page, url):
            time.sleep(1)
        yield page
        browser.close()


def _isolated(route: Route) -> None:
    """Add the headers of cross-origin isolation, which the browser requires to measure memory."""
    response = route.fetch()
    isolation = {"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp"}
    route.fulfill(response=response, headers=response.headers | isolation)


def _ready(page: Page, url: str) -> bool:
    try:
        page.goto(url)
        page.locator("#text:enabled").wait_for(timeout=10_000)
    except Error:
        return False
    return True


def opened(page: Page, files: list[Path], signal: int, trace: Path) -> list[str]:
    """Open files, wait for all predictions and return the row of the table."""
    browser = page.context.browser
    assert browser
    before = page.evaluate(MEMORY)
    page.evaluate("tasks.length = 0")
    resident = Resident(renderer())
    browser.start_tracing(page=page, path=trace, categories=["toplevel"])
    with resident.watched():
        started = time.monotonic()
        page.locator("#files").set_input_files(files)
        page.locator("#list:not([hidden])").wait_for()
        there = time.monotonic()
        expect(page.get_by_role("status")).to_contain_text("All are answered", timeout=PATIENCE)
        answered = time.monotonic()
    browser.stop_tracing()
    tasks = processor_times(trace)
    most, held = resident.most, page.evaluate(MEMORY) - before
    return [
        f"{page.locator('#done').evaluate('bar => bar.max'):.0f}",
        f"{there - started:.0f}",
        f"{answered - there:.0f}",
        f"{max(page.evaluate('tasks'), default=0):.0f}",
        f"{max(tasks):.0f}",
        str(sum(each > LONG for each in tasks)),
        *(text for size in (most, held) for text in (f"{size / 2**20:.0f}", f"{size / signal:.1f}")),
    ]


def processor_times(trace: Path) -> list[float]:
    """Return the CPU time in milliseconds of each task of the page's main thread."""
    events: list[dict[str, Any]] = json.loads(trace.read_text())["traceEvents"]
    names = {(each["pid"], each["tid"]): each["args"]["name"] for each in events if each["name"] == "thread_name"}
    pages = {thread for thread, name in names.items() if name == "CrRendererMain"}
    return [
        each.get("tdur", 0) / 1000 for each in events if each["name"] == TASK and (each["pid"], each["tid"]) in pages
    ]


def renderer() -> psutil.Process:
    """Return the browser's process of the page, the largest renderer."""
    children = psutil.Process().children(recursive=True)
    pages = [child for child in children if _is_page(child.cmdline())]
    return max(pages, key=lambda process: int(process.memory_info().rss))


def _is_page(command: list[str]) -> bool:
    return "--type=renderer" in command and "--top-chrome-webui" not in command  # that one is the browser's own page


if __name__ == "__main__":
    sys.exit(main())
