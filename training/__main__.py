"""`python -m training`: labelled beats in, the next model version out."""

import logging
import os
import signal
import sys

from data.errors import DataError
from training.errors import TrainingError
from training.options import parse_options
from training.store.versions import newest


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit status: 0 if a version is published or none is needed, else 1."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    for library in ("absl", "tensorflow"):  # they log warnings about internal names of the exporter
        logging.getLogger(library).setLevel(logging.ERROR)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a stopped Job cleans up as after Ctrl-C
    try:
        _train(sys.argv[1:] if arguments is None else arguments)
    except (DataError, TrainingError) as error:
        print(f"training: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("training: interrupted; nothing was published", file=sys.stderr)
        return 1
    return 0


def _train(arguments: list[str]) -> None:
    options = parse_options(arguments)
    if options.unless_published and (version := newest(options.models)):
        print(f"Nothing to do: {version} is published", flush=True)
        return
    # Imported late: loading TensorFlow takes seconds, in which the first process of a container ignores signals.
    from training.distributed.workers import Workers
    from training.pipeline import train

    if version := train(options, Workers.parse(os.environ.get("TF_CONFIG", ""))):
        print(f"Published {version}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
