"""`python -m gateway`: serve until SIGTERM, with the settings of the environment; `... key NAME`: make an API key."""

import os
import sys
from pathlib import Path

from gateway import keys
from gateway.server import Server
from gateway.settings import Settings, SettingsError

USAGE = """usage: python -m gateway             serve, with the settings of the environment (gateway/README.md)
       python -m gateway key NAME    make an API key: its line goes to stdout, the key itself to stderr"""


def main() -> None:
    """Do what the command line says."""
    match sys.argv[1:]:
        case []:
            serve()
        case ["key", name] if keys.NAME.fullmatch(name):
            make_key(name)
        case ["key", name]:
            sys.exit(f"gateway: {name!r} is no name: at most 64 letters, digits, dots, dashes and underscores")
        case arguments:
            help_wanted = arguments in (["-h"], ["--help"])
            print(USAGE, file=sys.stdout if help_wanted else sys.stderr)
            sys.exit(0 if help_wanted else 2)


def serve() -> None:
    """Read the settings and serve; a file of keys that cannot be used now ends the start."""
    try:
        settings = Settings.from_env(os.environ)
        if settings.api_keys_file:
            keys.read(Path(settings.api_keys_file))
    except (SettingsError, keys.KeysError) as error:
        sys.exit(f"gateway: {error}")
    Server(settings).run()


def make_key(name: str) -> None:
    """Print a key and its line, apart, so that `>> keys` adds the line alone."""
    key, line = keys.made(name)
    print(f"The key, to be sent as 'Authorization: Bearer KEY'; it is shown only now:\n{key}", file=sys.stderr)
    if sys.stdout.isatty():
        print("Its line for the file of ECG_API_KEYS_FILE; a number behind it limits the requests per second:")
    print(line)


if __name__ == "__main__":
    main()
