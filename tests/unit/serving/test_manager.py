"""The life of versions: order of loads and unloads, retries, requests that hold a version, and waiting."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.errors import Code, ServingError
from serving.lifecycle.manager import Loading, Manager
from serving.lifecycle.states import State, Version, next_to_move

PATIENCE = 20


class Loader:
    """Makes servables; `outcomes` scripts failures by version, and a closed `gate` holds every load."""

    def __init__(self) -> None:
        self.outcomes: dict[int, list[str]] = {}
        self.gate = threading.Event()
        self.gate.set()
        self.attempts: list[int] = []
        self.closed: list[int] = []

    def __call__(self, model: str, number: int, path: Path) -> "Loaded":
        self.attempts.append(number)
        assert self.gate.wait(PATIENCE)
        if self.outcomes.get(number):
            raise ServingError(Code.DATA_LOSS, self.outcomes[number].pop(0))
        return Loaded(self, number)


class Loaded:
    """A servable that records when it is closed."""

    def __init__(self, loader: Loader, number: int) -> None:
        self.loader, self.number = loader, number

    def close(self) -> None:
        self.loader.closed.append(self.number)


@pytest.fixture
def loader():
    return Loader()


@pytest.fixture
def manager(loader):
    manager = Manager(loader, Loading(retries=1, retry_seconds=0))
    yield manager
    loader.gate.set()
    manager.stop()


def wanted(*numbers: int) -> dict[int, Path]:
    return {number: Path(str(number)) for number in numbers}


def until(manager: Manager[Loaded], condition: Callable[[dict[int, State]], bool]) -> None:
    """Return once the states of model m's versions are the expected ones."""
    end = time.monotonic() + PATIENCE
    while not condition({number: state for number, state, _ in manager.report("m")}):
        assert time.monotonic() < end, manager.report("m")
        time.sleep(0.001)


def test_a_version_replaces_another_only_once_it_is_available(manager, loader):
    manager.aspire("m", wanted(1))
    until(manager, lambda states: states[1] is State.AVAILABLE)
    loader.gate.clear()
    manager.aspire("m", wanted(2))
    until(manager, lambda states: states[2] is State.LOADING)
    with manager.use("m", None) as (number, _):
        assert number == 1
    loader.gate.set()
    until(manager, lambda states: states == {1: State.END, 2: State.AVAILABLE})
    assert loader.closed == [1]
    with manager.use("m", None) as (number, _):
        assert number == 2


def test_a_request_in_flight_keeps_its_version_loaded(manager, loader):
    manager.aspire("m", wanted(1))
    until(manager, lambda states: states[1] is State.AVAILABLE)
    with manager.use("m", 1):
        manager.aspire("m", {})
        until(manager, lambda states: states[1] is State.UNLOADING)
        with pytest.raises(ServingError, match=r"Specific\(m, 1\)"), manager.use("m", 1):
            pass
        assert loader.closed == []
    until(manager, lambda states: states[1] is State.END)
    assert loader.closed == [1]


def test_a_failed_load_is_retried_and_then_ends(manager, loader):
    loader.outcomes = {1: ["first", "second", "never"]}
    manager.aspire("m", wanted(1))
    until(manager, lambda states: states[1] is State.END)
    manager.aspire("m", wanted(1))
    assert [(state, error.message) for _, state, error in manager.report("m")] == [(State.END, "second")]
    assert loader.attempts == [1, 1]


def test_a_version_that_was_removed_is_loaded_again(manager, loader):
    loader.outcomes = {1: ["first", "second"]}
    manager.aspire("m", wanted(1))
    until(manager, lambda states: states[1] is State.END)
    manager.aspire("m", {})
    manager.aspire("m", wanted(1))
    until(manager, lambda states: states[1] is State.AVAILABLE)
    assert manager.report("m") == [(1, State.AVAILABLE, None)]


def test_without_a_new_version_the_loaded_ones_stay_and_a_failed_version_may_return(manager, loader):
    manager.aspire("m", wanted(1))
    until(manager, lambda states: states[1] is State.AVAILABLE)
    loader.outcomes = {2: ["first", "second"]}
    manager.aspire("m", wanted(2))
    until(manager, lambda states: states[2] is State.END)
    manager.keep("m")
    assert [state for _, state, _ in manager.report("m")] == [State.END, State.AVAILABLE]
    manager.aspire("m", wanted(2))
    until(manager, lambda states: states == {1: State.END, 2: State.AVAILABLE})


def test_retries_end_when_the_version_is_gone(loader):
    manager = Manager(loader, Loading(retries=5, retry_seconds=1000))
    loader.outcomes = {1: ["first"]}
    manager.aspire("m", wanted(1))
    until(manager, lambda states: not loader.outcomes[1])
    assert manager.report("m") == [(1, State.LOADING, None)]
    manager.aspire("m", {})
    until(manager, lambda states: states[1] is State.END)
    assert loader.attempts == [1]
    manager.stop()


def test_an_unexpected_error_is_a_failed_load(manager):
    def load(model, number, path):
        raise ZeroDivisionError("oops")

    manager = Manager(load, Loading(retries=0))
    manager.aspire("m", wanted(1))
    with pytest.raises(ServingError, match="oops"):
        manager.wait_until_settled(["m"], "model")
    manager.stop()


def test_waiting_ends_with_the_first_version_that_serves(manager, loader):
    loader.outcomes = {2: ["first", "second"]}
    manager.aspire("m", wanted(1, 2))
    manager.wait_until_settled(["m"], "model")
    with manager.use("m", None) as (number, _):
        assert number == 1


def test_waiting_ends_when_the_manager_stops(manager):
    manager.aspire("m", {})
    waiting = threading.Thread(target=manager.wait_until_settled, args=(["m"], "model"))
    waiting.start()
    manager.stop()
    waiting.join(PATIENCE)
    assert not waiting.is_alive()


def versions(states: list[tuple[bool, State]]) -> list[Version[Loaded]]:
    return [Version("m", n + 1, Path(), aspired=aspired, state=state) for n, (aspired, state) in enumerate(states)]


STATES = st.lists(st.tuples(st.booleans(), st.sampled_from(State)), max_size=6)


@given(STATES)
def test_the_last_available_version_is_unloaded_only_for_an_available_successor(states):
    known = versions(states)
    version = next_to_move(known)
    if version is None or version.state is State.START:
        return
    assert version.state is State.AVAILABLE
    assert not version.aspired
    serving = [other for other in known if other.state is State.AVAILABLE and other is not version]
    assert serving or not any(other.aspired for other in known)


@given(STATES)
def test_every_wanted_version_is_loaded_and_every_other_unloaded_in_the_end(states):
    known = versions(states)
    for _ in range(2 * len(known)):
        if version := next_to_move(known):
            version.state = State.AVAILABLE if version.state is State.START else State.END
    assert not [version for version in known if version.aspired and version.state is State.START]
    serving = [version for version in known if version.state is State.AVAILABLE]
    if any(version.aspired for version in serving):
        assert all(version.aspired for version in serving)


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([(False, State.AVAILABLE), (True, State.START)], 2),
        ([(False, State.AVAILABLE), (False, State.AVAILABLE), (True, State.START)], 1),
        ([(False, State.AVAILABLE), (True, State.AVAILABLE)], 1),
        ([(False, State.AVAILABLE), (True, State.LOADING)], None),
        ([(False, State.AVAILABLE), (True, State.END)], None),
        ([(True, State.START), (True, State.START)], 2),
        ([(False, State.AVAILABLE)], 1),
    ],
)
def test_the_order_of_loads_and_unloads(states, expected):
    version = next_to_move(versions(states))
    assert (version and version.number) == expected


def test_a_wait_ends_when_it_is_no_longer_wanted(manager):
    answers = iter([True, True, False])
    with pytest.raises(ServingError, match="The wait for the models m has ended") as ended:
        manager.wait_until_settled(["m"], "model", lambda: next(answers))
    assert ended.value.code is Code.ABORTED
