"""The figures of the report, each as SVG text."""

import io
import warnings

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from training.evaluation.calibration import Calibration
from training.evaluation.evaluation import Evaluation
from training.evaluation.reliability import BINS
from training.report.shown_beats import ShownBeats

EXAMPLES = 12  # beats drawn per class
MISTAKES = 12  # beats drawn
LONGEST_NAME = 30  # characters of a class name in a figure
# Class names are any text: a dollar sign must not start a formula, and the browser's fonts may have more characters.
matplotlib.rcParams.update({"text.parse_math": False, "svg.fonttype": "none"})


def roc_curves(evaluation: Evaluation) -> str:
    """Draw the ROC curve of each class against the others; for two classes only that of the second one."""
    figure = _curves_of(evaluation)
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="grey", linestyle=":")
    columns = range(len(evaluation.class_labels)) if len(evaluation.class_labels) > 2 else [1]
    for column in columns:
        curve = evaluation.roc(column)
        if curve is not None:
            name = _short(evaluation.classes[column])
            axes.plot(*curve, label=f"class {name}, AUC {evaluation.roc_auc(column):.3f}")
    figure.legend(loc="outside lower center")
    axes.set(xlabel="false positive rate", ylabel="true positive rate")
    return _svg(figure)


def precision_recall_curves(evaluation: Evaluation) -> str:
    """Draw the precision-recall curve of each class against the others, with its average precision."""
    figure = _curves_of(evaluation)
    axes = figure.subplots()
    for column, name in enumerate(evaluation.classes):
        curve = evaluation.precision_recall(column)
        if curve is not None:
            area = evaluation.average_precision(column)
            axes.step(*curve, where="post", label=f"class {_short(name)}, AP {area:.3f}")
    figure.legend(loc="outside lower center")
    axes.set(xlabel="recall", ylabel="precision", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    return _svg(figure)


def reliability_diagram(calibration: Calibration) -> str:
    """Draw accuracy by probability, before and after calibration if a temperature was fitted.

    The area of a point is the number of rows in its bin.
    """
    figure = Figure(figsize=(9, 4), layout="constrained")
    diagrams = {"before": calibration.before, f"after (T = {calibration.temperature:.2f})": calibration.after}
    if calibration.temperature == 1:
        diagrams = {"not calibrated": calibration.after}
    every = figure.subplots(1, 2)
    for axes, (name, reliability) in zip(every, diagrams.items(), strict=False):
        filled = reliability.rows > 0
        axes.plot([0, 1], [0, 1], color="grey", linestyle=":")
        axes.vlines(np.arange(1, BINS) / BINS, 0, 1, color="grey", linewidth=0.3)
        axes.plot(reliability.probability[filled], reliability.accuracy[filled], color="tab:blue", linewidth=0.8)
        sizes = 10 + 300 * reliability.rows[filled] / reliability.rows.sum()
        axes.scatter(reliability.probability[filled], reliability.accuracy[filled], sizes, color="tab:blue", alpha=0.6)
        axes.set(xlabel="probability of the predicted class", ylabel="share that is right", ylim=(-0.05, 1.05))
        axes.set_title(f"{name}: expected calibration error {reliability.error:.4f}", fontsize=10)
    for axes in every[len(diagrams) :]:
        axes.set_axis_off()
    return _svg(figure)


def learning_curves(history: dict[str, list[float]], best_epoch: int) -> str:
    """Draw loss and accuracy by epoch on training rows and, with early stopping, on validation rows."""
    figure = Figure(figsize=(9, 3.2), layout="constrained")
    for axes, name in zip(figure.subplots(1, 2), ["loss", "accuracy"], strict=True):
        epochs = range(1, len(history[name]) + 1)
        axes.plot(epochs, history[name], label="training")
        if validation := history.get(f"val_{name}"):
            axes.plot(epochs, validation, label="validation")
        axes.axvline(best_epoch, color="grey", linestyle=":", label="kept weights")
        axes.set(xlabel="epoch", ylabel=name)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.legend()
    return _svg(figure)


def example_beats(beats: ShownBeats, evaluation: Evaluation) -> str:
    """Draw traces of some held-back beats of each class, and the mean of all."""
    labels, names = evaluation.class_labels, evaluation.classes
    figure = Figure(figsize=(9, 2.2 * len(labels)), layout="constrained")
    for axes, label, name, mean in zip(
        figure.subplots(len(labels), 1, sharex=True, squeeze=False)[:, 0], labels, names, beats.mean_traces, strict=True
    ):
        members = np.flatnonzero(evaluation.truth == label)
        # Spread over all rows, since consecutive beats are often of the same person.
        drawn = members[np.unique(np.linspace(0, len(members) - 1, EXAMPLES).astype(int))] if len(members) else members
        axes.plot(beats.traces(drawn).T, color="tab:blue", alpha=0.25, linewidth=0.8)
        axes.plot(mean, color="black", linewidth=1.5)
        axes.set_title(f"class {name}: {len(members)} beats", fontsize=10)
    return _svg(figure)


def worst_mistakes(beats: ShownBeats, evaluation: Evaluation) -> str | None:
    """Draw the traces of the `worst` mistakes, numbered, with the means of both classes; None without mistakes."""
    mistakes = worst(evaluation)
    if not len(mistakes):
        return None
    names, means = evaluation.classes, beats.mean_traces
    rows = -(-len(mistakes) // 3)
    figure = Figure(figsize=(9, 2.1 * rows), layout="constrained")
    every = figure.subplots(rows, 3, sharex=True, squeeze=False).ravel()
    for number, (axes, place, trace) in enumerate(zip(every, mistakes, beats.traces(mistakes), strict=False), start=1):
        truth = int(np.searchsorted(evaluation.class_labels, evaluation.truth[place]))
        predicted = int(evaluation.probabilities[place].argmax())
        axes.plot(means[truth], color="tab:green", linewidth=0.9, linestyle="--")
        axes.plot(means[predicted], color="tab:red", linewidth=0.9, linestyle=":")
        axes.plot(trace, color="black", linewidth=1.2)
        probability = percent(float(evaluation.probabilities[place, predicted]))
        title = f"{number}. is {_short(names[truth])}\npredicted {_short(names[predicted])}, {probability}"
        axes.set_title(title, fontsize=8)
        axes.tick_params(labelsize=7)
    for axes in every[len(mistakes) :]:
        axes.set_axis_off()
    return _svg(figure)


def worst(evaluation: Evaluation) -> NDArray[np.int64]:
    """Return the row numbers of the wrong predictions with the highest probabilities."""
    return mistakes(evaluation)[:MISTAKES]


def mistakes(evaluation: Evaluation) -> NDArray[np.int64]:
    """Return the row numbers of all wrong predictions, highest probability first."""
    wrong = np.flatnonzero(evaluation.predicted != evaluation.truth)
    return wrong[np.argsort(-evaluation.probabilities[wrong].max(axis=1), kind="stable")]


def percent(share: float) -> str:
    """Return a share as a percentage; only exact 0 and 1 are shown as 0 % and 100 %."""
    if 0 < share < 0.0005:
        return "< 0.1 %"
    return "> 99.9 %" if 0.9995 <= share < 1 else f"{100 * share:.1f} %"


def _curves_of(evaluation: Evaluation) -> Figure:
    """Return a figure with a square for curves and a legend line for each class."""
    return Figure(figsize=(4.5, 4.2 + 0.22 * len(evaluation.class_labels)), layout="constrained")


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def _svg(figure: Figure) -> str:
    text = io.StringIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)
        figure.savefig(text, format="svg", metadata={"Date": None})
    return text.getvalue()
