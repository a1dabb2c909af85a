"""Detects the role of a column by its name and first values: index, identifier, label or value of the beat."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from data.tables.fields import is_label, is_text, to_number

LABEL: Final = re.compile(
    r"y|((class|beat|rhythm|true|target|aami)?(label|classe?|klasse|clase|target|diagnos[ie]s|annotation|rhythm)"
    r"(id|code|name|index|idx)?|beattype|rhythmtype|symbol|klassen|diagnose|etikett?e?)s?"
)
# pandas' and R's names for unnamed columns
NAMELESS: Final = re.compile(r"|unnamed:? ?\d+(\.\d+)?", re.IGNORECASE)
INDEX: Final = re.compile(rf"{NAMELESS.pattern}|index|level_\d+|__index_level_\d+__|rownames", re.IGNORECASE)
_NUMBER: Final = r"((s|en)?(id|ids|identifier|no|nr|num|number|nummer|numm?e?ro|code|name|key|index|idx|path))?s?"
_NUMBER_OF: Final = r"((id|no|nr|num|number|nume?ro|code|nom)(of|de|du|del)?)?"
PERSON: Final = re.compile(
    _NUMBER_OF
    + r"(patient|patienten|subject|person|who|participant|individual|volunteer|donor|client|animal|mrn|ssn|pid|sid|"
    r"pat|subj|usubj|pt(?=id|no|nr|num)|initials|"
    r"proband|teilnehmer|versuchsperson|sujet|sujeto|paciente|paziente|soggetto)" + _NUMBER
)
RECORDING: Final = re.compile(
    _NUMBER_OF + r"(record|recording|rec|file|case|study|exam|visit|encounter|session|ecg|rid|"
    r"run|trial|series|stay|hadm|admission|episode|"
    r"aufnahme|aufzeichnung|datei|fall|fichier|enregistrement|archivo|registro)" + _NUMBER
)
OTHER: Final = re.compile(
    r"(id|uid|group|groupid|uuid|guid|identifier|name|row|nr|no|seq|sequence|counter|hash|"
    r"(beat|row|sample|segment|window|instance|example|trace|signal|epoch|cycle|lfd|seq)"
    r"(id|identifier|no|nr|num|number|name|index|idx))s?"
)
# the position of a beat in a recording, as data.beats writes it; such columns are never the group
POSITION: Final = re.compile(
    r"(beat|sample|second|(r?peak|r)?(peak|onset)|"
    r"(time|timestamp|(r?peak|r)?(position|pos)|ts|utc|unix(time|timestamp)?|epoch(time)?|"
    r"rpeak(index|idx|sample|time|location|loc)|"
    r"((window|segment|beat|time|sample)?(start|begin|stop|end)|tstart)(time|timestamp|sample|index|idx|position|pos)?)"
    r"(us|ms|sec|second)?)s?"
)
# data of the person, the recording and the split, from which a model must not learn
_SPLIT: Final = r"((strat|cv|k)?(fold|split)|(sub|train|test)?set|partition|(is)?(train|test|val|validation|training))"
_OF_PERSON: Final = (
    r"((age|alter)(years|yrs|y|atecg)?|sex|gender|geschlecht|(height|weight)(cm|kg)?|bmi|race|ethnicity|"
    r"sexo|sexe|edad|dob|yob|((date|year)of)?birth(date|day|year)?|geburts(datum|jahr))"
)
_OF_HEART: Final = r"((mean|avg|average)?(hr|heartrate|pulserate|herzfrequenz)(bpm)?|bpm|(is)?(paced|pacemaker))"
_OF_RECORDING: Final = (
    r"(signalquality|quality|sqi|fs|(sample|sampling)(rate|frequency)(hz)?|lead|channel|device|site|hospital|nurse|"
    r"database|dataset|source|year|month|day|hour|date|datetime)"
)
ATTRIBUTE: Final = re.compile(rf"({_SPLIT}|{_OF_PERSON}|{_OF_HEART}|{_OF_RECORDING})(s|id|no|nr|code|name|index)?")
BESIDE: Final = re.compile(
    r"(.*[^a-z])?rr([^a-z].*)?|like_\w+", re.IGNORECASE | re.DOTALL
)  # further features of a beat
SERIES: Final = re.compile(r"(.*?)\d+(?:[.,]\d+)?(\D*)", re.DOTALL)  # F1, t_0.004, 17
LONG_SERIES: Final = 10  # columns
FEW_APART: Final = 4  # factor by which the series must have more columns
CODE: Final = re.compile(r"0\d+")  # a number with leading zeros is a name
CODE_RANK: Final = 2  # rank of numbers with leading zeros
POSITION_RANK: Final = 3  # rank of names of a position
ENOUGH_TO_COUNT: Final = 10  # rows, for a column without a meaningful name


def identifier_rank(name: str) -> int | None:
    """Return 0 for a name of a person, 1 of a recording, 2 of another identifier, 3 of a position, else None."""
    letters = _letters(name)
    if letters == "ecg":
        return None  # a column of values
    for rank, pattern in enumerate((PERSON, RECORDING, OTHER, POSITION)):
        if pattern.fullmatch(letters):
            return rank
    return None


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def is_label_name(name: str) -> bool:
    """Return whether a column is named like a label."""
    return LABEL.fullmatch(_letters(name)) is not None


def is_attribute(name: str) -> bool:
    """Return whether a column's name is about the person, the recording or the split."""
    return ATTRIBUTE.fullmatch(_letters(name)) is not None


def outside_series(names: Sequence[str]) -> list[int]:
    """Return the indices of the few names outside a long numbered series, without rhythm and likeness."""
    series = [found.groups() if (found := SERIES.fullmatch(name)) else None for name in names]
    sizes = Counter(series)
    long = [each is not None and sizes[each] >= LONG_SERIES for each in series]
    others = [place for place, name in enumerate(names) if not long[place] and not BESIDE.fullmatch(name)]
    return others if FEW_APART * len(others) <= sum(long) else []


def holds_codes(values: Sequence[str]) -> bool:
    """Return whether a column holds integers, some with leading zeros, such as numbers of people."""
    return any(map(CODE.fullmatch, values)) and all(value.isascii() and value.isdigit() for value in values)


def is_index(name: str | None, values: Sequence[str], decimal: str, last: bool) -> bool:
    """Return whether a column only identifies rows, by its name and first values.

    `name` is None in a table without a header. The last column is an index only if its name says so or if it counts.
    """
    numbers = [number for value in values if (number := to_number(value, decimal)) is not None]
    if len(numbers) < len(values):
        return False
    if name is not None and identifier_rank(name) == POSITION_RANK and len(numbers) > 1:
        return all(after > before for before, after in pairwise(numbers))
    whole = [number for number in numbers if is_label(number)]
    if len(whole) < len(values):
        return False
    counts = all(after - before == 1 for before, after in pairwise(whole))
    if name is None or not (INDEX.fullmatch(name) or identifier_rank(name) is not None):
        return counts and len(whole) >= ENOUGH_TO_COUNT
    if NAMELESS.fullmatch(name) and last:
        return counts and len(whole) >= ENOUGH_TO_COUNT
    return (bool(whole) and counts) or (INDEX.fullmatch(name) is not None and len(set(whole)) == len(whole))


def holds_text(values: Sequence[str], decimal: str) -> bool:
    """Return whether most of a column's values are text."""
    return 2 * sum(is_text(value, decimal) for value in values) > sum(value != "" for value in values)
