# ---
# jupyter:
#   jupytext:
#     formats: py:percent
# ---

# %% [markdown]
# # From labelled beats to predictions
#
# `make run` serves the newest version of `models/ecg`. This notebook trains the next one on beats of its own, waits
# until the gateway answers with it, and looks at what it says about beats. Open it with the project's folder as
# working directory and `.venv` as kernel.

# %%
"""Data, training, predictions and a plot, in the cells of a notebook."""

import os
import subprocess
import sys
import time
from pathlib import Path

import matplotlib.pyplot as plt
import requests

import data
from data.sources.generate import Recipe, generate

URL = os.environ.get("ECG_URL", "http://127.0.0.1:5000")
MODELS = Path(os.environ.get("ECG_MODELS", "models/ecg"))
FOLDER = Path(os.environ.get("ECG_NOTEBOOK_FOLDER", "build/notebook"))

# %% [markdown]
# ## Data
#
# Synthetic beats of two classes. `data.read` takes your own CSV, TSV or Parquet file the same way, and `data.beats`
# cuts a recording into beats.

# %%
file = FOLDER / "beats.csv"
generate(file, Recipe(beats=400))
beats = data.read(file)
print(beats["label"].value_counts().to_dict(), "beats of each class")

# %% [markdown]
# ## Training
#
# The next version is published with its metrics and a report.

# %%
train = [sys.executable, "-m", "training", "--data", str(file), "--models", str(MODELS), "--epochs", "20"]
published = Path(subprocess.run(train, check=True, capture_output=True, text=True).stdout.split()[-1])
print("Report:", published / "assets.extra" / "report.html")

# %% [markdown]
# ## Predictions
#
# The model server finds the new version within seconds; until then the gateway answers with the one before.


# %%
def served_version() -> int:
    """Return the version that the gateway answers with."""
    response = requests.get(f"{URL}/model", timeout=30)
    response.raise_for_status()
    return int(response.json()["version"])


give_up = time.monotonic() + 60
while served_version() != int(published.name):
    if time.monotonic() > give_up:
        sys.exit(f"The gateway at {URL} does not serve {published}: does its model server read {MODELS}?")
    time.sleep(0.5)

sample = beats.sample(100, random_state=0)
answers = data.predict(sample, URL, details=True)
accuracy = (answers["predicted_class"] == sample["label"]).mean()
print(f"Version {published.name}: {accuracy:.0%} of {len(sample)} beats, most of them trained on, are classified right")

# %% [markdown]
# ## What decided
#
# The beat that the model is least sure of, and how much each of its values spoke for the answer.

# %%
doubtful = answers["probability"].idxmin()
features = beats.filter(regex=r"^F\d+$").loc[[doubtful]].iloc[0]
explanation = requests.post(f"{URL}/explain", json={"features": features.tolist()}, timeout=30).json()

figure, (trace, share) = plt.subplots(2, sharex=True)
trace.plot(features.to_numpy())
trace.set_ylabel("value")
trace.set_title(f"class {explanation['predicted_class']}, probability {explanation['probability']:.2f}")
share.bar(range(len(features)), explanation["attributions"], width=1)
share.set_ylabel("attribution")
share.set_xlabel("sample of the beat")
figure.savefig(FOLDER / "doubtful.png")
print("Plot:", FOLDER / "doubtful.png")
