"""A model server that answers what a test tells it to: a real gRPC server on a real port, with scripted models.

`python -m tests.support.serving.fake_serving [PORT [VERSION [HOST [FACTOR]]]]` runs one in a process, prints its port.
"""

import json
import sys
import threading
from array import array
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import exp, log
from typing import Any

import grpc

from gateway.model_server.wire import serving_pb2 as wire

STATE = wire.ModelVersionStatus.State


@dataclass
class FakeModel:
    """One version. Its probabilities come from the first value of a beat, so that a test can foretell them."""

    width: int = 3
    labels: tuple[int, ...] = (0, 1)
    names: tuple[str, ...] | None = None
    description: dict[str, Any] = field(default_factory=lambda: {"metrics": {"accuracy": 0.9}, "data": {"rows": 7}})
    tells: bool = True  # has the signature `metadata`
    packed: bool = False  # answers in tensor_content
    input_name: str = "features"
    output_names: tuple[str, ...] = ("probabilities", "predicted_class", "probability")
    refuses: bool = False  # whatever is asked
    factor: float = 1.0  # NaN breaks it
    signatures: tuple[str, ...] = ("details", "explain")  # beside serving_default
    unusual_from: float = 5.0  # the first value, whatever its sign

    @property
    def feature_names(self) -> tuple[str, ...]:
        return self.names or tuple(f"F{number}" for number in range(1, self.width + 1))

    def probabilities(self, first: float) -> list[float]:
        """One probability per label: a sigmoid for the last label, the remainder shared evenly."""
        last = self.factor / (1 + exp(-max(-50.0, min(50.0, first))))
        others = len(self.labels) - 1
        return [(1 - last) / others] * others + [last]

    def explanation(self, values: list[float]) -> list[float]:
        """The attributions to the score of the predicted class, whose baseline is 0: only the first value has one."""
        best = max(self.probabilities(values[0]))
        return [log(best / max(1e-30, 1 - best))] + [0.0] * (self.width - 1)

    def score(self, values: list[float]) -> float:
        """The score of the predicted class."""
        return sum(self.explanation(values))

    def described(self) -> "FakeModel":
        """Add the parts of a training's description that the page and the drift need: examples, a baseline."""
        beats = [[first, *[0.25] * (self.width - 1)] for first in (-2.0, 2.0)]
        answers = [self.probabilities(beat[0]) for beat in beats]
        examples = [
            {"features": beat, "label": label, "predicted_class": label, "probability": max(answer)}
            for beat, answer, label in zip(beats, answers, (self.labels[0], self.labels[-1]), strict=True)
        ]
        self.description |= {"examples": examples, "baseline": [0.0] * self.width}
        return self


def floats(values: list[float], shape: tuple[int, ...], packed: bool = False) -> wire.TensorProto:
    return _tensor(wire.DT_FLOAT, shape, "f", "float_val", values, packed)


def integers(values: list[int], shape: tuple[int, ...], packed: bool = False) -> wire.TensorProto:
    return _tensor(wire.DT_INT64, shape, "q", "int64_val", values, packed)


def texts(values: list[str], shape: tuple[int, ...]) -> wire.TensorProto:
    tensor = wire.TensorProto(dtype=wire.DT_STRING, string_val=[value.encode() for value in values])
    tensor.tensor_shape.CopyFrom(_shape(shape))
    return tensor


def _tensor(dtype: Any, shape: Any, typecode: str, name: str, values: Any, packed: bool) -> wire.TensorProto:
    content = {"tensor_content": array(typecode, values).tobytes()} if packed else {name: values}
    return wire.TensorProto(dtype=dtype, tensor_shape=_shape(shape), **content)


def _shape(sizes: tuple[int, ...]) -> wire.TensorShapeProto:
    return wire.TensorShapeProto(dim=[wire.TensorShapeProto.Dim(size=size) for size in sizes])


class FakeServing(grpc.GenericRpcHandler):
    """The model server: set `models`, `states`, `fail(...)` or `hold()`, then read `requests`."""

    def __init__(self, model: FakeModel | None = None, name: str = "ecg") -> None:
        self.name = name
        self.models = {1: model or FakeModel()}
        self.states: dict[int, Any] = {}
        self.labels: dict[str, int] = {}  # versions by label
        self.problems: dict[int, str] = {}  # why a version did not load
        self.states_fail: grpc.StatusCode | None = None  # what every call of GetModelStatus is answered with
        self.requests: list[Any] = []
        self.target = ""
        self._failures: list[tuple[grpc.StatusCode, str]] = []
        self.seconds_left: list[float] = []  # that each call of Predict could still take when it came
        self.metadata: list[dict[str, str]] = []  # that came with each call of Predict for predictions
        self._held = threading.Semaphore(0)
        self._cancelled = threading.Semaphore(0)
        self._go = threading.Event()
        self._go.set()
        self._holds_probes = False
        self._server: Any = None

    def start(self, port: int = 0, host: str = "127.0.0.1", **options: int) -> int:
        """Listen; give the port. Options are gRPC's, without their `grpc.`."""
        # without so_reuseport a second server on a taken port is refused rather than mixed up with the first
        arguments = [(f"grpc.{name}", value) for name, value in ({"so_reuseport": 0} | options).items()]
        self._server = grpc.server(ThreadPoolExecutor(32), [self], options=arguments)
        port = self._server.add_insecure_port(f"{host}:{port}")
        self._server.start()
        self.target = f"{host}:{port}"
        return port

    def stop(self) -> None:
        """Break off every call and give the port back."""
        stopped = self._server.stop(grace=None)
        self._go.set()  # so that the threads of held calls end
        stopped.wait()

    def fail(self, code: grpc.StatusCode, details: str = "scripted", times: int = 1) -> None:
        """Answer the next calls of Predict with an error."""
        self._failures += [(code, details)] * times

    @contextmanager
    def hold(self, probes: bool = False) -> Iterator[None]:
        """Inside the `with`, calls of Predict, and of GetModelStatus if requested, arrive but are not answered."""
        self._go.clear()
        self._holds_probes = probes
        try:
            yield
        finally:
            self._holds_probes = False
            self._go.set()

    def wait_for_held(self) -> None:
        """Block until one more call of Predict is held."""
        assert self._held.acquire(timeout=30)

    def wait_for_cancelled(self) -> None:
        """Block until one more held call is cancelled by its caller."""
        assert self._cancelled.acquire(timeout=30)

    def predicts(self) -> list[Any]:
        """The requests for predictions so far."""
        return [one for one in self.requests if isinstance(one, wire.PredictRequest) and one.inputs]

    def service(self, details: grpc.HandlerCallDetails) -> Any:
        behaviours: dict[str, tuple[Any, Any]] = {
            "/tensorflow.serving.PredictionService/Predict": (self._predict, wire.PredictRequest),
            "/tensorflow.serving.PredictionService/GetModelMetadata": (self._metadata, wire.GetModelMetadataRequest),
            "/tensorflow.serving.ModelService/GetModelStatus": (self._status, wire.GetModelStatusRequest),
        }
        behaviour, request = behaviours[str(details.method)]
        return grpc.unary_unary_rpc_method_handler(
            behaviour,
            request_deserializer=request.FromString,
            response_serializer=lambda answer: answer.SerializeToString(),
        )

    def _served(self, request: Any, context: Any) -> tuple[int, FakeModel]:
        self.requests.append(request)
        spec = request.model_spec
        version = spec.version.value if spec.HasField("version") else max(self.models, default=0)
        if spec.HasField("version_label"):
            if spec.version_label not in self.labels:
                context.abort(
                    grpc.StatusCode.INVALID_ARGUMENT, f"Unrecognized servable version label: {spec.version_label}"
                )
            version = self.labels[spec.version_label]
        if spec.name != self.name or version not in self.models:
            context.abort(grpc.StatusCode.NOT_FOUND, f"Servable not found for request: Latest({spec.name})")
        return version, self.models[version]

    def _predict(self, request: Any, context: Any) -> wire.PredictResponse:
        version, model = self._served(request, context)
        self.seconds_left.append(context.time_remaining())
        if request.inputs:
            self.metadata.append(dict(context.invocation_metadata()))
        if not self._go.is_set():
            context.add_callback(self._given_up)
            self._held.release()
            self._go.wait()
        if self._failures:
            context.abort(*self._failures.pop(0))
        response = wire.PredictResponse(model_spec=request.model_spec)
        response.model_spec.version.value = version
        signature = request.model_spec.signature_name
        if signature == "metadata":
            outputs = _metadata_outputs(model)
        elif signature in ("", "serving_default", *model.signatures):
            outputs = self._outputs(model, signature, request.inputs[model.input_name], context)
        else:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, f'Serving signature key "{signature}" not found.')
        for name in request.output_filter or outputs:
            if name not in outputs:
                context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"output tensor alias not found in signature: {name}")
        for name, tensor in outputs.items():
            if request.output_filter and name not in request.output_filter:
                continue
            response.outputs[name].CopyFrom(tensor)
        return response

    def _given_up(self) -> None:
        if not self._go.is_set():
            self._cancelled.release()

    def _outputs(self, model: FakeModel, signature: str, tensor: Any, context: Any) -> dict[str, wire.TensorProto]:
        rows, width = (dim.size for dim in tensor.tensor_shape.dim)
        if width != model.width or model.refuses:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"Matrix size-incompatible: In[0]: [{rows},{width}]")
        values = array("f", tensor.tensor_content)
        table = [model.probabilities(values[row * width]) for row in range(rows)]
        best = [max(row) for row in table]
        labels = [model.labels[row.index(top)] for row, top in zip(table, best, strict=True)]
        outputs = {
            "probabilities": floats([p for row in table for p in row], (rows, len(model.labels)), model.packed),
            "predicted_class": integers(labels, (rows,), model.packed),
            "probability": floats(best, (rows,), model.packed),
        }
        chosen = {name: outputs[name] for name in model.output_names}
        beats = [values[start : start + width].tolist() for start in range(0, len(values), width)]
        return chosen | _more_outputs(model, signature, beats)

    def _metadata(self, request: Any, context: Any) -> wire.GetModelMetadataResponse:
        version, model = self._served(request, context)
        signatures = wire.SignatureDefMap()
        serving = signatures.signature_def["serving_default"]
        serving.inputs[model.input_name].dtype = wire.DT_FLOAT
        serving.inputs[model.input_name].tensor_shape.CopyFrom(_shape((-1, model.width)))
        for name in model.output_names:
            serving.outputs[name].name = name
        for name in model.signatures:
            signatures.signature_def[name].CopyFrom(serving)
        if model.tells:
            signatures.signature_def["metadata"].outputs["class_labels"].dtype = wire.DT_INT64
        response = wire.GetModelMetadataResponse(model_spec=wire.ModelSpec(name=self.name))
        response.model_spec.version.value = version
        response.metadata["signature_def"].value = signatures.SerializeToString()
        return response

    def _status(self, request: Any, context: Any) -> wire.GetModelStatusResponse:
        self.requests.append(request)
        if self._holds_probes:
            self._go.wait()
        if self.states_fail:
            context.abort(self.states_fail, "scripted")
        states = self.states or dict.fromkeys(self.models, STATE.AVAILABLE)
        if request.model_spec.name != self.name or not states:
            context.abort(grpc.StatusCode.NOT_FOUND, f"Could not find any versions of model {request.model_spec.name}")
        rows = [
            wire.ModelVersionStatus(
                version=v, state=states[v], status=wire.StatusProto(error_message=self.problems.get(v, ""))
            )
            for v in sorted(states, reverse=True)
        ]
        return wire.GetModelStatusResponse(model_version_status=rows)


def _more_outputs(model: FakeModel, signature: str, beats: list[list[float]]) -> dict[str, wire.TensorProto]:
    one = (len(beats),)
    if signature == "details":
        return {"unusual_score": floats([abs(beat[0]) / model.unusual_from for beat in beats], one, model.packed)}
    if signature == "explain":
        rows = [model.explanation(beat) for beat in beats]
        return {
            "attributions": floats([each for row in rows for each in row], (*one, model.width), model.packed),
            "score": floats([model.score(beat) for beat in beats], one, model.packed),
            "baseline_score": floats([0.0 for _ in rows], one, model.packed),
        }
    return {}


def _metadata_outputs(model: FakeModel) -> dict[str, wire.TensorProto]:
    return {
        "class_labels": integers(list(model.labels), (len(model.labels),), model.packed),
        "feature_names": texts(list(model.feature_names), (len(model.feature_names),)),
        "description": texts([json.dumps(model.description)], ()),
    }


def main() -> None:
    """Serve beats of 140 values until killed, by default version 1 on a free port of 127.0.0.1."""
    port, version, host, factor = [*sys.argv[1:], *("0", "1", "127.0.0.1", "1")[len(sys.argv) - 1 :]]
    serving = FakeServing()
    serving.models = {int(version): FakeModel(width=140, factor=float(factor)).described()}
    # clients connect anew every second, as the chart has it, only sooner
    print(serving.start(int(port), host, max_connection_age_ms=1000), flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
