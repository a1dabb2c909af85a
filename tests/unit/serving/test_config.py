"""Configuration files, the rules for configurations, and labels."""

from pathlib import Path

import pytest
from tensorflow_serving.config.model_server_config_pb2 import TENSORFLOW, ModelConfig, ModelServerConfig

from serving.errors import ServingError
from serving.lifecycle.config import check, read_config_file, single_model
from serving.lifecycle.manager import Loading, Manager
from serving.lifecycle.registry import Registry
from serving.telemetry.monitoring_config import DEFAULT_PATH, metrics_path

NOTHING = ModelServerConfig()


class Loaded:
    """A servable without content."""

    def close(self) -> None:
        pass


@pytest.fixture
def base(tmp_path):
    (tmp_path / "1").mkdir()
    return tmp_path


@pytest.fixture
def manager():
    manager = Manager(lambda model, number, path: Loaded(), Loading())
    yield manager
    manager.stop()


def config(*models: ModelConfig) -> ModelServerConfig:
    result = ModelServerConfig()
    result.model_config_list.config.extend(models)
    return result


def model(base: Path, **labels: int) -> ModelConfig:
    return ModelConfig(name="m", base_path=str(base), model_platform="tensorflow", version_labels=labels)


def test_a_config_file_is_read(tmp_path):
    file = tmp_path / "models.config"
    file.write_text('model_config_list { config { name: "ecg" base_path: "/m" model_platform: "tensorflow" } }')
    assert read_config_file(file) == single_model("ecg", "/m")


@pytest.mark.parametrize("text", [None, "model_config_list { config { nmae: 'x' } }"])
def test_a_wrong_config_file_is_named(tmp_path, text):
    file = tmp_path / "models.config"
    if text:
        file.write_text(text)
    with pytest.raises(ServingError, match=str(file)):
        read_config_file(file)


def test_the_deprecated_model_type_is_a_platform_too():
    deprecated = ModelConfig(name="m", base_path="/m", model_type=TENSORFLOW)
    check(config(deprecated), config(ModelConfig(name="m", base_path="/m", model_platform="tensorflow")))
    deprecated.model_platform = "tensorflow"
    with pytest.raises(ServingError, match="Illegal setting both"):
        check(config(deprecated), NOTHING)


def test_a_list_cannot_become_something_else():
    with pytest.raises(ServingError, match="FAILED_PRECONDITION: Cannot transition to requested config"):
        check(NOTHING, config())


def test_a_new_label_may_be_early_where_allowed_but_a_given_one_does_not_move_early(manager, base):
    models = Registry(manager, early_labels=True)
    models.reload(config(model(base, stable=1, canary=2)))
    with pytest.raises(ServingError, match=r"Specific\(m, 2\)"), models.use("m", None, "canary"):
        pass
    with pytest.raises(ServingError, match="Request to assign label to version 2 of model m"):
        models.reload(config(model(base, stable=2)))
    with models.use("m", None, "stable") as (number, _):
        assert number == 1


def test_a_rejected_label_stays_in_the_configuration_and_the_models_stay_loaded(manager, base):
    models = Registry(manager, early_labels=False)
    models.reload(config(model(base)))
    elsewhere = ModelConfig(name="other", base_path=str(base), model_platform="tensorflow")
    with pytest.raises(ServingError, match="not currently available"):
        models.reload(config(model(base, stable=2), elsewhere))
    assert manager.report("other") == []
    elsewhere.model_platform = "caffe"
    with pytest.raises(ServingError, match="Illegal to change a model's platform"):
        models.reload(config(elsewhere))


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("prometheus_config { enable: true }", DEFAULT_PATH),
        ('prometheus_config { enable: true, path: "/metrics" }', "/metrics"),
        ('prometheus_config: { path: "/metrics" }', None),
        ("# nothing", None),
    ],
)
def test_the_monitoring_file_says_where_metrics_are(tmp_path, text, path):
    file = tmp_path / "monitoring.config"
    file.write_text(text)
    assert metrics_path(str(file)) == path


def test_a_wrong_monitoring_file_is_named(tmp_path):
    file = tmp_path / "monitoring.config"
    file.write_text("prometheus { enable: true }")
    with pytest.raises(ServingError, match="monitoring_config_file"):
        metrics_path(str(file))
