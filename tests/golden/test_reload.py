"""HandleReloadConfigRequest: a complete new configuration, its labels, and its errors."""

from pathlib import Path

import grpc
import pytest
from tensorflow_serving.apis.model_management_pb2 import ReloadConfigRequest
from tensorflow_serving.config.model_server_config_pb2 import ModelConfig

from tests.golden.kit import export, refused, spec
from tests.support.waiting import until

INVALID = grpc.StatusCode.INVALID_ARGUMENT
NO_PLATFORM = (
    "Illegal setting neither ModelServerConfig::model_type (deprecated) nor ModelServerConfig::model_platform, "
    "model name is {}"
)
PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION


def labelled(model: ModelConfig, **labels: int) -> ModelConfig:
    result = ModelConfig()
    result.CopyFrom(model)
    result.ClearField("version_labels")
    for label, version in labels.items():
        result.version_labels[label] = version
    return result


def test_success_is_ok_and_counts_unknown_metrics_as_zero(client, target, model):
    request = target.request()
    request.metric_names.append("/nobody/knows")
    response = client.reload(request)
    assert response.status.error_code == 0
    assert [(metric.name, metric.int64_value_increase) for metric in response.metric] == [("/nobody/knows", 0)]


def test_a_new_model_is_available_when_the_call_returns(client, target, folder):
    export(Path(folder.base_path, "1"))
    target.serve(folder)
    client.predict(spec(folder.name))


def test_a_model_that_is_not_listed_is_unloaded(client, target, served):
    target.models.pop(served.name)
    client.reload(target.request())
    until(lambda: client.states(served.name) == {1: "END"})
    with refused(grpc.StatusCode.NOT_FOUND, f"Servable not found for request: Latest({served.name})"):
        client.predict(spec(served.name))
    target.serve(served)
    until(lambda: client.states(served.name) == {1: "AVAILABLE"})


def test_a_new_model_that_does_not_load_is_unknown(client, target, folder):
    Path(folder.base_path, "1").mkdir()
    version = f"{{name: {folder.name} version: 1}}"
    with refused(
        grpc.StatusCode.UNKNOWN,
        contains=f"1 model(s) did not become available: {{{{{version} due to error: NOT_FOUND: ",
    ):
        target.serve(folder)


@pytest.mark.parametrize("kind", ["unset", "custom"])
def test_only_a_list_of_models_is_taken(client, kind):
    request = ReloadConfigRequest()
    if kind == "custom":
        request.config.custom_model_config.SetInParent()
    with refused(
        INVALID,
        "ServerModelConfig type not supported by HandleReloadConfigRequest. "
        "Only ModelConfigList is currently supported",
    ):
        client.reload(request)


def test_a_wrong_list_is_refused_and_changes_nothing(client, target, served):
    name, path = "other", served.base_path
    cases = [
        (
            [ModelConfig(name=name, base_path=path, model_platform="tensorflow")] * 2,
            f"Illegal to list model {name} multiple times in config list",
        ),
        (
            [ModelConfig(name=name, base_path="models/x", model_platform="tensorflow")],
            f"Expected model {name} to have an absolute path or URI; got base_path()=models/x",
        ),
    ]
    for models, message in cases:
        request = target.request()
        request.config.model_config_list.config.extend(models)
        with refused(INVALID, message):
            client.reload(request)
    assert client.states(name) == {}
    client.predict(spec(served.name))


@pytest.mark.parametrize(
    ("platform", "kind", "message"),
    [
        ("", "MODEL_TYPE_UNSPECIFIED", NO_PLATFORM),
        (
            "tensorflow",
            "TENSORFLOW",
            "Illegal setting both ModelServerConfig::model_type (deprecated) and ModelServerConfig::model_platform.",
        ),
    ],
    ids=["none", "twice"],
)
def test_a_platform_is_given_once(client, target, served, platform, kind, message):
    # for a new model tensorflow_model_server keeps such a configuration, and refuses all later ones because of it
    model = ModelConfig(name=served.name, base_path=served.base_path, model_platform=platform, model_type=kind)
    with refused(INVALID, message.format(served.name)):
        client.reload(target.request(model))
    client.predict(spec(served.name))


@pytest.mark.usefixtures("differs_from_tfs")
def test_a_wrong_configuration_does_not_keep_later_ones_from_being_applied(client, target, folder):
    with refused(INVALID, NO_PLATFORM.format(folder.name)):
        client.reload(target.request(ModelConfig(name=folder.name, base_path=folder.base_path)))
    export(Path(folder.base_path, "1"))
    target.serve(folder)
    client.predict(spec(folder.name))


def test_an_unknown_platform_is_refused(client, target, folder):
    folder.model_platform = "caffe"
    with refused(INVALID, f"Model {folder.name} requests unsupported platform caffe"):
        client.reload(target.request(folder))


def test_a_platform_cannot_change(client, target, served):
    changed = ModelConfig(name=served.name, base_path=served.base_path, model_platform="caffe")
    with refused(INVALID, contains=f"Illegal to change a model's platform. For model {served.name} "):
        client.reload(target.request(changed))


def test_labels_choose_versions_and_move(client, target, folder):
    for number in ("1", "2"):
        export(Path(folder.base_path, number))
    folder.model_version_policy.specific.versions.extend([1, 2])
    target.serve(folder)
    until(lambda: client.states(folder.name) == {2: "AVAILABLE", 1: "AVAILABLE"})

    target.serve(labelled(folder, stable=1, canary=2))
    for label, version in (("stable", 1), ("canary", 2)):
        assert client.predict(spec(folder.name, label=label)).model_spec.version.value == version
    target.serve(labelled(folder, stable=2))
    assert client.predict(spec(folder.name, label="stable")).model_spec.version.value == 2
    with refused(INVALID, "Unrecognized servable version label: canary"):
        client.predict(spec(folder.name, label="canary"))


def test_a_label_needs_an_available_version_and_is_checked_before_anything_is_applied(client, target, served):
    export(Path(served.base_path, "2"))
    until(lambda: client.states(served.name) == {2: "AVAILABLE", 1: "END"})
    both = labelled(served, canary=1)
    both.model_version_policy.specific.versions.extend([1, 2])
    with refused(
        PRECONDITION,
        f"Request to assign label to version 1 of model {served.name}, which is not currently available for inference",
    ):
        client.reload(target.request(both))
    assert client.states(served.name) == {2: "AVAILABLE", 1: "END"}


def test_a_label_outlives_its_version(client, target, served):
    target.serve(labelled(served, stable=1))
    export(Path(served.base_path, "2"))
    until(lambda: client.states(served.name) == {2: "AVAILABLE", 1: "END"})
    with refused(grpc.StatusCode.NOT_FOUND, f"Servable not found for request: Specific({served.name}, 1)"):
        client.predict(spec(served.name, label="stable"))


def test_a_changed_policy_is_answered_before_the_versions_are_there(client, target, served):
    served.model_version_policy.specific.versions.append(5)
    target.serve(served)
    export(Path(served.base_path, "5"))
    until(lambda: client.states(served.name) == {5: "AVAILABLE", 1: "END"})


def test_request_logging_is_refused_after_the_models_were_applied(client, target, folder):
    export(Path(folder.base_path, "1"))
    folder.logging_config.SetInParent()
    with refused(INVALID, "No request-logger-creator provided."):
        client.reload(target.request(folder))
    client.predict(spec(folder.name))
