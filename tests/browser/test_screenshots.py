"""`make screenshots`: a screenshot of each state, with synthetic ECGs."""

import pytest
from PIL import Image

from scripts.made_ecg import CUT, make, write_beats, write_record
from scripts.screenshots import PHONE, take
from tests.browser.conftest import CHROMIUM


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not here; install it with: apt-get install chromium")
def test_a_state_is_written_as_a_small_picture(gateway, tmp_path):
    record = write_record(tmp_path, "made", make(20, seed=1))
    [path] = take(f"http://127.0.0.1:{gateway.port}/", record, tmp_path / "pictures", ["recording-phone"])
    with Image.open(path) as image:
        assert image.size == PHONE
        assert len(image.convert("RGB").getcolors() or []) > 20  # neither blank nor one sentence
    assert path.stat().st_size < 300_000


def test_the_synthetic_beats_are_of_both_kinds_and_of_all_people(tmp_path):
    header, *rows = write_beats(tmp_path / "made.csv", people=2, seconds=30).read_text().splitlines()
    assert header.split(",") == [*CUT.names, "label", "person"]
    assert {tuple(row.split(",")[-2:]) for row in rows} == {(label, f"p{n}") for label in "NV" for n in (0, 1)}
