import os
import socket
import sys
import tempfile
import threading
import unittest
from pathlib import Path

import scripts  # first: it puts scripts/ on the path
from harness.failure import Failure
from harness.pixelflow import Services, stop_all
from harness.ports import Ports, free_ports
from harness.process import Process, output_of
from harness.receiver import Receiver
from harness.requests import call

DRAINS = "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(0)); print('ready', flush=True); signal.pause(); signal.pause()"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True)\nwhile True: signal.pause()"


class Processes(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def start(self, program, name="it"):
        process = Process([sys.executable, "-c", program], self.folder / f"{name}.log", name=name)
        self.addCleanup(process.kill)
        return process

    def start_ready(self, program, name="it"):
        process = self.start(program, name)
        process.wait_until(lambda: "ready" in process.tail(), "is not ready", seconds=30)
        return process

    def test_one_that_drains_ends_by_itself(self):
        process = self.start_ready(DRAINS)
        self.assertTrue(process.stop())
        self.assertEqual(process.status, 0)

    def test_one_that_does_not_drain_is_killed(self):
        process = self.start_ready(STUBBORN)
        self.assertFalse(process.stop(seconds=0.2))
        self.assertEqual(process.status, -9)

    def test_all_are_asked_before_one_is_waited_for(self):
        processes = {"a": self.start_ready(STUBBORN, "a"), "b": self.start_ready(DRAINS, "b")}
        self.assertEqual(stop_all(processes, seconds=1), ["a"])
        self.assertEqual(processes["b"].status, 0)

    def test_what_it_has_started_ends_with_it(self):
        child = "import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); print('ready', p.pid, flush=True); p.wait()"
        process = self.start_ready(child)
        pid = int(process.tail().split()[1])
        process.stop()
        self.assertTrue(scripts.wait_for_end(pid))

    def test_a_wait_ends_with_the_process_and_shows_its_last_words(self):
        process = self.start("import sys; sys.exit('no database')")
        with self.assertRaisesRegex(Failure, "it ended with 1\nno database"):
            process.wait_until_ready("http://127.0.0.1:1")

    def test_a_wait_has_an_end_and_says_what_was_not(self):
        process = self.start_ready(DRAINS)
        (port,) = free_ports(1)
        with self.assertRaisesRegex(Failure, f"it does not listen on {port} after 0 s"):
            process.wait_until_listening(port, seconds=0)

    def test_a_command_that_fails_says_why(self):
        with self.assertRaisesRegex(Failure, "ended with 3: told"):
            output_of(sys.executable, "-c", "import sys; print('told', file=sys.stderr); sys.exit(3)")
        with self.assertRaisesRegex(Failure, "No such file"):
            output_of(self.folder / "nothing")

    def test_ports_are_free_and_differ(self):
        self.assertEqual(len(set(free_ports(20))), 20)

    def test_a_port_is_handed_out_once_although_nothing_listens_on_it_yet(self):
        ports = Ports(range(26_000, 26_040))
        self.assertEqual(len({*ports.take(10), *ports.take(), *ports.take(7)}), 18)

    def test_a_port_on_which_something_listens_is_passed_over(self):
        (port,) = free_ports(1)
        with socket.create_server(("127.0.0.1", port)):
            self.assertNotIn(port, Ports(range(port - 3, port + 3)).take(2))
            with self.assertRaisesRegex(Failure, f"of the ports {port} to {port}, 0 are free; 1 are needed"):
                Ports(range(port, port + 1)).take()

    def test_services_without_servers_are_refused(self):
        with self.assertRaisesRegex(Failure, "make stack-up"):
            Services(self.folder, self.folder, settings={"PATH": os.environ["PATH"]}).start()

    def test_a_response_that_breaks_off_is_a_failure(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            def respond_with_half():
                connection, _ = server.accept()
                with connection:
                    connection.recv(4096)
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")

            thread = threading.Thread(target=respond_with_half)
            thread.start()
            with self.assertRaisesRegex(Failure, "GET http://127.0.0.1"):
                call("GET", f"http://127.0.0.1:{server.getsockname()[1]}/")
            thread.join()

    def test_names_and_addresses_of_services(self):
        services = Services(self.folder, self.folder, workers=2, usual_ports=True)
        self.assertEqual(services.names, ["auth", "api", "worker-1", "worker-2", "web"])
        self.assertEqual(services.ports["worker-2"], 8082)
        self.assertEqual(services.bases()["BASE_WORKER"], "http://127.0.0.1:8081")
        self.assertEqual(services.bases()["BASE_WEB_MANAGEMENT"], "http://127.0.0.1:3001")


class Receivers(unittest.TestCase):
    def test_messages_are_kept_in_order_with_headers_and_bodies(self):
        with Receiver(b"thank you") as receiver:
            for body in (b"one", b"two" * 100_000):
                response = call("POST", receiver.url, body=body, content_type="application/json")
                self.assertEqual((response.status, response.body), (200, b"thank you"))
            headers, body = receiver.next()
            self.assertEqual((headers["content-type"], body), ("application/json", b"one"))
            self.assertEqual(receiver.next()[1], b"two" * 100_000)

    def test_the_status_can_be_changed(self):
        with Receiver() as receiver:
            receiver.status = 410
            self.assertEqual(call("POST", receiver.url, body=b"{}").status, 410)

    def test_a_message_that_does_not_arrive_is_an_error(self):
        with Receiver() as receiver, self.assertRaisesRegex(Failure, "0 of 1 messages"):
            receiver.take(1, seconds=0.1)
