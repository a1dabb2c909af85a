"""The model server as a process: its ports, its end, and errors of its command line."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import psutil
import pytest
from google.protobuf import text_format
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub
from tensorflow.core.framework import types_pb2
from tensorflow.core.framework.tensor_pb2 import TensorProto
from tensorflow_serving.apis.model_management_pb2 import ReloadConfigRequest

from bench.contenders import free_ports
from tests.golden.kit import LONG_BEAT, Client, export, refused, spec
from tests.golden.process import ROOT, running
from tests.support.waiting import PATIENCE, until

NO_RETRY = "--max_num_load_retries=0"


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A base path with version 1."""
    path = tmp_path / "ecg"
    path.mkdir()
    export(path / "1")
    return path


@pytest.fixture
def flags(base: Path) -> tuple[str, ...]:
    return "--port=0", "--model_name=ecg", f"--model_base_path={base}"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "server.log"


def run(*flags: str) -> subprocess.CompletedProcess[str]:
    command = (sys.executable, "-m", "serving", *flags)
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_drains_requests_in_flight_and_exits_with_0(log, flags, number):
    with running(log, *flags, "--enable_grpc_healthcheck_service", "--rest_api_port=0") as server:
        client = Client(server.target)
        answers = []
        request = threading.Thread(
            target=lambda: answers.append(client.predict(spec("ecg"), {"features": LONG_BEAT}).model_spec.version.value)
        )
        busy = psutil.Process(server.process.pid)
        before = busy.cpu_times().user
        request.start()
        health = HealthStub(client.channel).Watch(HealthCheckRequest())
        assert next(health).status == HealthCheckResponse.SERVING
        until(lambda: busy.cpu_times().user > before + 0.1)  # it is being worked on
        server.process.send_signal(number)
        assert next(health).status == HealthCheckResponse.NOT_SERVING
        assert server.process.wait(PATIENCE) == 0
        request.join()
        assert answers == [1]


def test_under_load_a_drain_turns_callers_away_but_breaks_no_request(log, flags):
    answers: list[int] = []

    def ask_until_refused(target: str) -> grpc.StatusCode:
        client = Client(target)
        while True:
            try:
                answers.append(client.predict(spec("ecg")).model_spec.version.value)
            except grpc.RpcError as error:
                return error.code()

    with running(log, *flags) as server, ThreadPoolExecutor() as pool:
        codes = [pool.submit(ask_until_refused, server.target) for _ in range(4)]
        until(lambda: len(answers) > 100)
        assert server.terminate() == 0
        assert {code.result() for code in codes} == {grpc.StatusCode.UNAVAILABLE}


def test_a_killed_server_comes_back_on_the_same_port(log, flags):
    with running(log, *flags) as server:
        port = server.target.rpartition(":")[2]
        server.process.kill()
        server.process.wait()
    with running(log, *flags[1:], f"--port={port}") as server:
        assert Client(server.target).predict(spec("ecg")).model_spec.version.value == 1


def test_a_port_in_use_is_reported_and_exits_with_1(log, flags):
    with running(log, *flags) as server:
        port = server.target.rpartition(":")[2]
        for wrong in ([f"--port={port}"], ["--port=0", f"--rest_api_port={port}"]):
            second = run(*flags[1:], *wrong)
            assert second.returncode == 1
            assert port in second.stderr


def test_each_line_of_the_log_is_the_servers_own(log, flags):
    with running(log, *flags) as server:
        Client(server.target).predict(spec("ecg"), {"features": LONG_BEAT})
    assert {json.loads(line)["level"] for line in log.read_text().splitlines()} == {"INFO"}


def test_a_read_only_base_path_is_served(log, base, flags):
    for folder, _, files in os.walk(base):
        for file in files:
            Path(folder, file).chmod(0o444)
        Path(folder).chmod(0o555)
    with running(log, *flags) as server:
        Client(server.target).predict(spec("ecg"))


def test_ports_stay_closed_until_there_is_a_version(log, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    with running(log, "--port=0", "--model_name=ecg", f"--model_base_path={empty}") as server:
        server.says("No versions of servable ecg")
        assert not [c for c in psutil.Process(server.process.pid).net_connections() if c.status == psutil.CONN_LISTEN]
        export(empty / "1")
        Client(server.target).predict(spec("ecg"))


def test_a_signal_ends_the_wait_for_a_first_version(log, tmp_path):
    with running(log, "--port=0", "--model_name=ecg", f"--model_base_path={tmp_path}/missing") as server:
        server.says("Could not find base path")
        assert server.terminate() == 0


def test_a_first_load_that_fails_for_good_exits_with_1(tmp_path):
    (tmp_path / "ecg" / "1").mkdir(parents=True)
    ended = run("--port=0", "--model_name=ecg", f"--model_base_path={tmp_path}/ecg", NO_RETRY)
    assert ended.returncode == 1
    assert "1 servable(s) did not become available: {{{name: ecg version: 1} due to error: " in ended.stderr


def test_a_failing_load_is_retried_and_looks_like_loading(log, base, flags):
    with running(log, *flags, "--load_retry_interval_micros=100000000") as server:
        client = Client(server.target)
        (base / "2").mkdir()
        server.says("loading failed")
        assert client.states("ecg") == {2: "LOADING", 1: "AVAILABLE"}
        assert client.status(spec("ecg", version=2))[0].status.error_code == 0
        assert server.terminate() == 0  # which does not wait for the next attempt


def test_labels_in_the_first_configuration_need_the_flag(log, tmp_path, base):
    config = tmp_path / "models.config"
    config.write_text(
        f'model_config_list {{ config {{ name: "ecg" base_path: "{base}" model_platform: "tensorflow" '
        'version_labels { key: "stable" value: 1 } } }'
    )
    flags = ("--port=0", f"--model_config_file={config}")
    refused_start = run(*flags)
    assert refused_start.returncode == 1
    assert "Request to assign label to version 1 of model ecg" in refused_start.stderr
    with running(log, *flags, "--allow_version_labels_for_unavailable_models=true") as server:
        Client(server.target).predict(spec("ecg", label="stable"))


def test_the_configuration_file_is_followed(log, tmp_path, base):
    config = tmp_path / "models.config"
    entry = f'config {{ name: "%s" base_path: "{base}" model_platform: "tensorflow" }} '
    config.write_text(f"model_config_list {{ {entry % 'ecg'} }}")
    flags = ("--port=0", f"--model_config_file={config}", "--model_config_file_poll_wait_seconds=1")
    with running(log, *flags) as server:
        client = Client(server.target)
        config.write_text("model_config_list { nonsense")
        server.says("Invalid protobuf file")
        config.write_text(f"model_config_list {{ {entry % 'other'} }}")
        until(lambda: client.states("other") == {1: "AVAILABLE"})
        until(lambda: client.states("ecg") == {1: "END"})


def test_flags_switch_tensor_content_on_and_health_off(log, flags):
    with running(log, *flags, "--enable_serialization_as_tensor_content") as server:
        client = Client(server.target)
        outputs = client.predict(spec("ecg")).outputs
        assert outputs["probabilities"].tensor_content
        assert not outputs["probabilities"].float_val
        with refused(grpc.StatusCode.UNIMPLEMENTED):
            check = client.channel.unary_unary("/grpc.health.v1.Health/Check", bytes, bytes)
            check(b"", timeout=PATIENCE)


def test_a_unix_socket_can_take_the_place_of_the_port(log, tmp_path, base):
    flags = ("--model_name=ecg", f"--model_base_path={base}", "--port=0", f"--grpc_socket_path={tmp_path}/grpc.sock")
    with running(log, *flags) as server:
        server.says("gRPC listening on /")
        Client(f"unix:{tmp_path}/grpc.sock").predict(spec("ecg"))
        assert psutil.Process(server.process.pid).net_connections("inet") == []


def test_a_unix_socket_can_be_used_beside_the_port(log, tmp_path, flags):
    port, *others = flags
    assert port == "--port=0"
    with running(log, *others, f"--port={free_ports(1)[0]}", f"--grpc_socket_path={tmp_path}/grpc.sock") as server:
        for address in (server.target, f"unix:{tmp_path}/grpc.sock"):
            Client(address).predict(spec("ecg"))


def test_only_the_needed_part_of_tensorflow_is_imported():
    code = (
        "import sys; from serving.runtime.tensorflow_import import use_slim_tensorflow; use_slim_tensorflow(); "
        "import serving.server; print(*sys.modules)"
    )
    command = (sys.executable, "-c", code)
    modules = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=True).stdout
    assert "tensorflow.python.client.session" in modules.split()
    assert not {"keras", "tensorflow._api.v2"} & set(modules.split())


def test_help_lists_the_flags():
    ended = run("--help")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "--model_base_path=" in ended.stdout


def test_wrong_flags_exit_with_2_and_one_sentence():
    ended = run("--port=0", "--model_name=ecg", "--model_base_path=/nowhere", "--enable_batching")
    assert ended.returncode == 2
    assert len(ended.stderr.splitlines()) == 1
    assert "--enable_batching" in ended.stderr


def test_reloads_that_wait_for_a_missing_base_path_stop_nothing_else(log, tmp_path, base):
    config = tmp_path / "models.config"
    entry = f'config {{ name: "%s" base_path: "{base}" model_platform: "tensorflow" }} '
    config.write_text(f"model_config_list {{ {entry % 'ecg'} }}")
    flags = ("--port=0", f"--model_config_file={config}", "--model_config_file_poll_wait_seconds=0")
    with running(log, *flags, "--grpc_max_threads=2") as server:
        client = Client(server.target)
        wrong, right = ReloadConfigRequest(), ReloadConfigRequest()
        models = f"model_config_list {{ {entry % 'ecg'} {entry % 'new'} }}"
        text_format.Parse(models, right.config)
        text_format.Parse(models.replace(f'"new" base_path: "{base}"', '"typo" base_path: "/no/such"'), wrong.config)
        waiting = client.model.HandleReloadConfigRequest.future(wrong, timeout=PATIENCE)
        server.says("Could not find base path /no/such")
        for _ in range(8):
            with refused(grpc.StatusCode.ABORTED, contains="Another reload waits"):
                client.reload(wrong)
        client.predict(spec("ecg"))
        assert client.states("ecg") == {1: "AVAILABLE"}
        waiting.cancel()

        def is_applied() -> bool:
            reload = client.model.HandleReloadConfigRequest.future(right, timeout=PATIENCE)
            return reload.code() is grpc.StatusCode.OK

        until(is_applied)
        client.predict(spec("new"))


@pytest.mark.parametrize("waiting", ["reload", "file"])
def test_the_configuration_file_is_followed_while_a_base_path_is_missing(log, tmp_path, base, waiting):
    config = tmp_path / "models.config"
    entry = 'config { name: "%s" base_path: "%s" model_platform: "tensorflow" } '
    config.write_text(f"model_config_list {{ {entry % ('ecg', base)} }}")
    flags = ("--port=0", f"--model_config_file={config}", "--model_config_file_poll_wait_seconds=1")
    with running(log, *flags) as server:
        client = Client(server.target)
        missing = f"model_config_list {{ {entry % ('ecg', base)} {entry % ('typo', '/no/such')} }}"
        if waiting == "file":
            config.write_text(missing)
        else:
            request = ReloadConfigRequest()
            text_format.Parse(missing, request.config)
            call = client.model.HandleReloadConfigRequest.future(request, timeout=PATIENCE)
        server.says("Could not find base path /no/such")
        config.write_text(f"model_config_list {{ {entry % ('other', base)} }}")
        until(lambda: client.states("other") == {1: "AVAILABLE"})
        if waiting == "reload":
            with refused(grpc.StatusCode.ABORTED, contains="another configuration has replaced this one"):
                call.result()


def test_reloads_can_be_refused(log, flags):
    with running(log, *flags, "--allow_reload=false") as server:
        client = Client(server.target)
        with refused(grpc.StatusCode.PERMISSION_DENIED, contains="--allow_reload=false"):
            client.reload(ReloadConfigRequest())
        client.predict(spec("ecg"))


def test_a_kilobyte_takes_no_memory(log, flags):
    with running(log, *flags) as server:
        client = Client(server.target)
        client.predict(spec("ecg"))
        process = psutil.Process(server.process.pid)
        before = process.memory_info().rss
        many = {
            "text": TensorProto(dtype=types_pb2.DT_STRING, string_val=[b"x" * 1000]),
            "numbers": TensorProto(dtype=types_pb2.DT_FLOAT, float_val=[1]),
        }
        for proto in many.values():
            proto.tensor_shape.dim.add(size=2**24)
            with refused(grpc.StatusCode.INVALID_ARGUMENT):
                client.predict(spec("ecg"), {"features": proto})
        status = Path(f"/proc/{server.process.pid}/status").read_text()
        (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", status)
        assert int(peak) * 1024 - before < 50e6


def test_other_requests_are_answered_while_all_threads_for_predict_are_busy(log, flags):
    with ThreadPoolExecutor() as pool, running(log, *flags, "--grpc_max_threads=1") as server:
        client = Client(server.target)
        beats = {"features": LONG_BEAT}
        busy = [pool.submit(client.predict, spec("ecg"), beats) for _ in range(4)]
        until(lambda: any(each.done() for each in busy))  # so another one is being worked on
        assert client.states("ecg") == {1: "AVAILABLE"}
        assert not all(each.done() for each in busy)


def test_calls_that_never_send_their_request_stop_no_other(log, flags):
    with running(log, *flags, "--grpc_max_threads=1") as server, grpc.insecure_channel(server.target) as channel:
        finish = threading.Event()
        unfinished: Any = channel.stream_unary("/tensorflow.serving.PredictionService/Predict")
        calls = [unfinished.future(iter(finish.wait, True), timeout=PATIENCE) for _ in range(8)]
        Client(server.target).predict(spec("ecg"))
        assert not any(call.done() for call in calls)
        finish.set()
        assert {call.code() for call in calls} == {grpc.StatusCode.UNIMPLEMENTED}
