"""A SavedModel in this process: its lock, its deadline, and the error texts that reach a client."""

import fcntl
import os
import re
import tracemalloc
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.framework.tensor_pb2 import TensorProto
from tensorflow.core.protobuf.config_pb2 import ConfigProto

from serving.errors import Code, ServingError
from serving.grpc.server import GRPC_CODES, _truncated
from serving.rest.application import HTTP_STATUS
from serving.runtime.predict import predict
from serving.runtime.saved_model import SavedModel
from tests.golden.kit import FEATURES, LONG_BEAT, export

LONG = np.array([LONG_BEAT.float_val], np.float32)


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ecg") / "1"
    export(path)
    return path


def lockable(version: Path) -> bool:
    """Return whether somebody who prunes old versions would take this one."""
    folder = os.open(version, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(folder)
    return True


def test_a_version_is_locked_while_it_is_loaded(version):
    model = SavedModel(version, ["serve"], ConfigProto())
    second = SavedModel(version, ["serve"], ConfigProto())
    assert not lockable(version)
    model.close()
    assert not lockable(version)
    second.close()
    assert lockable(version)


def test_a_version_that_does_not_load_is_not_locked(version):
    with pytest.raises(ServingError, match="could not be found in SavedModel"):
        SavedModel(version, ["other-tags"], ConfigProto())
    assert lockable(version)


def test_a_version_that_somebody_locked_for_good_is_still_served(version):
    folder = os.open(version, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    try:
        SavedModel(version, ["serve"], ConfigProto()).close()
    finally:
        os.close(folder)


def test_a_run_ends_at_its_deadline_if_the_session_has_threads(version):
    model = SavedModel(version, ["serve"], ConfigProto(inter_op_parallelism_threads=1))
    signature = model.signatures["serving_default"]
    with pytest.raises(ServingError, match="Timed out") as caught:
        model.run({signature.inputs["features"]: LONG}, [signature.outputs["probability"]], timeout_ms=50)
    assert caught.value.code is Code.DEADLINE_EXCEEDED
    (answer,) = model.run(
        {signature.inputs["features"]: np.zeros((1, FEATURES), np.float32)},
        [signature.outputs["probability"]],
        timeout_ms=60_000,
    )
    assert answer == [0.5]
    model.close()


def test_every_code_has_its_place_in_both_transports():
    assert set(GRPC_CODES) == set(HTTP_STATUS) == set(Code)
    assert all(GRPC_CODES[code].name == code.name for code in Code)


@pytest.mark.parametrize(("length", "expected"), [(1024, 1024), (1025, 1024 + len("...TRUNCATED"))])
def test_long_messages_are_cut(length, expected):
    assert len(_truncated("x" * length)) == expected


def test_the_signature_of_the_initialisation_has_no_output(version):
    with closing(SavedModel(version, ["serve"], ConfigProto())) as model:
        with pytest.raises(ServingError, match="Tried to fetch data for 'NoOp', which produces no output") as refused:
            predict(model, "__saved_model_init_op", {})
        assert refused.value.code is Code.INVALID_ARGUMENT


class _Two(tf.Module):  # type: ignore[misc]  # TensorFlow has no types
    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, "z"), tf.TensorSpec([None], tf.string, "a")])
    def predict(self, z, a):
        return {"y": tf.strings.as_string(z) + a}


@pytest.mark.parametrize(("z", "a"), [("f", "f"), ("s", "s"), ("s", "f")])
def test_another_dtype_is_refused_in_tensorflows_words_before_it_takes_memory(tmp_path, z, a):
    two = _Two()
    tf.saved_model.save(two, str(tmp_path / "1"), two.predict)
    many = {"s": TensorProto(dtype=7, string_val=[b"x" * 1000]), "f": TensorProto(dtype=1, float_val=[1])}
    for proto in many.values():
        proto.tensor_shape.dim.add(size=2**12)
    given = {"s": np.array([b"x"], object), "f": np.array([1], np.float32)}
    with closing(SavedModel(tmp_path / "1", ["serve"], ConfigProto())) as model:
        names = model.signatures["serving_default"]
        with pytest.raises(ServingError) as expected:
            model.run({names.inputs["z"]: given[z], names.inputs["a"]: given[a]}, list(names.outputs.values()))
        tracemalloc.start()
        try:
            with pytest.raises(ServingError) as refused:
                predict(model, "serving_default", {"z": many[z], "a": many[a]})
            assert tracemalloc.get_traced_memory()[1] < 2**15
        finally:
            tracemalloc.stop()
    assert str(refused.value) == str(expected.value)


def test_a_malformed_tensor_and_an_unknown_output_are_found_before_another_dtype(version):
    with closing(SavedModel(version, ["serve"], ConfigProto())) as model:
        for proto, outputs, words in (
            (TensorProto(dtype=19, tensor_content=b"123"), ["nobody"], "tensor parsing error: features"),
            (TensorProto(dtype=101, float_val=[1]), ["nobody"], "tensor parsing error: features"),
            (TensorProto(dtype=19, half_val=[1]), ["nobody"], "output tensor alias not found in signature: nobody"),
            (TensorProto(dtype=19, half_val=[1]), [], "Expects arg[0] to be float but half is provided"),
        ):
            with pytest.raises(ServingError, match=re.escape(words)) as refused:
                predict(model, "serving_default", {"features": proto}, outputs)
            assert refused.value.code is Code.INVALID_ARGUMENT


def test_many_missing_values_are_not_filled_up_where_the_shape_contradicts_the_signature(version):
    signature = {"features": TensorProto(dtype=1, float_val=[1])}
    with closing(SavedModel(version, ["serve"], ConfigProto())) as model:
        for shape, words in (
            ((1, FEATURES + 1), "Matrix size-incompatible"),  # the model's own words
            ((2**12, FEATURES + 1), "tensor parsing error: features"),
            ((2**15,), "tensor parsing error: features"),
        ):
            signature["features"].tensor_shape.Clear()
            for size in shape:
                signature["features"].tensor_shape.dim.add(size=size)
            with pytest.raises(ServingError, match=words):
                predict(model, "serving_default", signature)


def test_an_input_that_is_not_in_the_graph_is_not_found(version):
    with closing(SavedModel(version, ["serve"], ConfigProto())) as model:
        with pytest.raises(ServingError, match="FeedInputs: unable to find feed output nobody:0") as refused:
            model.run({"nobody:0": LONG}, [])
        assert refused.value.code is Code.NOT_FOUND


class _WithDefault(tf.Module):  # type: ignore[misc]  # TensorFlow has no types
    @tf.function(input_signature=[tf.TensorSpec([], tf.float32, name) for name in ("x", "y", "z")])
    def predict(self, x, y, z=tf.constant(4.0)):  # noqa: B008  # TensorFlow looks for it here
        return {"sum": x + 10 * y + 100 * z}


def test_an_input_with_a_default_value_may_be_left_out(tmp_path):
    with_default = _WithDefault()
    tf.saved_model.save(with_default, str(tmp_path / "1"), with_default.predict)
    one = TensorProto(dtype=1, float_val=[1])
    with closing(SavedModel(tmp_path / "1", ["serve"], ConfigProto())) as model:

        def ask(*aliases: str) -> float:
            return float(predict(model, "serving_default", dict.fromkeys(aliases, one))["sum"])

        assert ask("x", "y") == 411
        assert ask("x", "y", "z") == 111
        for aliases, words in (
            (
                ("x",),
                "y(feed name: serving_default_y:0) not found in request and no default value provided. "
                "Inputs expected to be in the request {x}, or default input alias set: z",
            ),
            (("x", "y", "a"), "Inputs contains invalid name. Used request inputs: x,y, request input: a,x,y"),
            (("x", "y", "z", "a"), "input size does not match signature: 4!=3"),
        ):
            with pytest.raises(ServingError, match=re.escape(words)):
                ask(*aliases)
