import pytest

from gateway.errors import ContractBroken
from gateway.model_server.contract import OUTPUTS, width_of
from gateway.model_server.wire.serving_pb2 import (
    DT_FLOAT,
    DT_INT64,
    DataType,
    SignatureDef,
    TensorInfo,
    TensorShapeProto,
)


def signature(
    sizes: tuple[int, ...] = (-1, 140),
    dtype: DataType = DT_FLOAT,
    inputs: tuple[str, ...] = ("features",),
    outputs: tuple[str, ...] = OUTPUTS,
) -> SignatureDef:
    info = TensorInfo(dtype=dtype, tensor_shape=TensorShapeProto(dim=[TensorShapeProto.Dim(size=n) for n in sizes]))
    return SignatureDef(inputs=dict.fromkeys(inputs, info), outputs=dict.fromkeys(outputs, TensorInfo()))


def test_the_width_is_the_models_own():
    assert width_of({"serving_default": signature(sizes=(-1, 7)), "__saved_model_init_op": SignatureDef()}) == 7


@pytest.mark.parametrize(
    ("signatures", "sentence"),
    [
        ({}, "no signature 'serving_default'"),
        ({"another": signature()}, "no signature 'serving_default'"),
        ({"serving_default": signature(inputs=("x",))}, "the one input 'features'"),
        ({"serving_default": signature(inputs=("features", "x"))}, "the one input 'features'"),
        ({"serving_default": signature(dtype=DT_INT64)}, "is not float32"),
        ({"serving_default": signature(sizes=(140,))}, "is not float32"),
        ({"serving_default": signature(sizes=(-1, -1))}, "is not float32"),
        (
            {"serving_default": signature(outputs=("probability", "predicted_class"))},
            "lacks the output 'probabilities'",
        ),
    ],
)
def test_another_kind_of_model_is_rejected_with_a_message(signatures, sentence):
    with pytest.raises(ContractBroken, match=sentence):
        width_of(signatures)
