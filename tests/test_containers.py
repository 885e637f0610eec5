"""The container files are checked by their linters.

No image is built and no container is started here: that needs a container engine, which test machines need not have.
What is shown is that the Compose file fits the Compose specification and that hadolint finds nothing in the Dockerfile.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = Path(sys.executable).parent


def run(*command: str) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_the_compose_file_fits_the_compose_specification():
    checker = str(SCRIPTS / "check-jsonschema")

    assert run(checker, "--builtin-schema", "vendor.compose-spec", "docker-compose.yml") == ""


def test_hadolint_finds_nothing_in_the_dockerfile():
    assert run(str(SCRIPTS / "hadolint"), "Dockerfile") == ""
