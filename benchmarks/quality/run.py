"""All data sets one after the other, each in a process of its own; those that are absent are skipped.

Example: python -m benchmarks.quality.run --budget 60
"""

from __future__ import annotations

import subprocess
import sys

DATA_SETS = ("cdnow", "coil", "journey", "retail")


def main() -> None:
    """Run them; fails when one does."""
    codes = [
        subprocess.run([sys.executable, "-m", f"benchmarks.quality.{name}", *sys.argv[1:]], check=False).returncode
        for name in DATA_SETS
    ]
    sys.exit(max(codes))


if __name__ == "__main__":
    main()
