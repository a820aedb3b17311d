"""Requests made up from the description, right ones and wrong ones, are answered as it says."""

import subprocess
import sys
from pathlib import Path

CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
# Of each operation, without a time: with the seed of the configuration, the same requests on every machine.
EXAMPLES = 30
# Beyond the time for making requests: the run that is under way when it ends.
GRACE_SECONDS = 180


def test_made_up_requests_are_answered_as_described(request, user, web, photo, tmp_path):
    seconds = request.config.getoption("--seconds")
    bound = ["--max-time", str(seconds)] if seconds else ["--max-examples", str(EXAMPLES)]
    task = user.make_task(photo)
    configuration = tmp_path / "schemathesis.toml"
    configuration.write_text(CONFIGURATION.read_text().replace("TASK", task))
    log = tmp_path / "log"
    with log.open("w") as output:
        done = subprocess.run(
            [Path(sys.executable).with_name("schemathesis"), "--config-file", configuration, "--no-color", "run", f"{web}/openapi.json",
             "--header", f"Authorization: Bearer {user.token}", *bound],
            stdout=output, stderr=subprocess.STDOUT, cwd=tmp_path, timeout=(seconds or 0) + GRACE_SECONDS)
    assert done.returncode == 0, log.read_text()[-6000:]
