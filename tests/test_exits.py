import duckdb
import pytest

from limner.errors import LockedError, SpecError, StaleError
from limner.exits import exit_code_of, is_of_the_system, told_by_the_system

ASYNC = "IO Error: Async write failed for range [offset=0, size=9]"
FULL = (
    f'{ASYNC}: {{"exception_type":"IO","exception_message":'
    '"Could not write file \\"store/1.parquet\\": No space left on device","errno":"28"}'
)
DELTA = (
    "Generic LocalFileSystem error\n  \x1b[31m↳\x1b[0m Unable to copy data to file\n   \x1b[31m↳\x1b[0m No space left\n"
)


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [
        (StaleError("old"), 1),
        (OSError(28, "No space left on device"), 1),
        (duckdb.IOException(FULL), 1),
        (duckdb.OutOfMemoryException("failed to allocate"), 1),
        (MemoryError(), 1),
        (SpecError("wrong"), 2),
        (duckdb.BinderException("a bug of ours"), 3),
        (ZeroDivisionError(), 3),
        (LockedError("another run"), 4),
        (KeyboardInterrupt(), 130),
    ],
)
def test_each_error_has_the_exit_code_that_is_documented(error: BaseException, exit_code: int) -> None:
    assert exit_code_of(error) == exit_code


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OSError(28, "No space left on device", "a/b"), "No space left on device"),
        (OSError(DELTA), "Generic LocalFileSystem error: Unable to copy data to file: No space left"),
        (duckdb.IOException(FULL), f'{ASYNC}: Could not write file "store/1.parquet": No space left on device'),
        (
            OSError(f"no room: {FULL}"),
            f'no room: {ASYNC}: Could not write file "store/1.parquet": No space left on device',
        ),
        (MemoryError(), "MemoryError"),
    ],
)
def test_what_the_system_says_is_one_plain_line(error: Exception, sentence: str) -> None:
    assert is_of_the_system(error)
    assert told_by_the_system(error) == sentence
