"""The header of EDF, EDF+ and BDF files: text in fields of fixed width (Kemp et al. 1992 and 2003, BioSemi's BDF)."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from data.errors import DataError
from data.recordings.others import refuse_others
from data.recordings.units import in_millivolts

FIXED_BYTES: Final = 256  # and as many again for each signal
ANNOTATIONS: Final = ("EDF Annotations", "BDF Annotations")
LARGEST: Final = 1e30  # physical value that float32 can hold in any unit
FIELD_BYTES: Final = 8  # size of a numeric field
NAME, UNIT, PHYSICAL_MIN, PHYSICAL_MAX, DIGITAL_MIN, DIGITAL_MAX, PER_RECORD = 0, 96, 104, 112, 120, 128, 216


@dataclass(frozen=True, slots=True)
class EdfSignal:
    """One signal as the header describes it; a sample is `offset + scale` times what is stored."""

    name: str
    unit: str  # of the scaled samples: mV for any voltage
    per_record: int  # samples in a data record
    first: int  # offset in a record, in samples
    scale: float
    offset: float
    unreadable: str  # why the signal has no scale, as the end of a sentence; "" if it has one

    @property
    def is_annotations(self) -> bool:
        """Whether it holds texts and time stamps instead of samples."""
        return self.name in ANNOTATIONS


@dataclass(frozen=True, slots=True)
class EdfHeader:
    """The header of an EDF or BDF file."""

    sample_bytes: int  # 2, or 3 in a BDF file
    interrupted: bool  # EDF+D: each record has a time stamp
    records: int  # as declared; -1 if the file was never closed
    seconds: float  # duration of a record
    signals: list[EdfSignal]

    @property
    def first_byte(self) -> int:
        """The offset of the first data record."""
        return FIXED_BYTES * (len(self.signals) + 1)

    @property
    def record_bytes(self) -> int:
        """The size of a data record."""
        return self.sample_bytes * sum(signal.per_record for signal in self.signals)

    def rate(self, signal: EdfSignal) -> float:
        """Return the samples per second of a signal."""
        return signal.per_record / self.seconds


def read_header(path: Path) -> EdfHeader:
    """Read the header of an EDF or BDF file, except dates. Raises DataError if it is malformed."""
    with path.open("rb") as file:
        head = file.read(FIXED_BYTES)
        if not _is_header(head):
            refuse_others(path)
            raise DataError(f"{path}: not an EDF or BDF file, despite its name: it must begin with 0 or BIOSEMI")
        count = _count(path, "the number of signals", head[252:256])
        described = file.read(FIXED_BYTES * max(count, 0))
    if count < 1 or len(described) < FIXED_BYTES * count:
        raise DataError(f"{path}: cannot be read as EDF file: its header is truncated or has no signals; get it again")
    seconds = to_float(head[244:252])
    signals = _signals(path, described, count)
    if seconds == 0:
        raise DataError(
            f"{path}: its header says that data records last 0 s, as in files of annotations, so the rate of its "
            "signals is unknown; correct the duration in the header, or export it as CSV and give --rate"
        )
    if not (seconds and seconds > 0):
        raise DataError(f"{path}: its header has no valid duration of a data record, so its rate is unknown; repair it")
    return EdfHeader(
        sample_bytes=3 if head.startswith(b"\xffBIOSEMI") else 2,
        interrupted=head[192:197] in (b"EDF+D", b"BDF+D"),
        records=_count(path, "the number of data records", head[236:244], missing=-1),
        seconds=_exact(head[244:252], seconds, max(signal.per_record for signal in signals)),
        signals=signals,
    )


def _is_header(head: bytes) -> bool:
    """Return whether a file is EDF or BDF, by its version or, if that is damaged, by its header's length."""
    if head.startswith(b"\xffBIOSEMI") or head[:8].strip(b" \0") == b"0":
        return True
    length, count = to_float(head[184:192]), to_float(head[252:256])
    return bool(length and count and length == FIXED_BYTES * (count + 1))


def to_text(field: bytes) -> str:
    """Return a field's text. It should be ASCII, but is often UTF-8 or Latin-1."""
    field = field.split(b"\0")[0]
    try:
        return field.decode().strip()
    except UnicodeDecodeError:
        return field.decode("latin-1").strip()


def to_float(field: bytes) -> float | None:
    """Return a field's finite number, with a decimal point or comma; None for anything else."""
    try:
        number = float(to_text(field).replace(",", "."))
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None


def _signals(path: Path, described: bytes, count: int) -> list[EdfSignal]:
    signals: list[EdfSignal] = []
    for index in range(count):
        field = _fields(described, count, index)
        per_record = _count(path, f"the samples per record of signal {index + 1}", field(PER_RECORD, FIELD_BYTES))
        first = sum(signal.per_record for signal in signals)
        scale, offset, unreadable = _scale(field)
        factor, unit = in_millivolts(to_text(field(UNIT, FIELD_BYTES)))
        name = to_text(field(NAME, 16)) or f"signal {index + 1}"
        signals.append(EdfSignal(name, unit, per_record, first, factor * scale, factor * offset, unreadable))
    if not sum(signal.per_record for signal in signals):
        raise DataError(f"{path}: cannot be read as EDF file: no signal has samples in its records")
    return signals


def _fields(described: bytes, count: int, index: int) -> Callable[[int, int], bytes]:
    """Return a function that reads a field of one signal; fields of one kind are stored together for all signals."""

    def field(start: int, width: int) -> bytes:
        at = start * count + width * index
        return described[at : at + width]

    return field


def _scale(field: Callable[[int, int], bytes]) -> tuple[float, float, str]:
    """Return scale, offset, and the reason why there is no scale, or ""."""
    places = (PHYSICAL_MIN, PHYSICAL_MAX, DIGITAL_MIN, DIGITAL_MAX)
    low, high, digital_low, digital_high = (to_float(field(place, FIELD_BYTES)) for place in places)
    if low is None or high is None or digital_low is None or digital_high is None:
        return 1, 0, "has no numbers for its range in the header"
    if max(abs(low), abs(high)) > LARGEST:
        return 1, 0, f"has a range beyond {LARGEST:g} in the header"
    if low == high or digital_low == digital_high:
        return 1, 0, "has no range in the header: its minimum is its maximum"
    scale = (high - low) / (digital_high - digital_low)
    return scale, low - scale * digital_low, ""


def _count(path: Path, name: str, field: bytes, missing: int | None = None) -> int:
    number = missing if missing is not None and not to_text(field) else to_float(field)
    least, most = (-1 if missing is not None else 0), 10 ** len(field)
    if number is None or number != int(number) or not least <= number < most:
        raise DataError(
            f"{path}: cannot be read as EDF file: {name} in its header is {to_text(field)[:20]!r}; get it again"
        )
    return int(number)


def _exact(field: bytes, seconds: float, per_record: int) -> float:
    """Return a record's exact duration; the field of 8 characters is rounded: 0.003906 means 1/256 s."""
    text = to_text(field)
    rate = round(per_record / seconds)
    if len(text) < FIELD_BYTES or "." not in text or not rate:
        return seconds
    rounding = 0.5 * 10.0 ** -len(text.split(".")[1])
    return per_record / rate if abs(per_record / rate - seconds) <= rounding else seconds
