"""Downloads from a mirror that drops connections, stalls, cannot resume or sends other content."""

import io
import os
import socket
import time
import zipfile
from contextlib import suppress
from dataclasses import replace

import pytest

from data.errors import DataError
from data.http import open_session
from data.sources.download import SOURCES, Known, Source, download
from tests.support.mirror import MODIFIED, Mirror, answer, rest

BODY = b"0.5,1.5,1\n2.5,3.5,0\n4.5,5.5,1\n" * 100
OTHER_DAY = "Tue, 02 Jan 2024 10:00:00 GMT"


@pytest.fixture
def source(mirror: Mirror) -> Source:
    return Source(mirror.url, "beats.csv", (Known("beats.csv", "last", {0: 100, 1: 200}, values=2),))


@pytest.fixture
def begun(mirror, source, tmp_path):
    """A download with the first half of the file."""
    mirror.answers = [answer(BODY, missing=len(BODY) // 2)]
    with pytest.raises(DataError, match="stopped after 1,500 bytes"):
        download(source, tmp_path, timeout=5)
    return tmp_path / "beats.csv.part"


def test_a_file_gets_its_name_only_when_it_is_complete(mirror, source, tmp_path):
    mirror.answers = [answer(BODY)]
    folder = tmp_path / "new" / "folder"
    assert download(source, folder, timeout=5) == [folder / "beats.csv"]
    assert (folder / "beats.csv").read_bytes() == BODY
    assert os.listdir(folder) == ["beats.csv"]


def test_a_drop_in_the_middle_is_resumed_where_it_was(mirror, source, begun):
    mirror.answers.append(rest(BODY, 1500))
    (path,) = download(source, begun.parent, timeout=5)
    assert path.read_bytes() == BODY
    assert mirror.requests[1]["Range"] == "bytes=1500-"
    assert mirror.requests[1]["If-Range"] == MODIFIED


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param([answer(BODY)], id="no ranges"),
        pytest.param([answer(b"range", 416), answer(BODY)], id="range refused"),
        pytest.param([rest(b"x" * 3000, 1500, Last_Modified=OTHER_DAY), answer(BODY)], id="file changed"),
        pytest.param([rest(BODY, 1000), answer(BODY)], id="another range"),
    ],
)
def test_a_download_that_cannot_resume_starts_over(mirror, source, begun, answers):
    mirror.answers += answers
    (path,) = download(source, begun.parent, timeout=5)
    assert path.read_bytes() == BODY


def test_the_file_of_a_killed_download_is_not_resumed(mirror, source, begun):
    os.utime(begun)
    mirror.answers += [rest(BODY, 1500), answer(BODY)]
    (path,) = download(source, begun.parent, timeout=5)
    assert path.read_bytes() == BODY
    assert mirror.requests[2]["Range"] is None


def test_an_error_response_keeps_the_partial_file(mirror, source, begun):
    mirror.answers.append(answer(b"gone", 404))
    with pytest.raises(DataError, match="the server answers 404 Not Found; check the address"):
        download(source, begun.parent, timeout=5)
    assert begun.stat().st_size == 1500


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<html>\n<p>Sign in, please</p>\n</html>\n", "this is a web page"),
        (BODY + BODY, "these rows per class: {0: 200, 1: 400}; expected 2 and {0: 100, 1: 200}"),
        (BODY.replace(b"0.5", b"0.5,0.5").replace(b"2.5", b"2.5,0").replace(b"4.5", b"4.5,0"), "has 3 values per row"),
        (b"", "empty"),
    ],
)
def test_something_else_never_gets_the_name(mirror, source, tmp_path, body, reason):
    mirror.answers = [answer(body)]
    with pytest.raises(DataError, match=f"{mirror.url} has other content than expected") as caught:
        download(source, tmp_path, timeout=5)
    assert reason in str(caught.value)
    assert os.listdir(tmp_path) == []


def test_a_silent_server(mirror, source, tmp_path):
    mirror.answers = [mirror.silence]
    with pytest.raises(DataError, match=r"stopped after 0 bytes \(timed out\); run the same command again"):
        download(source, tmp_path, timeout=0.05)


def test_a_server_that_falls_silent_midway(mirror, source, tmp_path):
    def stall(handler):
        answer(BODY, missing=1500)(handler)
        mirror.silence(handler)

    mirror.answers = [stall, rest(BODY, 1500)]
    with pytest.raises(DataError, match=r"stopped after 1,500 bytes \(timed out\); run the same command again"):
        download(source, tmp_path, timeout=0.5)
    assert download(source, tmp_path, timeout=5)[0].read_bytes() == BODY


def test_no_server_and_no_address(mirror, source, tmp_path):
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        with pytest.raises(DataError, match="refused"):
            download(replace(source, url=f"http://127.0.0.1:{deaf.getsockname()[1]}/"), tmp_path, timeout=5)
    for url in ("nothing", "ftp://127.0.0.1/beats", "http://", "http://a..b/"):
        with pytest.raises(DataError, match=f"{url}: not an address to fetch from .*; give http://HOST/FILE"):
            download(replace(source, url=url), tmp_path, timeout=5)


def test_a_full_disk_and_a_lost_connection_have_different_errors(mirror, source, tmp_path):
    (tmp_path / "beats.csv.part").symlink_to("/dev/full")
    mirror.answers = [answer(BODY)]
    with pytest.raises(DataError, match=r"beats.csv.part: cannot be written after 0 bytes \(No space left on device\)"):
        download(source, tmp_path, timeout=5)


def test_a_file_is_requested_without_compression(mirror, source, tmp_path):
    mirror.answers = [answer(BODY, Last_Modified="yesterday")]
    (path,) = download(source, tmp_path, timeout=5)
    assert path.read_bytes() == BODY
    assert mirror.requests[0]["Accept-Encoding"] == "identity"


def test_the_authorities_that_the_system_trusts_are_trusted(monkeypatch, write):
    own = write("", "own.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(own))
    assert open_session().verify == str(own)


def test_a_trickle_ends_at_the_deadline_and_is_kept(mirror, source, tmp_path):
    def trickle(handler):
        answer(BODY, missing=len(BODY) - 10)(handler)
        with suppress(ConnectionError):
            while not mirror.closing.wait(0.005):
                handler.wfile.write(b"0")

    mirror.answers = [trickle]
    with pytest.raises(DataError, match="it takes too long"):
        download(source, tmp_path, timeout=5, deadline=time.monotonic() + 0.1)
    assert (tmp_path / "beats.csv.part").stat().st_size >= 10


def zip_of(**texts: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in texts.items():
            archive.writestr(name.replace("_txt", ".txt"), text)
    return packed.getvalue()


def test_a_zip_becomes_one_table_per_text(mirror, tmp_path):
    files = (Known("A_TRAIN.tsv", "first", {1: 2}, values=2), Known("A_TEST.tsv", "first", {2: 1}, values=2))
    source = Source(mirror.url, "A.zip", files)
    train = "  1.0000000e+00  -1.5e-01   2.5\n" * 2
    mirror.answers = [answer(zip_of(A_TRAIN_txt=train, A_TEST_txt="2 0.5 1\n"))]
    assert download(source, tmp_path, timeout=5) == [tmp_path / "A_TRAIN.tsv", tmp_path / "A_TEST.tsv"]
    assert (tmp_path / "A_TRAIN.tsv").read_text() == "1.0000000e+00\t-1.5e-01\t2.5\n" * 2
    assert sorted(os.listdir(tmp_path)) == ["A_TEST.tsv", "A_TRAIN.tsv"]


@pytest.mark.parametrize("body", [BODY, zip_of(A_TRAIN_txt="1 0.5 1\n")])
def test_an_unexpected_zip_file_leaves_no_files(mirror, tmp_path, body):
    files = (Known("A_TRAIN.tsv", "first", {1: 1}, values=2), Known("A_TEST.tsv", "first", {2: 1}, values=2))
    mirror.answers = [answer(body)]
    with pytest.raises(DataError, match="not the expected zip file"):
        download(Source(mirror.url, "A.zip", files), tmp_path, timeout=5)
    assert os.listdir(tmp_path) == []


def test_the_public_files_have_the_expected_content(mirror, real_data, tmp_path):
    mirror.answers = [answer((real_data / "ecg.csv.gz").read_bytes())]
    (path,) = download(replace(SOURCES["ecg"], url=mirror.url), tmp_path, timeout=5)
    assert path.name == "ecg.csv"
