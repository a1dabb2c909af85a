"""FastAPI on uvicorn with uvloop and httptools, one process per core, with the same gRPC model server.

Request and answer are Pydantic models, which FastAPI's documentation calls the fastest way.
https://fastapi.tiangolo.com/deployment/server-workers/
https://fastapi.tiangolo.com/advanced/custom-response/
https://grpc.io/docs/guides/performance/
"""
# mypy: disable-error-code="import-not-found,misc,untyped-decorator"

import os
from array import array
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

from gateway.model_server.wire.serving_pb2 import DT_FLOAT, ModelSpec, PredictRequest, PredictResponse

_calls: list[Any] = []


class Question(BaseModel):
    """One beat or several."""

    features: list[float] | None = None
    instances: list[list[float]] | None = None


class Prediction(BaseModel):
    """The answer for one beat."""

    predicted_class: int
    probability: float


class Predictions(BaseModel):
    """The answer for several."""

    predictions: list[Prediction]


@asynccontextmanager
async def _lifespan(_: FastAPI) -> AsyncIterator[None]:
    options = [("grpc.max_receive_message_length", -1), ("grpc.enable_http_proxy", 0)]
    async with grpc.aio.insecure_channel(os.environ["ECG_SERVING_TARGET"], options=options) as channel:
        _calls.append(
            channel.unary_unary(
                "/tensorflow.serving.PredictionService/Predict",
                request_serializer=PredictRequest.SerializeToString,
                response_deserializer=PredictResponse.FromString,
            )
        )
        yield


app = FastAPI(lifespan=_lifespan)


@app.post("/predict")
async def predict(question: Question) -> Prediction | Predictions:
    """Return predictions in the gateway's format."""
    rows = question.instances or [question.features or []]
    request = PredictRequest(model_spec=ModelSpec(name="ecg"))
    tensor = request.inputs["features"]
    tensor.dtype = DT_FLOAT
    for size in (len(rows), len(rows[0])):
        tensor.tensor_shape.dim.add(size=size)
    tensor.tensor_content = b"".join(array("f", row).tobytes() for row in rows)
    try:
        outputs = (await _calls[0](request, timeout=5)).outputs
    except grpc.aio.AioRpcError as error:
        raise HTTPException(503, error.code().name) from error
    pairs = zip(outputs["predicted_class"].int64_val, outputs["probability"].float_val, strict=True)
    answers = [Prediction(predicted_class=label, probability=probability) for label, probability in pairs]
    return answers[0] if question.instances is None else Predictions(predictions=answers)
