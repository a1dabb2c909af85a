"""How usages and hints name this program: as it can be called."""

import os
from typing import Final

PROGRAM: Final = f"{os.environ.get('ECG_COMMAND', 'python -m')} rollout"  # set by the launcher `ecg`
