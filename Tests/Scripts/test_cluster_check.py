"""The check of a real cluster, with stand-ins for helm and kubectl: what it asks of them, and what it says."""

import contextlib
import io
import json
import os
import tempfile
import textwrap
import threading
import time
import unittest
from pathlib import Path
from unittest import mock

import scripts  # first: it puts scripts/ on the path
from harness.requests import Answer

check = scripts.script("scripts/cluster/check")

# Answers from a file: the first entry whose words are all among the arguments; notes each call.
STAND_IN = textwrap.dedent("""\
    #!/usr/bin/env python3
    import json, os, sys
    folder = os.path.dirname(os.path.abspath(__file__))
    name, arguments = os.path.basename(sys.argv[0]), sys.argv[1:]
    with open(folder + "/calls", "a") as calls:
        calls.write(json.dumps([name, *arguments]) + "\\n")
    for words, code, text in json.load(open(folder + "/answers.json")):
        if set(words) <= {name, *arguments}:
            print(text)
            sys.exit(code)
""")


class CheckOfACluster(unittest.TestCase):
    def run_steps(self, steps, answers, *arguments, tools=("helm", "kubectl", "pfctl")):
        """The exit status, the lines and the calls."""
        with tempfile.TemporaryDirectory() as folder:
            for name in tools:
                path = Path(folder) / name
                path.write_text(STAND_IN)
                path.chmod(0o755)
            (Path(folder) / "answers.json").write_text(json.dumps(answers))
            output = io.StringIO()
            with mock.patch.dict(os.environ, PATH=f"{folder}:/usr/bin:/bin"), contextlib.redirect_stdout(output):
                status = check.main(["--kubeconfig", "/k", "--only", steps, *arguments])
            noted = Path(folder) / "calls"
            calls = [json.loads(line) for line in noted.read_text().splitlines()] if noted.exists() else []
            return status, output.getvalue().splitlines(), calls

    def test_it_installs_with_the_kubeconfig_and_the_arguments_that_it_is_given(self):
        status, lines, calls = self.run_steps("install,helm-test", [], "--", "--set", "image.tag=1")
        self.assertEqual((status, lines), (0, ["✓ install", "✓ helm-test"]))
        self.assertEqual(calls[0][:3], ["helm", "--kubeconfig", "/k"])
        self.assertEqual(calls[0][-2:], ["--set", "image.tag=1"])

    def test_a_failure_is_named_and_the_next_step_follows(self):
        status, lines, _ = self.run_steps("install,helm-test", [[["upgrade"], 1, "timed out waiting for the condition"]])
        self.assertEqual(status, 1)
        self.assertIn("timed out waiting for the condition", lines[0])
        self.assertEqual(lines[1], "✓ helm-test")

    def test_an_upgrade_has_to_set_the_replicas_back(self):
        replicas = json.dumps({"spec": {"replicas": 2}})
        status, lines, calls = self.run_steps("upgrade", [[["deployment", "get"], 0, replicas]])
        self.assertEqual((status, lines), (0, ["✓ upgrade"]))
        self.assertIn(["pfctl", "--kubeconfig", "/k", "--namespace", "pixelflow-check", "scale", "api", "--replicas", "3"], calls)

    def test_a_release_is_installed_before_it_is_upgraded(self):
        _, _, calls = self.run_steps("install", [], "--from", "oci://registry.example.org/charts/pixelflow")
        self.assertIn("oci://registry.example.org/charts/pixelflow", calls[0])
        status, lines, calls = self.run_steps("install,next-release", [])
        self.assertEqual((status, lines[1]), (0, "– next-release: no release to come from (--from)"))
        self.assertEqual([each for each in calls if check.CHART in each], calls)
        status, lines, calls = self.run_steps("next-release", [], "--from", "x.tgz")
        self.assertEqual((status, lines), (1, ["✗ next-release: there has been no burst"]))

    def test_a_single_node_is_not_drained(self):
        nodes = json.dumps({"items": [{"metadata": {"name": "one"}, "spec": {}}]})
        status, lines, calls = self.run_steps("drain", [[["nodes"], 0, nodes]])
        self.assertEqual((status, lines), (0, ["– drain: there is one node"]))
        self.assertFalse([each for each in calls if "drain" in each])

    def test_what_is_left_after_the_uninstall_is_named(self):
        kinds = "horizontalpodautoscalers.autoscaling\nsecrets\npods.metrics.k8s.io\nscaledobjects.keda.sh"
        answers = [
            [["api-resources", "--namespaced=true"], 0, kinds], [["api-resources", "--namespaced=false"], 0, "clusterroles.rbac.authorization.k8s.io"],
            [["rolebindings", "kube-system"], 0, "rolebinding/pixelflow-metrics-adapter"],
            [["clusterroles.rbac.authorization.k8s.io"], 0, "clusterrole/pixelflow-metrics-adapter"],
            [["horizontalpodautoscalers.autoscaling,scaledobjects.keda.sh"], 0, "scaledobject/pixelflow-worker"], [["get"], 0, ""]]
        with mock.patch.object(check, "LEFTOVER_SECONDS", 0):
            status, lines, _ = self.run_steps("uninstall", answers)
        self.assertEqual((status, lines), (1, [
            "✗ uninstall: left over: scaledobject/pixelflow-worker, clusterrole/pixelflow-metrics-adapter, rolebinding/pixelflow-metrics-adapter"]))

    def test_an_uninstall_that_leaves_nothing_removes_what_stays(self):
        answers = [[["api-resources"], 0, "pods"], [["get"], 0, ""]]
        status, lines, calls = self.run_steps("uninstall", answers)
        self.assertEqual((status, lines), (0, ["✓ uninstall"]))
        self.assertEqual(calls[-2][-4:], ["delete", "pvc,secret", "--selector", "app.kubernetes.io/instance=pixelflow"])
        # A cluster that names no kinds is one of which nothing is known.
        status, lines, _ = self.run_steps("uninstall", [])
        self.assertEqual((status, lines), (1, ["✗ uninstall: the cluster names no kinds of objects"]))

    def test_without_pfctl_the_chart_is_upgraded_all_the_same(self):
        replicas = json.dumps({"spec": {"replicas": 2}})
        status, lines, calls = self.run_steps("upgrade", [[["deployment", "get"], 0, replicas]], tools=("helm", "kubectl"))
        self.assertEqual((status, lines), (0, ["– upgrade: upgraded, but pfctl is not installed and nobody had scaled before"]))
        self.assertTrue([each for each in calls if each[0] == "helm" and "upgrade" in each])

    def test_a_burst_uploads_several_at_a_time(self):
        busy, most, mutex = 0, 0, threading.Lock()

        def answering(status, method, url, **options):
            nonlocal busy, most
            with mutex:
                busy += 1
                most = max(most, busy)
            time.sleep(0.01)
            with mutex:
                busy -= 1
            return Answer(status, {}, b'{"id": "0193", "token": "t"}')

        replicas = json.dumps({"spec": {"replicas": 2}})
        answers = [[["port-forward"], 0, "Forwarding from 127.0.0.1:1 -> 3000"], [["deployment", "get"], 0, replicas]]
        with mock.patch.multiple(check, call_expecting=answering, make_photo=lambda _: b"", BURST=40, SCALE_UP_SECONDS=0):
            status, lines, _ = self.run_steps("burst", answers)
        self.assertEqual((status, lines), (1, ["✗ burst: the autoscaler adds no worker within 0 s"]))
        self.assertEqual(most, check.UPLOADERS)

    def test_an_outage_that_takes_the_endpoints_away_is_found_and_ended(self):
        answers = [
            [["statefulsets"], 0, "statefulset.apps/pixelflow-postgres\nstatefulset.apps/pixelflow-redis"],
            [["endpointslices"], 0, json.dumps({"items": [{"endpoints": [{"conditions": {"ready": False}}]}]})]]
        self.assertIn("redis", check.BACKENDS)
        status, lines, calls = self.run_steps("restart-backends", answers)
        self.assertEqual((status, lines), (1, ["✗ restart-backends: without postgres, web has no endpoints"]))
        self.assertEqual(calls[-1][-3:], ["scale", "statefulset/pixelflow-postgres", "--replicas=1"])


if __name__ == "__main__":
    unittest.main()
