"""What docs/architecture.md says of the sources: every path is there, and a route is short enough to be read."""

import re
import unittest

from scripts import ROOT

PAGE = (ROOT / "docs" / "architecture.md").read_text()
LONGEST_ROUTE = 12


class ArchitectureTests(unittest.TestCase):
    def test_every_path_exists(self):
        paths = re.findall(r"`((?:Sources|Tests)/[^`]*)`", PAGE)
        self.assertGreater(len(paths), 30)
        self.assertEqual([path for path in paths if not (ROOT / path).exists()], [])

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
