"""What a gateway says of the model that it serves."""

import json
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from data.errors import DataError

TIMEOUT_SECONDS = 10


def served_length(url: str, key_file: Path | None = None) -> int:
    """Ask the gateway at `url` how many values a beat has for its model; `key_file` holds an API key."""
    address = f"{url.rstrip('/')}/model"
    headers = {"Authorization": f"Bearer {key_file.read_text().strip()}"} if key_file else {}
    try:
        with urlopen(Request(address, headers=headers), timeout=TIMEOUT_SECONDS) as answer:
            return int(json.load(answer)["features"]["count"])
    except HTTPError as error:
        raise DataError(f"{address}: {error.code} {error.reason}; is it a gateway, and is --key-file right?") from None
    except (URLError, OSError) as error:
        raise DataError(f"{address}: no answer ({getattr(error, 'reason', error)}); check the address") from None
    except (ValueError, KeyError, TypeError):
        raise DataError(f"{address}: the answer does not tell the model's length; is it a gateway?") from None
