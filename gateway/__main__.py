"""`python -m gateway`: serve until SIGTERM, with the settings of the environment; `... key NAME`: make an API key."""

import os
import sys
from pathlib import Path
from typing import TextIO

from gateway.security import api_keys as keys
from gateway.server import Server
from gateway.settings import Settings, SettingsError
from gateway.telemetry import tracing

PROGRAM = f"{os.environ.get('ECG_COMMAND', 'python -m')} gateway"  # set by the launcher `ecg`
USAGE = f"""usage: {PROGRAM}             serve, with the settings of the environment (gateway/README.md)
       {PROGRAM} key NAME    make an API key: its line goes to stdout, the key itself to stderr"""


def main() -> None:
    """Do what the command line says."""
    match sys.argv[1:]:
        case []:
            serve()
        case ["key", name] if keys.NAME.fullmatch(name):
            make_key(name)
        case ["key", name]:
            sys.exit(f"gateway: {name!r} is not a name of 1 to 64 letters, digits, dots, dashes and underscores")
        case arguments:
            help_wanted = arguments in (["-h"], ["--help"])
            print(USAGE, file=sys.stdout if help_wanted else sys.stderr)
            sys.exit(0 if help_wanted else 2)


def serve() -> None:
    """Read the settings and serve; a setting or a file of keys that cannot be used ends the start with a sentence."""
    try:
        settings = Settings.from_env(os.environ)
        if settings.api_keys_file:
            keys.read(Path(settings.api_keys_file))
        Server(settings, tracing.wanted(os.environ)).run()
    except (SettingsError, keys.KeysError) as error:
        sys.exit(f"gateway: {error}")


def make_key(name: str) -> None:
    """Print a key and its line apart, so that `>> keys 2> key` has each alone; a terminal gets a sentence with each."""
    key, line = keys.made(name)
    _print(sys.stderr, "The key, to be sent as 'Authorization: Bearer KEY' and shown only now:", key)
    _print(sys.stdout, "Its line for the file of keys; a number behind it limits the requests per second:", line)


def _print(stream: TextIO, sentence: str, text: str) -> None:
    print(f"{sentence}\n{text}" if stream.isatty() else text, file=stream)


if __name__ == "__main__":
    main()
