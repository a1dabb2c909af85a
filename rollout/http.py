"""Plain HTTP requests and their answers."""

from dataclasses import dataclass
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

from rollout.errors import NotAnswering

SECONDS = 30
OPENER = build_opener(ProxyHandler({}))  # a proxy of the environment is for the world outside


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers and body, whatever the status."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body, to be quoted."""
        return self.body.decode(errors="replace")[:500]

    def header(self, name: str) -> str:
        """Return a header by its name in any case, or the empty string."""
        return next((value for key, value in self.headers.items() if key.lower() == name.lower()), "")


def ask(url: str, body: bytes | None, headers: dict[str, str]) -> Answer:
    """Ask once; NotAnswering if there is no answer at all."""
    try:
        with OPENER.open(Request(url, body, headers), timeout=SECONDS) as answer:
            return Answer(answer.status, dict(answer.headers), answer.read())
    except HTTPError as error:
        return Answer(error.code, dict(error.headers), error.read())
    except (OSError, HTTPException) as error:
        raise NotAnswering(f"{url}: {getattr(error, 'reason', error)}") from error
