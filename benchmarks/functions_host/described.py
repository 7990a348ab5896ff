"""An app's functions as the first programming model has them: a folder each, with function.json.

The worker that PyPI has knows no other. Each folder describes one of the functions that
`function_app.py` declares, by its own bindings, and names it in a script that all of them share.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from benchmarks.functions_host import probe

PROBE = "probe"
_SCRIPT = "by_name.py"
_FUNCTIONS = '''"""The functions of function_app.py, each by its name."""

from function_app import app

globals().update({one.get_function_name(): one.get_user_function() for one in app.get_functions()})
'''


def describe(folder: Path) -> None:
    """Write the folders of an app that can be imported, and one for the probe."""
    from function_app import app

    for known in folder.glob("*/function.json"):
        shutil.rmtree(known.parent)
    (folder / _SCRIPT).write_text(_FUNCTIONS)
    for one in app.get_functions():
        told = json.loads(one.get_function_json())
        _write(folder, str(one.get_function_name()), _SCRIPT, told["bindings"])
    shutil.copy(probe.__file__, folder / f"{PROBE}.py")
    _write(folder, PROBE, f"{PROBE}.py", [
        {"direction": "IN", "type": "probeTrigger", "name": "asked"},
        {"direction": "OUT", "type": "probe", "name": "$return"},
    ])  # fmt: skip


def described(folder: Path) -> dict[str, Any]:
    """What function.json says, by names of functions."""
    files = sorted(folder.glob("*/function.json"))
    return {file.parent.name: json.loads(file.read_text()) for file in files}


def _write(folder: Path, name: str, script: str, bindings: list[dict[str, Any]]) -> None:
    entry = "main" if name == PROBE else name
    told = {"scriptFile": f"../{script}", "entryPoint": entry, "bindings": bindings}
    (folder / name).mkdir()
    (folder / name / "function.json").write_text(json.dumps(told, indent=2))
