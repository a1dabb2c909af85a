"""A batch of several requests, predicted in one call: each request gets its own rows and errors."""

import asyncio
from array import array
from collections.abc import Awaitable, Callable
from itertools import count
from math import log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import errors
from gateway.deadline import Deadline
from gateway.inference.micro_batcher import Outcome, Request, predict_batch
from gateway.inference.predictor import Prediction
from gateway.model import Answer
from gateway.payload.beats import Beat, Beats, JsonBeats

BAD = -1.0


def request(*firsts: float) -> Request:
    beats = Beats(tuple(Beat(array("f", [first, 0, 0]), None) for first in firsts), batch=len(firsts) > 1)
    return Request(beats, Deadline(60))


def requests(sizes: list[int]) -> list[Request]:
    """Beats whose first values are 0, 1, 2, ..."""
    numbers = count()
    return [request(*(float(next(numbers)) for _ in range(size))) for size in sizes]


def firsts(request: Request) -> list[float]:
    return [beat.values[0] for beat in request.beats.beats]


class Model:
    """Answers each beat with its own first value, and raises `error` for calls with a bad beat."""

    def __init__(self, error: errors.GatewayError | None = None) -> None:
        self.calls: list[JsonBeats] = []
        self._error = error

    async def __call__(self, beats: JsonBeats) -> Prediction:
        self.calls.append(beats)
        values = [beat.values[0] for beat in beats.beats]
        if self._error and BAD in values:
            raise self._error
        return Prediction(Answer(7, [int(value) for value in values], values, [[value] for value in values]))


def predicted(model: Callable[[JsonBeats], Awaitable[Prediction]], asked: list[Request]) -> list[Outcome]:
    return asyncio.run(predict_batch(model, asked))


@given(st.lists(st.integers(1, 6), min_size=1, max_size=40))
def test_each_request_gets_exactly_its_own_rows_out_of_one_call(sizes):
    model, asked = Model(), requests(sizes)
    outcomes = predicted(model, asked)
    for outcome, each in zip(outcomes, asked, strict=True):
        assert isinstance(outcome, Prediction)
        answer = outcome.answer
        assert (answer.version, answer.probability) == (7, firsts(each))
        assert answer.predicted_class == [int(value) for value in firsts(each)]
        assert answer.probabilities == [[value] for value in firsts(each)]
    assert len(model.calls) == 1
    assert [beat.values[0] for beat in model.calls[0].beats] == [*range(sum(sizes))]


def test_a_single_request_is_passed_on_unchanged():
    model, single = Model(), request(5)
    predicted(model, [single])
    assert model.calls == [single.beats]


@pytest.mark.parametrize("error", [errors.Misfit("no"), errors.ModelFailed("no"), errors.ContractBroken("no")])
@given(good=st.lists(st.integers(1, 4), max_size=40), bad=st.lists(st.integers(0, 40), min_size=1, max_size=3))
def test_an_error_of_one_request_is_not_given_to_the_others(error, good, bad):
    asked = requests(good)
    for place in bad:
        asked.insert(place, request(0.5, BAD))
    model = Model(error)
    for outcome, each in zip(predicted(model, asked), asked, strict=True):
        if BAD in firsts(each):
            assert outcome is error
        else:
            assert isinstance(outcome, Prediction)
            assert outcome.answer.probability == firsts(each)
    # two calls for each halving on the way to a bad one
    assert len(model.calls) <= 1 + 2 * len(bad) * (1 + log2(len(asked)))


@pytest.mark.parametrize(
    "error",
    [errors.ModelNotReady("no"), errors.ModelOverloaded("no"), errors.ModelTooSlow("no"), errors.GatewayError("no")],
)
def test_an_error_of_the_model_server_reaches_all_requests_and_is_not_retried(error):
    model = Model(error)
    assert predicted(model, [request(1), request(BAD), request(2)]) == [error] * 3
    assert len(model.calls) == 1


def test_an_unexpected_error_is_not_an_answer():
    async def broken(beats: JsonBeats) -> Prediction:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        predicted(broken, [request(1), request(2)])
