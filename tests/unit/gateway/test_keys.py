"""The file of API keys, and which requests it accepts."""

import logging
import os
from hashlib import sha256
from pathlib import Path

import pytest

from gateway.errors import TooManyRequests, Unauthorized
from gateway.security.api_keys import Key, Keys, KeysError, make_key, read
from tests.unit.gateway.conftest import Clock


def line(name: str, key: str, rate: str = "") -> str:
    return f"{name} {sha256(key.encode()).hexdigest()} {rate}\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "keys"
    path.write_text(line("ward", "first"))
    return path


@pytest.fixture
def keys(file, clock) -> Keys:
    return Keys(file, 1, clock)


def known(keys: Keys, *candidates: str) -> list[str]:
    """Which of the keys get in."""

    def gets_in(key: str) -> bool:
        try:
            return bool(keys.admit(key.encode()))
        except Unauthorized:
            return False

    return [key for key in candidates if gets_in(key)]


def test_a_generated_key_is_accepted_by_its_line(file, clock):
    key, line = make_key("clinic-7")
    assert key not in line
    file.write_text(line)
    assert Keys(file, 1, clock).admit(key.encode()) == "clinic-7"


def test_no_two_generated_keys_are_equal():
    assert len({make_key("a")[0] for _ in range(100)}) == 100


def test_a_file_has_names_hashes_rates_comments_and_empty_lines(file):
    file.write_text(f"# all of them\n\n{line('a', 'x')}  {line('b', 'y', '2.5 # slow')}{line('a', 'z')}")
    rates = [(key.name, key.rate) for key in read(file)]
    assert rates == [("a", None), ("b", 2.5), ("a", None)]
    assert read(file)[0] == Key("a", sha256(b"x").digest(), None)


HASH = sha256(b"x").hexdigest()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ward", "expected a name, a SHA-256"),
        (f"ward {HASH} 1 2", "expected a name, a SHA-256"),
        ("ward ecg_secret", "not a SHA-256"),
        (f"ward {HASH.upper()}", "not a SHA-256"),
        (f"ecg_secret/=? {HASH}", "a name has"),
        (f"{'n' * 65} {HASH}", "a name has"),
        *((f"ward {HASH} {rate}", "third word") for rate in ("0", "-1", "nan", "inf", "many", "1e9")),
    ],
)
def test_a_malformed_line_is_reported_by_its_number_and_not_quoted(file, text, message):
    file.write_text(f"{line('a', 'y')}{text}\n")
    with pytest.raises(KeysError, match=message) as caught:
        read(file)
    assert str(caught.value).startswith(f"{file}:2: ")
    assert "secret" not in str(caught.value)
    assert HASH not in str(caught.value)


def test_a_missing_or_binary_file_is_reported(tmp_path):
    with pytest.raises(KeysError, match="none: No such file"):
        read(tmp_path / "none")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    with pytest.raises(KeysError, match="not UTF-8"):
        read(tmp_path / "bytes")


@pytest.mark.parametrize(("key", "message"), [(None, "Send an API key"), (b"", "is unknown"), (b"First", "is unknown")])
def test_without_a_known_key_no_request_is_accepted(keys, key, message):
    with pytest.raises(Unauthorized, match=message):
        keys.admit(key)


def test_a_changed_file_counts_without_a_restart_after_a_second(keys, file, clock):
    assert known(keys, "first", "second") == ["first"]
    file.write_text(line("ward", "first") + line("ward", "second"))
    assert known(keys, "first", "second") == ["first"]
    clock.now += 1
    assert known(keys, "first", "second") == ["first", "second"]
    file.write_text(line("ward", "second"))
    clock.now += 1
    assert known(keys, "first", "second") == ["second"]


def test_a_file_that_replaces_another_counts_too(keys, file, clock):
    """As Kubernetes changes a mounted Secret; here even the time and the size are the same."""
    known(keys, "first")
    before, after = file.stat(), file.with_name("new")
    after.write_text(line("ward", "other"))
    os.utime(after, ns=(before.st_atime_ns, before.st_mtime_ns))
    os.replace(after, file)
    clock.now += 1
    assert known(keys, "first", "other") == ["other"]


def test_the_last_good_keys_count_while_the_file_is_broken_and_the_log_says_so_once(keys, file, clock, caplog):
    known(keys, "first")
    file.write_text("ward ecg_secret\n")
    for _ in range(3):
        clock.now += 1
        assert known(keys, "first", "ecg_secret") == ["first"]
    file.unlink()
    for _ in range(3):
        clock.now += 1
        assert known(keys, "first") == ["first"]
    errors = [record.fields["reason"] for record in caplog.records if record.levelno == logging.ERROR]
    assert [reason.removeprefix(str(file)) for reason in errors] == [
        ":1: the second word is not a SHA-256 of 64 lowercase hexadecimal digits",
        ": No such file or directory",
    ]
    file.write_text(line("ward", "third"))
    clock.now += 1
    assert known(keys, "first", "third") == ["third"]


def test_an_empty_file_accepts_no_key(keys, file, clock):
    known(keys, "first")
    file.write_text("# nobody for now\n")
    clock.now += 1
    assert known(keys, "first") == []


def test_a_file_that_is_invalid_at_the_start_is_reported_at_once(file, clock):
    file.write_text(f"{line('ward', 'first')}ward\n")
    with pytest.raises(KeysError, match=f"^{file}:2: expected a name"):
        Keys(file, 1, clock)


def test_a_key_has_a_rate_of_its_own_which_workers_share(file, clock: Clock):
    file.write_text(line("slow", "a", "4") + line("free", "b"))
    keys = Keys(file, 2, clock)
    assert [keys.admit(b"a") for _ in range(2)] == ["slow"] * 2
    with pytest.raises(TooManyRequests, match="'slow'") as caught:
        keys.admit(b"a")
    assert (caught.value.name, caught.value.seconds) == ("slow", 0.5)
    assert [keys.admit(b"b") for _ in range(100)] == ["free"] * 100


def test_a_used_up_rate_stays_used_up_when_the_file_changes(file, clock: Clock):
    file.write_text(line("slow", "a", "0.1"))
    keys = Keys(file, 1, clock)
    keys.admit(b"a")
    file.write_text(line("slow", "a", "0.1") + line("new", "b"))
    clock.now += 1
    with pytest.raises(TooManyRequests):
        keys.admit(b"a")
    file.write_text(line("slow", "a", "100"))
    clock.now += 1
    assert keys.admit(b"a") == "slow"
