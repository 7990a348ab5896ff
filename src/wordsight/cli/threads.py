"""How many threads a matrix product takes."""

from __future__ import annotations

import os


def one_thread_a_product() -> None:
    """To be called before NumPy is imported, by commands that answer queries.

    A query's products are so small that a second thread is mostly waited for, the more so while
    the machine does other things; a server answers several queries at a time instead.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # of FAISS
