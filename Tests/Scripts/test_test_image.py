import unittest
from pathlib import Path
from unittest import mock

from scripts import script

test_image = script("scripts/test-image")


class Command(unittest.TestCase):
    def test_is_that_of_the_documentation_on_a_port_and_a_volume_of_its_own(self):
        words = test_image.command("own", "registry/image:tag", 20001, ["--network", "slirp4netns"])
        self.assertEqual(words[:2], [test_image.ENGINE, "run"])
        self.assertEqual(words[-3:], ["--network", "slirp4netns", "registry/image:tag"])
        for option, value in (("--name", "own"), ("--publish", "127.0.0.1:20001:3000"), ("--volume", "own:/data"), ("--cap-drop", "ALL")):
            self.assertEqual(words[words.index(option) + 1], value)
        self.assertIn("--read-only", words)
        self.assertFalse([word for word in words if "OWNER" in word or word.strip() != word or not word])

    def test_a_command_that_is_not_the_documented_one_is_told(self):
        with mock.patch.object(Path, "read_text", return_value="docker run --name pixelflow image\n"), self.assertRaises(test_image.Failure):
            test_image.command("own", "registry/image:tag", 20001, [])


if __name__ == "__main__":
    unittest.main()
