"""`python -m serving`: a replacement for tensorflow_model_server with the same command line."""

import os
import signal
import sys
import threading
from importlib.metadata import version
from queue import SimpleQueue
from typing import Final

from serving.flags import FlagError, Flags
from serving.logs import configure_logs, log
from serving.runtime.tensorflow_import import use_slim_tensorflow
from serving.runtime.tensorflow_log import hide_information
from serving.telemetry.tracing import Protocol, TracingError, export_protocol

_STOP: Final = (signal.SIGTERM, signal.SIGINT)


def main(arguments: list[str]) -> int:
    """Serve until SIGTERM or SIGINT; return 0 then, 1 if it could not start, 2 for wrong flags or variables."""
    try:
        flags = Flags.parse(arguments)
        traces = export_protocol(os.environ)
    except (FlagError, TracingError) as error:
        print(error, file=sys.stderr)
        return 2
    if flags.help:
        print(Flags.usage())
        return 0
    if flags.version:
        print(f"TensorFlow Serving API {version('tensorflow-serving-api')} on TensorFlow's Python build")
        return 0
    configure_logs()
    try:
        return _serve(flags, traces)
    except TracingError as error:
        print(error, file=sys.stderr)
        return 2


def _serve(flags: Flags, traces: Protocol | None) -> int:
    # blocked in all threads, so that sigwait below gets them; Python would delay a handler while the main thread waits
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOP)
    events: SimpleQueue[Exception | None] = SimpleQueue()
    # TensorFlow reads this variable once, when it is loaded
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    use_slim_tensorflow()
    from serving.server import Server

    hide_information()
    server = Server(flags, traces)

    def start() -> None:
        try:
            server.start()
        except Exception as error:
            events.put(error)

    def wait_for_stop() -> None:
        signal.sigwait(_STOP)
        events.put(None)

    threading.Thread(target=start, name="start", daemon=True).start()
    threading.Thread(target=wait_for_stop, name="stop", daemon=True).start()
    failure = events.get()
    if failure is not None:
        log.error(f"Failed to start server. Error: {failure}")
    server.stop()
    return 1 if failure else 0


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    # not sys.exit, which waits for threads: a request that outlives the drain must not keep the process alive
    os._exit(code)
