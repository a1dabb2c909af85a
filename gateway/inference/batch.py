"""Requests of callers that know nothing of one another, asked for in one call."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, pairwise

from gateway.errors import ContractBroken, GatewayError, InvalidBeat, ModelFailed
from gateway.inference.predictor import Prediction
from gateway.payload.json_beats import Beats


@dataclass(frozen=True, slots=True)
class Request:
    """The beats of one caller, and the client's name if it gave one."""

    beats: Beats
    client: str | None = None


Outcome = Prediction | GatewayError


def together(ask: Callable[[Beats], Prediction], requests: Sequence[Request]) -> list[Outcome]:
    """Give each request its part of one answer, or its error; what is wrong with one of them is not its mates'."""
    try:
        if len(requests) == 1:
            return [ask(requests[0].beats)]
        answer = ask(Beats(tuple(chain.from_iterable(each.beats.beats for each in requests)), batch=True)).answer
    except (InvalidBeat, ModelFailed, ContractBroken) as error:
        if len(requests) == 1:
            return [error]
        half = len(requests) // 2  # finds the few at fault with few calls
        return together(ask, requests[:half]) + together(ask, requests[half:])
    except GatewayError as error:
        return [error] * len(requests)
    ends = accumulate((len(each.beats.beats) for each in requests), initial=0)
    return [Prediction(answer.rows(start, end)) for start, end in pairwise(ends)]
