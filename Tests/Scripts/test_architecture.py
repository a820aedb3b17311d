"""docs/architecture.md and the decision records: every path of the sources exists, and a route is short enough to be read."""

import re
import unittest

from scripts import ROOT

PAGE = (ROOT / "docs" / "architecture.md").read_text()
RECORDS = sorted((ROOT / "docs" / "adr").glob("*.md"))
LONGEST_ROUTE = 12


class ArchitectureTests(unittest.TestCase):
    def test_every_path_exists(self):
        paths = re.findall(r"`((?:Sources|Tests)/[^`]*)`", PAGE)
        self.assertGreater(len(paths), 30)
        self.assertEqual([path for path in paths if not (ROOT / path).exists()], [])

    def test_every_path_of_the_decision_records_exists(self):
        found = [(page.name, path) for page in RECORDS for path in re.findall(r"`([\w.+-]+(?:/[\w.+-]+)+)`", page.read_text())]
        # Files of the sources are named by their whole path; other words with a slash are URLs, buckets or media types.
        files = [(page, path) for page, path in found if path.endswith(".swift") or path.startswith(("Sources/", "Tests/", "scripts/", "docs/"))]
        self.assertGreater(len(files), 5)
        self.assertEqual([(page, path) for page, path in files if not (ROOT / path).exists()], [])

    def test_routes_are_short_lists_of_files(self):
        section = PAGE.partition("## Three routes through the code")[2].partition("\n## ")[0]
        routes = section.split("\n### ")[1:]
        self.assertEqual(len(routes), 3)
        for route in routes:
            files = re.findall(r"^\d+\. `(\S+)`: \S.*\.$", route, re.MULTILINE)
            self.assertEqual(len(files), len(re.findall(r"^\d+\.", route, re.MULTILINE)), route)
            self.assertIn(len(files), range(5, LONGEST_ROUTE + 1))
            self.assertEqual([file for file in files if not (ROOT / file).is_file()], [])


if __name__ == "__main__":
    unittest.main()
