"""The formats of samples in WFDB's signal files: https://physionet.org/physiotools/wag/signal-5.htm

Decoded here because the package wfdb restarts format 8 in each block, which shifts all later samples.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Digital = NDArray[np.int32]


class Format(NamedTuple):
    """A format: bytes and samples of a pack, the function that unpacks it, and the value of a missing sample."""

    bytes: int
    samples: int
    unpack: Callable[[Bytes], Digital]
    missing: int | None

    def count(self, stored: int) -> int:
        """Return the number of samples in `stored` bytes; the last pack may be incomplete."""
        whole, rest = divmod(stored, self.bytes)
        return whole * self.samples + (rest * self.samples // self.bytes)

    def read(self, stored: Bytes, first: int, end: int) -> Digital:
        """Return the stored samples `first` to `end`."""
        pack, skipped = divmod(first, self.samples)
        packs = -(-end // self.samples) - pack
        found = stored[pack * self.bytes : (pack + packs) * self.bytes]
        whole = np.zeros(packs * self.bytes, np.uint8)
        whole[: len(found)] = found
        return self.unpack(whole)[skipped : skipped + end - first]


def _integers(kind: str, zero: int = 0) -> Callable[[Bytes], Digital]:
    return lambda stored: stored.view(kind).astype(np.int32) - np.int32(zero)


def _unpack_24(stored: Bytes) -> Digital:
    padded = np.zeros((len(stored) // 3, 4), np.uint8)
    padded[:, 1:] = stored.reshape(-1, 3)
    return padded.view("<i4").ravel().astype(np.int32) >> 8


def _unpack_212(stored: Bytes) -> Digital:
    first, both, second = stored.reshape(-1, 3).astype(np.int32).T
    return _signed(12, first | (both & 0x0F) << 8, second | (both & 0xF0) << 4)


def _unpack_310(stored: Bytes) -> Digital:
    left, right = stored.reshape(-1, 4).copy().view("<u2").astype(np.int32).T
    return _signed(10, left >> 1 & 0x3FF, right >> 1 & 0x3FF, left >> 11 | (right >> 11) << 5)


def _unpack_311(stored: Bytes) -> Digital:
    packed = stored.reshape(-1, 4).copy().view("<u4").ravel()
    return _signed(10, *((packed >> shift & 0x3FF).astype(np.int32) for shift in (0, 10, 20)))


def _signed(bits: int, *parts: Digital) -> Digital:
    """Interleave the parts of the packs and apply their sign bit."""
    values = np.column_stack(parts).ravel()
    return np.where(values >= 1 << (bits - 1), values - (1 << bits), values).astype(np.int32)


FORMATS: Final = {
    "8": Format(1, 1, _integers("i1"), None),  # differences
    "16": Format(2, 1, _integers("<i2"), -(1 << 15)),
    "24": Format(3, 1, _unpack_24, -(1 << 23)),
    "32": Format(4, 1, _integers("<i4"), -(1 << 31)),
    "61": Format(2, 1, _integers(">i2"), -(1 << 15)),
    "80": Format(1, 1, _integers("u1", 128), -128),
    "160": Format(2, 1, _integers("<u2", 1 << 15), -(1 << 15)),
    "212": Format(3, 2, _unpack_212, -(1 << 11)),
    "310": Format(4, 3, _unpack_310, -(1 << 9)),
    "311": Format(4, 3, _unpack_311, -(1 << 9)),
}
DIFFERENCES: Final = "8"
