"""What people read of a training: one HTML file that needs nothing beside it, and a text for the log."""

import base64
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from training.dataset.shards import Rows
from training.evaluation.comparison import Compared
from training.evaluation.evaluation import Evaluation
from training.report import figures
from training.report.description import Outcome

PAGE = "report.html.j2"


def write_report(path: Path, description: dict[str, Any], outcome: Outcome, test: Rows) -> None:
    """Write the report of one training; `test` are the held-back beats that it was judged by."""
    evaluation, trained = outcome.evaluation, outcome.trained
    drawn = {
        "Confusion matrix": figures.confusion_matrix(evaluation),
        "ROC curve": figures.roc_curves(evaluation),
        "Reliability diagram": figures.reliability_diagram(outcome.calibration),
        "Learning curves": figures.learning_curves(trained.history, trained.best_epoch),
        "Example beats": figures.example_beats(test, evaluation),
    }
    page = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined
    ).get_template(PAGE)
    images = {title: base64.b64encode(svg.encode()).decode() for title, svg in drawn.items()}
    path.write_text(page.render(**description, pictures=images), encoding="utf-8")


def summary(description: dict[str, Any], evaluation: Evaluation, compared: Compared) -> str:
    """The same in a few lines of text."""
    metrics = description["metrics"]
    calibration = metrics["calibration"]
    area = "not defined" if metrics["roc_auc"] is None else f"{metrics['roc_auc']:.4f}"
    return "\n".join(
        [
            *([f"NOTE: {note}"] if (note := description["data"]["note"]) else []),
            f"On {metrics['rows']} held-back beats: accuracy {metrics['accuracy']:.4f}, "
            f"macro-F1 {metrics['macro_f1']:.4f}, ROC AUC {area}",
            f"Temperature {calibration['temperature']:.2f}: expected calibration error "
            f"{calibration['error_after']:.4f}, without it {calibration['error_before']:.4f}",
            f"OodScore beats: {100 * metrics['unusual']['share_of_test']:.1f} % of them",
            evaluation.table().rstrip(),
            f"Confusion matrix (rows: true class, columns: predicted class; {', '.join(evaluation.classes)}):",
            str(evaluation.confusion()),
            *(["The same beats answered by"] if compared else []),
            *(f"  version {version}: {_told(found)}" for version, found in compared.items()),
        ]
    )


def _told(found: dict[str, Any]) -> str:
    return found.get("reason") or f"accuracy {found['accuracy']:.4f}, macro-F1 {found['macro_f1']:.4f}"
