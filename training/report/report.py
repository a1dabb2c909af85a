"""The training report: one self-contained HTML file, and a summary for the log."""

import base64
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from training.dataset.shards import Rows
from training.evaluation.comparison import Compared
from training.evaluation.evaluation import Evaluation
from training.outcome import Outcome
from training.report import figures
from training.report.shown_beats import ShownBeats

PAGE = "report.html.j2"
MINUS = "\N{MINUS SIGN}"


def write_report(
    path: Path, description: dict[str, Any], outcome: Outcome, test: Rows, feature_names: Sequence[str]
) -> None:
    """Write the HTML report of one training to `path`; `test` are the held-back beats of the evaluation."""
    evaluation, trained = outcome.evaluation, outcome.trained
    beats = ShownBeats(test, feature_names)
    drawn = {
        "roc": figures.roc_curves(evaluation),
        "precision_recall": figures.precision_recall_curves(evaluation),
        "reliability": figures.reliability_diagram(outcome.calibration),
        "learning": figures.learning_curves(trained.history, trained.best_epoch),
        "mistakes": figures.worst_mistakes(beats, evaluation),
        "examples": figures.example_beats(beats, evaluation),
    }
    wrong = len(figures.mistakes(evaluation))
    text = (
        _environment()
        .get_template(PAGE)
        .render(
            **description,
            pictures={name: base64.b64encode(svg.encode()).decode() for name, svg in drawn.items() if svg},
            classes=dict(zip(map(str, evaluation.class_labels), evaluation.classes, strict=True)),
            wrong=wrong,
            drawn=min(figures.MISTAKES, wrong),
            value_names=beats.value_names,
            means=list(zip(evaluation.classes, beats.mean_values, strict=True)),
            mistakes=list(enumerate(beats.values(figures.worst(evaluation)), start=1)),
            newest=newest_judged(description["compared"]),
        )
    )
    path.write_text(text, encoding="utf-8")


def newest_judged(compared: Compared) -> str | None:
    """Return the newest version that could be evaluated on the same beats, or None."""
    judged = (version for version, scores in compared.items() if "classes" in scores)
    return max(judged, key=int, default=None)


def _environment() -> Environment:
    page = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page.filters |= {"percent": _percent, "score": _score, "interval": _interval, "change": _change}
    return page


def _percent(share: float) -> str:
    return figures.percent(share).replace(" ", "\N{NO-BREAK SPACE}")


def _score(value: float | None, digits: int = 3) -> str:
    return "\N{EN DASH}" if value is None or math.isnan(value) else f"{value:.{digits}f}".replace("-", MINUS)


def _interval(bounds: list[float] | None, as_percent: bool = False, signed: bool = False) -> str:
    """Return two bounds as text, such as "0.912 to 0.947", or "" without bounds."""
    if not bounds:
        return ""
    low, high = bounds
    if low == high:  # all draws were equal, as without any error
        return "no difference" if signed else "range unknown"
    if as_percent:
        return f"{100 * low:.1f} to {100 * high:.1f} %"
    sign = "+" if signed else ""
    return f"{low:{sign}.3f} to {high:{sign}.3f}".replace("-", MINUS)


def _change(value: float) -> str:
    return f"{value:+.3f}".replace("-", MINUS) if abs(value) >= 0.0005 else "0.000"


def summary(description: dict[str, Any], evaluation: Evaluation, compared: Compared) -> str:
    """Return the results of a training in a few lines of text."""
    metrics = description["metrics"]
    area = "not defined" if metrics["roc_auc"] is None else f"{metrics['roc_auc']:.4f}"
    return "\n".join(
        [
            *([f"NOTE: {note}"] if (note := description["data"]["note"]) else []),
            f"On {metrics['rows']} held-back beats: accuracy {metrics['accuracy']:.4f}, "
            f"macro-F1 {metrics['macro_f1']:.4f}, ROC AUC {area}",
            _chance(metrics["intervals"]),
            _calibration(metrics, description["training"]["early_stop"]),
            _unusual(metrics),
            evaluation.table().rstrip(),
            f"Confusion matrix (rows: true class, columns: predicted class; {', '.join(evaluation.classes)}):",
            str(evaluation.confusion()),
            *(["Other versions on the same beats:"] if compared else []),
            *(f"  version {version}: {_scores_or_reason(scores)}" for version, scores in compared.items()),
        ]
    )


def _chance(intervals: Mapping[str, Any]) -> str:
    return (
        f"95 % intervals over {intervals['of']} {intervals['over']}: "
        f"accuracy {_interval(intervals['accuracy'])}, macro-F1 {_interval(intervals['macro_f1'])}"
    )


def _calibration(metrics: Mapping[str, Any], calibrated: bool) -> str:
    calibration = metrics["calibration"]
    error = f"expected calibration error {calibration['error_after']:.4f}"
    if by_group := metrics["by_group"]:
        error += f" (over {by_group['of']} groups: {_interval(by_group['calibration_error'])})"
    if not calibrated:
        return f"Not calibrated: {error}"
    return f"Temperature {calibration['temperature']:.2f}: {error}, without it {calibration['error_before']:.4f}"


def _unusual(metrics: Mapping[str, Any]) -> str:
    text = f"Unusual beats: {figures.percent(metrics['unusual']['share_of_test'])} of them"
    if not (by_group := metrics["by_group"]):
        return text
    least, middle, most = (figures.percent(by_group["unusual"][name]) for name in ("min", "median", "max"))
    return f"{text}; of a group's beats {least} to {most}, median {middle}"


def _scores_or_reason(scores: dict[str, Any]) -> str:
    return scores.get("reason") or f"accuracy {scores['accuracy']:.4f}, macro-F1 {scores['macro_f1']:.4f}"
