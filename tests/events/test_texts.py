import numpy as np
import pyarrow as pa
import pytest

from limner.events.texts import packed, unpacked

NAMES = pa.array(["ann", "", "茶", "bob", "zoë"])


@pytest.mark.parametrize(
    "texts", [NAMES, NAMES[:0], NAMES[1:4], NAMES[3:], NAMES.cast(pa.large_string())[2:], NAMES[1:2]]
)
def test_texts_come_back_as_they_were(texts: pa.Array) -> None:
    joined, ends = packed(texts)

    assert unpacked(joined, ends).to_pylist() == texts.to_pylist()
    assert (ends[0], ends[-1]) == (0, len(joined))
    assert joined.dtype == np.uint8
    assert ends.dtype == np.int64
