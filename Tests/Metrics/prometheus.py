"""A Prometheus server with the configuration of the project, but other addresses and shorter intervals."""

import json
import math
import re
import time
import urllib.parse
import urllib.request

from harness.failure import expect
from harness.loading import script
from harness.pixelflow import SERVICES
from harness.ports import free_port
from harness.process import Process

SCRAPE_SECONDS = 1
WAIT_SECONDS = 60

names = script("scripts/check-metrics")


def configuration(scraped):
    text = (names.MONITORING / "prometheus.yml").read_text()
    text = re.sub(r"(scrape|evaluation)_interval: \w+", rf"\1_interval: {SCRAPE_SECONDS}s", text)
    text = re.sub(r"scrape_timeout: \w+.*", f"scrape_timeout: {SCRAPE_SECONDS}s", text)
    text = text.replace("alerts.yml", str(names.RULES))
    for name in SERVICES:
        targets = json.dumps([url.removeprefix("http://") for job, url in scraped if job == name])
        text, count = re.subn(rf"(job_name: {name}\n.*\n.*targets: )\[.*\]", rf"\g<1>{targets}", text)
        expect(count == 1, f"prometheus.yml has no job {name}")
    return text


class Prometheus:
    def __init__(self, scraped, folder):
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        (folder / "prometheus.yml").write_text(configuration(scraped))
        self.process = Process(
            ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/samples",
             f"--web.listen-address=127.0.0.1:{port}"], folder / "prometheus.log")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stop()

    def ask(self, path, **parameters):
        with urllib.request.urlopen(f"{self.url}{path}?{urllib.parse.urlencode(parameters)}", timeout=10) as response:
            return json.load(response)["data"]

    def query(self, expression):
        """The values, without NaN."""
        values = [float(sample["value"][1]) for sample in self.ask("/api/v1/query", query=expression)["result"]]
        return [value for value in values if not math.isnan(value)]

    def wait(self, expression, holds=lambda values: values and all(value > 0 for value in values)):
        """The values, once they satisfy a condition."""
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            try:
                values = self.query(expression)
            except OSError as error:
                values = [str(error)]
            else:
                if holds(values):
                    return values
            expect(time.monotonic() < deadline, f"after {WAIT_SECONDS} s the response to {expression} is {values}\n{self.process.tail()}")
            time.sleep(SCRAPE_SECONDS / 4)
