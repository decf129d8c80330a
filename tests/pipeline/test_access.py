from pathlib import Path

import pytest

from limner.errors import UsageError
from limner.pipeline.access import Access
from limner.timeline import FixedClock


@pytest.mark.parametrize("name", ["", "  ", "ann\n", "\x1b[2J"])
def test_nobody_without_a_name_gets_a_token(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="a token is handed out to a name"):
        Access(tmp_path).add(name, "viewer", FixedClock(0))

    assert Access(tmp_path).tokens() == {}
