"""HTTP as all of `data` speaks it: with the system's certificates and the proxies of the environment."""

import ssl

import requests


def open_session() -> requests.Session:
    """Return a session that trusts the certificate authorities of the system, where requests brings a list of its own.

    An authority of one's own house is thus known here once it is known to the system, or named by SSL_CERT_FILE.
    """
    session = requests.Session()
    paths = ssl.get_default_verify_paths()
    session.verify = paths.cafile or paths.capath or True
    return session


def cause(error: BaseException) -> str:
    """Return what the innermost error says; the ones around it repeat the address, or show objects."""
    while error.__context__ is not None:
        error = error.__context__
    return str(error) or type(error).__name__
