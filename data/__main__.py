"""`python -m data download`, `fetch`, `generate`, `beats` and `predict`."""

import logging
import os
import signal
import sys
from argparse import ArgumentDefaultsHelpFormatter, ArgumentParser, Namespace, _SubParsersAction
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import Final, NoReturn

from data.client.api_key import read_key
from data.client.gateway import Gateway
from data.client.predict import Job, predict
from data.errors import DataError
from data.overwrite import keep_apart
from data.program import RUN
from data.recordings.annotations import LABELLINGS
from data.recordings.cut import BEAT_LENGTH, PEAK_LENGTH, SCALES, WINDOWS, Cut, cut_of
from data.recordings.cut_options import CutOptions
from data.recordings.segmentation import write_beats
from data.sources.download import SOURCES, download
from data.sources.fetch import fetch

GATEWAY_SECONDS: Final = 20.0


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    chosen = _parser().parse_args(arguments)
    try:
        chosen.run(chosen)
    except (DataError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    return 0


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog=f"{RUN} data", description="Fetch, make or cut labelled beats, and have them predicted."
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    public = commands.add_parser("download", help="fetch public data", formatter_class=ArgumentDefaultsHelpFormatter)
    public.set_defaults(run=_download)
    public.add_argument("source", nargs="?", choices=[*SOURCES, "all"], default="ecg")
    public.add_argument("--to", type=Path, default="data", metavar="FOLDER", help="where the files go")
    public.add_argument("--timeout", type=float, default=30, metavar="S", help="seconds the server may be silent")
    public.add_argument("--url", help="a mirror's address of the same file (default: the public one)")
    own = commands.add_parser("fetch", help="fetch data of your own", formatter_class=ArgumentDefaultsHelpFormatter)
    own.set_defaults(run=_fetch)
    own.add_argument("url", metavar="URL", help="address of a file of labelled beats")
    own.add_argument("file", type=Path, metavar="FILE", help="the file to write")
    own.add_argument("--timeout", type=float, default=30, metavar="S", help="seconds the server may be silent")
    make = commands.add_parser("generate", help="make synthetic data", formatter_class=ArgumentDefaultsHelpFormatter)
    make.set_defaults(run=_generate)
    make.add_argument("--out", type=Path, default="data/generated.csv", metavar="FILE", help="the file to write")
    make.add_argument("--beats", type=int, default=5000, metavar="N", help="rows")
    make.add_argument("--length", type=int, default=140, metavar="N", help="values per beat")
    make.add_argument("--classes", type=int, default=2, metavar="N", help="1 is normal, 0 or 2 to N are not")
    make.add_argument("--seed", type=int, default=0, metavar="N", help="the same seed makes the same beats")
    _add_beats(commands)
    _add_predict(commands)
    return parser


def _add_beats(commands: "_SubParsersAction[ArgumentParser]") -> None:
    cut = commands.add_parser("beats", help="cut a recording into beats", formatter_class=ArgumentDefaultsHelpFormatter)
    cut.set_defaults(run=_beats)
    cut.add_argument(
        "recordings",
        nargs="+",
        type=Path,
        metavar="RECORDING",
        help="a CSV or EDF file, a WFDB record (folder/100), or a folder of recordings",
    )
    cut.add_argument("--out", type=Path, default="data/beats.csv", metavar="FILE", help="the file to write")
    cut.add_argument("--positions", type=Path, metavar="FILE", help="also write where each row's R peak is")
    cut.add_argument(
        "--length",
        type=int,
        metavar="N",
        help=f"values per beat (default: {BEAT_LENGTH}, or {PEAK_LENGTH} with --window peak)",
    )
    cut.add_argument(
        "--window", choices=WINDOWS, default="beat", help="from R peak to R peak, or a fixed time about the R peak"
    )
    cut.add_argument(
        "--scale", choices=SCALES, default="deviation", help="mean 0 and deviation 1, or mV less the beat's median"
    )
    cut.add_argument("--rhythm", action="store_true", help="add the RR intervals about each beat")
    cut.add_argument("--likeness", action="store_true", help="add how like the recording's usual beat each beat is")
    cut.add_argument("--url", help="address of a gateway: its model's cut is taken instead of the five options above")
    cut.add_argument("--key-file", type=Path, metavar="FILE", help="holds the API key for that gateway")
    cut.add_argument(
        "--channel", metavar="C", help="name or number, from 0, of the lead, or A-B (default: an ECG, or the first)"
    )
    cut.add_argument("--rate", type=float, metavar="HZ", help="samples per second of a CSV file without times")
    cut.add_argument("--invert", action="store_true", help="turn the lead upside down")
    cut.add_argument(
        "--annotations", metavar="EXT", help="ending of their file, or none (default: atr if there is one)"
    )
    cut.add_argument(
        "--labels",
        choices=LABELLINGS,
        default="aami",
        help="0 N, 1 S, 2 V, 3 F, 4 Q; 1 N and 0 others; or N, V, A, ...",
    )
    cut.add_argument("--at-least", type=int, default=3, metavar="N", help="leave labels of fewer beats out")
    cut.add_argument(
        "--without-paced", action="store_true", help="leave out recordings with more than a tenth paced beats"
    )
    cut.add_argument("--skip-unreadable", action="store_true", help="leave out recordings that cannot be read")


def _add_predict(commands: "_SubParsersAction[ArgumentParser]") -> None:
    ask = commands.add_parser(
        "predict", help="have a file predicted by a gateway", formatter_class=ArgumentDefaultsHelpFormatter
    )
    ask.set_defaults(run=_predict)
    ask.add_argument("file", type=Path, metavar="FILE", help="a table of beats, with labels or not")
    ask.add_argument("--url", required=True, help="address of the gateway")
    ask.add_argument("--out", type=Path, default="predictions.csv", metavar="FILE", help="the file to write")
    ask.add_argument("--batch", type=int, default=256, metavar="N", help="beats in a request")
    ask.add_argument("--label", metavar="COLUMN", help="first, last or a name (default: found, if there are labels)")
    ask.add_argument("--details", action="store_true", help="also write all probabilities, abstain and unusual")
    ask.add_argument("--key-file", type=Path, metavar="FILE", help="holds the API key for the gateway")
    ask.add_argument(
        "--timeout", type=float, default=120, metavar="S", help="seconds for a batch, all attempts included"
    )


def _download(chosen: Namespace) -> None:
    if chosen.url and chosen.source == "all":
        raise DataError("--url is the address of one source; name that source instead of all")
    for name in SOURCES if chosen.source == "all" else [chosen.source]:
        source = replace(SOURCES[name], url=chosen.url or SOURCES[name].url)
        for path in download(source, chosen.to, chosen.timeout):
            print(path)


def _fetch(chosen: Namespace) -> None:
    part = chosen.file.with_name(f"{chosen.file.name}.part")
    fetch(chosen.url, part, chosen.timeout)
    print(part.replace(chosen.file))


def _generate(chosen: Namespace) -> None:
    # imported here because the simulator takes seconds to load
    from data.sources.generate import Recipe, generate

    generate(chosen.out, Recipe(chosen.beats, chosen.length, chosen.classes, chosen.seed))
    print(chosen.out)


def _served_cut(url: str, key_file: Path | None) -> Cut:
    gateway = Gateway(url, read_key(key_file), GATEWAY_SECONDS, logging.warning)
    try:
        served = gateway.model()
        return cut_of(served.names, served.width)
    finally:
        gateway.close()


def _beats(chosen: Namespace) -> None:
    if chosen.key_file:
        keep_apart({"--out": chosen.out, "--positions": chosen.positions}, [chosen.key_file])
    if chosen.url:
        cut = _served_cut(chosen.url, chosen.key_file)
    else:
        cut = Cut.chosen(chosen.length, chosen.window, chosen.scale, chosen.rhythm, chosen.likeness)
    names = [field.name for field in fields(CutOptions) if field.name != "cut"]
    options = CutOptions(cut, **{name: getattr(chosen, name) for name in names})
    write_beats(chosen.recordings, chosen.out, chosen.positions, options)
    print(chosen.out)


def _predict(chosen: Namespace) -> None:
    if chosen.batch < 1:
        raise DataError(f"--batch {chosen.batch}: a request has at least one beat")
    with _ended_by_ctrl_c():
        print(predict(Job(**{field.name: getattr(chosen, field.name) for field in fields(Job)})))


@contextmanager
def _ended_by_ctrl_c() -> Iterator[None]:
    """End the process where it is: raised as an error, a Ctrl-C can leave a lock taken that other threads wait for.

    What was written by then is whole, as it is after a kill.
    """
    before = signal.signal(signal.SIGINT, _end)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _end(*_: object) -> NoReturn:
    os.write(2, b"\nstopped\n")
    os._exit(130)


if __name__ == "__main__":
    sys.exit(main())
