"""One line a test function: ✓ or ✗, with the value sets that failed."""

import collections


class Marks:
    def __init__(self):
        self.outcomes = collections.OrderedDict()

    def pytest_runtest_logreport(self, report):
        if report.when != "call" and not report.failed and not report.skipped:
            return
        function = report.nodeid.partition("[")[0]
        self.outcomes.setdefault(function, []).append((report.nodeid, report.outcome))

    def pytest_terminal_summary(self, terminalreporter):
        for function, outcomes in self.outcomes.items():
            title = function.rpartition("::")[2].removeprefix("test_").replace("_", " ")
            count = f" ({len(outcomes)})" if len(outcomes) > 1 else ""
            bad = [node.partition("[")[2].rstrip("]") or node for node, outcome in outcomes if outcome == "failed"]
            if all(outcome == "skipped" for _, outcome in outcomes):
                terminalreporter.write_line(f"- chart: {title}: skipped")
                continue
            terminalreporter.write_line(f"✗ chart: {title}: {', '.join(bad)}" if bad else f"✓ chart: {title}{count}")


def pytest_configure(config):
    config.pluginmanager.register(Marks())
