"""`python -m bench.rivals.ray.app PORT`: Ray Serve with batching and one replica per core.

It runs behind its own HAProxy and in its high-throughput mode. Batches do not wait: with the default of 0.01 s a single
client gets a seventh of the answers, and 64 clients do not get more.

https://docs.ray.io/en/latest/serve/advanced-guides/dyn-req-batch.html
https://docs.ray.io/en/master/kuberay/user-guides/serve-high-throughput.html
https://docs.ray.io/en/latest/serve/advanced-guides/performance.html
"""
# mypy: disable-error-code="attr-defined,import-not-found,misc,no-any-return,untyped-decorator"

import json
import os
import sys
from typing import Any

import numpy as np
import ray
import tensorflow as tf
from ray import serve
from starlette.requests import Request


@serve.deployment(num_replicas=2, max_ongoing_requests=256, ray_actor_options={"num_cpus": 1})
class Ecg:
    """The SavedModel in the folder of ECG_BENCH_VERSION."""

    def __init__(self) -> None:
        self._loaded = tf.saved_model.load(os.environ["ECG_BENCH_VERSION"])
        self._predict = self._loaded.signatures["serving_default"]

    @serve.batch(max_batch_size=64, batch_wait_timeout_s=0)
    async def _ask(self, requests: list[list[list[float]]]) -> list[list[dict[str, Any]]]:
        """Predict several requests, each a list of beats, in one call."""
        features = np.array([beat for beats in requests for beat in beats], np.float32)
        outputs = self._predict(features=tf.constant(features))
        pairs = zip(outputs["predicted_class"].numpy().tolist(), outputs["probability"].numpy().tolist(), strict=True)
        answers = iter([{"predicted_class": label, "probability": probability} for label, probability in pairs])
        return [[next(answers) for _ in beats] for beats in requests]

    async def __call__(self, request: Request) -> dict[str, Any]:
        """Return predictions in the gateway's format."""
        content = json.loads(await request.body())
        if "instances" in content:
            return {"predictions": await self._ask(content["instances"])}
        return (await self._ask([content["features"]]))[0]


if __name__ == "__main__":
    ray.init(num_cpus=2, include_dashboard=False, object_store_memory=200 * 2**20, log_to_driver=False)
    serve.start(http_options={"host": "127.0.0.1", "port": int(sys.argv[1]), "access_log": False})
    serve.run(Ecg.bind(), blocking=True)
