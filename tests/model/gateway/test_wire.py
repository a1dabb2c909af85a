"""The gateway's messages are TensorFlow Serving's: the same bytes both ways; and the checked-in code is current."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from google.protobuf.message import Message
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorflow.core.framework import tensor_pb2, types_pb2
from tensorflow.core.protobuf import meta_graph_pb2
from tensorflow_serving.apis import get_model_metadata_pb2, get_model_status_pb2, model_pb2, predict_pb2

from gateway.model_server import tensors, wire
from gateway.model_server.wire import serving_pb2 as ours

ROOT = Path(wire.__file__).parents[3]
PAIRS: list[tuple[Any, Any]] = [
    (ours.PredictRequest, predict_pb2.PredictRequest),
    (ours.PredictResponse, predict_pb2.PredictResponse),
    (ours.ModelSpec, model_pb2.ModelSpec),
    (ours.TensorProto, tensor_pb2.TensorProto),
    (ours.GetModelMetadataRequest, get_model_metadata_pb2.GetModelMetadataRequest),
    (ours.GetModelMetadataResponse, get_model_metadata_pb2.GetModelMetadataResponse),
    (ours.SignatureDefMap, get_model_metadata_pb2.SignatureDefMap),
    (ours.SignatureDef, meta_graph_pb2.SignatureDef),
    (ours.GetModelStatusRequest, get_model_status_pb2.GetModelStatusRequest),
    (ours.GetModelStatusResponse, get_model_status_pb2.GetModelStatusResponse),
]


def messages(kind: Any) -> st.SearchStrategy[Any]:
    """Any message of one of our types, filled in field by field from its descriptor."""
    filled = {field.name: values(field) for field in kind.DESCRIPTOR.fields}
    return st.fixed_dictionaries({}, optional=filled).map(lambda given: kind(**given))


def values(field: Any) -> st.SearchStrategy[Any]:
    if field.message_type and field.message_type.GetOptions().map_entry:
        entry = field.message_type.fields_by_name
        return st.dictionaries(scalar(entry["key"]), scalar(entry["value"]), max_size=2)
    return st.lists(scalar(field), max_size=3) if field.is_repeated else scalar(field)


def scalar(field: Any) -> st.SearchStrategy[Any]:
    if field.message_type:
        return messages(field.message_type._concrete_class)
    return {
        field.TYPE_STRING: st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
        field.TYPE_BYTES: st.binary(max_size=8),
        field.TYPE_FLOAT: st.floats(width=32, allow_nan=False),
        field.TYPE_BOOL: st.booleans(),
        field.TYPE_INT64: st.integers(-(2**63), 2**63 - 1),
        field.TYPE_ENUM: st.sampled_from(
            [value.number for value in field.enum_type.values] if field.enum_type else [0]
        ),
    }[field.type]


def in_order(message: Message) -> bytes:
    return message.SerializeToString(deterministic=True)


@pytest.mark.parametrize(("our_kind", "their_kind"), PAIRS, ids=[ours.DESCRIPTOR.name for ours, _ in PAIRS])
@given(data=st.data())
@settings(deadline=None)
def test_both_write_and_read_the_same_bytes(our_kind, their_kind, data):
    sent = data.draw(messages(our_kind))
    theirs = their_kind.FromString(in_order(sent))
    assert in_order(theirs) == in_order(sent)
    assert our_kind.FromString(in_order(theirs)) == sent
    assert not unknown(theirs), "a field of ours that the original does not have"
    assert str(theirs) == str(sent), "another name for a field or an enum's value"


def unknown(message: Message) -> bool:
    """Whether the message, or one inside it, holds a field that its type does not declare."""
    before = in_order(message)
    message.DiscardUnknownFields()
    return in_order(message) != before


def test_a_packed_matrix_is_the_tensor_that_tensorflow_reads():
    rows = [[1.5, -0.0, 3e38], [1e-45, 2.0, -7.25]]
    content = b"".join(tf.constant(row, tf.float32).numpy().tobytes() for row in rows)
    spec = ours.ModelSpec(name="ecg", signature_name="details")
    head = ours.PredictRequest(model_spec=spec, output_filter=["a", "b"]).SerializeToString()
    theirs = predict_pb2.PredictRequest.FromString(tensors.predict_request(head, "features", content, 2))
    assert (theirs.model_spec.name, theirs.model_spec.signature_name) == ("ecg", "details")
    assert list(theirs.output_filter) == ["a", "b"]
    (tensor,) = (theirs.inputs[name] for name in theirs.inputs)
    assert tf.make_ndarray(theirs.inputs["features"]).tobytes() == content
    assert (tensor.dtype, tf.make_ndarray(tensor).shape) == (types_pb2.DT_FLOAT, (2, 3))


@given(rows=st.integers(1, 300), width=st.integers(1, 300), name=st.text(min_size=1, max_size=200))
def test_a_request_written_by_hand_is_the_one_that_protobuf_reads(rows, width, name):
    name = name.encode("utf-8", "replace").decode()
    content = bytes(4 * rows * width)
    read = ours.PredictRequest.FromString(tensors.predict_request(b"", name, content, rows))
    tensor = ours.TensorProto(dtype=ours.DT_FLOAT, tensor_content=content)
    for size in (rows, width):
        tensor.tensor_shape.dim.add(size=size)
    assert dict(read.inputs) == {name: tensor}


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=5), st.booleans())
@settings(deadline=None)
def test_tensorflows_integers_are_read_alike(values, packed):
    array = tf.constant(values, tf.int64).numpy()
    theirs = tensor_pb2.TensorProto(dtype=types_pb2.DT_INT64, tensor_shape=tf.TensorShape(array.shape).as_proto())
    if packed:
        theirs.tensor_content = array.tobytes()
    else:
        theirs.int64_val.extend(values)
    assert tensors.numbers(ours.TensorProto.FromString(theirs.SerializeToString())) == values


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=5))
@settings(deadline=None)
def test_packed_strings_are_read_as_tensorflow_reads_them(values):
    content = b"".join(map(varint, map(len, values))) + b"".join(values)
    theirs = tensor_pb2.TensorProto(dtype=types_pb2.DT_STRING, tensor_content=content)
    theirs.tensor_shape.dim.add(size=len(values))
    serialized = theirs.SerializeToString()
    assert tf.io.parse_tensor(serialized, tf.string).numpy().tolist() == values
    assert tensors.strings(ours.TensorProto.FromString(serialized)) == values


def varint(number: int) -> bytes:
    return bytes([number]) if number < 128 else bytes([number & 127 | 128]) + varint(number >> 7)


def test_the_checked_in_code_is_what_the_proto_file_gives(tmp_path):
    protoc = [sys.executable, "-m", "grpc_tools.protoc", "--proto_path=.", "gateway/model_server/wire/serving.proto"]
    subprocess.run([*protoc, f"--python_out={tmp_path}", f"--pyi_out={tmp_path}"], cwd=ROOT, check=True)
    for name in ("serving_pb2.py", "serving_pb2.pyi"):
        assert (tmp_path / "gateway/model_server/wire" / name).read_text() == (
            ROOT / "gateway/model_server/wire" / name
        ).read_text()
