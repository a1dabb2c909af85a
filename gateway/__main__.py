"""`python -m gateway`: serve until SIGTERM, configured by environment variables; `... key NAME`: make an API key."""

import os
import sys
from pathlib import Path
from typing import TextIO

from gateway.security import api_keys as keys
from gateway.server import Server
from gateway.settings import Settings, SettingsError
from gateway.telemetry import tracing

PROGRAM = f"{os.environ.get('ECG_COMMAND', 'python -m')} gateway"  # set by the launcher `ecg`
USAGE = f"""usage: {PROGRAM}             serve; environment variables are the settings (see gateway/README.md)
       {PROGRAM} key NAME    make an API key: print its line for the key file to stdout, the key to stderr"""


def main() -> None:
    """Run the command of the command line."""
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
    """Read the settings and serve; exit with a message if a setting or the key file is invalid."""
    try:
        settings = Settings.from_env(os.environ)
        if settings.api_keys_file:
            keys.read(Path(settings.api_keys_file))
        Server(settings, tracing.export_protocol(os.environ)).run()
    except (SettingsError, keys.KeysError) as error:
        sys.exit(f"gateway: {error}")


def make_key(name: str) -> None:
    """Print the key to stderr and its line to stdout, so that `>> keys 2> key` separates them; explain on a tty."""
    key, line = keys.make_key(name)
    _print(sys.stderr, "Send this key as 'Authorization: Bearer KEY'. It is shown only once:", key)
    _print(sys.stdout, "Add this line to the key file. A number after it limits the requests per second:", line)


def _print(stream: TextIO, sentence: str, text: str) -> None:
    print(f"{sentence}\n{text}" if stream.isatty() else text, file=stream)


if __name__ == "__main__":
    main()
