"""Operations on the Deployment. Each reads it first and is safe to repeat, so a killed run can be run again."""

from collections.abc import Callable
from dataclasses import replace

from rollout.errors import Busy, NotAllowed, Overtaken, RolloutError
from rollout.gateway.client import Ask, require_entrance
from rollout.gateway.recorded_beats import Beats, check
from rollout.kubernetes.api import Cluster, Json
from rollout.kubernetes.deployment import Candidate, Progress, State
from rollout.kubernetes.patches import Mount, begin, finish, go_back, hold, resume, retire, weigh
from rollout.kubernetes.pod_status import Pods, has_ready_pod, raise_if_broken, serving_pods, unpulled
from rollout.program import PROGRAM
from rollout.workflow.waiting import Waiting

FindImage = Callable[[str, int], str]  # from a repository and a version's number to the image by its digest


class Operations:
    """Changes of one Deployment, each valid only for the state that was read, and the waits between them."""

    def __init__(self, cluster: Cluster, ask: Ask, waiting: Waiting, find_image: FindImage) -> None:
        """`find_image` returns the image of a version, if versions are images."""
        self._cluster = cluster
        self._ask = ask
        self._waiting = waiting
        self._find_image = find_image
        self.say = waiting.tell

    def state(self) -> State:
        """Read the Deployment, with retries."""
        return self._waiting.until("the Deployment", self._read)

    def _read(self) -> State:
        return State.of(self._cluster.deployment())

    def require_entrance(self) -> None:
        """Raise RolloutError if the gateway refuses the API key, before a pod is started in vain."""
        require_entrance(self._ask)

    def begin(self, version: int, served: int | None, cause: str) -> Candidate:
        """Make the version the candidate beside the served one, unless it is already.

        Raises:
            Busy: Another version is the candidate.
            Overtaken: Another version is served now.
        """

        def decide(state: State) -> Json | None:
            require_none_but(version, state)
            if state.candidate and state.candidate.version == version:
                return None
            if state.served != served:  # the gate's verdict was about another one
                raise Overtaken(f"version {state.served or 'none'} is served by now, not {served}; try again")
            history = (*state.history, served) if served is not None and state.became_available else state.history
            way_back = state.image if state.version == served else None
            candidate = Candidate(version, served, 0, 0, self._waiting.clock.utc(), served_image=way_back)
            return begin(candidate, cause, history, self._mount(state, version))

        candidate = self._change(f"starting version {version}", decide).candidate
        if candidate is None:
            raise RolloutError(f"version {version} is no longer the candidate: the Deployment was changed")
        return candidate

    def hold(self, candidate: Candidate) -> None:
        """Pause the Deployment, so that the served version's pods stay beside the candidate's first pod."""
        if candidate.served is None:
            return

        def started(state: State) -> bool | str:
            # If it is paused already, later changes of the template start no pod, and the candidate's pod stays.
            has_started = state.paused or (state.progress.current and state.progress.updated > 0)
            return has_started or f"version {candidate.version}: waiting for its first pod"

        self._await(candidate.version, started)

        def decide(state: State) -> Json | None:
            self._own(state, candidate)
            return None if state.paused else hold()

        self._change("holding the other pods", decide)

    def prove(self, version: int, beats: Beats) -> None:
        """Wait until the gateway gives the recorded answers of the version.

        Raises:
            Faulty: A pod of the version crashed, or its answers differ.
        """

        def proved(state: State) -> bool | str:
            pods, leaving = serving_pods(self._cluster, state)
            raise_if_broken(pods, version)
            # A pod of an earlier, aborted candidate may still answer.
            if has_ready_pod(leaving, version):
                return f"version {version}: waiting until its former pods are gone"
            if pods and not has_ready_pod(pods, version):
                return f"version {version}: {unpulled(pods, version) or 'waiting for a pod to be ready'}"
            check(self._ask, version, beats)
            return True

        self._waiting.tell(f"version {version}: waiting for the recorded answers of {len(beats)} beats")
        self._await(version, proved, " through the gateway")
        self._waiting.tell(f"version {version} gives the recorded answers")

    def weigh(self, candidate: Candidate, weight: int, shadow: int) -> None:
        """Set the candidate's share of the requests, in percent."""

        def decide(state: State) -> Json | None:
            wanted = replace(self._own(state, candidate), weight=weight, shadow=shadow)
            return None if wanted == state.candidate else weigh(wanted)

        self._change("setting the weight", decide)
        self._waiting.tell(f"version {candidate.version}: weight {weight} %, shadow {shadow} %")

    def require(self, candidate: Candidate) -> None:
        """Raise Overtaken if this is no longer the candidate."""
        self._own(self._read(), candidate)

    def finish(self, candidate: Candidate) -> None:
        """Let the candidate replace all other pods, and wait for the end; raise Faulty if one of its pods fails."""

        def decide(state: State) -> Json | None:
            current = self._own(state, candidate)
            return None if current.finishing else finish(current, state.cause)

        self._change(f"finishing version {candidate.version}", decide)
        self.complete(candidate.version, watched=True)

    def retire(self, candidate: Candidate) -> None:
        """End the candidacy, and mark the former version as leaving, so that its last pods get no requests."""

        def decide(state: State) -> Json | None:
            self._own(state, candidate)
            return retire(candidate.served, (*state.history, candidate.version))

        self._change(f"serving version {candidate.version}", decide)

    def resume(self, version: int, *, watched: bool) -> None:
        """End a pause that does not belong to a candidate, and wait like `complete`."""
        self._change(f"going on with version {version}", lambda state: resume() if state.paused else None)
        self.complete(version, watched=watched)

    def complete(self, version: int, *, watched: bool = False) -> None:
        """Wait until all pods have the version and are available; if `watched`, raise Faulty when one fails."""

        def done(state: State) -> bool | str:
            if state.progress.stuck:
                raise RolloutError(f"version {version}: the Deployment's progress deadline has passed")
            if watched:
                raise_if_broken(serving_pods(self._cluster, state)[0], version)
            return state.progress.complete or describe(version, state.progress)

        self._await(version, done)

    def go_back(self, version: int, served: int | None, cause: str) -> None:
        """Let the former version replace this version again, and wait for the end."""

        def decide(state: State) -> Json | None:
            if state.version != version:
                return None
            known = state.candidate.served_image if state.candidate else None
            return go_back(version, served, cause, self._mount(state, served, known))

        self._change(f"going back from version {version}", decide)
        if served is not None:
            self.complete(served)

    def pods(self, state: State) -> Pods:
        """Count the ready and all pods of each version; the counts are empty if the account may not list pods."""
        return Pods.of(serving_pods(self._cluster, state)[0], state.version)

    def replica_sets(self, state: State) -> list[Json]:
        """Return the Deployment's ReplicaSets, which have its former versions."""
        try:
            return self._cluster.replica_sets(state.instance)
        except NotAllowed as error:
            raise NotAllowed(f"{error}; say which version instead: `{PROGRAM} promote VERSION --force`") from error

    def _mount(self, state: State, version: int | None, known: str | None = None) -> Mount | None:
        if version is None or not state.repository:
            return Mount(None, state.base) if state.image else None
        return Mount(known or self._find_image(state.repository, version), state.base)

    def _change(self, what: str, decide: Callable[[State], Json | None]) -> State:
        def poll() -> State | str:
            state = self._read()
            change = decide(state)
            return state if change is None else State.of(self._cluster.patch(change, state.resource))

        return self._waiting.until(what, poll)

    def _await(self, version: int, so: Callable[[State], bool | str], where: str = "") -> None:
        def poll() -> bool | str:
            state = self._read()
            if state.version != version:
                raise Overtaken(
                    f"version {version} was replaced by {state.version or 'none'} in the meantime, by somebody else"
                )
            return so(state)

        self._waiting.until(f"version {version}{where}", poll)

    def _own(self, state: State, candidate: Candidate) -> Candidate:
        if state.candidate is None or state.candidate.version != candidate.version:
            raise Overtaken(
                f"version {candidate.version} is no longer the candidate; somebody finished, aborted or replaced it"
            )
        return state.candidate


def require_none_but(version: int, state: State) -> None:
    """Raise Busy if another version is being promoted."""
    other = state.candidate
    over = other and other.finishing and state.progress.complete  # its promotion was killed at the very end
    if other and other.version != version and not over:
        raise Busy(
            f"version {other.version} is being promoted since {other.started} (weight {other.weight}): "
            f"wait, `{PROGRAM} finish` or `{PROGRAM} abort`"
        )


def describe(version: int, progress: Progress) -> str:
    """Return the progress of the version's rolling update, in words."""
    return f"version {version}: {min(progress.updated, progress.available)} of {progress.wanted} pods ready"
