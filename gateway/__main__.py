"""`python -m gateway`: serve until SIGTERM, with the settings of the environment."""

import os
import sys

from gateway.server import Server
from gateway.settings import Settings, SettingsError


def main() -> None:
    """Read the settings and serve."""
    try:
        settings = Settings.from_env(os.environ)
    except SettingsError as error:
        sys.exit(f"gateway: {error}")
    Server(settings).run()


if __name__ == "__main__":
    main()
