"""The composition of the parts: opens the ports when the first models serve, and drains requests at the end."""

import gc
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tensorflow_serving.config.model_server_config_pb2 import ModelServerConfig

from serving.errors import ServingError
from serving.flags import Flags
from serving.grpc.server import GrpcServer
from serving.lifecycle.config import read_config_file, single_model
from serving.lifecycle.manager import Loading, Manager
from serving.lifecycle.registry import Registry
from serving.logs import fields, log
from serving.rest.application import Application
from serving.rest.routes import Rest
from serving.rest.server import Limits, RestServer
from serving.runtime.loader import Loader
from serving.runtime.saved_model import SavedModel
from serving.service import Service
from serving.telemetry.metrics import Metrics
from serving.telemetry.monitoring_config import metrics_path
from serving.telemetry.tracing import Protocol, start_tracing

DRAIN_SECONDS: Final = 25.0  # less than the 30 s between SIGTERM and SIGKILL in Kubernetes


class Server:
    """A model server: `start` blocks until it serves, `stop` finishes the requests in flight.

    `traces` is the protocol for the export of spans; None switches tracing off.

    Raises:
        TracingError: An OpenTelemetry variable is invalid.
    """

    def __init__(self, flags: Flags, traces: Protocol | None = None) -> None:
        self._flags = flags
        self._tracing = start_tracing(traces)
        self._metrics = Metrics()
        loading = Loading(
            retries=flags.max_num_load_retries,
            retry_seconds=flags.load_retry_interval_micros / 1e6,
            load_threads=flags.num_load_threads,
            unload_threads=flags.num_unload_threads,
        )
        self._manager = Manager[SavedModel](Loader(flags, self._metrics), loading)
        self._registry = Registry(self._manager, early_labels=flags.allow_version_labels_for_unavailable_models)
        self._stopping = threading.Event()
        self._started = threading.Lock()  # held while starting
        self._closers: list[Callable[[], object]] = []  # one per open port

    def start(self) -> None:
        """Load the first models and open the ports.

        Raises:
            ServingError: A model could not be loaded, or the configuration is invalid.
            RuntimeError: A port is in use.
        """
        with self._started:
            path = metrics_path(self._flags.monitoring_config_file)
            # before the reload, which waits for a first version that may appear later
            self._every(self._flags.file_system_poll_wait_seconds, self._registry.poll)
            self._registry.reload(self._configuration(), noun="servable")
            if self._stopping.is_set():
                return
            self._open_ports({path: self._metrics.exposition} if path else {})
        if self._flags.model_config_file:
            self._every(self._flags.model_config_file_poll_wait_seconds, self._reread_configuration)

    def _configuration(self) -> ModelServerConfig:
        if self._flags.model_config_file:
            return read_config_file(Path(self._flags.model_config_file))
        return single_model(self._flags.model_name, self._flags.model_base_path)

    def _reread_configuration(self) -> None:
        # without waiting, so that a missing base path does not block the next change of the file
        self._registry.replace(self._configuration())

    def _open_ports(self, pages: dict[str, Callable[[], str]]) -> None:
        flags = self._flags
        service = Service(
            self._registry,
            self._manager,
            self._metrics,
            answer_as_content=flags.enable_serialization_as_tensor_content,
        )
        _collect_rarely()
        server = GrpcServer(flags, service, self._tracing)
        self._closers.append(lambda: server.stop(DRAIN_SECONDS))
        if server.port:
            log.info(f"gRPC listening on port {server.port}", extra=fields(port=server.port))
        if flags.grpc_socket_path:
            log.info(f"gRPC listening on {flags.grpc_socket_path}")
        if flags.rest_api_port is not None:
            rest = Rest(service, flags.rest_api_timeout_in_ms)
            self._open_rest(flags.rest_api_port, rest, pages)

    def _open_rest(self, port: int, rest: Rest, pages: dict[str, Callable[[], str]]) -> None:
        limits = Limits()
        try:
            application = Application(rest, pages, limits.body)
            server = RestServer(port, self._flags.rest_api_num_threads, application, limits)
        except OSError as error:
            raise RuntimeError(f"Failed to listen on --rest_api_port={port}: {error.strerror}") from error
        self._closers.append(server.stop)
        log.info(f"REST listening on port {server.port}", extra=fields(port=server.port))

    def _every(self, seconds: float, action: Callable[[], None]) -> None:
        def repeat() -> None:
            while not self._stopping.wait(seconds):
                try:
                    action()
                except ServingError as error:
                    log.error(error.message, extra=fields(code=error.code.name))
                except Exception:
                    log.exception("reading the files failed; the next poll retries")

        if seconds:
            threading.Thread(target=repeat, name=action.__name__, daemon=True).start()

    def stop(self) -> None:
        """Refuse new requests, give requests in flight DRAIN_SECONDS to finish, and start no more loads."""
        log.info("draining")
        self._stopping.set()
        self._manager.stop()
        with self._started:
            closing = [threading.Thread(target=close, daemon=True) for close in self._closers]
            for thread in closing:
                thread.start()
            for thread in closing:
                thread.join(DRAIN_SECONDS)
        if self._tracing is not None:
            self._tracing.close()
        log.info("stopped")


def _collect_rarely() -> None:
    """Run Python's garbage collector less often, and never on the objects that TensorFlow loaded: it delays requests.

    The thresholds were chosen by hand.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
