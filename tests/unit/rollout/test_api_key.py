"""The API key: where it comes from, and that the gateway is shown it."""

import pytest

from rollout.errors import RolloutError
from rollout.gateway.api_key import api_key


def test_the_option_for_the_key_file_replaces_the_environment(tmp_path):
    file, other = tmp_path / "key", tmp_path / "other"
    file.write_text("one\n")
    other.write_text("three\n")
    environment = {"ECG_API_KEY": "two", "ECG_API_KEY_FILE": str(other)}
    assert api_key(file, environment) == "one"
    assert api_key(None, environment) == "two"
    assert api_key(None, environment | {"ECG_API_KEY": ""}) == "three"
    assert api_key(None, {"ECG_API_KEY_FILE": ""}) is None


@pytest.mark.parametrize("content", [b"", b"\n", b"secret\ntwo\n", b"\xff\xfe", "schlüssel".encode()])
def test_an_invalid_key_is_reported_without_being_shown(tmp_path, content):
    file = tmp_path / "key"
    file.write_bytes(content)
    with pytest.raises(RolloutError, match=f"{file}: ") as caught:
        api_key(file, {})
    assert "secret" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(RolloutError, match="no-key: the API key cannot be read"):
        api_key(None, {"ECG_API_KEY_FILE": str(tmp_path / "no-key")})


@pytest.mark.parametrize("text", ["secret\n two", "secr\u0142t", "\n"])
def test_a_key_of_the_environment_has_the_same_rules(text):
    with pytest.raises(RolloutError, match="ECG_API_KEY: an API key must be one line") as caught:
        api_key(None, {"ECG_API_KEY": text})
    assert "sec" not in str(caught.value)
    assert api_key(None, {"ECG_API_KEY": "secret\n"}) == "secret"
