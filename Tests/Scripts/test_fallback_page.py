"""The page that an executable shows when the real one was not built (Sources/CWebAssets/page/fallback)."""

import re
import unittest

from scripts import ROOT

PAGE = (ROOT / "Sources" / "CWebAssets" / "page" / "fallback" / "index.html").read_text()


class FallbackPageTests(unittest.TestCase):
    def test_needs_nothing_else(self):
        self.assertEqual(re.findall(r"""(?:src|href)=["']?([^"'> ]+)""", PAGE), ["data:,"])
        # The policy of the page refuses what stands inline.
        self.assertNotRegex(PAGE, r"<(style|script)|\s(style|on\w+)=")

    def test_names_make_targets_that_exist(self):
        known = re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
        named = re.findall(r"<code>make ([a-z0-9-]+)</code>", PAGE)
        self.assertIn("web", named)
        self.assertLessEqual(set(named), set(known))


if __name__ == "__main__":
    unittest.main()
