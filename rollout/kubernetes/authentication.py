"""Authentication: by the given kubeconfig, otherwise in a pod by its service account, otherwise by ~/.kube/config."""

from contextlib import suppress
from pathlib import Path

from kubernetes import client, config
from kubernetes.config.config_exception import ConfigException

from rollout.errors import RolloutError

POD_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


def connect(kubeconfig: str | None) -> tuple[client.ApiClient, str]:
    """Return a client and the default namespace. Raises RolloutError if there is no usable kubeconfig."""
    settings = client.Configuration()
    if not kubeconfig:
        with suppress(ConfigException):  # not in a pod
            config.load_incluster_config(settings)  # type: ignore[no-untyped-call]
            return client.ApiClient(settings), POD_NAMESPACE.read_text().strip()
    try:
        config.load_kube_config(kubeconfig, client_configuration=settings)  # type: ignore[no-untyped-call]
        _, context = config.list_kube_config_contexts(kubeconfig)  # type: ignore[no-untyped-call]
    except ConfigException as error:
        raise RolloutError(f"no cluster is configured: {error}; set KUBECONFIG") from error
    return client.ApiClient(settings), context["context"].get("namespace") or "default"
