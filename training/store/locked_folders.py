"""Temporary folders with a lock that ends with the process, so that the next process can remove leftovers."""

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
    """Yield a folder for the beats during a training, inside the folder for temporary files (TMPDIR).

    All temporary files of the process go there meanwhile. TensorFlow's autograph writes a module for each function that
    it converts. A killed process leaves these modules behind, and Python keeps its compiled copies in any case.
    """
    with ExitStack() as stack:
        try:
            folder = stack.enter_context(working_folder(Path(tempfile.gettempdir()), SCRATCH))
        except OSError as error:
            raise TrainingError(
                f"cannot create a temporary folder ({error}); set TMPDIR to a folder with free space"
            ) from error
        usual, tempfile.tempdir = tempfile.tempdir, str(folder)
        try:
            yield folder
        finally:
            tempfile.tempdir = usual


@contextmanager
def working_folder(base: Path, prefix: str) -> Iterator[Path]:
    """Yield a new, locked folder in `base`, which is removed at the end unless it was renamed.

    Folders of killed processes are removed first. Raises OSError if `base` is not writable.
    """
    _clear_leftovers(base, prefix)
    folder, descriptor = _locked_folder(base, prefix)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(descriptor)


def lock(folder: Path, how: int) -> int | None:
    """Return a descriptor that holds the lock until it is closed; None if it is taken or `folder` is gone."""
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
        if not os.access(folder, os.R_OK | os.W_OK):  # another user's folder
            continue
        descriptor = lock(folder, fcntl.LOCK_EX)
        if descriptor is not None:  # its process has ended
            log.info("removing %s, which a killed training left behind", folder)
            shutil.rmtree(folder, ignore_errors=True)
            os.close(descriptor)


def _locked_folder(base: Path, prefix: str) -> tuple[Path, int]:
    while True:
        folder = base / f"{prefix}{uuid.uuid4().hex}"
        folder.mkdir(mode=0o700)
        # Shared, so that a server can lock the version as soon as it has a number; removing needs an exclusive lock.
        descriptor = lock(folder, fcntl.LOCK_SH)
        if descriptor is not None and folder.exists():
            return folder, descriptor
        if descriptor is not None:  # another process removed it as a leftover before it was locked
            os.close(descriptor)
