"""Makes the recordings in `made/` and their part of the table: python -m tests.cases.recordings.make.

One lead of known beats, stored in many ways by code that shares nothing with the readers.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tests.support.beats.recordings import heartbeats, strip

HERE: Final = Path(__file__).parent
FOLDER: Final = HERE / "made"
TABLE: Final = HERE / "wfdb_edf.toml"
MARK: Final = "# From here on made by make.py.\n"
RATE: Final = 200
SECONDS: Final = 12
BEATS: Final = heartbeats(RATE, SECONDS, seed=5)
ECG: Final = strip(BEATS, RATE, SECONDS * RATE).astype(np.float64)  # mV
OTHER: Final = np.round(40 * np.sin(np.arange(len(ECG)) / 37)) + 60  # mmHg
Samples = NDArray[np.float64]
Case = dict[str, Any]


def right(samples: Samples, lead: str = "ECG", rate: float = RATE, unit: str = "mV", **more: Any) -> Case:
    """Return what is right of a lead."""
    return {
        "lead": lead,
        "rate": rate,
        "unit": unit,
        "samples": len(samples),
        "gaps": int(np.isnan(samples).sum()),
        "first": [round(float(value), 5) for value in samples[:3]],
        "mean": round(float(np.nanmean(samples)), 5),
        **more,
    }


def steps(gain: float, samples: Samples = ECG, baseline: int = 0) -> NDArray[np.int64]:
    """Return the integers that are stored."""
    return np.rint(samples * gain).astype(np.int64) + baseline


def packed(kind: str, values: NDArray[np.int64]) -> bytes:
    """Return integers as a WFDB format stores them, packed bit by bit."""
    if kind == "8":
        return np.diff(values, prepend=values[:1]).astype("i1").tobytes()
    plain = {"16": "<i2", "32": "<i4", "61": ">i2"}
    if kind in plain:
        return values.astype(plain[kind]).tobytes()
    if kind == "80":
        return (values + 128).astype("u1").tobytes()
    if kind == "160":
        return (values + 32768).astype("<u2").tobytes()
    if kind == "24":
        return b"".join(int(value).to_bytes(3, "little", signed=True) for value in values)
    return b"".join(pack_of(kind, values[at : at + 3].tolist()) for at in range(0, len(values), 3))


def pack_of(kind: str, three: list[int]) -> bytes:
    """Return the bytes of up to three samples of 10 bits."""
    a, b, c = (value & 0x3FF for value in (*three, 0, 0)[:3])
    if kind == "311":
        return (a | b << 10 | c << 20).to_bytes(4, "little")
    return (a << 1 | (c & 0x1F) << 11).to_bytes(2, "little") + (b << 1 | (c >> 5) << 11).to_bytes(2, "little")


def packed_212(values: Sequence[int]) -> bytes:
    """Return integers in format 212, two in three bytes; of an odd last one two bytes."""
    packs = bytearray()
    for at in range(0, len(values), 2):
        a, b = ((value & 0xFFF) for value in (*values[at : at + 2], 0)[:2])
        packs += bytes([a & 0xFF, a >> 8 | (b >> 8) << 4, b & 0xFF])
    return bytes(packs[: -1 if len(values) % 2 else None])


def both(first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the samples of two signals in turn."""
    return np.column_stack([first, second]).ravel()


def write(name: str, content: str | bytes) -> None:
    """Write a file into the folder; text as UTF-8."""
    (FOLDER / name).write_bytes(content.encode() if isinstance(content, str) else content)


def case(file: str, about: str, **what: Any) -> Case:
    """Return a case of a file in the folder."""
    return {"file": f"made/{file}", "about": about, **what}


def formats() -> Iterable[Case]:
    """Make a record in each format, of which the ECG is the second of two signals."""
    gains = {"8": 50, "80": 50, "310": 200, "311": 200, "212": 400, "24": 100_000, "32": 1_000_000}
    for kind in ("8", "16", "24", "32", "61", "80", "160", "212", "310", "311"):
        gain, name = gains.get(kind, 1000), f"format{kind}"
        values = both(steps(1, OTHER), steps(gain))
        write(f"{name}.dat", packed_212(values.tolist()) if kind == "212" else packed(kind, values_of(kind, values)))
        start = steps(gain)[0]
        write(
            f"{name}.hea",
            f"{name} 2 {RATE} {len(ECG)}\n{name}.dat {kind} 1/mmHg 12 0 {int(OTHER[0])} 0 0 ABP\n"
            f"{name}.dat {kind} {gain}/mV 12 0 {start} 0 0 ECG\n",
        )
        read = steps(gain) / gain
        yield case(f"{name}.hea", f"format {kind}", right=right(read, peaks=len(BEATS), peaks_off=0))


def values_of(kind: str, values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return what is packed: for the differences of format 8, both signals one after the other in each frame."""
    if kind != "8":
        return values
    pairs = values.reshape(-1, 2)
    return np.cumsum(np.diff(pairs, axis=0, prepend=pairs[:1]).ravel())


HEADERS: Final[Mapping[str, tuple[str, str, dict[str, Any]]]] = {
    # name: (what it is, header, what differs)
    "rec.1": ("a dot in the record's name", "rec.1 1 200 2400\nx.dat 16 1000/mV 16 0 0 0 0 ECG\n", {}),
    "norate": ("no rate: 250 Hz", "norate 1\nx.dat 16 1000/mV 16 0 0 0 0 ECG\n", {"rate": 250, "word": "250"}),
    "minimal": ("file and format alone: a gain of 200", "minimal 1 200\nx.dat 16\n", {"lead": "signal 1", "times": 5}),
    "gain0": ("a gain of 0 is one of 200", "gain0 1 200 2400\nx.dat 16 0 16 0 0 0 0 ECG\n", {"times": 5}),
    "microvolt": ("microvolts", "microvolt 1 200 2400\nx.dat 16 1/uV 16 0 0 0 0 ECG\n", {}),
    "micro": ("the micro sign", "micro 1 200 2400\nx.dat 16 1/µV 16 0 0 0 0 ECG\n", {}),
    "volt": ("volts", "volt 1 200 2400\nx.dat 16 1e6/V 16 0 0 0 0 ECG\n", {}),
    "baseline": (
        "zero and baseline differ",
        "baseline 1 200 2400\nx.dat 16 1000(-100) 16 7 0 0 0 ECG\n",
        {"plus": 0.1},
    ),
    "zero": ("a zero and no baseline", "zero 1 200 2400\nx.dat 16 1000 16 -100 0 0 0 ECG\n", {"plus": 0.1}),
    "checksum": ("a checksum that is wrong", "checksum 1 200 2400\nx.dat 16 1000/mV 16 0 5 1234 0 ECG\n", {}),
    "date": ("the date of a challenge", "date 1 200 2400 16-Mar-2020 18:12:29\nx.dat 16 1000/mV 16 0 0 0 0 ECG\n", {}),
    "noday": ("a date before a time", "noday 1 200 2400 00/00/0000 24:61:00\nx.dat 16 1000/mV 16 0 0 0 0 ECG\n", {}),
    "clock": ("a time in place of the length", "clock 1 200 12:00:00\nx.dat 16 1000/mV 16 0 0 0 0 ECG\n", {}),
    "counter": ("a counter", "counter 1 200/360(5) 2400\nx.dat 16 1000/mV 16 0 0 0 0 ECG\n", {}),
    "crlf": ("lines end with CRLF", "# a\r\ncrlf 1 200 2400\r\nx.dat 16 1000/mV 16 0 0 0 0 ECG\r\n# b\r\n", {}),
    "bom": ("a byte order mark", "\ufeffbom 1 200 2400\nx.dat 16 1000/mV 16 0 0 0 0 ECG\n", {}),
    "words": ("a lead of two words", "words 1 200 2400\nx.dat 16 1000/mV 16 0 0 0 0 lead  II\n", {"lead": "lead II"}),
    "7": ("a number in a folder", "people/7 1 200 2400\nx.dat 16 1000/mV 16 0 0 0 0 ECG\n", {}),
    "deep": ("a folder before each name", "there/deep 1 200 2400\nthere/x.dat 16 1000/mV 16 0 0 0 0 ECG\n", {}),
    "back": ("a folder as in Windows", "there\\back 1 200 2400\nthere\\x.dat 16 1000/mV 16 0 0 0 0 ECG\n", {}),
    "matname": ("an ending in the name", "x.mat 1 200 2400 05-May-2020 09:49:17\nx.dat 16 1000 16 0 0 0 0 ECG\n", {}),
    "short": (
        "the samples are truncated",
        "short 1 200 3000\nx.dat 16 1000/mV 16 0 0 0 0 ECG\n",
        {"word": "2400 of 3000 samples"},
    ),
}
REFUSED: Final[Mapping[str, tuple[str, str, str]]] = {
    # name: (what it is, header, a part of the sentence)
    "minus": (
        "a negative length",
        "minus 1 200 -5\nx.dat 16 1000/mV\n",
        "'-5' is not a valid number of samples",
    ),
    "minusrate": (
        "a negative rate",
        "minusrate 1 -200 5\nx.dat 16\n",
        "'-200' is not a valid number of samples per second",
    ),
    "nofile": ("the samples are missing", "nofile 1 200 5\nnothing.dat 16\n", "nothing.dat, which does not exist"),
    "format9": ("a format that there is not", "format9 1 200 5\nx.dat 9\n", "samples in format 9"),
    "fewer": ("a signal is not described", "fewer 2 200 5\nx.dat 16\n", "declares 2 signals and describes 1"),
    "text": ("not a header", "Dear reader\n", "cannot be read as WFDB record"),
    "empty": ("an empty header", "", "cannot be read as WFDB record"),
    "torn": ("a segment is missing", "torn/2 1 200 5\nx1 3\nx2 2\n", "x1.hea: no such WFDB header"),
}


def headers() -> Iterable[Case]:
    """Make headers of one signal file."""
    write("x.dat", packed("16", steps(1000)))
    stored = steps(1000) / 1000
    for name, (about, text, differs) in HEADERS.items():
        write(f"{name}.hea", text)
        times, plus = differs.pop("times", 1), differs.pop("plus", 0)
        yield case(f"{name}.hea", about, right=right(stored * times + plus, **differs))
    for name, (about, text, error) in REFUSED.items():
        write(f"{name}.hea", text)
        yield case(f"{name}.hea", about, error=error)


def records() -> Iterable[Case]:
    """Make records of several files."""
    stored, gap = steps(1000) / 1000, np.full(400, np.nan)
    write("challenge.mat", bytes(range(24)) + packed("16", steps(1000)))
    write("challenge.hea", "challenge 1 200 2400\nchallenge.mat 16+24 1000/mV 16 0 0 0 0 ECG\n")
    yield case("challenge.hea", "samples in a .mat file, after 24 bytes", right=right(stored))
    write("order.dat", packed("16", both(steps(1, OTHER), steps(1000))))
    write("order.hea", "order 2 200 2400\norder.dat 16 1/mmHg 12 0 0 0 0 ABP\norder.dat 16 1000/mV 12 0 0 0 0 II\n")
    yield case("order.hea", "a voltage goes before a pressure", right=right(stored, "II"))
    abp = right(OTHER, "ABP", unit="mmHg")
    yield case("order.hea", "the pressure when asked for", options={"channel": "0"}, right=abp)
    write("skew.hea", "skew 2 200 2400\norder.dat 16 1/mmHg 12 0 0 0 0 ABP\norder.dat 16:3 1000/mV 12 0 0 0 0 II\n")
    late = np.append(stored[3:], [np.nan] * 3)
    yield case("skew.hea", "a lead that is three samples late", right=right(late, "II"))
    write("invalid.dat", packed("16", np.where(np.arange(2400) % 1000 == 999, -32768, steps(1000))))
    write("invalid.hea", "invalid 1 200 2400\ninvalid.dat 16 1000/mV 12 0 0 0 0 ECG\n")
    yield case(
        "invalid.hea",
        "samples that are marked as missing",
        right=right(np.where(np.arange(2400) % 1000 == 999, np.nan, stored)),
    )
    for part, values in (("part1", stored[:1000]), ("part2", stored[1000:])):
        write(f"{part}.dat", packed("16", steps(1000, values)))
        write(f"{part}.hea", f"{part} 1 200 {len(values)}\n{part}.dat 16 1000/mV 16 0 0 0 0 ECG\n")
    whole = np.concatenate([stored[:1000], gap, stored[1000:]])
    write("fixed.hea", "fixed/3 1 200 2800\npart1 1000\n~ 400\npart2 1400\n")
    yield case("fixed.hea", "segments with a gap between them", right=right(whole))
    write("few.hea", "few/3 1 200 2400\npart1 1000\npart2 1400\n")
    said = "declares 3 segments and describes 2"
    yield case("few.hea", "more segments are told than described", right=right(stored, word=said))
    write("layout.hea", "layout 2 200 0\n~ 0 1/mmHg 12 0 0 0 0 ABP\n~ 0 1000/mV 12 0 0 0 0 ECG\n")
    write("onlyabp.hea", "onlyabp 1 200 400\nx.dat 16 1/mmHg 12 0 0 0 0 ABP\n")
    write("scaled.hea", "scaled 1 200 1400\npart2.dat 16 500/mV 12 0 0 0 0 ECG\n")
    write("variable.hea", "variable/4 2 200 2800\nlayout 0\npart1 1000\nonlyabp 400\nscaled 1400\n")
    scaled = np.concatenate([stored[:1000], gap, 2 * stored[1000:]])
    yield case("variable.hea", "segments of different signals and gains", right=right(scaled))


def edf_field(value: str | bytes, width: int) -> bytes:
    """Return a field of the header."""
    return (value if isinstance(value, bytes) else value.encode("latin-1")).ljust(width)[:width]


def edf(signals: Sequence[Case], records: int, kind: str = "", **other: Any) -> bytes:
    """Return an EDF file of signals with name, unit, low, high, and `values`, whose steps are stored."""
    fields = (
        *[("name", 16), ("transducer", 80), ("unit", 8), ("low", 8), ("high", 8)],
        *[("digital_low", 8), ("digital_high", 8), ("filter", 80), ("count", 8), ("reserved", 32)],
    )
    width = other.get("sample_bytes", 2)
    defaults = {"unit": "mV", "low": "-5", "high": "5", "digital_low": "-30000", "digital_high": "30000"}
    for signal in signals:
        signal["count"] = str(len(signal["stored"]) // width // records)
    head = edf_field(other.get("version", "0"), 8) + edf_field("X X X X", 80) + edf_field("Startdate X X X X", 80)
    head += edf_field(other.get("date", "28.11.26"), 8) + edf_field("15.40.10", 8)
    head += edf_field(str(256 * (len(signals) + 1)), 8) + edf_field(kind, 44)
    head += edf_field(str(other.get("declared", records)), 8) + edf_field(other.get("seconds", "1"), 8)
    head += edf_field(str(len(signals)), 4)
    for name, field_width in fields:
        head += b"".join(edf_field(signal.get(name, defaults.get(name, "")), field_width) for signal in signals)
    parts = [
        signal["stored"][record * size : (record + 1) * size]
        for record in range(records)
        for signal in signals
        for size in [int(signal["count"]) * width]
    ]
    return head + b"".join(parts)


def stored(samples: Samples = ECG, kind: str = "<i2") -> bytes:
    """Return samples in 6000 steps to the unit."""
    return np.rint(6000 * samples).astype(kind).tobytes()


def stamps(times: Iterable[str]) -> Case:
    """Return the signal of time stamps."""
    texts = b"".join(f"{time}\x14\x14\0".encode().ljust(40, b"\0") for time in times)
    return {"name": "EDF Annotations", "unit": "", "low": "-1", "high": "1", "stored": texts}


def edf_files() -> Iterable[Case]:
    """Make EDF and BDF files."""
    read, gap = np.rint(6000 * ECG) / 6000, np.full(400, np.nan)
    ecg: Case = {"name": "ECG", "stored": stored()}
    found = {"peaks": len(BEATS), "peaks_off": 0}
    dead: Case = {"name": "dead", "low": "0", "high": "0", "stored": stored(0 * ECG)}
    slow: Case = {"name": "ECG rate", "unit": "bpm", "stored": stored(OTHER[:600] / 60)}
    whole: dict[str, tuple[str, bytes, Case]] = {
        "plain.edf": ("a plain file", edf([ecg], 12), found),
        "date.edf": ("a date that there is not", edf([ecg], 12, date="99.99.99"), {}),
        "nodate.edf": ("no date", edf([ecg], 12, date=""), {}),
        "utf8.edf": (
            "the micro sign in UTF-8",
            edf([{**ecg, "unit": "µV".encode(), "low": "-5000", "high": "5000"}], 12),
            {},
        ),
        "nanovolt.edf": ("nanovolts", edf([{**ecg, "unit": "nV", "low": "-5000000", "high": "5000000"}], 12), {}),
        "comma.edf": ("decimal commas in the header", edf([{**ecg, "low": "-5,0", "high": "5,0"}], 12), {}),
        "many.edf": ("too many records are declared", edf([ecg], 12, declared=90), {"word": "12 of 90 records"}),
        "few.edf": ("too few records are declared", edf([ecg], 12, declared=3), {"word": "has 12 records"}),
        "half.edf": ("half a record at the end", edf([ecg], 12) + bytes(100), {}),
        "dead_first.edf": ("the first channel has no range", edf([dead, ecg], 12), {}),
        "digital.edf": (
            "its digital range is empty",
            edf([{**dead, "high": "1", "digital_low": "0", "digital_high": "0"}, ecg], 12),
            {},
        ),
        "rate_first.edf": ("a heart rate of 50 Hz that is called ECG", edf([slow, ecg], 12), {}),
        "upside.edf": ("the minimum is above the maximum", edf([{**ecg, "low": "5", "high": "-5"}], 12), {"times": -1}),
        "version.edf": ("a spoilt version", edf([ecg], 12, version=b"\xef\xbb\xbf0"), {}),
        "tenth.edf": ("records of a tenth of a second", edf([ecg], 120, seconds="0.1"), {}),
        "rounded.edf": (
            "a duration with rounded digits: 10 samples at 240 Hz",
            edf([ecg], 240, seconds="0.041667"),
            {"rate": 240},
        ),
        "drift.edf": (
            "EDF+D whose clock is inexact and which has no gap",
            edf([ecg, stamps(f"+{second * 1.0002:.4f}" for second in range(12))], 12, "EDF+D"),
            {},
        ),
    }
    for name, (about, content, differs) in whole.items():
        write(name, content)
        times = differs.pop("times", 1)
        yield case(name, about, right=right(times * read, **differs))
    times_of = [*range(5), *range(7, 14)]
    write("interrupted.edf", edf([ecg, stamps(f"+{second}" for second in times_of)], 12, "EDF+D"))
    with_gap = np.concatenate([read[:1000], gap, read[1000:]])
    yield case("interrupted.edf", "EDF+D with a gap of two seconds", right=right(with_gap))
    write("later.edf", edf([ecg, stamps(f"+{0.25 + second:.2f}" for second in times_of)], 12, "EDF+D"))
    yield case("later.edf", "EDF+D that begins after its start", right=right(with_gap))
    write("backwards.edf", edf([ecg, stamps(f"+{second % 6}" for second in range(12))], 12, "EDF+D"))
    yield case("backwards.edf", "EDF+D that goes back in time", error="time stamp of data record 7 is 6 s before")
    write("24bit.bdf", edf([{**ecg, "stored": bdf_stored()}], 12, "24BIT", version=b"\xffBIOSEMI", sample_bytes=3))
    yield case("24bit.bdf", "BDF", right=right(read))
    half = {**ecg, "stored": stored(ECG / 2)}
    pair = [{**half, "name": "ECGL-Ref"}, {**half, "name": "ECGR-Ref", "stored": stored(-ECG / 2)}]
    write("pair.edf", edf([*pair, {**dead, "name": "ECGX-Ref"}, {**slow, "name": "HR-Ref"}], 12))
    difference = np.rint(3000 * ECG) / 6000 - np.rint(-3000 * ECG) / 6000
    asked = {"channel": "ECGL-ECGR"}
    yield case(
        "pair.edf", "two channels against a reference", options=asked, right=right(difference, "ECGL-Ref-ECGR-Ref")
    )
    unlike = {"channel": "ECGL-HR"}
    yield case(
        "pair.edf", "two channels that cannot be subtracted", options=unlike, error="only signals of one rate and unit"
    )
    yield case(
        "pair.edf",
        "a channel that there is not",
        options={"channel": "V9"},
        error="no channel 'V9'; its channels are 0",
    )
    yield case(
        "pair.edf", "a channel without a range", options={"channel": "ECGX-Ref"}, error="has no range in the header"
    )
    for name, about, content, error in (
        ("text.edf", "a text that is called EDF", b"time,ECG\n" * 50, "not an EDF or BDF file"),
        ("nothing.edf", "an empty file", b"", "not an EDF or BDF file"),
        ("header.edf", "the header alone", edf([ecg], 12)[:512], "an EDF header without a complete data record"),
        ("torn.edf", "half a header", edf([ecg], 12)[:300], "its header is truncated"),
        ("lasting.edf", "no duration of a record", edf([ecg], 12, seconds="0"), "no duration of a data record"),
        ("alldead.edf", "no channel has a range", edf([dead], 12), "none of its channels can be read"),
    ):
        write(name, content)
        yield case(name, about, error=error)


def bdf_stored() -> bytes:
    """Return the samples as 24-bit integers."""
    return b"".join(int(value).to_bytes(3, "little", signed=True) for value in np.rint(6000 * ECG))


def toml(value: Any) -> str:
    """Return a value as TOML."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(each)}" for key, each in value.items()) + " }"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return str(value)


def main() -> None:
    """Make all files and write their cases to the end of the table."""
    FOLDER.mkdir(exist_ok=True)
    cases = [*formats(), *headers(), *records(), *edf_files()]
    made = "\n".join("[[case]]\n" + "".join(f"{key} = {toml(each)}\n" for key, each in one.items()) for one in cases)
    before = TABLE.read_text(encoding="utf-8").split(MARK)[0]
    TABLE.write_text(f"{before}{MARK}\n{made}", encoding="utf-8")


if __name__ == "__main__":
    main()
