"""Folders to work in that live no longer than the process: their locks end with it, and the next process clears up."""

import fcntl
import logging
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from training.errors import TrainingError

log = logging.getLogger(__name__)

SCRATCH = "ecg-training-"


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for the beats while they are trained on, in that for temporary files, which TMPDIR can name.

    Meanwhile it takes all temporary files of the process: TensorFlow's autograph writes a module for each function that
    it converts, and leaves it, or what Python compiled of it, behind.
    """
    with ExitStack() as stack:
        try:
            folder = stack.enter_context(working_folder(Path(tempfile.gettempdir()), SCRATCH))
        except OSError as error:
            raise TrainingError(f"no folder for temporary files ({error}); name one that has room in TMPDIR") from error
        usual, tempfile.tempdir = tempfile.tempdir, str(folder)
        try:
            yield folder
        finally:
            tempfile.tempdir = usual


@contextmanager
def working_folder(base: Path, prefix: str) -> Iterator[Path]:
    """A new, locked folder in `base`, gone at the end unless it was renamed.

    First clears those of killed processes. Raises OSError where `base` cannot be written to.
    """
    _clear_leftovers(base, prefix)
    folder, descriptor = _locked_folder(base, prefix)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(descriptor)


def lock(folder: Path, how: int) -> int | None:
    """A descriptor that holds the lock until it is closed or the process ends; None if somebody else holds it."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        if isinstance(error, BlockingIOError):
            return None
        raise
    return descriptor


def _clear_leftovers(base: Path, prefix: str) -> None:
    for folder in base.glob(f"{prefix}*"):
        if not os.access(folder, os.R_OK | os.W_OK):  # another user's, as the folder for temporary files has them
            continue
        descriptor = lock(folder, fcntl.LOCK_EX)
        if descriptor is not None:  # its process is gone
            log.info("clearing %s, left behind by a training that was killed", folder)
            shutil.rmtree(folder, ignore_errors=True)
            os.close(descriptor)


def _locked_folder(base: Path, prefix: str) -> tuple[Path, int]:
    while True:
        folder = base / f"{prefix}{uuid.uuid4().hex}"
        folder.mkdir(mode=0o700)
        # Shared, so that a server may lock the version from the moment it has a number; clearing asks for exclusive.
        descriptor = lock(folder, fcntl.LOCK_SH)
        if descriptor is not None and folder.exists():
            return folder, descriptor
        if descriptor is not None:  # another process took it for a leftover before it was locked
            os.close(descriptor)
