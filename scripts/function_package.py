"""Make the package of the Azure function app, `build/function-app` and a zip of it:

    python -m scripts.function_package [--out build/function-app]

What it needs is installed into it for the Python that runs this, which has to be of the version
that the function app has. The weights stay out: they are on the share.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

ROOT = Path(__file__).parents[1]
APP = ROOT / "deploy" / "azure"
_INSTALLED = Path(".python_packages", "lib", "site-packages")
_FILES = ("function_app.py", "host.json", "wordsight_azure")
_UNWANTED = ("torch", "pyspark", "matplotlib", "scipy")


def make(out: Path) -> tuple[int, int]:
    """Bytes of the folder, and of the zip.

    Raises:
        SystemExit: something heavy would be in it.
    """
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    for name in _FILES:
        if (APP / name).is_dir():
            shutil.copytree(APP / name, out / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(APP / name, out / name)
    (out / "wordsight_azure" / "BUILD").write_text(uuid4().hex)
    packages = out / _INSTALLED
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(packages)]
    subprocess.run(
        [*pip, "--no-compile", f"{ROOT}[azure,postgres]", "-r", str(APP / "requirements.txt")],
        check=True,
    )
    if heavy := [name for name in _UNWANTED if (packages / name).exists()]:
        raise SystemExit(f"{', '.join(heavy)} would be in the package; see who requires it")
    # Packages are unpacked with other times, where nothing may be written: times tell nothing.
    compile_all = [sys.executable, "-m", "compileall", "-q", "--invalidation-mode=unchecked-hash"]
    subprocess.run([*compile_all, str(out)], check=False)  # some carry files for other versions
    for weights in (packages / "wordsight" / "models" / "weights").iterdir():
        weights.unlink()
    shutil.rmtree(packages / "bin", ignore_errors=True)
    archive = shutil.make_archive(str(out), "zip", out)
    return sum(path.stat().st_size for path in out.rglob("*") if path.is_file()), (
        Path(archive).stat().st_size
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "function-app")
    unpacked, packed = make(parser.parse_args().out)
    print(f"{unpacked / 1e6:.0f} MB, zipped {packed / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
