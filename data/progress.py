"""Progress of a long task on stderr: a bar on a terminal, now and then a plain line elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from tqdm import tqdm

SECONDS_BETWEEN_LINES: Final = 5.0


@contextmanager
def progress(title: str, total: int | None, unit: str) -> Iterator[Callable[[int], object]]:
    """Yield a function that takes how many more units are done."""
    if sys.stderr.isatty():
        with tqdm(desc=title, total=total, unit=unit, unit_scale=True) as bar:
            yield bar.update
    else:
        yield _lines(title, total, unit)


def _lines(title: str, total: int | None, unit: str) -> Callable[[int], None]:
    done, told = 0, time.monotonic()

    def advance(step: int) -> None:
        nonlocal done, told
        done += step
        if time.monotonic() - told >= SECONDS_BETWEEN_LINES:
            told = time.monotonic()
            print(f"{title}: {done:,}" + (f" of {total:,}" if total else "") + f" {unit}", file=sys.stderr, flush=True)

    return advance
