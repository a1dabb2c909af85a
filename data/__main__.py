"""`python -m data download`, `fetch`, `generate`, `beats` and `predict`."""

import logging
import os
import signal
import sys
from argparse import Action, ArgumentDefaultsHelpFormatter, ArgumentParser, Namespace, _SubParsersAction
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


class _HelpFormatter(ArgumentDefaultsHelpFormatter):
    """Shows defaults, except None and False, which say nothing."""

    def _get_help_string(self, action: Action) -> str | None:
        return action.help if action.default in (None, False) else super()._get_help_string(action)


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog=f"{RUN} data",
        description="Download, generate or cut labelled beats, or request predictions for a file of beats.",
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    public = commands.add_parser("download", help="download a public data set", formatter_class=_HelpFormatter)
    public.set_defaults(run=_download)
    public.add_argument("source", nargs="?", choices=[*SOURCES, "all"], default="ecg")
    public.add_argument("--to", type=Path, default="data", metavar="FOLDER", help="folder to write the files to")
    public.add_argument("--timeout", type=float, default=30, metavar="S", help="seconds the server may be silent")
    public.add_argument("--url", help="address of a mirror of the same file (default: the public address)")
    own = commands.add_parser("fetch", help="download a file by its address", formatter_class=_HelpFormatter)
    own.set_defaults(run=_fetch)
    own.add_argument("url", metavar="URL", help="address of a file of labelled beats")
    own.add_argument("file", type=Path, metavar="FILE", help="the file to write")
    own.add_argument("--timeout", type=float, default=30, metavar="S", help="seconds the server may be silent")
    make = commands.add_parser("generate", help="generate synthetic beats", formatter_class=_HelpFormatter)
    make.set_defaults(run=_generate)
    make.add_argument("--out", type=Path, default="data/generated.csv", metavar="FILE", help="the file to write")
    make.add_argument("--beats", type=int, default=5000, metavar="N", help="number of beats")
    make.add_argument("--length", type=int, default=140, metavar="N", help="values per beat")
    make.add_argument(
        "--classes", type=int, default=2, metavar="N", help="number of classes: 1 is normal, 0 or 2 to N are abnormal"
    )
    make.add_argument(
        "--seed", type=int, default=0, metavar="N", help="random seed; the same seed gives the same beats"
    )
    _add_beats(commands)
    _add_predict(commands)
    return parser


def _add_beats(commands: "_SubParsersAction[ArgumentParser]") -> None:
    cut = commands.add_parser("beats", help="cut a recording into beats", formatter_class=_HelpFormatter)
    cut.set_defaults(run=_beats)
    cut.add_argument(
        "recordings",
        nargs="+",
        type=Path,
        metavar="RECORDING",
        help="a CSV or EDF file, a WFDB record (folder/100), or a folder of recordings",
    )
    cut.add_argument("--out", type=Path, default="data/beats.csv", metavar="FILE", help="the file to write")
    cut.add_argument("--positions", type=Path, metavar="FILE", help="also write the position of each row's R peak")
    cut.add_argument(
        "--length",
        type=int,
        metavar="N",
        help=f"values per beat (default: {BEAT_LENGTH}, or {PEAK_LENGTH} with --window peak)",
    )
    cut.add_argument(
        "--window", choices=WINDOWS, default="beat", help="from R peak to R peak, or a fixed time around the R peak"
    )
    cut.add_argument(
        "--scale", choices=SCALES, default="deviation", help="mean 0 and deviation 1, or mV minus the beat's median"
    )
    cut.add_argument("--rhythm", action="store_true", help="add the RR intervals around each beat")
    cut.add_argument(
        "--likeness", action="store_true", help="add the correlation of each beat with the recording's usual beat"
    )
    cut.add_argument(
        "--url", help="address of a gateway: cut as its model expects, instead of by the five options above"
    )
    cut.add_argument("--key-file", type=Path, metavar="FILE", help="file with the API key for that gateway")
    cut.add_argument(
        "--channel",
        metavar="C",
        help="lead: its name, its number from 0, or A-B for a difference (default: an ECG, or the first)",
    )
    cut.add_argument("--rate", type=float, metavar="HZ", help="samples per second, for a CSV file without times")
    cut.add_argument("--invert", action="store_true", help="invert the lead's polarity")
    cut.add_argument(
        "--annotations", metavar="EXT", help="extension of the annotation file, or none (default: atr if it exists)"
    )
    cut.add_argument(
        "--labels",
        choices=LABELLINGS,
        default="aami",
        help="aami: 0 N, 1 S, 2 V, 3 F, 4 Q; binary: 1 N, 0 others; symbols: N, V, A, ...",
    )
    cut.add_argument("--at-least", type=int, default=3, metavar="N", help="leave out labels with fewer beats")
    cut.add_argument(
        "--without-paced", action="store_true", help="leave out recordings with more than a tenth paced beats"
    )
    cut.add_argument("--skip-unreadable", action="store_true", help="leave out recordings that cannot be read")


def _add_predict(commands: "_SubParsersAction[ArgumentParser]") -> None:
    ask = commands.add_parser(
        "predict", help="request predictions for a file from a gateway", formatter_class=_HelpFormatter
    )
    ask.set_defaults(run=_predict)
    ask.add_argument("file", type=Path, metavar="FILE", help="a table of beats, with or without labels")
    ask.add_argument("--url", required=True, help="address of the gateway")
    ask.add_argument("--out", type=Path, default="predictions.csv", metavar="FILE", help="the file to write")
    ask.add_argument("--batch", type=int, default=256, metavar="N", help="beats per request")
    ask.add_argument("--label", metavar="COLUMN", help="first, last or a name (default: detected, if there are labels)")
    ask.add_argument("--details", action="store_true", help="also write all probabilities, abstain and unusual")
    ask.add_argument("--key-file", type=Path, metavar="FILE", help="file with the API key for the gateway")
    ask.add_argument("--timeout", type=float, default=120, metavar="S", help="seconds per batch, including all retries")


def _download(chosen: Namespace) -> None:
    if chosen.url and chosen.source == "all":
        raise DataError("--url is the address of one source; give that source's name instead of all")
    for name in SOURCES if chosen.source == "all" else [chosen.source]:
        source = replace(SOURCES[name], url=chosen.url or SOURCES[name].url)
        for path in download(source, chosen.to, chosen.timeout):
            print(path)


def _fetch(chosen: Namespace) -> None:
    part = chosen.file.with_name(f"{chosen.file.name}.part")
    fetch(chosen.url, part, chosen.timeout)
    print(part.replace(chosen.file))


def _generate(chosen: Namespace) -> None:
    # Imported here because loading the simulator takes seconds.
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
        raise DataError(f"--batch {chosen.batch}: give 1 or more")
    with _ended_by_ctrl_c():
        print(predict(Job(**{field.name: getattr(chosen, field.name) for field in fields(Job)})))


@contextmanager
def _ended_by_ctrl_c() -> Iterator[None]:
    """End the process at once on Ctrl-C: a KeyboardInterrupt can leave a lock taken that other threads wait for.

    The output stays valid, as it does after a kill.
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
