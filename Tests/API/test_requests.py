"""Valid and invalid requests, generated from the description, get responses that match it."""

import subprocess
import sys
from pathlib import Path

CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
# Requests per operation if no time is set: the same on every machine, because the configuration sets the seed.
EXAMPLES = 30
# In addition to the time for requests, for the run that is in progress at its end.
GRACE_SECONDS = 180


def test_responses_to_generated_requests_match_the_description(request, user, web, photo, tmp_path):
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
