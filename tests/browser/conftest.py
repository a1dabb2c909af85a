"""The page in a headless Chromium, before a real gateway and a scripted model server."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.support.gateway.gateway_process import Gateway, running
from tests.support.serving.fake_serving import FakeModel, FakeServing

WIDTH = 20
PATIENCE = 30_000  # milliseconds
expect.set_options(timeout=PATIENCE)
CHROMIUM = Path("/usr/bin/chromium") if Path("/usr/bin/chromium").exists() else shutil.which("chromium")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
METRICS: dict[str, Any] = {
    "accuracy": 0.95,
    "macro_f1": 0.9,
    "roc_auc": 0.99,
    "rows": 100,
    "class_labels": [0, 1],
    "confusion_matrix": [[58, 2], [3, 37]],
    "classes": {
        "0": {"precision": 0.95, "recall": 0.97, "f1": 0.96, "rows": 60},
        "1": {"precision": 0.95, "recall": 0.92, "f1": 0.94, "rows": 40},
    },
    "calibration": {"temperature": 1.3, "error_before": 0.05, "error_after": 0.02, "bins": 15},
    "unusual": {"threshold": 3.0, "share_of_validation": 0.01, "share_of_test": 0.02},
}
DATA = {"source": "made.csv", "note": None, "features": WIDTH, "rows": {"train": 300, "validation": 50, "test": 100}}


INTERVALS: dict[str, Any] = {
    "over": "groups",
    "of": 7,
    "accuracy": [0.913, 0.978],
    "macro_f1": [1.0, 1.0],
    "classes": {
        "0": {"precision": [0.91, 0.98], "recall": [0.93, 1.0]},
        "1": {"precision": None, "recall": [0.8, 0.8]},
    },
}


BY_GROUP: dict[str, Any] = {
    "of": 7,
    "calibration_error": [0.01, 0.09],
    "unusual": {"min": 0.0, "median": 0.01, "max": 0.12},
}


def beat(first: float) -> list[float]:
    """A beat whose first value sets the answer: class 1 if positive, unusual beyond 5, uncertain near 0."""
    return [first, *(round(0.1 * number, 1) for number in range(1, WIDTH))]


def model_of(**more: Any) -> FakeModel:
    """A scripted model with the complete description of a training."""
    model = FakeModel(width=WIDTH, **more).described()
    model.description |= {"metrics": METRICS, "data": DATA}
    return model


class Visit:
    """A page, with its browser's requests and console errors."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.asked: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._heard)

    def _heard(self, message: Any) -> None:
        # the browser itself tells of each answer that is an error; the page says those to people
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)

    def open(self) -> Page:
        """Open the page and wait until it knows the model."""
        self.page.goto(self.url)
        self.page.locator("#text:enabled").wait_for()
        return self.page


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # of one module: while it is open, its event loop keeps others from running in this thread
    if CHROMIUM is None:
        pytest.skip("Chromium is not here; install it with: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def serving() -> Iterator[FakeServing]:
    fake = FakeServing(model_of())
    fake.start()
    yield fake
    fake.stop()


@pytest.fixture
def own_serving() -> Iterator[FakeServing]:
    """A model server that one test alone changes."""
    fake = FakeServing(model_of())
    fake.start()
    yield fake
    fake.stop()


@pytest.fixture(scope="module")
def gateway(serving: FakeServing) -> Iterator[Gateway]:
    with running(serving.target, abstain_below=0.7) as gateway:
        yield gateway


@pytest.fixture
def start() -> Iterator[Callable[..., Gateway]]:
    """Starts gateways with settings of a test's own."""
    with ExitStack() as stack:
        yield lambda target, **settings: stack.enter_context(running(target, **settings))


@pytest.fixture
def before(start: Callable[..., Gateway], visit: Callable[..., Visit]) -> Iterator[Callable[..., Page]]:
    """Opens the page before a model of a test's own."""
    with ExitStack() as stack:

        def make(model: FakeModel, **options: Any) -> Page:
            fake = FakeServing(model)
            fake.start()
            stack.callback(fake.stop)
            return visit(start(fake.target), **options).open()

        yield make


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visit]]:
    """Makes visits; at the end, checks that no page used another host or logged an error."""
    visits: list[Visit] = []
    with ExitStack() as stack:

        def make(gateway: Gateway, **options: Any) -> Visit:
            context = browser.new_context(accept_downloads=True, **options)
            stack.callback(context.close)
            page = context.new_page()
            page.set_default_timeout(PATIENCE)
            visits.append(Visit(page, f"http://127.0.0.1:{gateway.port}/"))
            return visits[-1]

        yield make
        for each in visits:
            assert [url for url in each.asked if not url.startswith((each.url, "blob:"))] == []
            assert each.complaints == []


@pytest.fixture
def page(visit: Callable[..., Visit], gateway: Gateway) -> Page:
    return visit(gateway).open()


@pytest.fixture
def named(own_serving: FakeServing, start: Callable[..., Gateway], visit: Callable[..., Visit]) -> Page:
    """The page with a model whose classes have names."""
    own_serving.models[1].description |= {"class_names": {"0": "Normal", "1": "V"}}
    return visit(start(own_serving.target, abstain_below=0.7)).open()
