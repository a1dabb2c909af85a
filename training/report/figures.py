"""The report's pictures, each as SVG text."""

import io
import warnings
from itertools import product

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from training.dataset.shards import Rows
from training.evaluation.calibration import Calibration
from training.evaluation.evaluation import Evaluation
from training.evaluation.reliability import BINS

EXAMPLES = 12  # beats drawn per class
LONGEST_LEVEL = 8  # letters of a class name that is written from left to right below the confusion matrix
# Class names are any text: dollar signs begin no formula, and letters that the font here lacks are the browser's.
matplotlib.rcParams.update({"text.parse_math": False, "svg.fonttype": "none"})


def confusion_matrix(evaluation: Evaluation) -> str:
    """Counts in each cell, shaded by the share of the true class."""
    counts = evaluation.confusion()
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    names = evaluation.classes
    figure = Figure(figsize=(4.5, 4), layout="constrained")
    axes = figure.subplots()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set(xlabel="predicted class", ylabel="true class")
    axes.set_xticks(range(len(names)), names, rotation=90 if max(map(len, names)) > LONGEST_LEVEL else 0)
    axes.set_yticks(range(len(names)), names)
    for row, column in product(range(len(names)), repeat=2):
        colour = "white" if shares[row, column] > 0.5 else "black"
        axes.text(column, row, str(counts[row, column]), ha="center", va="center", color=colour)
    return _svg(figure)


def roc_curves(evaluation: Evaluation) -> str:
    """One curve for each class against the rest; for two classes the second one says it all."""
    figure = Figure(figsize=(4.5, 4), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="grey", linestyle=":")
    columns = range(len(evaluation.class_labels)) if len(evaluation.class_labels) > 2 else [1]
    for column in columns:
        curve = evaluation.roc(column)
        if curve is not None:
            axes.plot(*curve, label=f"class {evaluation.classes[column]}, AUC {evaluation.roc_auc(column):.3f}")
            axes.legend(loc="lower right")
    axes.set(xlabel="false positive rate", ylabel="true positive rate")
    return _svg(figure)


def reliability_diagram(calibration: Calibration) -> str:
    """How often the predicted class is right by its probability, before and after; points are as large as their bin."""
    figure = Figure(figsize=(9, 4), layout="constrained")
    diagrams = {"before": calibration.before, f"after (T = {calibration.temperature:.2f})": calibration.after}
    for axes, (name, found) in zip(figure.subplots(1, 2), diagrams.items(), strict=True):
        filled = found.rows > 0
        axes.plot([0, 1], [0, 1], color="grey", linestyle=":")
        axes.vlines(np.arange(1, BINS) / BINS, 0, 1, color="grey", linewidth=0.3)
        axes.plot(found.probability[filled], found.accuracy[filled], color="tab:blue", linewidth=0.8)
        sizes = 10 + 300 * found.rows[filled] / found.rows.sum()
        axes.scatter(found.probability[filled], found.accuracy[filled], sizes, color="tab:blue", alpha=0.6)
        axes.set(xlabel="probability of the predicted class", ylabel="share that is right", ylim=(-0.05, 1.05))
        axes.set_title(f"{name}: expected calibration error {found.error:.4f}", fontsize=10)
    return _svg(figure)


def learning_curves(history: dict[str, list[float]], best_epoch: int) -> str:
    """Loss and accuracy by epoch, on training rows, and on validation rows where these stopped the training."""
    figure = Figure(figsize=(9, 3.2), layout="constrained")
    for axes, name in zip(figure.subplots(1, 2), ["loss", "accuracy"], strict=True):
        epochs = range(1, len(history[name]) + 1)
        axes.plot(epochs, history[name], label="training")
        if validation := history.get(f"val_{name}"):
            axes.plot(epochs, validation, label="validation")
        axes.axvline(best_epoch, color="grey", linestyle=":", label="kept weights")
        axes.set(xlabel="epoch", ylabel=name)
        axes.legend()
    return _svg(figure)


def example_beats(test: Rows, evaluation: Evaluation) -> str:
    """Held-back beats of each class: some single ones, and the mean of all."""
    labels, names = evaluation.class_labels, evaluation.classes
    sums = sum((np.eye(len(labels))[columns].T @ features for features, columns in test.blocks()), np.zeros(()))
    figure = Figure(figsize=(9, 2.2 * len(labels)), layout="constrained")
    for axes, label, name, total in zip(
        figure.subplots(len(labels), 1, sharex=True, squeeze=False)[:, 0], labels, names, sums, strict=True
    ):
        places = np.flatnonzero(evaluation.truth == label)
        axes.plot(test.take(places[:EXAMPLES]).T, color="tab:blue", alpha=0.25, linewidth=0.8)
        if len(places):
            axes.plot(total / len(places), color="black", linewidth=1.5)
        axes.set_title(f"class {name}: {len(places)} beats", fontsize=10)
    return _svg(figure)


def _svg(figure: Figure) -> str:
    text = io.StringIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)
        figure.savefig(text, format="svg", metadata={"Date": None})
    return text.getvalue()
