"""`python -m training`: labelled beats in, the next model version out."""

import logging
import os
import signal
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # before TensorFlow is loaded, or its start-up talk hides ours

from data.errors import DataError
from training.errors import TrainingError
from training.options import parse_options
from training.store.versions import newest

logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
for library in ("absl", "tensorflow"):  # they warn of the exporter's inner names
    logging.getLogger(library).setLevel(logging.ERROR)
signal.signal(signal.SIGTERM, signal.default_int_handler)  # a stopped Job clears up as Ctrl-C does
try:
    options = parse_options(sys.argv[1:])
    if options.unless_published and (version := newest(options.models)):
        print(f"Nothing to do: {version} is published", flush=True)
        sys.exit()
    # Late, as loading TensorFlow takes seconds: the first process of a container would not heed a stop until then.
    from training.distributed.workers import Workers
    from training.pipeline import train

    if version := train(options, Workers.parse(os.environ.get("TF_CONFIG", ""))):
        print(f"Published {version}", flush=True)
except (DataError, TrainingError) as error:
    sys.exit(f"training: {error}")
except KeyboardInterrupt:
    sys.exit("training: interrupted; nothing was published")
