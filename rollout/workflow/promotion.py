"""The commands that change the served version: promote, canary, finish, abort, undo."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from rollout.decisions.gate import judge
from rollout.errors import NotAllowed, NotThere, Overtaken, RolloutError
from rollout.gateway.recorded_beats import Beats
from rollout.kubernetes.deployment import Candidate, State
from rollout.kubernetes.revisions import versions_by_age
from rollout.program import PROGRAM
from rollout.versions.model_version import Version
from rollout.versions.volume import Versions, one
from rollout.workflow.causes import begun, instead, short, undone
from rollout.workflow.operations import Operations, require_none_but

NEVER_AVAILABLE = "never became available"


class Promotion:
    """One run of a command against one Deployment."""

    def __init__(self, operations: Operations, store: Versions) -> None:
        self.operations = operations
        self._store = store
        self._beats = cache(store.beats)  # a version never changes, and reading may need a command in a pod

    def promote(self, number: int, tolerance: float, *, force: bool) -> None:
        """Serve the version, if it passes the gate and gives the recorded answers."""
        if self._is_served(number):
            return
        self.take_over(self.introduce(number, tolerance, force=force))

    def introduce(self, number: int, tolerance: float, *, force: bool) -> Candidate:
        """Check the gate, start one pod of the version beside the served pods, and check its recorded answers."""
        state = self.operations.state()
        require_none_but(number, state)
        versions = self._store.versions()
        version, beats = one(versions, number, self._store.where), self._beats(number)
        served = state.served
        if state.candidate and state.candidate.version == number:
            self.operations.say(f"version {number} is the candidate since {state.candidate.started}; going on")
        elif served is not None and not force:
            by_number = {each.number: each for each in versions}
            self.operations.say(judge(version, by_number.get(served, Version(served)), tolerance))
        cause = begun(version, served, versions, force=force)
        return self._start(number, served, cause, beats)

    def finish(self) -> None:
        """Serve the candidate, after a check of its recorded answers."""
        state = self.operations.state()
        if state.candidate:
            self._prove(state.candidate, self._beats(state.candidate.version))
            self.take_over(state.candidate)
        elif not self._went_on(state):
            raise RolloutError("no version is being promoted, so there is nothing to finish")

    def take_over(self, candidate: Candidate) -> None:
        """Let a checked candidate replace all other pods, and check its recorded answers again."""
        beats = self._beats(candidate.version)
        with self._or_back(candidate.version, candidate.served):
            self.operations.finish(candidate)
            self.operations.prove(candidate.version, beats)
        self.operations.retire(candidate)
        self.operations.say(f"version {candidate.version} is served")

    def abort(self) -> None:
        """Return to the version that was served before the candidate."""
        state = self.operations.state()
        if state.candidate:
            self.drop(state.candidate, "was aborted")
        elif not self._went_on(state):
            self.operations.say("no version is being promoted, so there is nothing to abort")

    def drop(self, candidate: Candidate, reason: str) -> None:
        """Return to the version that was served before this candidate, if it is still the candidate."""
        self._go_back(candidate.version, candidate.served, reason)

    def undo(self) -> None:
        """Serve the previous version, without the gate, but with the check of its recorded answers."""
        state = self.operations.state()
        candidate = state.candidate
        if candidate and state.cause != undone(candidate.version, candidate.served):
            self.drop(candidate, "was undone")
            return
        if state.served is None:
            raise RolloutError("nothing is served, so there is nothing to undo")
        if state.arriving is not None:
            self._go_back(state.arriving, state.served, NEVER_AVAILABLE)
            return
        if candidate is None:
            number = self._former(state, state.served)
            cause = undone(number, state.served)
            candidate = self._start(number, state.served, cause, self._beats(number))
        else:  # an earlier undo was killed
            self._prove(candidate, self._beats(candidate.version))
        self.take_over(candidate)

    def _former(self, state: State, served: int) -> int:
        """Return the version that was served before this one; report and skip versions that do not exist."""
        existing = {version.number for version in self._store.versions()}
        for number, may_have_served in self._remembered(state, served):
            if may_have_served and number in existing:
                return number
            reason = f"it is not {self._store.where}" if may_have_served else "it was never served"
            self.operations.say(f"version {number} is skipped: {reason}")
        raise NotThere(
            f"no version is left from before version {served}; `{PROGRAM} list` shows what there is to promote"
        )

    def _remembered(self, state: State, served: int) -> Iterator[tuple[int, bool]]:
        """Yield the other versions, the one served last first, each with whether it may have been served."""
        yield from ((number, True) for number in reversed(state.history) if number != served)
        known = {served, *state.history}
        for number, may_have_served in versions_by_age(self.operations.replica_sets(state)):
            if number not in known:
                yield number, may_have_served
            known.add(number)

    def withdraw(self, number: int, reason: str) -> None:
        """Go back from this version if it is the candidate."""
        candidate = self.operations.state().candidate
        if candidate and candidate.version == number:
            self.drop(candidate, reason)

    def _is_served(self, number: int) -> bool:
        state = self.operations.state()
        if state.arriving is not None and number == state.served:
            self._go_back(state.arriving, state.served, NEVER_AVAILABLE)
            return True
        if state.version != number or state.candidate:
            return False
        if not self._went_on(state):
            self.operations.say(f"version {number} is served")
        return True

    def _went_on(self, state: State) -> bool:
        """End the pause of a rolling update without a candidate, and wait for it; return whether there was one."""
        if state.version is None or (state.progress.complete and not state.paused):
            return False
        self.operations.resume(state.version, watched=state.arriving is not None)
        self.operations.say(f"version {state.version} is served")
        return True

    def _start(self, number: int, served: int | None, cause: str, beats: Beats) -> Candidate:
        self.operations.require_entrance()
        candidate = self.operations.begin(number, served, cause)
        self._prove(candidate, beats)
        return candidate

    def _prove(self, candidate: Candidate, beats: Beats) -> None:
        if candidate.finishing:
            return  # it was checked before
        with self._or_back(candidate.version, candidate.served):
            self.operations.hold(candidate)
            self.operations.prove(candidate.version, beats)

    @contextmanager
    def _or_back(self, number: int, served: int | None) -> Iterator[None]:
        try:
            yield
        except (Overtaken, NotAllowed):
            raise  # somebody else's change stays, and without permission going back would fail too
        except RolloutError as error:
            try:
                self._go_back(number, served, f"failed: {error}")
            except RolloutError as second:
                raise RolloutError(
                    f"{error}; going back failed too: {second}; `{PROGRAM} abort` tries again"
                ) from error
            raise RolloutError(f"{error}; {instead(served)}") from error

    def _go_back(self, number: int, served: int | None, reason: str) -> None:
        self.operations.say(f"version {number}: it {reason}; going back")
        which = f"model version {served}" if served is not None else "no model version"
        self.operations.go_back(number, served, f"{which}: back from {number}, which {short(reason)}")
        self.operations.say(instead(served))
