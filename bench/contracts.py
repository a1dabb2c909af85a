"""How each contender is asked for beats and answers them: requests as bytes, and whether an answer is right."""

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
    """Values, each with as many decimals as its float32 needs, and the answer that the trained network gives."""

    features: tuple[float, ...]
    predicted_class: int
    probability: float


def recorded(version: Path, count: int) -> list[Beat]:
    """So many beats, those that training left with the model `version` in turn."""
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
    """What to send and what to expect; `always` is the answer of those that do not ask the model."""

    always: tuple[int, float] | None = None

    def target(self, port: int, beats: Sequence[Beat]) -> Target:
        """Ask at `port` for all of `beats` in one request."""
        expected = [self.always or (beat.predicted_class, beat.probability) for beat in beats]
        return self._target(port, beats, tuple(expected))

    def _target(self, port: int, beats: Sequence[Beat], expected: Answers) -> Target:
        request = post(f"127.0.0.1:{port}", self.path(), self.body(beats))
        return Target("http", port, request, Check(self, expected))

    def path(self) -> str:
        """The path to post to."""
        return "/predict"

    @abstractmethod
    def body(self, beats: Sequence[Beat]) -> bytes:
        """What is sent for `beats`."""

    @abstractmethod
    def read(self, body: bytes) -> Answers:
        """What was answered; raises what Python raises where that is no answer."""


@dataclass(frozen=True, slots=True)
class Check:
    """Compares an answer with the one that is expected; travels to the generator's process."""

    contract: Contract
    expected: Answers

    def __call__(self, body: bytes) -> bool:
        """Whether `body` has the right answer for each beat."""
        try:
            given = self.contract.read(body)
        except (AttributeError, KeyError, TypeError, ValueError):
            return False
        return len(given) == len(self.expected) and all(
            label == wanted and isclose(probability, likely, abs_tol=1e-4)
            for (label, probability), (wanted, likely) in zip(given, self.expected, strict=True)
        )


class Json(Contract):
    """The gateway's own: {"features": [...]} for one beat, {"instances": [...]} for more."""

    __slots__ = ()

    def body(self, beats: Sequence[Beat]) -> bytes:
        """One beat by itself, more as a list."""
        rows = [beat.features for beat in beats]
        return json.dumps({"features": rows[0]} if len(rows) == 1 else {"instances": rows}).encode()

    def read(self, body: bytes) -> Answers:
        """One answer or a list."""
        content = json.loads(body)
        return [(row["predicted_class"], row["probability"]) for row in content.get("predictions", [content])]


class Packed(Json):
    """The gateway's own for many beats: the bytes of float32, answered as JSON."""

    __slots__ = ()

    def _target(self, port: int, beats: Sequence[Beat], expected: Answers) -> Target:
        request = post(f"127.0.0.1:{port}", self.path(), self.body(beats), "application/octet-stream")
        return Target("http", port, request, Check(self, expected))

    def body(self, beats: Sequence[Beat]) -> bytes:
        """Row after row, little-endian."""
        return np.array([beat.features for beat in beats], "<f4").tobytes()


class Batches(Contract):
    """BentoML's batchable methods: always a list of beats; the answer is a row of two numbers for each."""

    __slots__ = ()

    def body(self, beats: Sequence[Beat]) -> bytes:
        """One beat is a list of one."""
        return json.dumps({"features": [beat.features for beat in beats]}).encode()

    def read(self, body: bytes) -> Answers:
        """Class labels come as floats."""
        return [(int(label), probability) for label, probability in json.loads(body)]


class OpenInference(Contract):
    """The Open Inference Protocol, also called V2, of MLServer."""

    __slots__ = ()

    def path(self) -> str:
        """The model's own."""
        return "/v2/models/ecg/infer"

    def body(self, beats: Sequence[Beat]) -> bytes:
        """One tensor, its values flat."""
        values = [value for beat in beats for value in beat.features]
        shape = [len(beats), len(beats[0].features)]
        return json.dumps(
            {"inputs": [{"name": "features", "shape": shape, "datatype": "FP32", "data": values}]}
        ).encode()

    def read(self, body: bytes) -> Answers:
        """Tensors by name."""
        outputs: dict[str, Any] = {output["name"]: output["data"] for output in json.loads(body)["outputs"]}
        return list(zip(outputs["predicted_class"], outputs["probability"], strict=True))


class TensorFlowServing(Contract):
    """TensorFlow Serving's Predict over gRPC."""

    __slots__ = ()

    def _target(self, port: int, beats: Sequence[Beat], expected: Answers) -> Target:
        return Target("grpc", port, self.body(beats), Check(self, expected))

    def body(self, beats: Sequence[Beat]) -> bytes:
        """A PredictRequest with the values as tensor_content."""
        content = np.array([beat.features for beat in beats], "<f4").tobytes()
        head = PredictRequest(model_spec=ModelSpec(name="ecg")).SerializeToString()
        return tensors.predict_request(head, FEATURES, content, len(beats))

    def read(self, body: bytes) -> Answers:
        """A PredictResponse."""
        try:
            outputs = PredictResponse.FromString(body).outputs
        except DecodeError as error:
            raise ValueError("no PredictResponse") from error
        columns = (tensors.numbers(outputs[name]) for name in ("predicted_class", "probability"))
        return list(zip(*columns, strict=True))
