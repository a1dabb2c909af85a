"""A SavedModel in a TensorFlow session, as in tensorflow_model_server."""

import fcntl
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from tensorflow.core.framework.tensor_pb2 import TensorProto
from tensorflow.core.protobuf.config_pb2 import ConfigProto, RunOptions
from tensorflow.core.protobuf.meta_graph_pb2 import MetaGraphDef, SignatureDef, TensorInfo
from tensorflow.python.client import pywrap_tf_session
from tensorflow.python.client.session import Session
from tensorflow.python.framework.errors_impl import OpError
from tensorflow.python.framework.ops import Graph
from tensorflow.python.saved_model import loader_impl

from serving.errors import Code, ServingError, invalid, not_found
from serving.runtime.tensors import Array, Shape

# TensorFlow's own error text
_NO_OUTPUT: Final = (
    "Tried to fetch data for '{0}', which produces no output.  To run to a node but not fetch any data, "
    "pass '{0}' as an argument to the 'target_node_names' argument of the Session::Run API."
)
_VARIABLES: Final = frozenset({"VarHandleOp", "VariableV2"})


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature by alias: the tensor names, and the inputs' dtypes, shapes and default values.

    It has plain dicts, because protobuf's maps are slow to read. An input without a tensor name has no dtype.
    """

    inputs: Mapping[str, str]
    outputs: Mapping[str, str]
    dtypes: Mapping[str, int]
    shapes: Mapping[str, Shape | None]
    defaults: Mapping[str, TensorProto]


class SavedModel:
    """A loaded version: `signature_defs` are the file's signatures by name, `signatures` the same for fast access."""

    def __init__(self, path: Path, tags: Iterable[str], config: ConfigProto) -> None:
        """Load the model at `path`, and hold a shared lock on the folder until `close`.

        Raises:
            ServingError: The model cannot be loaded.
        """
        _check_files(path)
        self._lock = _lock_shared(path)
        self._session: Any = None
        # a run in the request's own thread cannot be interrupted
        self._interruptible = config.inter_op_parallelism_threads >= 0
        try:
            with _errors_translated():
                self._open(path, tags, config)
        except ServingError:
            self.close()
            raise

    def _open(self, path: Path, tags: Iterable[str], config: ConfigProto) -> None:
        graph = Graph()
        with graph.as_default():
            self._session = Session(graph=graph, config=config)
            meta: MetaGraphDef = loader_impl.load(self._session, list(tags), str(path))
        _check_variables(meta, path)
        self.signature_defs: Mapping[str, SignatureDef] = dict(meta.signature_def)
        self.signatures = {
            name: Signature(
                _names(signature.inputs),
                _names(signature.outputs),
                _dtypes(graph, signature.inputs),
                _shapes(signature.inputs),
                dict(signature.defaults),
            )
            for name, signature in self.signature_defs.items()
        }
        # Session.run adds ten times the duration of this call, and has other error texts
        self._run = pywrap_tf_session.TF_SessionRun_wrapper
        self._handle = self._session._session
        self._session._extend_graph()
        self._tensors = {
            name: graph.get_tensor_by_name(name)._as_tf_output()
            for signature in self.signatures.values()
            for name in (*signature.inputs.values(), *signature.outputs.values())
            if ":" in name  # the initialisation signature has an operation's name, not a tensor's
        }

    def run(self, feeds: Mapping[str, Array], fetches: Sequence[str], timeout_ms: int | None = None) -> list[Array]:
        """Compute the tensors named `fetches` from the tensors in `feeds`.

        The timeout (milliseconds) only has an effect in sessions with their own inter-op threads.

        Raises:
            ServingError: The run failed; the message is TensorFlow's.
        """
        try:
            feed = {self._tensors[name]: array for name, array in feeds.items()}
        except KeyError as error:
            raise not_found(f"FeedInputs: unable to find feed output {error.args[0]}") from None
        try:
            fetch = [self._tensors[name] for name in fetches]
        except KeyError as error:
            raise invalid(_NO_OUTPUT.format(error.args[0])) from None
        with _errors_translated():
            if timeout_ms is None or not self._interruptible:
                return _arrays(self._run(self._handle, None, feed, fetch, [], None))
            options = pywrap_tf_session.TF_NewBufferFromString(RunOptions(timeout_in_ms=timeout_ms).SerializeToString())
            try:
                return _arrays(self._run(self._handle, options, feed, fetch, [], None))
            finally:
                pywrap_tf_session.TF_DeleteBuffer(options)

    def close(self) -> None:
        """Free the session and the lock."""
        if self._session is not None:
            self._session.close()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _arrays(values: list[Any]) -> list[Array]:
    # TensorFlow returns a scalar string as bytes
    return [np.array(value, object) if isinstance(value, bytes) else value for value in values]


def _names(tensors: Mapping[str, TensorInfo]) -> dict[str, str]:
    return {alias: tensors[alias].name for alias in sorted(tensors)}


def _dtypes(graph: Graph, tensors: Mapping[str, TensorInfo]) -> dict[str, int]:
    """Return the dtype of each input that names a tensor, as TensorFlow's number."""
    names = {alias: info.name for alias, info in tensors.items() if ":" in info.name}
    return {
        alias: int(graph.get_tensor_by_name(name).dtype.base_dtype.as_datatype_enum) for alias, name in names.items()
    }


def _shapes(tensors: Mapping[str, TensorInfo]) -> dict[str, Shape | None]:
    """Return the shape of each input: -1 means any size, None any shape."""
    shapes = {alias: info.tensor_shape for alias, info in tensors.items()}
    return {
        alias: None if shape.unknown_rank else tuple(dim.size for dim in shape.dim) for alias, shape in shapes.items()
    }


def _check_files(path: Path) -> None:
    if not any((path / name).exists() for name in ("saved_model.pb", "saved_model.pbtxt")):
        raise not_found(
            "Specified file path does not appear to contain a SavedModel bundle "
            f"(should have a file called `saved_model.pb`)\nSpecified file path: {path}"
        )


def _check_variables(meta: MetaGraphDef, path: Path) -> None:
    functions = (node for function in meta.graph_def.library.function for node in function.node_def)
    has_variables = any(node.op in _VARIABLES for node in (*meta.graph_def.node, *functions))
    if has_variables and not (path / "variables" / "variables.index").exists():
        raise not_found(f"The SavedModel at {path} has variables, but no variables/variables.index to restore from")


def _lock_shared(path: Path) -> int | None:
    """Lock the folder, so that the removal of old versions skips it; return None if the file system has no locks."""
    try:
        folder = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(folder, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        os.close(folder)
        return None
    return folder


@contextmanager
def _errors_translated() -> Iterator[None]:
    try:
        yield
    except OpError as error:
        raise ServingError(Code(error.error_code), error.message) from error
    except OSError as error:
        raise ServingError(Code.DATA_LOSS, str(error)) from error
    except (RuntimeError, ValueError, KeyError) as error:
        raise ServingError(Code.INTERNAL, str(error)) from error
