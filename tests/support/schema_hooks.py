"""Hooks that schemathesis loads, for what a schema cannot say: bytes that are beats of `WIDTH` values."""

import os
from struct import pack

import schemathesis
from hypothesis import strategies as st

WIDTH = int(os.environ["WIDTH"])
numbers = st.floats(width=32, allow_nan=False, allow_infinity=False)
beats = st.integers(1, 3).flatmap(lambda count: st.lists(numbers, min_size=count * WIDTH, max_size=count * WIDTH))

schemathesis.openapi.media_type("application/octet-stream", beats.map(lambda values: pack(f"<{len(values)}f", *values)))
