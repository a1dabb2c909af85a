import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model_server import tensors
from tests.support.serving.fake_serving import floats, integers, texts


@pytest.mark.parametrize("packed", [False, True])
def test_numbers_are_read_from_either_field(packed):
    assert tensors.numbers(floats([0.5, -1.0], (2, 1), packed)) == [0.5, -1.0]
    assert tensors.numbers(integers([-1, 2**40], (2,), packed)) == [-1, 2**40]


@pytest.mark.parametrize(("given_values", "read"), [([7], [7, 7, 7]), ([1, 2], [1, 2, 2]), ([], [0, 0, 0])])
def test_missing_values_repeat_the_last_one(given_values, read):
    assert tensors.numbers(integers(given_values, (3,))) == read


def test_values_beyond_the_shape_are_ignored():
    assert tensors.strings(texts(["a", "b", "c"], (2,))) == [b"a", b"b"]


@pytest.mark.parametrize("content", [b"\0" * 7, b"\0" * 16])
def test_bytes_that_do_not_fit_the_shape_are_refused(content):
    tensor = integers([1], (1,))
    tensor.tensor_content = content
    with pytest.raises(ValueError, match=r"."):
        tensors.numbers(tensor)


@given(st.binary(max_size=12), st.integers(1, 4))
def test_any_bytes_are_strings_or_refused(content, count):
    tensor = texts([], (count,))
    tensor.tensor_content = content
    try:
        read = tensors.strings(tensor)
    except ValueError:
        return
    assert len(read) == count
