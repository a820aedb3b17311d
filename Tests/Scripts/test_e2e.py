"""Where the end-to-end check asks."""

import unittest

from scripts import script

e2e = script("scripts/e2e")


class BasesOfTheEndToEndCheck(unittest.TestCase):
    def test_one_forwarded_port_is_enough(self):
        bases = e2e.bases_of({"BASE_WEB": "http://localhost:3000/"})
        self.assertEqual(
            bases, {"web": "http://localhost:3000", "auth": "http://localhost:3000/auth", "api": "http://localhost:3000", "worker": None})

    def test_without_addresses_it_asks_the_usual_ports(self):
        self.assertEqual(e2e.bases_of({}), {
            "web": "http://127.0.0.1:3000", "auth": "http://127.0.0.1:50051", "api": "http://127.0.0.1:8080", "worker": "http://127.0.0.1:8081"})

    def test_who_names_another_service_means_each_by_itself(self):
        bases = e2e.bases_of({"BASE_WEB": "http://w:1", "BASE_AUTH": "http://a:2"})
        self.assertEqual(bases["auth"], "http://a:2")
        self.assertEqual(bases["api"], "http://127.0.0.1:8080")


if __name__ == "__main__":
    unittest.main()
