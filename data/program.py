"""How usages and hints name the project's commands: as they can be called."""

import os
from typing import Final

RUN: Final = os.environ.get("ECG_COMMAND", "python -m")  # set by the launcher `ecg`
