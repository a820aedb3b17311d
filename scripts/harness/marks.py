"""The output of a pytest suite for scripts/test: a line per test function, with ✓, ✗ and the reason, or - if it was skipped."""

import collections


class Marks:
    """Register it in a conftest: `config.pluginmanager.register(Marks("docs"))`. The cases of a function share a line."""

    def __init__(self, suite):
        self.suite = suite
        self.outcomes = collections.OrderedDict()

    def pytest_runtest_logreport(self, report):
        if report.when != "call" and not report.failed and not report.skipped:
            return
        self.outcomes.setdefault(report.nodeid.partition("[")[0], []).append(report)

    def pytest_terminal_summary(self, terminalreporter):
        for function, reports in self.outcomes.items():
            title = f"{self.suite}: {function.rpartition('::')[2].removeprefix('test_').replace('_', ' ')}"
            count = f" ({len(reports)})" if len(reports) > 1 else ""
            bad = [report for report in reports if report.failed]
            if all(report.skipped for report in reports):
                terminalreporter.write_line(f"- {title}: skipped")
            elif bad:
                cases = [report.nodeid.partition("[")[2].rstrip("]") for report in bad]
                terminalreporter.write_line(f"✗ {title}{': ' if any(cases) else ''}{', '.join(filter(None, cases))}")
                for line in reason(bad[0]).splitlines()[:8]:
                    terminalreporter.write_line(f"    {line}")
            else:
                terminalreporter.write_line(f"✓ {title}{count}")


def reason(report):
    crash = getattr(report.longrepr, "reprcrash", None)
    return crash.message if crash else str(report.longrepr)
