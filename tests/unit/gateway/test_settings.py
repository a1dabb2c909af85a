import re
from dataclasses import asdict, fields
from pathlib import Path

import pytest

import gateway
from gateway.settings import Settings, SettingsError

README = Path(gateway.__file__).parent / "README.md"
NAMES = [f"ECG_{field.name.upper()}" for field in fields(Settings)]


@pytest.mark.parametrize("field", fields(Settings), ids=lambda field: field.name)
def test_every_setting_is_documented_with_its_default(field):
    default = f"`{field.default}`" if field.default != "" else "none"
    assert f"| `ECG_{field.name.upper()}` | {default} |" in README.read_text()


def test_only_settings_are_documented():
    assert set(re.findall(r"`(ECG_\w+)`", README.read_text())) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_no_setting_collides_with_kubernetes_service_variables(name):
    assert not re.search(r"_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT|PORT_\d+_(TCP|UDP|SCTP)(_\w+)?)$", name)


def test_every_setting_is_read_from_its_variable():
    texts = {str: "debug", int: "4", float: "0.25"}
    env = {f"ECG_{field.name.upper()}": texts[type(field.default)] for field in fields(Settings)}
    env["ECG_CORS_ORIGINS"] = "https://a.example,http://b.example:8080"
    env |= {"ECG_LISTEN": "[::1]:80", "ECG_MANAGEMENT_LISTEN": ":81"}
    read = asdict(Settings.from_env(env | {"ECG_SERVING_PORT": "tcp://10.0.0.1:8500", "PATH": "/bin"}))
    assert [str(value) for value in read.values()] == list(env.values())


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("ECG_WORKERS", "two", "a whole number"),
        ("ECG_WORKERS", "0", "from 1 to"),
        ("ECG_DEADLINE_SECONDS", "soon", "a number"),
        ("ECG_DEADLINE_SECONDS", "nan", "from 0.001 to"),
        ("ECG_DEADLINE_SECONDS", "-1", "from 0.001 to"),
        ("ECG_RETRY_ATTEMPTS", "6", "from 1 to 5"),
        ("ECG_LOG_LEVEL", "loud", "one of debug, info"),
        ("ECG_MODEL_NAME", " ", "is empty"),
        ("ECG_ABSTAIN_BELOW", "1.1", "from 0 to 1"),
        ("ECG_CORS_ORIGINS", "https://a.example/", "origins such as"),
        ("ECG_CORS_ORIGINS", "a.example", "origins such as"),
        ("ECG_KEEP_ALIVE_SECONDS", "0", "from 1 to 3600"),
        ("ECG_KEEP_ALIVE_SECONDS", "3601", "from 1 to 3600"),
        ("ECG_LISTEN", "5000", "host:port such as"),
        ("ECG_LISTEN", "http://127.0.0.1:5000", "host:port such as"),
        ("ECG_LISTEN", "[::1:5000", "host:port such as"),
        ("ECG_MANAGEMENT_LISTEN", "127.0.0.1", "host:port such as"),
    ],
)
def test_an_invalid_setting_is_named_with_its_value(name, value, wanted):
    with pytest.raises(SettingsError, match=f"^{name}.*{wanted}"):
        Settings.from_env({name: value})


@pytest.mark.parametrize(
    "address", ["[::]:5000", ":5000", "*:0", "::1:80", "0.0.0.0:80", "gateway.example:80", "fd://3"]
)
def test_addresses_to_listen_on(address):
    read = Settings.from_env({"ECG_LISTEN": address, "ECG_MANAGEMENT_LISTEN": address})
    assert (read.listen, read.management_listen) == (address, address)


def test_an_empty_setting_switches_the_management_listener_off():
    assert Settings.from_env({"ECG_MANAGEMENT_LISTEN": ""}) == Settings()
