"""`make screenshots`: take screenshots of the page with a headless Chromium and a model of synthetic ECGs."""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from scripts.made_ecg import make, write_beats, write_record

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROOT: Final = Path(__file__).parents[1]
FOLDER: Final = ROOT / "docs" / "screenshots"
WIDE: Final = (1366, 860)
PHONE: Final = (390, 844)
PATIENCE: Final = 120_000  # milliseconds
COLOURS: Final = 256  # per picture, which reduces it to a third of its size


def _start(page: "Page") -> None:
    _top(page, "body")


def _recording(page: "Page") -> None:
    _top(page, "#recording")


def _rhythm(page: "Page") -> None:
    _top(page, "#rhythm")


def _beat(page: "Page") -> None:
    page.locator("#deciding", has_text="speaks for").wait_for()
    _top(page, "#beat")


def _compared(page: "Page") -> None:
    page.locator("#pin").click()
    page.locator("#after").click()
    _top(page, "#deciding")


def _doubtful(page: "Page") -> None:
    page.locator("#shown").select_option("unusual")
    page.locator("#deciding", has_text="speaks for").wait_for()
    _top(page, "#list")


def _card(page: "Page") -> None:
    _top(page, "aside")


def _sheet(page: "Page") -> None:
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")


def _top(page: "Page", selector: str) -> None:
    """Scroll an element to the top, or as near to it as the page allows."""
    page.locator(selector).first.evaluate("node => scrollTo(0, node.getBoundingClientRect().top + scrollY - 12)")


STATES: Final[dict[str, Callable[["Page"], None]]] = {
    "start": _start,
    "recording": _recording,
    "rhythm": _rhythm,
    "beat": _beat,
    "compared": _compared,
    "doubtful": _doubtful,
    "card": _card,
    "sheet": _sheet,
}
DOCUMENTED: Final = (
    "recording",
    "recording-dark",
    "recording-phone",
    "beat",
    "beat-phone-dark",
    "doubtful",
    "card-phone",
)


@dataclass(frozen=True, slots=True)
class Picture:
    """A state of the page on a screen, by its name: STATE, STATE-phone, STATE-dark or STATE-phone-dark."""

    show: Callable[["Page"], None]
    size: tuple[int, int]
    scheme: Literal["light", "dark"]

    @classmethod
    def of(cls, name: str) -> "Picture":
        """Raises KeyError if there is no such state."""
        state, *rest = name.split("-")
        if rest not in ([], ["phone"], ["dark"], ["phone", "dark"]):
            raise KeyError(name)
        return cls(STATES[state], PHONE if "phone" in rest else WIDE, "dark" if "dark" in rest else "light")


def take(url: str, record: Sequence[Path], folder: Path, names: Sequence[str]) -> list[Path]:
    """Write the named screenshots of the page at `url` with the recording opened; return their paths."""
    from playwright.sync_api import sync_playwright

    from tests.browser.conftest import ARGUMENTS, CHROMIUM

    folder.mkdir(parents=True, exist_ok=True)
    written = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for name in names:
            picture = Picture.of(name)
            width, height = picture.size
            page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=picture.scheme)
            page.set_default_timeout(PATIENCE)
            page.goto(url)
            page.locator("#text:enabled").wait_for()
            page.locator("#files").set_input_files(list(record))
            page.locator("#status", has_text="All are answered").wait_for()
            picture.show(page)
            written.append(saved(page.screenshot(animations="disabled", caret="hide"), folder / f"{name}.png"))
            page.close()
        browser.close()
    return written


def saved(content: bytes, path: Path) -> Path:
    """Save a screenshot with COLOURS colours; return its path."""
    from PIL import Image

    with Image.open(BytesIO(content)) as image:
        # keeps the colours of small marks, which the median cut joins with others; kmeans keeps those of large areas
        method = Image.Quantize.MAXCOVERAGE
        reduced = image.convert("RGB").quantize(COLOURS, method, kmeans=1, dither=Image.Dither.NONE)
        reduced.save(path, optimize=True)
    return path


def train(folder: Path) -> Path:
    """Train a model on synthetic people's beats and return its base path."""
    data, base = write_beats(folder / "made.csv", people=40, seconds=40), folder / "models" / "ecg"
    options = ["--label", "label", "--group", "person", "--epochs", "15", "--models", str(base)]
    subprocess.run([sys.executable, "-m", "training", "--data", str(data), *options], cwd=ROOT, check=True)
    return base


def main() -> None:
    """Train, serve, and write the screenshots."""
    from tests.support.gateway.gateway_process import running
    from tests.support.tree import Tree

    parser = argparse.ArgumentParser(prog="make screenshots", description=__doc__)
    parser.add_argument("--to", type=Path, default=FOLDER, help="folder for the screenshots (%(default)s)")
    states = ", ".join(STATES)
    help_of_names = f"a state ({states}), optionally with -phone, -dark or -phone-dark (default: those in docs)"
    parser.add_argument("names", nargs="*", metavar="NAME", default=DOCUMENTED, help=help_of_names)
    options = parser.parse_args()
    for name in options.names:
        try:
            Picture.of(name)
        except KeyError:
            parser.error(f"there is no screenshot named {name}")
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as stack:
        tree = Tree(Path(scratch), stack)
        train(tree.folder)
        record = write_record(tree.folder, "made", make(60, seed=99, disturbed=(31, 34)))
        tree.serve()
        gateway = stack.enter_context(running(f"unix:{tree.socket}", abstain_below=0.8))
        for path in take(f"http://127.0.0.1:{gateway.port}/", record, options.to, options.names):
            print(f"{path}: {path.stat().st_size / 1000:.0f} kB", flush=True)


if __name__ == "__main__":
    main()
