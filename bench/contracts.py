"""The request and response formats of the contenders, and the check of responses."""

import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from math import isclose
from pathlib import Path
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError

from bench.load.generator import Target
from bench.load.http_client import post
from gateway.model import FEATURES
from gateway.model_server import tensors
from gateway.model_server.wire.serving_pb2 import ModelSpec, PredictRequest, PredictResponse


@dataclass(frozen=True, slots=True)
class Beat:
    """A beat's values, with as many decimals as float32 needs, and the expected prediction."""

    features: tuple[float, ...]
    predicted_class: int
    probability: float


def recorded(version: Path, count: int) -> list[Beat]:
    """Return `count` beats by repeating the example beats of the model `version`."""
    rows = json.loads((version / "assets.extra" / "beats.json").read_text())
    beats = [
        Beat(
            tuple(float(str(np.float32(value))) for value in row["features"]),
            row["predicted_class"],
            row["probability"],
        )
        for row in rows
    ]
    return list(islice(cycle(beats), count))


Answers = Sequence[tuple[int, float]]  # class label and probability of each beat


@dataclass(frozen=True, slots=True)
class Contract(ABC):
    """A request and response format; `always` is the expected answer of a contender without a model."""

    always: tuple[int, float] | None = None

    def target(self, port: int, beats: Sequence[Beat]) -> Target:
        """Return the target that sends all of `beats` in one request to `port`."""
        expected = [self.always or (beat.predicted_class, beat.probability) for beat in beats]
        return self._target(port, beats, tuple(expected))

    def _target(self, port: int, beats: Sequence[Beat], expected: Answers) -> Target:
        request = post(f"127.0.0.1:{port}", self.path(), self.body(beats))
        return Target("http", port, request, Check(self, expected))

    def path(self) -> str:
        """Return the path of the POST request."""
        return "/predict"

    @abstractmethod
    def body(self, beats: Sequence[Beat]) -> bytes:
        """Return the request body for `beats`."""

    @abstractmethod
    def read(self, body: bytes) -> Answers:
        """Parse a response body. Raises AttributeError, KeyError, TypeError or ValueError if it is malformed."""


@dataclass(frozen=True, slots=True)
class Check:
    """Compares a response with the expected answers; it is pickled for the generator's process."""

    contract: Contract
    expected: Answers

    def __call__(self, body: bytes) -> bool:
        """Return whether `body` has the right answer for each beat."""
        try:
            given = self.contract.read(body)
        except (AttributeError, KeyError, TypeError, ValueError):
            return False
        return len(given) == len(self.expected) and all(
            label == wanted and isclose(probability, likely, abs_tol=1e-4)
            for (label, probability), (wanted, likely) in zip(given, self.expected, strict=True)
        )


class Json(Contract):
    """The gateway's JSON: {"features": [...]} for one beat, {"instances": [...]} for several."""

    __slots__ = ()

    def body(self, beats: Sequence[Beat]) -> bytes:
        """Return one beat as an object, several as a list."""
        rows = [beat.features for beat in beats]
        return json.dumps({"features": rows[0]} if len(rows) == 1 else {"instances": rows}).encode()

    def read(self, body: bytes) -> Answers:
        """Parse one prediction or a list."""
        content = json.loads(body)
        return [(row["predicted_class"], row["probability"]) for row in content.get("predictions", [content])]


class Packed(Json):
    """The gateway's binary format for many beats: float32 bytes; the response is JSON."""

    __slots__ = ()

    def _target(self, port: int, beats: Sequence[Beat], expected: Answers) -> Target:
        request = post(f"127.0.0.1:{port}", self.path(), self.body(beats), "application/octet-stream")
        return Target("http", port, request, Check(self, expected))

    def body(self, beats: Sequence[Beat]) -> bytes:
        """Return the rows as little-endian float32."""
        return np.array([beat.features for beat in beats], "<f4").tobytes()


class Batches(Contract):
    """BentoML's batchable methods: a list of beats; the response is a row of two numbers for each."""

    __slots__ = ()

    def body(self, beats: Sequence[Beat]) -> bytes:
        """Return a list, also for one beat."""
        return json.dumps({"features": [beat.features for beat in beats]}).encode()

    def read(self, body: bytes) -> Answers:
        """Parse the rows, whose class labels are floats."""
        return [(int(label), probability) for label, probability in json.loads(body)]


class OpenInference(Contract):
    """The Open Inference Protocol, also called V2, of MLServer."""

    __slots__ = ()

    def path(self) -> str:
        """Return the model's path."""
        return "/v2/models/ecg/infer"

    def body(self, beats: Sequence[Beat]) -> bytes:
        """Return one tensor with flat values."""
        values = [value for beat in beats for value in beat.features]
        shape = [len(beats), len(beats[0].features)]
        return json.dumps(
            {"inputs": [{"name": "features", "shape": shape, "datatype": "FP32", "data": values}]}
        ).encode()

    def read(self, body: bytes) -> Answers:
        """Parse the tensors by name."""
        outputs: dict[str, Any] = {output["name"]: output["data"] for output in json.loads(body)["outputs"]}
        return list(zip(outputs["predicted_class"], outputs["probability"], strict=True))


class TensorFlowServing(Contract):
    """TensorFlow Serving's Predict over gRPC."""

    __slots__ = ()

    def _target(self, port: int, beats: Sequence[Beat], expected: Answers) -> Target:
        return Target("grpc", port, self.body(beats), Check(self, expected))

    def body(self, beats: Sequence[Beat]) -> bytes:
        """Return a PredictRequest with the values as tensor_content."""
        content = np.array([beat.features for beat in beats], "<f4").tobytes()
        head = PredictRequest(model_spec=ModelSpec(name="ecg")).SerializeToString()
        return tensors.predict_request(head, FEATURES, content, len(beats))

    def read(self, body: bytes) -> Answers:
        """Parse a PredictResponse."""
        try:
            outputs = PredictResponse.FromString(body).outputs
        except DecodeError as error:
            raise ValueError("not a PredictResponse") from error
        columns = (tensors.numbers(outputs[name]) for name in ("predicted_class", "probability"))
        return list(zip(*columns, strict=True))
