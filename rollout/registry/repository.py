"""A client of one repository in an image registry; the only module with the OCI protocol's paths and codes."""

import functools
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any
from urllib.parse import urljoin

import requests
from oras.auth import TokenAuth
from oras.container import Container
from oras.provider import Registry

from rollout.errors import NotAllowed, NotAnswering, NotThere, RolloutError
from rollout.registry.packing import INDEX, MANIFEST, Blob

SECONDS = 30
# By the OCI distribution specification; a registry's name has a dot or a port, or is localhost.
NAME = re.compile(
    r"(localhost|[\w-]+(\.[\w-]+)+|[\w.-]+:\d+|\[[\da-fA-F:]+\](:\d+)?)(:\d+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)+"
)

Json = dict[str, Any]
Until = Callable[[str, Callable[[], Any]], Any]  # retries while there is no answer, and reports it


class Repository:
    """Tags, manifests and blobs of `REGISTRY/PATH`; `config` is a Docker client's config.json with credentials."""

    def __init__(self, name: str, until: Until, *, plain_http: bool = False, config: Path | None = None) -> None:
        if not NAME.fullmatch(name):
            raise RolloutError(f"{name!r} is not a repository; give it as REGISTRY/PATH, without a tag")
        self.name = name
        self._container = Container(name)
        self._registry = _Registry(until, plain_http)
        self._registry.auth.load_configs(self._container, configs=[str(config)] if config and config.exists() else None)

    def tags(self) -> list[str]:
        """Return all tags; none if the repository does not exist yet."""
        return list(self._pages())

    def digest(self, tag: str) -> str | None:
        """Return the digest of a tag; None if the tag does not exist."""
        try:
            return str(
                self._call("HEAD", self._container.manifest_url(tag), accept=INDEX).headers["Docker-Content-Digest"]
            )
        except NotThere:
            return None

    def manifest(self, reference: str) -> Json:
        """Read an index or a manifest, by tag or digest. Raises NotThere."""
        manifest: Json = self._call(
            "GET", self._container.manifest_url(reference), accept=f"{INDEX}, {MANIFEST}"
        ).json()
        return manifest

    def blob(self, digest: str) -> bytes:
        """Read a blob. Raises NotThere."""
        blob = Blob("", self._call("GET", self._container.get_blob_url(digest)).content)
        if blob.digest != digest:
            raise RolloutError(f"{self.name}: the content of {digest} has another digest, {blob.digest}")
        return blob.content

    def push_blob(self, blob: Blob) -> None:
        """Upload a blob, unless it exists already."""
        with NamedTemporaryFile() as file:  # the library only uploads files
            file.write(blob.content)
            file.flush()
            _checked(self._registry.upload_blob(file.name, self._container, blob.descriptor), self.name)

    def push_manifest(self, reference: str, manifest: Blob) -> None:
        """Upload an index or a manifest under a tag or its digest."""
        url = self._container.manifest_url(reference)
        self._call("PUT", url, {"Content-Type": manifest.media_type}, manifest.content)

    def require_push(self) -> None:
        """Raise NotAllowed if uploads are not allowed."""
        begun = self._call("POST", self._container.upload_blob_url())
        # A registry without support for this lets the upload expire.
        self._registry.do_request(urljoin(begun.url, begun.headers["Location"]), "DELETE")

    def _pages(self) -> Iterator[str]:
        url: str | None = self._container.tags_url()
        while url:
            try:
                page = self._call("GET", url)
            except NotThere:
                return
            yield from page.json().get("tags") or []
            following = page.links.get("next", {}).get("url")
            url = following and urljoin(page.url, following)

    def _call(
        self,
        method: str,
        url: str,
        headers: dict[str, str] | None = None,
        content: bytes | None = None,
        accept: str = "*/*",
    ) -> requests.Response:
        whole = url if "://" in url else f"{self._registry.prefix}://{url}"
        answer = self._registry.do_request(whole, method, data=content, headers={"Accept": accept, **(headers or {})})
        return _checked(answer, self.name)


class _Registry(Registry):  # type: ignore[misc]
    """The library's class with reported instead of silent retries, and with a timeout."""

    def __init__(self, until: Until, plain_http: bool) -> None:
        super().__init__(insecure=plain_http)
        self._until = until
        self.auth = _Authentication()
        self.auth.session, self.auth.prefix, self.auth._tls_verify = self.session, self.prefix, True
        self.session.request = functools.partial(self.session.request, timeout=SECONDS)

    def do_request(self, url: str, *arguments: Any, **named: Any) -> requests.Response:
        def poll() -> requests.Response:
            try:
                answer = Registry.do_request.__wrapped__(self, url, *arguments, **named)
            except requests.RequestException as error:
                raise NotAnswering(f"{url}: {error}") from error
            except ValueError as error:  # the credentials are missing or insufficient
                raise NotAllowed(f"{url}: refused; `docker login` gives credentials, or DOCKER_CONFIG") from error
            if answer.status_code == 429 or answer.status_code >= 500:
                raise NotAnswering(f"{url}: {answer.status_code} {answer.text[:200]}")
            return answer  # type: ignore[no-any-return]

        return self._until("the registry", poll)  # type: ignore[no-any-return]


class _Authentication(TokenAuth):  # type: ignore[misc]
    """The library's token authentication, and basic authentication for registries that require it."""

    def authenticate_request(
        self, original: requests.Response, headers: dict[str, str], refresh: bool = False
    ) -> tuple[dict[str, str], bool]:
        challenge = original.headers.get("Www-Authenticate", "")
        if not challenge.lower().startswith("basic"):
            return super().authenticate_request(original, headers, refresh)  # type: ignore[no-any-return]
        password = getattr(self, "_basic_auth", None)
        return ({**headers, "Authorization": f"Basic {password}"}, True) if password else (headers, False)


def _checked(answer: requests.Response, name: str) -> requests.Response:
    """Return a successful answer; raise NotThere, NotAllowed, or RolloutError with the registry's message."""
    if answer.ok:
        return answer
    words = f"{name}: the registry answers {answer.status_code} to {answer.request.method}: {answer.text[:300]}".strip()
    raise {401: NotAllowed, 403: NotAllowed, 404: NotThere}.get(answer.status_code, RolloutError)(words)
