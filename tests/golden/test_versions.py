"""Versions on disk: which are served, how one replaces another, and broken ones."""

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest

from tests.golden.kit import array, export, refused, spec, warmup_record, write_warmup
from tests.support.waiting import until


def predicted(client, name: str) -> int:
    return int(array(client.predict(spec(name)), "predicted_class")[0])


def copy_of(model) -> Path:
    """Return a copy of version 1, not yet visible, to be changed and renamed."""
    return Path(shutil.copytree(Path(model.base_path, "1"), Path(model.base_path, ".staging")))


def test_a_new_version_takes_over_without_a_failed_request(client, served):
    versions: list[int] = []
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            versions.append(client.predict(spec(served.name)).model_spec.version.value)

    with ThreadPoolExecutor() as pool:
        asking = [pool.submit(ask) for _ in range(3)]
        try:
            export(Path(served.base_path, "2"), labels=(7, 9))
            until(lambda: client.states(served.name) == {2: "AVAILABLE", 1: "END"})
            until(lambda: versions[-1] == 2)
        finally:
            done.set()
        for future in asking:
            future.result()
    assert set(versions) == {1, 2}
    assert predicted(client, served.name) == 9


def test_only_the_latest_version_is_served_by_default(client, target, folder):
    for number in ("1", "2"):
        export(Path(folder.base_path, number))
    target.serve(folder)
    assert client.states(folder.name) == {2: "AVAILABLE"}


def test_the_latest_n_can_be_served(client, target, folder):
    for number in ("1", "2", "3"):
        export(Path(folder.base_path, number))
    folder.model_version_policy.latest.num_versions = 2
    target.serve(folder)
    until(lambda: client.states(folder.name) == {3: "AVAILABLE", 2: "AVAILABLE"})
    assert client.predict(spec(folder.name)).model_spec.version.value == 3
    assert client.predict(spec(folder.name, version=2)).model_spec.version.value == 2
    with refused(grpc.StatusCode.NOT_FOUND, f"Servable not found for request: Specific({folder.name}, 1)"):
        client.predict(spec(folder.name, version=1))


def test_all_can_be_served_then_only_chosen_ones(client, target, folder):
    for number in ("1", "2", "3"):
        export(Path(folder.base_path, number))
    folder.model_version_policy.all.SetInParent()
    target.serve(folder)
    until(lambda: client.states(folder.name) == {3: "AVAILABLE", 2: "AVAILABLE", 1: "AVAILABLE"})
    folder.model_version_policy.specific.versions.append(1)
    target.serve(folder)
    until(lambda: client.states(folder.name) == {3: "END", 2: "END", 1: "AVAILABLE"})
    assert client.predict(spec(folder.name)).model_spec.version.value == 1


def test_folders_not_named_by_a_number_are_ignored(client, target, folder):
    export(Path(folder.base_path, "007"))
    for name in (".tmp-9", "v10", "11a", "-12", "1.5"):
        shutil.copytree(Path(folder.base_path, "007"), Path(folder.base_path, name))
    target.serve(folder)
    assert client.states(folder.name) == {7: "AVAILABLE"}


def test_a_folder_without_a_model_is_reported_and_the_old_version_kept(client, served):
    Path(served.base_path, "2").mkdir()
    until(lambda: client.states(served.name).get(2) == "END")
    status = client.status(spec(served.name, version=2))[0].status
    assert status.error_code == grpc.StatusCode.NOT_FOUND.value[0]
    assert status.error_message == (
        "Specified file path does not appear to contain a SavedModel bundle (should have a file called "
        f"`saved_model.pb`)\nSpecified file path: {served.base_path}/2"
    )
    assert client.predict(spec(served.name)).model_spec.version.value == 1


def test_a_corrupt_model_is_reported_and_the_old_version_kept(client, served):
    staging = copy_of(served)
    (staging / "saved_model.pb").write_bytes(b"not a model")
    staging.rename(Path(served.base_path, "2"))
    until(lambda: client.states(served.name) == {2: "END", 1: "AVAILABLE"})
    assert client.status(spec(served.name, version=2))[0].status.error_message
    assert client.predict(spec(served.name)).model_spec.version.value == 1


def test_cut_variables_are_reported_and_the_old_version_kept(client, served):
    staging = copy_of(served)
    data = next(staging.glob("variables/*.data-*"))
    data.write_bytes(data.read_bytes()[:3])
    staging.rename(Path(served.base_path, "2"))
    until(lambda: client.states(served.name) == {2: "END", 1: "AVAILABLE"})
    assert client.predict(spec(served.name)).model_spec.version.value == 1


@pytest.mark.usefixtures("differs_from_tfs")
def test_missing_variables_are_a_failed_load(client, served):
    staging = copy_of(served)
    shutil.rmtree(staging / "variables")
    staging.rename(Path(served.base_path, "2"))
    until(lambda: client.states(served.name) == {2: "END", 1: "AVAILABLE"})
    assert "variables" in client.status(spec(served.name, version=2))[0].status.error_message


def test_a_failed_version_is_retried_after_it_was_removed_and_restored(client, served):
    second = Path(served.base_path, "2")
    second.mkdir()
    until(lambda: client.states(served.name).get(2) == "END")
    second.rmdir()
    export(Path(served.base_path, "3"))
    until(lambda: client.states(served.name) == {3: "AVAILABLE", 2: "END", 1: "END"})
    shutil.rmtree(Path(served.base_path, "3"))
    export(second)
    until(lambda: client.states(served.name) == {3: "END", 2: "AVAILABLE", 1: "END"})


def test_going_back_to_an_older_version_by_removing_the_newer(client, served):
    second = Path(served.base_path, "2")
    export(second)
    until(lambda: client.states(served.name) == {2: "AVAILABLE", 1: "END"})
    shutil.rmtree(second)
    until(lambda: client.states(served.name) == {2: "END", 1: "AVAILABLE"})


def test_the_version_stays_when_its_base_path_is_removed_and_a_restored_path_is_read_again(client, served):
    gone = Path(f"{served.base_path}-gone")
    Path(served.base_path).rename(gone)
    assert client.predict(spec(served.name)).model_spec.version.value == 1
    gone.rename(served.base_path)
    export(Path(served.base_path, "2"))
    until(lambda: client.states(served.name) == {2: "AVAILABLE", 1: "END"})


@pytest.mark.usefixtures("differs_from_tfs")
def test_a_missing_base_path_does_not_stop_the_versions_of_other_models(client, served, witness):
    Path(served.base_path).rename(f"{served.base_path}-gone")
    witness.sees_another_poll()
    assert client.predict(spec(served.name)).model_spec.version.value == 1


@pytest.mark.usefixtures("differs_from_tfs")
def test_an_emptied_base_path_keeps_the_last_good_version(client, served, witness):
    shutil.rmtree(Path(served.base_path, "1"))
    witness.sees_another_poll()
    assert client.states(served.name) == {1: "AVAILABLE"}


def test_warm_up_is_run_before_a_version_is_available(client, served):
    staging = copy_of(served)
    write_warmup(staging, [warmup_record([[1.0, 2.0, 3.0, 4.0]])] * 3)
    staging.rename(Path(served.base_path, "2"))
    until(lambda: client.states(served.name) == {2: "AVAILABLE", 1: "END"})


@pytest.mark.parametrize(
    "records",
    [
        [warmup_record([[1.0, 2.0]])],
        [warmup_record([[1.0, 2.0, 3.0, 4.0]], alias="wrong")],
        [b"not a message"],
        [warmup_record([[1.0, 2.0, 3.0, 4.0]])] * 1001,
    ],
    ids=["shape", "alias", "garbage", "too-many"],
)
def test_a_failed_warm_up_fails_the_load(client, served, records):
    staging = copy_of(served)
    write_warmup(staging, records)
    staging.rename(Path(served.base_path, "2"))
    until(lambda: client.states(served.name) == {2: "END", 1: "AVAILABLE"})
    assert client.status(spec(served.name, version=2))[0].status.error_code


def test_broken_warm_up_framing_is_data_loss(client, served):
    staging = copy_of(served)
    write_warmup(staging, [])
    (staging / "assets.extra" / "tf_serving_warmup_requests").write_bytes(b"no TFRecord at all, but long enough")
    staging.rename(Path(served.base_path, "2"))
    until(lambda: client.states(served.name) == {2: "END", 1: "AVAILABLE"})
    status = client.status(spec(served.name, version=2))[0].status
    assert status.error_code == grpc.StatusCode.DATA_LOSS.value[0]
    assert "Please verify your warmup data is in TFRecord format." in status.error_message
