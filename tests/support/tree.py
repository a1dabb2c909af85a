"""The three components as they are deployed: a training that publishes, a model server, a gateway."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.golden.process import ServerProcess
from tests.golden.process import running as running_server
from tests.support.beats.made_beats import write_beats
from tests.support.gateway.gateway_process import ROOT, Gateway, Load, asked_all_the_time
from tests.support.gateway.gateway_process import running as running_gateway


@dataclass
class Tree:
    """A model base path, a model server on it and a gateway before that."""

    folder: Path
    stack: ExitStack
    server: ServerProcess = field(init=False)
    gateway: Gateway = field(init=False)

    @property
    def base(self) -> Path:
        return self.folder / "models" / "ecg"

    def train(self, labels: tuple[int, ...] = (0, 1), length: int = 12) -> int:
        """Publish a version for synthetic beats and return its number."""
        return self.train_on(write_beats(self.folder / "beats.csv", labels * 40, length))

    def train_on(self, data: Path) -> int:
        """Publish a version for the beats of a file and return its number."""
        paths = ["--data", str(data), "--models", str(self.base)]
        command = [sys.executable, "-m", "training", *paths, "--epochs", "3"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        return int(done.stdout.splitlines()[-1].rpartition("/")[2])

    def serve(self) -> None:
        """Start the model server, on the socket that the gateway calls."""
        flags = ("--model_name=ecg", f"--model_base_path={self.base}", "--port=0", f"--grpc_socket_path={self.socket}")
        self.server = self.stack.enter_context(running_server(self.folder / "server.log", *flags))
        self.server.says("gRPC listening on /")

    @property
    def socket(self) -> Path:
        return self.folder / "serving.sock"

    def examples(self, version: int) -> list[dict[str, Any]]:
        """Held-back beats with the trained network's own answers."""
        examples: list[dict[str, Any]] = json.loads(
            (self.base / str(version) / "assets.extra" / "beats.json").read_text()
        )
        return examples

    def asked_all_the_time(self, version: int) -> AbstractContextManager[Load]:
        """Clients that ask for the example beats of `version` until the end of the block, and leave room to train."""
        beats = [{"features": each["features"]} for each in self.examples(version)]
        return asked_all_the_time(self.gateway, beats, pause=0.02)


@contextmanager
def running_tree(folder: Path, trained: Path) -> Iterator[Tree]:
    """Serve a copy of the trained versions in `folder`, with a gateway of two workers before it."""
    with ExitStack() as stack:
        tree = Tree(folder, stack)
        shutil.copytree(trained, tree.base)
        tree.serve()
        tree.gateway = stack.enter_context(running_gateway(f"unix:{tree.socket}", workers=2))
        yield tree
