"""`make run`: train a model, serve it and run the gateway on this machine, until Ctrl-C."""

import argparse
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import ProxyHandler, Request, build_opener

from training.options import parse_options
from training.store.versions import newest

GRACE_SECONDS = 35  # longer than the servers take to drain
START_SECONDS = 120


def main() -> None:
    """Run the three components; at the end they are stopped in reverse order."""
    options = _options()
    for number in (
        signal.SIGINT,
        signal.SIGTERM,
        signal.SIGHUP,
    ):  # SIGINT, too: `make run &` in a script would ignore it
        signal.signal(number, signal.default_int_handler)
    try:
        with ExitStack() as stack:
            _run(options, stack)
    except KeyboardInterrupt:
        print("\nStopped", flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make run", description=__doc__)
    parser.add_argument("--data", help="labelled beats (default: data/ecg.csv, a download, or synthetic beats)")
    parser.add_argument("--models", type=Path, default=Path("models/ecg"), help="model base path (%(default)s)")
    parser.add_argument("--port", type=int, default=5000, help="port of the gateway (%(default)s)")
    parser.add_argument("train", nargs="*", metavar="-- OPTION", help="options of python -m training, after --")
    return parser.parse_args()


def _run(options: argparse.Namespace, stack: ExitStack) -> None:
    data = ["--data", options.data] if options.data else []
    train = ["--models", str(options.models), "--keep", "5", *options.train, *data]
    models = parse_options(train).models  # reports an invalid option before anything starts
    # Opened before the training, to find out early if the port is taken; requests wait until the gateway inherits it.
    listener = stack.enter_context(_listener(options.port))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with _started("training", *train) as training:
        if training.wait():
            sys.exit(training.returncode)
    # instead of a port, which the network could reach
    socket_path = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ecg-run-")), "serving")
    base = models.resolve()
    serving = stack.enter_context(
        _started(
            "serving",
            f"--model_name={base.name}",
            f"--model_base_path={base}",
            "--port=0",
            f"--grpc_socket_path={socket_path}",
        )
    )
    settings = {
        "ECG_SERVING_TARGET": f"unix:{socket_path}",
        "ECG_MODEL_NAME": base.name,
        "ECG_LISTEN": f"fd://{listener.fileno()}",
    }
    _await("the model server", socket_path.exists, serving)
    gateway = stack.enter_context(_started("gateway", settings=settings, inherit=listener.fileno()))
    _await("the gateway", lambda: _is_ready(url), gateway, serving)
    _show(url, base)
    while True:
        _check_alive(serving, gateway, pause=1)


def _listener(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen()  # a port that is only bound could be bound by another `make run`, too
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        sys.exit(f"run: port {port}: {reason}; choose another one: make run PORT=5001")
    return listener


@contextmanager
def _started(
    component: str, *arguments: str, settings: dict[str, str] | None = None, inherit: int | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", component, *arguments],
        env=os.environ | (settings or {}),
        pass_fds=[] if inherit is None else [inherit],
        start_new_session=True,  # only this process gets the terminal's Ctrl-C; it stops the others in order
    )
    try:
        yield process
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(GRACE_SECONDS)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):  # still running, or a second Ctrl-C
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _await(what: str, happened: Callable[[], bool], *processes: subprocess.Popen[bytes]) -> None:
    for _ in range(START_SECONDS * 5):
        if happened():
            return
        _check_alive(*processes, pause=0.2)
    sys.exit(f"run: {what} is not ready after {START_SECONDS} s; the reason is in the log above")


def _is_ready(url: str) -> bool:
    try:
        _ask(f"{url}/ready", seconds=1)
    except (URLError, ConnectionError, TimeoutError):
        return False
    return True


def _check_alive(*processes: subprocess.Popen[bytes], pause: float) -> None:
    for process in processes:
        with suppress(subprocess.TimeoutExpired):
            code = process.wait(pause / len(processes))
            sys.exit(f"run: {process.args!r} ended with {code}; the reason is in the log above")


def _show(url: str, base: Path) -> None:
    served = newest(base)
    assert served  # the training has just published it
    beat = json.loads((served / "assets.extra" / "beats.json").read_text())[0]
    question = Path("build/beat.json").resolve()  # for a terminal in another folder
    question.parent.mkdir(exist_ok=True)
    question.write_text(json.dumps({"features": beat["features"]}))
    answer = _ask(f"{url}/predict", question.read_bytes())
    body = shlex.quote(f"@{question}")
    print(
        f"\nServing version {served.name}. A held-back beat of class {beat['label']} is answered {json.dumps(answer)}\n"
        f"Report:  {served / 'assets.extra' / 'report.html'}\n"
        f"Try it:  curl -H 'Content-Type: application/json' --data {body} {url}/predict\n"
        f"Ctrl-C stops everything.\n",
        flush=True,
    )


def _ask(url: str, body: bytes | None = None, seconds: float = 10) -> Any:
    # Requests to this machine must not go through a proxy.
    opener = build_opener(ProxyHandler({}))
    with opener.open(Request(url, body, {"Content-Type": "application/json"}), timeout=seconds) as answer:
        return json.load(answer)


if __name__ == "__main__":
    main()
