"""`python -m rollout`: promote model versions, watch them, and go back."""

import os
import signal
import sys
from pathlib import Path

from rollout.commands import Commands
from rollout.errors import Refused, RolloutError
from rollout.gateway.api_key import api_key
from rollout.options import parse_options
from rollout.workflow.clock import Clock

REFUSED = 3


def main() -> None:
    """Run one command; the exit code is its result."""
    for number in (signal.SIGINT, signal.SIGTERM):  # SIGINT too, because a shell's background job ignores it
        signal.signal(number, signal.default_int_handler)
    try:
        options = parse_options(sys.argv[1:])
        key = api_key(options.key_file, os.environ)
        docker = os.environ.get("DOCKER_CONFIG")
        config = Path(docker, "config.json") if docker else None
        Commands(options, os.environ.get("KUBECONFIG"), Clock(), _say, key, config).run()
    except Refused as refused:
        print(f"rollout: {refused}", file=sys.stderr)
        sys.exit(REFUSED)
    except RolloutError as error:
        sys.exit(f"rollout: {error}")
    except KeyboardInterrupt:
        sys.exit("rollout: interrupted")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
