"""Photos go into blob storage, are described from there into PostgreSQL, found, and opened by a
signed address: all on this machine, in Azurite and in a server out of a wheel.

python -m scripts.demo_azure FOLDER
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

from scripts.azurite import azurite, connection_string
from scripts.postgres_server import new_server


def main(folder: str) -> None:
    """Show it with the photos in a folder, one of which is a cat."""
    with tempfile.TemporaryDirectory() as place, azurite(Path(place, "blobs")) as port:
        os.environ["AZURE_STORAGE_CONNECTION_STRING"] = connection_string(port)
        os.environ["WORDSIGHT_CATALOG"] = new_server().get_uri()
        os.environ["WORDSIGHT_LIBRARY"] = str(Path(place, "library"))
        run("upload", folder, "az://photos/samples")
        run("index", "az://photos/samples")
        run("index")  # nothing has changed
        run("search", "-n", "3", "a cat")
        hit, *_ = json.loads(run("search", "--search-in", "database", "-n", "1", "--json", "a cat"))
        with urllib.request.urlopen(hit["url"]) as answer:
            photo = answer.read()
            told = f"{answer.status}, {answer.headers['content-type']}, {len(photo)} bytes"
        print(f"$ curl '{hit['url']}'\n{told}")


def run(*arguments: str) -> str:
    """Run a command of wordsight's, and show it with what it says."""
    print(f"$ wordsight {shlex.join(arguments)}", flush=True)
    command = [sys.executable, "-m", "wordsight", *arguments]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    print(said, end="", flush=True)
    return said


if __name__ == "__main__":
    main(sys.argv[1])
