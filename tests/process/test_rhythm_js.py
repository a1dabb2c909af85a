"""What the page works out without a browser: RR intervals, heart rates, the points of the rhythm line, links, times."""

import json
import math
import re
import shutil
import statistics
import subprocess
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).with_name("rhythm.mjs")
RATE = 100
DAY = 86_400


@pytest.fixture(scope="module")
def call():
    """Call one of the functions in node."""
    program = shutil.which("node")
    if program is None:
        pytest.skip("node is not installed, which runs the page's modules")

    def run(name: str, *given: Any) -> Any:
        asked = json.dumps([[name, *given]]).encode()
        return json.loads(
            subprocess.run([program, str(SCRIPT)], input=asked, check=True, capture_output=True, timeout=120).stdout
        )[0]

    return run


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0:00:00.0"), (13.9, "0:00:13.9"), (59.96, "0:01:00.0"), (75.3, "0:01:15.3"), (86399.94, "23:59:59.9")],
)
def test_a_moment_has_hours_minutes_and_seconds(call, seconds, words):
    assert call("clock", seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(13.9, "13.9 s"), (59.96, "1 min 0.0 s"), (1805.6, "30 min 5.6 s"), (3599.99, "1 h 0 min"), (DAY, "24 h 0 min")],
)
def test_how_long_something_takes_has_units(call, seconds, words):
    assert call("duration", seconds).replace("\N{NO-BREAK SPACE}", " ") == words


def wave(seconds: float) -> list[float | None]:
    """Samples that all differ from the one before."""
    return [math.sin(number) for number in range(round(seconds * RATE))]


def test_rr_intervals_are_counted_from_peak_to_peak(call):
    assert call("intervals", wave(4), RATE, [10, 90, 180, 300]) == [None, 0.8, 0.9, 1.2]
    assert call("intervals", wave(4), RATE, []) == []


def test_a_gap_or_a_flat_line_breaks_the_interval_that_it_is_in(call):
    samples = wave(6)
    samples[120] = None
    samples[210:320] = [0.5] * 110
    samples[330:420] = [0.5] * 90  # no longer than a second: part of an ECG
    assert call("intervals", samples, RATE, [10, 90, 150, 200, 325, 425]) == [None, 0.8, None, 0.5, None, 1.0]


def test_single_early_beats_hardly_change_the_heart_rate(call):
    steady = [None] + [0.8] * 100
    early = list(steady)
    early[50:52] = [0.4, 1.2]
    rates = call("summary", steady)["rate"], call("summary", early)["rate"]
    assert [rate["median"] for rate in rates] == pytest.approx([75, 75])
    assert rates[0]["lowest"]["value"] == pytest.approx(75)
    assert 70 < rates[1]["lowest"]["value"] < rates[1]["highest"]["value"] < 80


def test_in_bigeminy_the_heart_rate_is_that_of_all_beats(call):
    assert call("summary", [None] + [0.5, 1.1] * 50)["rate"]["median"] == pytest.approx(75)


def test_the_heart_rate_is_the_median_of_means_of_successive_intervals(call):
    intervals = [0.6 + 0.3 * abs(math.sin(number / 7)) for number in range(200)]
    summary = call("summary", [None, *intervals])
    rates = [60 / statistics.fmean(intervals[at : at + 10]) for at in range(191)]
    assert summary["rate"]["over"] == 10
    assert summary["rate"]["median"] == pytest.approx(statistics.median(rates))
    assert summary["rate"]["highest"]["value"] == pytest.approx(max(rates))
    assert summary["rate"]["lowest"]["value"] == pytest.approx(min(rates))
    assert summary["rr"]["median"] == pytest.approx(statistics.median(intervals))
    assert summary["rr"]["highest"] == {"value": max(intervals), "place": 1 + intervals.index(max(intervals))}


def test_uncounted_intervals_are_reported(call):
    summary = call("summary", [None, 0.8, None, 0.8, 4.5, 0.8, 3.5, 0.1])
    counts = {key: summary[key] for key in ("counted", "broken", "short", "long", "pause")}
    assert counts == {"counted": 3, "broken": 1, "short": 1, "long": 2, "pause": {"value": 4.5, "place": 4}}
    assert summary["rate"]["over"] == 1  # no two in a row


@pytest.mark.parametrize("intervals", [[], [None], [None, None], [None, 5]])
def test_without_an_rr_interval_there_is_no_heart_rate(call, intervals):
    summary = call("summary", intervals)
    assert (summary["rate"], summary["rr"], summary["counted"]) == (None, None, 0)


@pytest.mark.parametrize(("at", "beat"), [(-5, 1), (1.4, 1), (1.6, 2), (2, 2), (9, 4), (3.0, 2)])
def test_the_nearest_beat_is_found(call, at, beat):
    assert call("nearest", [1, 2, 4], at) == beat


def test_the_line_of_a_day_has_few_points_and_all_extremes(call):
    beats = 100_000
    times = [number * DAY / beats for number in range(beats)]
    intervals = [None] + [0.8] * (beats - 1)
    intervals[40_000] = 0.3
    width = 900
    line = call("line", times, intervals, DAY, width)
    assert len(re.findall("[MLV]", line)) <= 4 * width
    assert line.count("M") == 1
    assert "V90.0" in line  # 0.3 of 3 seconds, of 100 pixels


def test_the_line_is_broken_where_no_interval_is_counted(call):
    line = call("line", [0, 1, 2, 3, 4, 5], [None, 1, 1, None, 1, None], 6, 60)
    assert line == "M10.0 66.7V66.7L20.0 66.7V66.7M40.0 66.7V66.7"


def test_marks_join_to_runs_of_pixels(call):
    assert call("runs", 10, 10, [0, 0.1, 1, 2, 5]) == [[0, 2], [5, 5]]
    assert call("runs", 10, 10, [0, 3, 8], [3, 4, 9]) == [[0, 4], [8, 9]]
    assert len(call("runs", DAY, 900, [number / 2 for number in range(2 * DAY)])) == 1


FILE = {"kind": "file", "name": "rec & 1.csv", "mark": "1234", "rate": 250}


@pytest.mark.parametrize(
    "link",
    [
        {"origin": FILE, "lead": "V5 #2", "inverted": True, "beat": 7},
        {"origin": FILE | {"rate": None}, "lead": None, "inverted": False, "beat": 1},
        {
            "origin": {"kind": "text", "name": "pasted text", "mark": "99", "rate": None},
            "lead": None,
            "inverted": False,
            "beat": 2,
        },
        {
            "origin": {"kind": "examples", "name": "ecg", "mark": "3", "rate": None},
            "lead": None,
            "inverted": False,
            "beat": 3,
        },
    ],
    ids=lambda link: f"{link['origin']['kind']}-{link['beat']}",
)
def test_a_link_comes_back_from_its_fragment(call, link):
    fragment = call("fragment", link)
    assert re.fullmatch(r"#[\w=&.%+-]+", fragment)
    assert call("link", fragment) == link


@pytest.mark.parametrize("fragment", ["", "#", "#main", "#beat=1", "#file=a&beat=0", "#file=a&beat=1.5", "#file=a"])
def test_other_fragments_are_no_links(call, fragment):
    assert call("link", fragment) is None


def test_the_same_file_is_known_by_name_and_size(call):
    assert call("same", FILE, FILE | {"rate": None})
    for change in ({"name": "other.csv"}, {"mark": "1"}, {"kind": "text"}):
        assert not call("same", FILE, FILE | change)
    assert not call("same", FILE, None)
