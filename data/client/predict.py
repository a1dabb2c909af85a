"""Sends a file of beats to a gateway, a few batches at a time, and writes the predictions in the file's order."""

import logging
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm.contrib.logging import logging_redirect_tqdm

from data.client.api_key import read_key
from data.client.columns import columns, values
from data.client.gateway import Gateway, Json, Refused, Served, Unanswered
from data.client.in_flight import Answer, answered, result
from data.client.output import ENDINGS, Output, Progress
from data.client.rows import Batch, batches, layout_for
from data.errors import DataError
from data.overwrite import keep_apart
from data.progress import progress
from data.tables.columns import Columns
from data.tables.layout import Layout
from data.tables.stream import count_rows, line_of

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """A file of beats, the gateway to send it to, and the file for the predictions."""

    file: Path
    url: str
    out: Path
    batch: int = 256
    timeout: float = 120.0  # seconds per batch, including all retries
    label: str | None = None  # as find_layout takes it
    details: bool = False
    key_file: Path | None = None


def predict(job: Job) -> Path:
    """Write the predictions for a file and return the path; resumes an earlier run of the same job.

    Raises DataError if a row, the file or the gateway is at fault; the next run resumes after the last whole batch.
    """
    for ending in ENDINGS:
        keep_apart({"--out": job.out.with_name(job.out.name + ending)}, [job.file])
    # Opened before any request, so that a wrong file is an error at once, even if the gateway does not answer.
    table = Columns(job.file)
    with logging_redirect_tqdm():
        gateway = Gateway(job.url, read_key(job.key_file), job.timeout, log.info)
        try:
            served = gateway.model()
            layout = layout_for(table, job.label, served, served.class_names)
            names = ("row", *columns(served, job.details))
            output = Output(job.out, _inputs(job, layout, served, names), ",".join(names) + "\n")
            try:
                _predict(job, layout, served, gateway, output)
                _log_summary(output.progress, labelled=layout.label >= 0)
                return output.finish()
            finally:
                output.close()
        finally:
            gateway.close()


def _predict(job: Job, layout: Layout, served: Served, gateway: Gateway, output: Output) -> None:
    rows, done = count_rows(layout), output.progress.rows
    with progress("Predicting", rows, "beats") as advance:
        advance(done)
        for batch, answer in answered(gateway, batches(layout, served, job.batch, done), job.details):
            version, predictions = _answer(answer, batch, layout)
            if output.progress.versions and str(version) not in output.progress.versions:
                log.warning("from row %d on, version %d answers too", batch.first, version)
            output.add(version, _lines(batch, version, predictions, served, job.details), _correct(batch, predictions))
            advance(len(predictions))


def _answer(answer: Future[Answer], batch: Batch, layout: Layout) -> Answer:
    try:
        return result(answer)
    except Unanswered as error:
        raise DataError(f"{error}; run the same command again to resume") from None
    except Refused as error:
        first, last = batch.at_fault(error.beat)
        rows = f"row {first}" if first == last else f"rows {first} to {last}"
        raise DataError(f"{layout.path}, {rows}, from line {line_of(layout, first)} on: {error}") from None


def _lines(batch: Batch, version: int, predictions: list[Json], served: Served, details: bool) -> list[str]:
    rows = ([row, *values(each, version, served, details)] for row, each in enumerate(predictions, batch.first))
    return [",".join(map(_cell, row)) + "\n" for row in rows]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _correct(batch: Batch, predictions: list[Json]) -> int:
    if batch.labels is None:
        return 0
    pairs = zip(predictions, batch.labels.tolist(), strict=True)
    return sum(prediction["predicted_class"] == label for prediction, label in pairs)


def _inputs(job: Job, layout: Layout, served: Served, names: tuple[str, ...]) -> dict[str, Any]:
    """Return what must be the same for a run to resume another, by readable names."""
    found = job.file.stat()
    return {
        "the file": [str(job.file.resolve()), found.st_size, found.st_mtime_ns],
        "the label's column": layout.label,
        "the model version": [served.version, served.trained],
        "the columns": list(names),
    }


def _log_summary(done: Progress, labelled: bool) -> None:
    answered = ", ".join(f"version {version}: {rows:,}" for version, rows in done.versions.items())
    log.info("%s rows predicted (%s)", f"{done.rows:,}", answered)
    if labelled and done.rows:
        log.info("accuracy %.4f (%s of them predicted as labelled)", done.correct / done.rows, f"{done.correct:,}")
