import unittest

from scripts import script

dead_names = script("scripts/checks/named-scripts").dead_names

FILES = ["scripts/setup", "scripts/tools/page.lock", "scripts/bench/run"]


class NamedScripts(unittest.TestCase):
    def test_names_what_there_is_not(self):
        text = "# See `scripts/setup`.\n# `scripts/chart-readme` writes it.\n\t@scripts/nothing up; ../scripts/tools/none.lock\n"
        self.assertEqual(
            list(dead_names(text, FILES)),
            [(2, "scripts/chart-readme"), (3, "scripts/nothing"), (3, "scripts/tools/none.lock")])

    def test_leaves_files_folders_patterns_and_other_locations(self):
        text = "scripts/setup. scripts/bench scripts/tools/NAME.lock scripts/tools/*.lock $ROOT/scripts/bench/run my/scripts/other"
        self.assertEqual(list(dead_names(text, FILES)), [])

    def test_a_pattern_must_fit_something(self):
        self.assertEqual(list(dead_names("scripts/tools/*.toml", FILES)), [(1, "scripts/tools/*.toml")])
