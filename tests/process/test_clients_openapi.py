"""A client that openapi-python-client generates from a real gateway's own document: typed, and without warnings."""

import importlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from itertools import count
from pathlib import Path
from struct import pack
from typing import Any

import pytest

from gateway.security.api_keys import make_key
from tests.support.gateway.gateway_process import Gateway, running
from tests.support.serving.fake_serving import FakeModel
from tests.support.waiting import until

GENERATOR = Path(sys.executable).with_name("openapi-python-client")
BEATS = [[0.5, 1.0, -2.0], [-9.0, 0.0, 0.0]]
NAMES = {"class_names": {"0": "normal", "1": "other"}}
_packages = count()


@contextmanager
def generated(gateway: Gateway, folder: Path) -> Iterator[Callable[[str], Any]]:
    """Generate a package, which must give no warning; what is given imports a part of it."""
    name = f"generated_client_{next(_packages)}"
    (folder / "openapi.json").write_text(json.dumps(gateway.ask("GET", "/openapi.json").json))
    (folder / "config.yaml").write_text("post_hooks: []")  # it would format the code
    command = [str(GENERATOR), "generate", "--path", "openapi.json", "--output-path", name, "--meta", "none"]
    command += ["--config", "config.yaml", "--fail-on-warning"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, f"Generating {name}", ""), done
    sys.path.insert(0, str(folder))
    try:
        yield lambda part: importlib.import_module(f"{name}.{part}")
    finally:
        sys.path.remove(str(folder))


@pytest.fixture
def gateway(serving) -> Iterator[Gateway]:
    serving.models = {1: FakeModel().described()}
    with running(serving.target) as gateway:
        yield gateway


def client_of(part: Callable[[str], Any], gateway: Gateway) -> Any:
    return part("client").Client(f"http://127.0.0.1:{gateway.port}", raise_on_unexpected_status=True)


def test_it_predicts_and_each_answer_is_of_its_class(gateway, tmp_path):
    with generated(gateway, tmp_path) as part, client_of(part, gateway) as client:
        models, predict = part("models"), part("api.beats.predict")
        one, batch = models.OneBeat(features=BEATS[0]), models.Batch(instances=BEATS)
        plain = predict.sync(client=client, body=one)
        assert isinstance(plain, models.Prediction)
        assert (plain.predicted_class, plain.probability > 0.5) == (1, True)
        several = predict.sync(client=client, body=batch)
        assert isinstance(several, models.Predictions)
        assert [each.predicted_class for each in several.predictions] == [1, 0]
        labelled = predict.sync(client=client, body=one, probabilities=True)
        assert isinstance(labelled, models.Prediction)
        assert labelled.probabilities["1"] == labelled.probability
        details = predict.sync(client=client, body=one, details=True)
        assert isinstance(details, models.Details)
        assert (details.unusual, details.abstain, details.probabilities["1"]) == (False, False, plain.probability)
        detailed = predict.sync(client=client, body=batch, details=True)
        assert isinstance(detailed, models.DetailedPredictions)
        assert [each.unusual for each in detailed.predictions] == [False, True]
        named = models.NamedValues.from_dict(dict(zip(("F3", "F2", "F1"), reversed(BEATS[0]), strict=True)))
        assert predict.sync(client=client, body=models.OneBeat(features=named)) == plain
        packed = part("types").File(payload=BytesIO(pack("<6f", *BEATS[0], *BEATS[1])))
        assert predict.sync(client=client, body=packed) == several
        answer = predict.sync_detailed(client=client, body=one, x_model_version=1, x_client_id="a")
        assert (answer.status_code, answer.headers["X-Model-Version"]) == (200, "1")


def test_it_explains_and_describes(gateway, serving, tmp_path):
    with generated(gateway, tmp_path) as part, client_of(part, gateway) as client:
        models, explain = part("models"), part("api.beats.explain")
        one = explain.sync(client=client, body=models.OneBeat(features=BEATS[0]))
        assert isinstance(one, models.Explanation)
        assert sum(one.attributions) == pytest.approx(one.score - one.baseline_score)
        several = explain.sync(client=client, body=models.ExplainBatch(instances=BEATS))
        assert isinstance(several, models.Explanations)
        assert [each.predicted_class for each in several.explanations] == [1, 0]
        model = part("api.model.model").sync(client=client)
        assert isinstance(model, models.Model)
        assert (model.version, model.features.count, model.classes, model.class_names) == (1, 3, [0, 1], None)
        examples = part("api.model.examples").sync(client=client)
        assert [each.label for each in examples.examples] == [0, 1]
        operation = {name: part(f"api.operation.{name}").sync(client=client) for name in ("ready", "health", "metrics")}
        assert operation["ready"].versions == [1]
        assert operation["health"] == models.Health("healthy")
        assert "ecg_gateway_predictions_total" not in operation["metrics"], "explanations are none"


def test_errors_are_typed_too(gateway, tmp_path):
    with generated(gateway, tmp_path) as part, client_of(part, gateway) as client:
        models, predict = part("models"), part("api.beats.predict")
        wrong = predict.sync(client=client, body=models.Batch(instances=[BEATS[0], [1.0, None, 3.0]]))
        assert isinstance(wrong, models.Error)
        assert (wrong.error.code, wrong.error.instance, wrong.error.index) == ("invalid_request", 1, 1)
        missing = predict.sync(client=client, body=models.OneBeat(features=BEATS[0]), x_model_version=9)
        assert (missing.error.code, missing.error.available) == ("version_not_found", [1])


def test_it_reads_the_answers_of_the_next_version(gateway, serving, tmp_path):
    with generated(gateway, tmp_path) as part, client_of(part, gateway) as client:
        models, predict = part("models"), part("api.beats.predict")
        serving.models = {2: FakeModel(labels=(-1, 4, 5), description={"class_names": {"5": "paced"}})}
        details = predict.sync(client=client, body=models.OneBeat(features=[9.0, 0.0, 0.0]), details=True)
        assert isinstance(details, models.Details)
        assert (details.predicted_class, details.class_name) == (5, "paced")
        assert set(details.probabilities.additional_keys) == {"-1", "4", "5"}
        plain = predict.sync(client=client, body=models.OneBeat(features=[9.0, 0.0, 0.0]))
        serving.models = {3: FakeModel(width=2, labels=(7, 8))}
        assert part("api.model.model").sync(client=client).features.count == 2
        shorter = models.OneBeat(features=[9.0, 0.0])
        # the gateway looks for another model once a second at most
        until(lambda: predict.sync(client=client, body=shorter) == models.Prediction(8, plain.probability))


@pytest.mark.parametrize(
    "model",
    [
        None,
        FakeModel(tells=False),
        FakeModel(width=2, names=("a b", "1-é"), labels=(-1, 0), description=NAMES),
        FakeModel(signatures=()),
    ],
    ids=["none", "without metadata", "odd names", "without signatures"],
)
def test_any_model_gives_a_client_without_warnings_and_it_sends_a_key(serving, tmp_path, model):
    serving.models = {} if model is None else {1: model}
    key, line = make_key("ward")
    (tmp_path / "keys").write_text(line)
    with running(serving.target, api_keys_file=tmp_path / "keys") as gateway, generated(gateway, tmp_path) as part:
        models, predict = part("models"), part("api.beats.predict")
        body = models.OneBeat(features=[9.0] * (model.width if model else 3))
        with part("client").AuthenticatedClient(f"http://127.0.0.1:{gateway.port}", token=key) as client:
            answer = predict.sync(client=client, body=body)
            assert isinstance(answer, models.Prediction if model else models.Error)
        with part("client").AuthenticatedClient(f"http://127.0.0.1:{gateway.port}", token="unknown") as client:
            assert predict.sync(client=client, body=body).error.code == "unauthorized"
