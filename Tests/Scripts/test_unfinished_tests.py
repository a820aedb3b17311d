import unittest

from scripts import script

unfinished = script("scripts/checks/unfinished-tests").unfinished

LOG = """\
◇ Test run started.
↳ Testing Library Version: 6.3.1
◇ Suite LeaseTests started.
◇ Test "gives up" started.
◇ Test tenLostLeasesFailATask() started.
◇ Test case passing 1 argument size → 3 to streamYieldsItsParts(size:) started.
◇ Test streamYieldsItsParts(size:) started.
◇ Test stays() started.
◇ Test stays() started.
✔ Test tenLostLeasesFailATask() passed after 0.010 seconds.
✔ Test streamYieldsItsParts(size:) with 3 test cases passed after 0.001 seconds.
✘ Test stays() failed after 1.0 seconds with 1 issue.
➜ Test needsAServer() skipped: "needs a server"
"""


class UnfinishedTests(unittest.TestCase):
    def test_names_what_had_begun_and_not_ended(self):
        self.assertEqual(unfinished(LOG.splitlines()), ['"gives up"', "stays()"])

    def test_names_nothing_after_the_end(self):
        self.assertEqual(unfinished(['◇ Test a() started.', '✔ Test a() passed after 0.1 seconds.']), [])
