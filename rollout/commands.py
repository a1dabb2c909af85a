"""The commands of the tool, from their options to their output."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property, partial
from pathlib import Path

from rollout import output
from rollout.decisions import drift
from rollout.decisions.canary_analysis import Limits
from rollout.errors import Busy, Drifted, Refused, RolloutError
from rollout.gateway import client, metrics, recorded_beats
from rollout.kubernetes import authentication
from rollout.kubernetes.api import Cluster
from rollout.kubernetes.deployment import Candidate, State
from rollout.options import Options
from rollout.program import PROGRAM
from rollout.storage import Storage
from rollout.versions import version_files
from rollout.versions.volume import newest
from rollout.workflow.canary import Canary, Plan
from rollout.workflow.clock import Clock
from rollout.workflow.operations import Operations
from rollout.workflow.promotion import Promotion
from rollout.workflow.waiting import Waiting


class Commands:
    """One run of the tool; it connects to the cluster only if the command needs it."""

    def __init__(
        self,
        options: Options,
        kubeconfig: str | None,
        clock: Clock,
        say: Callable[[str], None],
        key: str | None = None,
        docker_config: Path | None = None,
    ) -> None:
        self._options = options
        self._key = key
        self._docker_config = docker_config
        self._kubeconfig = kubeconfig
        self._waiting = Waiting(clock, options.timeout, say)

    def run(self) -> None:
        """Run the command of the options."""
        command: Callable[[], None] = getattr(self, f"_{self._options.command}")
        command()

    @cached_property
    def _cluster(self) -> Cluster:
        api, namespace = authentication.connect(self._kubeconfig)
        return Cluster(api, self._options.namespace or namespace, self._options.deployment)

    @cached_property
    def _ask(self) -> client.Ask:
        url = self._options.gateway
        return client.at(url, self._key) if url else client.through(self._cluster, self._key)

    @cached_property
    def _storage(self) -> Storage:
        return Storage(self._options, self._waiting.until, self._docker_config, self._state, lambda: self._cluster)

    @cached_property
    def _operations(self) -> Operations:
        return Operations(self._cluster, self._ask, self._waiting, self._storage.image)

    @cached_property
    def _promotion(self) -> Promotion:
        return Promotion(self._operations, self._storage.versions)

    def _state(self) -> State:
        return self._operations.state()

    def _list(self) -> None:
        entries = output.version_entries(self._storage.versions.versions(), self._state())
        self._print(entries, output.table(entries))

    def _status(self) -> None:
        state = self._state()
        pods = self._operations.pods(state)
        self._print(output.status(state, pods), output.status_lines(state, pods))

    def _promote(self) -> None:
        number = self._wanted()
        if number is None:
            print("nothing to do: the training wrote no version, and a version is served already")
            return
        try:
            with self._resumable(number, f"promote {number}"), self._withdrawn(number):
                self._promotion.promote(number, self._options.tolerance, force=self._options.force)
        except (Refused, Busy) as reason:
            if not self._options.or_leave:
                raise
            print(f"version {number} is published, but not promoted: {reason}")

    def _canary(self) -> None:
        options, number = self._options, self._number(self._options.version)
        with self._resumable(number, f"canary {number} {'--auto' if options.auto else f'--weight {options.weight}'}"):
            served = self._state().served
            if served is None:
                raise RolloutError(f"nothing is served, so version {number} cannot be a canary; promote it")
            if served == number:
                raise RolloutError(f"version {number} is served already")
            candidate = self._promotion.introduce(number, options.tolerance, force=options.force)
            if options.auto:
                self._raise(candidate)
            else:
                self._promotion.operations.weigh(candidate, options.weight, options.shadow)

    def _raise(self, candidate: Candidate) -> None:
        options = self._options
        limits = Limits(options.requests, options.max_errors, options.max_disagreement, options.max_slowdown)
        canary = Canary(self._promotion, self._waiting, self._look)
        canary.raise_by_itself(candidate, Plan(options.steps, options.shadow, limits, options.patience))

    def _finish(self) -> None:
        with self._resumable(None, "finish"):
            self._promotion.finish()

    def _abort(self) -> None:
        with self._resumable(None, "abort"):
            self._promotion.abort()

    def _undo(self) -> None:
        with self._resumable(None, "undo"):
            self._promotion.undo()

    @cached_property
    def _look(self) -> Callable[[], dict[str, metrics.Sample]]:
        return partial(metrics.read, self._cluster, self._state().instance)

    def _drift(self) -> None:
        look = partial(metrics.read_one, self._ask) if self._options.gateway else self._look
        version, counters = self._asked(), metrics.Counters.since_start(look())
        if seconds := self._options.seconds:
            counters = metrics.Counters(counters.last)
            self._waiting.say(f"version {version}: counting for {seconds:g} s")
            self._waiting.clock.sleep(seconds)
            counters.look(look())
        findings = drift.findings(counters, version)
        empty = f"version {version}: no beats were counted yet, or its training recorded no reference"
        self._print(drift.as_json(findings), output.aligned(drift.rows(findings)) if findings else [empty])
        drifted = [each.what for each in findings if each.verdict == "drifted"]
        if drifted and self._options.fail:
            raise Drifted(f"version {version}: the beats differ from the training beats: {', '.join(drifted)}")

    def _asked(self) -> int:
        return client.answering(self._ask) if self._options.version is None else int(self._options.version)

    def _check(self) -> None:
        version = self._asked()
        beats = self._storage.versions.beats(version)
        for beat, got in zip(beats, recorded_beats.check(self._ask, version, beats), strict=True):
            print(f"version {version}, class {beat['label']}: {got}")

    def _pack(self) -> None:
        path = self._options.version_file
        number = version_files.read(path) if path else self._number(self._options.version)
        if number is None:
            print("nothing to do: no version was trained")
        else:
            print(f"version {number}: {self._storage.pack(number)}")

    def _unpack(self) -> None:
        for number, folder in self._storage.unpack(self._options.versions or self._in_use()):
            print(f"version {number}: {folder}")

    def _in_use(self) -> set[int]:
        state = self._state()
        former = state.candidate.served if state.candidate else None
        return {each for each in (state.served, state.version, former) if each is not None}

    def _served(self) -> None:
        text = "".join(f"{number}\n" for number in sorted(self._in_use()))
        if self._options.into:
            version_files.write(self._options.into, text)
        else:
            print(text, end="")

    def _wanted(self) -> int | None:
        """Return the version to promote; None if the training wrote none and a version is served already."""
        path = self._options.version_file
        if path is None:
            return self._number(self._options.version)
        number = version_files.read(path)
        return self._number("latest") if number is None and self._state().served is None else number

    def _number(self, version: str | int) -> int:
        return newest(self._storage.versions.versions()).number if isinstance(version, str) else version

    def _print(self, content: object, lines: list[str]) -> None:
        print(json.dumps(content, indent=2) if self._options.json else "\n".join(lines))

    @contextmanager
    def _withdrawn(self, number: int) -> Iterator[None]:
        """Undo the promotion if a Job is stopped, because the Job's next pod would train another version."""
        try:
            yield
        except KeyboardInterrupt:
            if self._options.version_file:
                self._promotion.withdraw(number, "was stopped with its Job")
            raise

    @contextmanager
    def _resumable(self, number: int | None, command: str) -> Iterator[None]:
        """After an interruption, raise an error that says how to continue."""
        try:
            yield
        except KeyboardInterrupt:
            back = "" if number is None else f", `{PROGRAM} abort` goes back"
            raise RolloutError(f"interrupted; `{PROGRAM} {command}` continues{back}") from None
