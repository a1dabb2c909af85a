"""The command line: the flags' spellings of tensorflow_model_server, and one sentence for each error."""

from dataclasses import fields
from pathlib import Path

import pytest

from serving import flags as flags_module
from serving.flags import REFUSED, FlagError, Flags

MODEL = "--model_base_path=/models/ecg"
README = Path(flags_module.__file__).with_name("README.md").read_text()


def test_defaults_are_those_of_tensorflow_model_server():
    flags = Flags.parse([MODEL])
    assert (flags.port, flags.model_name, flags.max_num_load_retries) == (8500, "default", 5)
    assert flags.rest_api_port is None


@pytest.mark.parametrize("arguments", [["--port=0"], ["--port", "0"]])
def test_a_value_follows_an_equals_sign_or_a_space(arguments):
    assert Flags.parse([MODEL, *arguments]).port == 0


@pytest.mark.parametrize(
    ("argument", "value"),
    [("", True), ("=true", True), ("=True", True), ("=1", True), ("=false", False), ("=0", False)],
)
def test_a_switch_needs_no_value(argument, value):
    assert Flags.parse([MODEL, f"--enable_grpc_healthcheck_service{argument}"]).enable_grpc_healthcheck_service is value


def test_a_switch_does_not_swallow_the_next_flag():
    flags = Flags.parse(["--enable_model_warmup", MODEL])
    assert flags.enable_model_warmup
    assert flags.model_base_path == "/models/ecg"


@pytest.mark.parametrize(
    ("arguments", "about"),
    [
        (["--prot=8500"], "--prot is not a flag of tensorflow_model_server"),
        (["--ssl_config_file=x"], "--ssl_config_file asks for encryption"),
        (["--enable_batching"], "--enable_batching asks for request batching"),
        (["--port=http"], "--port=http: expected a whole number"),
        (["--port=-1"], "--port=-1: expected a whole number"),
        (["--enable_model_warmup=maybe"], "--enable_model_warmup=maybe: expected true or false"),
        (["--port"], "--port needs a value"),
        (["8500"], "'8500' is not a flag"),
        (["--model_config_file=x"], "either --model_base_path or --model_config_file"),
        (["--monitoring_config_file=x"], "--monitoring_config_file needs --rest_api_port"),
        (["--tensorflow_session_parallelism=2", "--tensorflow_inter_op_parallelism=2"], "sets both numbers"),
    ],
)
def test_a_wrong_command_line_is_refused_with_the_reason(arguments, about):
    with pytest.raises(FlagError, match=about):
        Flags.parse([MODEL, *arguments])


@pytest.mark.parametrize("argument", ["--help", "--help=true"])
def test_help_needs_no_model(argument):
    assert Flags.parse([argument]).help


@pytest.mark.parametrize(
    "line", ["  --port=8500", "  --rest_api_port=", "  --allow_reload=true", "  --model_name=default"]
)
def test_the_usage_has_every_flag_with_its_default(line):
    lines = Flags.usage().splitlines()
    assert line in lines
    assert len(lines) == len(fields(Flags)) + 1


def test_a_model_is_needed():
    with pytest.raises(FlagError, match="which model to serve"):
        Flags.parse([])


@pytest.mark.parametrize("name", [*(field.name for field in fields(Flags)), *REFUSED])
def test_every_flag_is_documented(name):
    assert f"`{name}`" in README
