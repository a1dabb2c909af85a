"""`make screenshots`: a screenshot of each state, with synthetic ECGs."""

from io import BytesIO

import pytest
from PIL import Image

from scripts.made_ecg import CUT, make, write_beats, write_record
from scripts.screenshots import PHONE, saved, take
from tests.browser.conftest import CHROMIUM


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not here; install it with: apt-get install chromium")
def test_a_state_is_written_as_a_small_picture(gateway, tmp_path):
    record = write_record(tmp_path, "made", make(20, seed=1))
    [path] = take(f"http://127.0.0.1:{gateway.port}/", record, tmp_path / "pictures", ["recording-phone"])
    with Image.open(path) as image:
        assert image.size == PHONE
        assert len(image.convert("RGB").getcolors() or []) > 20  # neither blank nor one sentence
    assert path.stat().st_size < 300_000


def test_a_small_mark_keeps_its_colour(tmp_path):
    mark, content = (179, 68, 10), BytesIO()
    picture = Image.new("RGB", (600, 600))
    picture.putdata([(grey, grey, grey) for grey in range(255, -1, -1)] * 1400 + [(255, 255, 255)] * 1600)
    picture.paste(mark, (300, 300, 304, 304))
    picture.save(content, "PNG")
    with Image.open(saved(content.getvalue(), tmp_path / "picture.png")) as image:
        assert image.convert("RGB").getpixel((302, 302)) == mark


def test_the_synthetic_beats_are_of_both_kinds_and_of_all_people(tmp_path):
    header, *rows = write_beats(tmp_path / "made.csv", people=2, seconds=30).read_text().splitlines()
    assert header.split(",") == [*CUT.names, "label", "person"]
    assert {tuple(row.split(",")[-2:]) for row in rows} == {(label, f"p{n}") for label in "NV" for n in (0, 1)}
