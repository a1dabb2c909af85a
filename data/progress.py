"""Progress of a long task on stderr: a bar on a terminal, otherwise a plain line every few seconds."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm


@contextmanager
def progress(
    title: str, total: int | None, unit: str, seconds_between_lines: float = 5
) -> Iterator[Callable[[int], object]]:
    """Yield a function that advances the progress by a number of units; `total` is None if it is unknown."""
    if sys.stderr.isatty():
        with tqdm(desc=title, total=total, unit=unit, unit_scale=True) as bar:
            yield bar.update
    else:
        yield _lines(title, f" of {total:,}" if total else "", unit, seconds_between_lines)


def _lines(title: str, total: str, unit: str, seconds_between: float) -> Callable[[int], None]:
    done, last = 0, time.monotonic()

    def advance(step: int) -> None:
        nonlocal done, last
        done += step
        if time.monotonic() - last >= seconds_between:
            last = time.monotonic()
            print(f"{title}: {done:,}{total} {unit}", file=sys.stderr, flush=True)

    return advance
