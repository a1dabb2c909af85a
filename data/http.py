"""HTTP sessions for the package: with the system's certificates and the proxies of the environment."""

import ssl

import requests


def open_session() -> requests.Session:
    """Return a session that trusts the system's certificate authorities instead of the list that requests ships.

    So a company's own authority works once the system trusts it, or SSL_CERT_FILE names it.
    """
    session = requests.Session()
    paths = ssl.get_default_verify_paths()
    session.verify = paths.cafile or paths.capath or True
    return session


def cause(error: BaseException) -> str:
    """Return the message of the innermost error; the outer ones repeat the address or print objects."""
    while error.__context__ is not None:
        error = error.__context__
    return str(error) or type(error).__name__
