"""Model versions on disk, which are published atomically.

A training works in a staging folder beside the versions, with a lock that ends with its process. Renaming the folder to
the next number publishes the version. This module does not use TensorFlow.
"""

import fcntl
import logging
import os
import shutil
import uuid
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from training.errors import PublishError
from training.store.locked_folders import lock, working_folder

log = logging.getLogger(__name__)

STAGING = "staging-"  # not a number, so servers ignore it


def versions(base: Path) -> list[int]:
    """Return the version numbers under a model base path, ascending."""
    return sorted(int(entry.name) for entry in base.iterdir() if entry.name.isascii() and entry.name.isdecimal())


def newest(base: Path) -> Path | None:
    """Return the newest version's folder, or None; the model base path need not exist."""
    numbers = versions(base) if base.is_dir() else []
    return base / str(numbers[-1]) if numbers else None


@contextmanager
def staging(base: Path) -> Iterator[Path]:
    """Yield a locked folder beside the versions of `base`; it is removed at the end unless it was published."""
    with ExitStack() as stack:
        try:
            base.mkdir(parents=True, exist_ok=True)
            folder = stack.enter_context(working_folder(base, STAGING))
        except OSError as error:
            raise PublishError(f"{base}: cannot write models here: {error.strerror}") from error
        yield folder


def publish(folder: Path) -> int:
    """Sync a staged folder to disk, rename it to the next version number and return that number."""
    _make_durable(folder)
    base = folder.parent
    while True:
        version = max(versions(base), default=0) + 1
        try:
            folder.rename(base / str(version))
        except OSError:
            # Another training took the number first. After any other error the number is still free.
            if not (base / str(version)).exists():
                raise
            continue
        _sync(base)
        return version


def prune(base: Path, keep: int, spared: Collection[int] = ()) -> list[int]:
    """Remove all versions except the newest `keep`, the `spared` and those that a model server has locked.

    Returns the removed version numbers.
    """
    removed = []
    for version in versions(base)[:-keep]:
        if version in spared:
            continue
        folder = base / str(version)
        descriptor = lock(folder, fcntl.LOCK_EX)
        if descriptor is None:
            log.info("version %d is kept: a model server has it loaded", version)
            continue
        # Renamed first, so that a server never sees a partial version.
        shutil.rmtree(folder.rename(base / f"{STAGING}{uuid.uuid4().hex}"))
        os.close(descriptor)
        removed.append(version)
    return removed


def _make_durable(folder: Path) -> None:
    for parent, _, files in os.walk(folder, topdown=False):
        for name in files:
            os.chmod(os.path.join(parent, name), 0o644)  # the server runs as another user
            _sync(Path(parent, name))
        os.chmod(parent, 0o755)
        _sync(Path(parent))


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
