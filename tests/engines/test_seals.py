from pathlib import Path

import pytest

from limner.engines.seals import require_unchanged, seal, sealed_like
from limner.errors import DamagedError


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    path = tmp_path / "part-1.parquet"
    path.write_bytes(bytes(1000))
    return seal(path)


def test_a_sealed_file_passes_under_any_name_with_its_seal(sealed: Path, tmp_path: Path) -> None:
    elsewhere = sealed.rename(sealed_like(tmp_path / "part-2.parquet", sealed))

    require_unchanged(elsewhere)

    assert elsewhere.name.startswith("part-2.")


@pytest.mark.parametrize("place", [0, 500, 999])
def test_any_byte_that_changed_is_found(sealed: Path, place: int) -> None:
    content = bytearray(sealed.read_bytes())
    content[place] ^= 1
    sealed.write_bytes(content)

    with pytest.raises(DamagedError, match="bytes of it changed after it was written"):
        require_unchanged(sealed)


def test_a_file_without_a_seal_passes(tmp_path: Path) -> None:
    path = tmp_path / "part-1.parquet"
    path.write_bytes(b"as it came")

    require_unchanged(path)
