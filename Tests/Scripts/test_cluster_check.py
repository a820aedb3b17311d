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
from harness.requests import Response

check = scripts.script("scripts/cluster/check")

# Responses from a file: the first entry whose words are all among the arguments, and that has not been used as often as it says; notes
# each call, and when its output has been read.
STAND_IN = textwrap.dedent("""\
    #!/usr/bin/env python3
    import json, os, sys
    folder = os.path.dirname(os.path.abspath(__file__))
    name, arguments = os.path.basename(sys.argv[0]), sys.argv[1:]
    with open(folder + "/calls", "a") as calls:
        calls.write(json.dumps([name, *arguments]) + "\\n")
    for position, (words, code, text, *limit) in enumerate(json.load(open(folder + "/responses.json"))):
        used = f"{folder}/used-{position}"
        count = os.path.getsize(used) if os.path.exists(used) else 0
        if set(words) <= {name, *arguments} and count < (limit or [sys.maxsize])[0]:
            open(used, "a").write("x")
            print(text, flush=True)
            open(folder + "/written", "a").write("x")
            sys.exit(code)
""")


class CheckOfACluster(unittest.TestCase):
    def run_steps(self, steps, responses, *arguments, tools=("helm", "kubectl", "pfctl")):
        """The exit status, the lines and the calls."""
        with tempfile.TemporaryDirectory() as folder:
            for name in tools:
                path = Path(folder) / name
                path.write_text(STAND_IN)
                path.chmod(0o755)
            (Path(folder) / "responses.json").write_text(json.dumps(responses))
            output, self.errors = io.StringIO(), io.StringIO()
            with mock.patch.dict(os.environ, PATH=f"{folder}:/usr/bin:/bin"), contextlib.redirect_stdout(output), \
                    contextlib.redirect_stderr(self.errors), mock.patch.object(check, "POLL_SECONDS", 0.01):
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

    def test_what_the_cluster_looks_like_after_a_failure_is_kept(self):
        pods = json.dumps({"items": [
            {"metadata": {"name": "pixelflow-api-1"}, "status": {"conditions": [{"type": "Ready", "status": "False"}]}},
            {"metadata": {"name": "pixelflow-web-1"}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}}]})
        responses = [
            [["helm", "test"], 1, "not ready"], [["get", "pods"], 0, pods], [["describe", "pixelflow-api-1"], 0, "Back-off pulling image"],
            [["logs"], 0, "[pod/pixelflow-api-1/api] no database"], [["get", "all,pvc,events"], 1, "the server is gone"]]
        status, lines, calls = self.run_steps("helm-test,install", responses)
        self.assertEqual((status, lines[1]), (1, "✓ install"))
        for text in ("After helm-test:", "Back-off pulling image", "no database", "the server is gone"):
            self.assertIn(text, self.errors.getvalue())
        self.assertFalse([each for each in calls if "describe" in each and "pixelflow-web-1" in each])
        with tempfile.TemporaryDirectory() as folder:
            self.run_steps("helm-test,install", responses, "--evidence", f"{folder}/evidence")
            self.assertIn("no database", Path(folder, "evidence", "helm-test.txt").read_text())
            self.assertFalse(Path(folder, "evidence", "install.txt").exists())
        # Nothing is found out about a cluster that does not respond, and the check goes on.
        status, lines, _ = self.run_steps("helm-test,install", [responses[0], [["kubectl"], 1, "connection refused"]])
        self.assertEqual((status, lines[1]), (1, "✓ install"))
        self.assertIn("connection refused", self.errors.getvalue())

    def test_a_step_that_meets_something_unforeseen_has_failed(self):
        status, lines, _ = self.run_steps("drain,helm-test", [[["nodes"], 0, "no JSON"]])
        self.assertEqual((status, lines[1]), (1, "✓ helm-test"))
        self.assertIn("✗ drain: JSONDecodeError:", lines[0])

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

    def drained(self, bound):
        """The calls of the step, with two nodes that run web, and claims of databases whose volumes have these rules, by node."""
        def pod(component, node, claim=None):
            volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": claim}}] if claim else [{"name": "tmp", "emptyDir": {}}]
            return {
                "metadata": {"name": f"{component}-{node}", "labels": {"app.kubernetes.io/component": component}},
                "spec": {"nodeName": node, "volumes": volumes}}

        nodes = [
            {"metadata": {"name": name, "labels": {"kubernetes.io/hostname": name, "zone": zone}}, "spec": spec}
            for name, zone, spec in (
                ("control", "a", {"taints": [{"key": "control-plane", "effect": "NoSchedule"}]}), ("one", "a", {}), ("two", "a", {}), ("three", "b", {}))]
        pods = [
            pod("web", "one"), pod("web", "two"), *(pod("mongodb", node, f"data-{node}") for node in bound),
            # One that is Pending, and one that is ending.
            {"metadata": {"name": "web-new", "labels": {"app.kubernetes.io/component": "web"}}, "spec": {}},
            {"metadata": {"name": "web-old", "labels": {"app.kubernetes.io/component": "web"}, "deletionTimestamp": "2026-05-01T12:00:00Z"}, "spec": {"nodeName": "three"}}]
        responses = [
            [["nodes"], 0, json.dumps({"items": nodes})], [["pods"], 0, json.dumps({"items": pods})],
            [["pvc"], 0, json.dumps({"items": [{"metadata": {"name": f"data-{node}"}, "spec": {"volumeName": f"pv-{node}"}} for node in bound]})],
            [["pv"], 0, json.dumps({"items": [
                {"metadata": {"name": f"pv-{node}"}, "spec": {"nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": rules}]}}} if rules else {}}
                for node, rules in bound.items()]})],
            [["get", "deployment", "name"], 0, "deployment.apps/pixelflow-web"], [["get", "statefulset", "name"], 0, "statefulset.apps/pixelflow-mongodb"]]
        with mock.patch.object(check.Check, "seven_lines", lambda _: None):
            status, lines, calls = self.run_steps("drain", responses)
        self.assertEqual((status, lines), (0, ["✓ drain"]), self.errors.getvalue())
        return [[word for word in each if word not in ("kubectl", "--kubeconfig", "/k", "--namespace", "pixelflow-check")] for each in calls]

    @staticmethod
    def only(node):
        return [{"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}]

    def test_databases_whose_volume_exists_on_a_node_only_stay_there(self):
        calls = self.drained({"one": self.only("one"), "two": self.only("two")})
        drain = next(each for each in calls if each[0] == "drain")
        self.assertEqual(drain[1], "one")
        self.assertEqual(drain[-1], "app.kubernetes.io/instance=pixelflow,app.kubernetes.io/component in (web,auth,api,worker,metrics-adapter)")
        end = next(position for position, each in enumerate(calls) if each[0] == "uncordon")
        waited = [(position < end, each[2]) for position, each in enumerate(calls) if each[:2] == ["rollout", "status"]]
        self.assertEqual(waited, [
            (True, "deployment.apps/pixelflow-web"), (False, "deployment.apps/pixelflow-web"), (False, "statefulset.apps/pixelflow-mongodb")])

    def test_a_node_whose_pods_can_all_go_elsewhere_is_preferred(self):
        for rules in (self.only("one"), [{"key": "zone", "operator": "In", "values": ["a"]}], None):
            calls = self.drained({"one": rules})
            drain = next(each for each in calls if each[0] == "drain")
            # A volume of a zone, or of the network, follows its pod.
            self.assertEqual((drain[1], drain[-1]), ("two" if rules == self.only("one") else "one", "app.kubernetes.io/instance=pixelflow"))
            end = next(position for position, each in enumerate(calls) if each[0] == "uncordon")
            self.assertIn(["rollout", "status", "statefulset.apps/pixelflow-mongodb", "--timeout=10m"], calls[:end])

    def test_what_is_left_after_the_uninstall_is_named(self):
        kinds = "horizontalpodautoscalers.autoscaling\nsecrets\npods.metrics.k8s.io\nscaledobjects.keda.sh"
        responses = [
            [["api-resources", "--namespaced=true"], 0, kinds], [["api-resources", "--namespaced=false"], 0, "clusterroles.rbac.authorization.k8s.io"],
            [["rolebindings", "kube-system"], 0, "rolebinding/pixelflow-metrics-adapter"],
            [["clusterroles.rbac.authorization.k8s.io"], 0, "clusterrole/pixelflow-metrics-adapter"],
            [["horizontalpodautoscalers.autoscaling,scaledobjects.keda.sh"], 0, "scaledobject/pixelflow-worker"], [["get"], 0, ""]]
        with mock.patch.object(check, "REMOVAL_SECONDS", 0):
            status, lines, _ = self.run_steps("uninstall", responses)
        self.assertEqual((status, lines), (1, [
            "✗ uninstall: not removed: scaledobject/pixelflow-worker, clusterrole/pixelflow-metrics-adapter, rolebinding/pixelflow-metrics-adapter"]))

    def test_an_uninstall_that_leaves_nothing_removes_what_stays(self):
        responses = [[["api-resources"], 0, "pods"], [["get"], 0, ""]]
        status, lines, calls = self.run_steps("uninstall", responses)
        self.assertEqual((status, lines), (0, ["✓ uninstall"]))
        self.assertEqual(calls[-2][-4:], ["delete", "pvc,secret", "--selector", "app.kubernetes.io/instance=pixelflow"])
        # A cluster that names no kinds is one of which nothing is known.
        with mock.patch.object(check, "REMOVAL_SECONDS", 0):
            status, lines, _ = self.run_steps("uninstall", [])
        self.assertEqual((status, lines), (1, ["✗ uninstall: the cluster names no kinds of objects"]))

    def test_an_uninstall_waits_for_pods_that_end_and_for_a_group_without_a_server(self):
        gone = "error: unable to retrieve the complete list of server APIs: external.metrics.k8s.io/v1beta1"
        responses = [
            [["api-resources"], 1, gone, 1], [["api-resources"], 0, "pods"], [["get", "pods"], 0, "pod/pixelflow-worker-1", 3], [["get"], 0, ""]]
        status, lines, _ = self.run_steps("uninstall", responses)
        self.assertEqual((status, lines), (0, ["✓ uninstall"]))
        # As long as the grace periods of the chart's pods.
        self.assertGreater(check.REMOVAL_SECONDS, 120)

    def test_without_pfctl_the_chart_is_upgraded_all_the_same(self):
        replicas = json.dumps({"spec": {"replicas": 2}})
        status, lines, calls = self.run_steps("upgrade", [[["deployment", "get"], 0, replicas]], tools=("helm", "kubectl"))
        self.assertEqual((status, lines), (0, ["– upgrade: upgraded, but pfctl is not installed and no one had scaled before"]))
        self.assertTrue([each for each in calls if each[0] == "helm" and "upgrade" in each])

    FORWARD = [["port-forward"], 0, "Forwarding from 127.0.0.1:1 -> 3000"]

    @staticmethod
    def workers(count, *times):
        return [["deployment", "get", "pixelflow-worker"], 0, json.dumps({"spec": {"replicas": count}}), *times]

    def serve(self, meet=lambda: None):
        """A stand-in for web, which responds with ids in ascending order; `meet` is called in each upload."""
        self.uploaded, self.asked = [], set()

        def responding(status, method, url, **options):
            if url.endswith("/api/upload"):
                meet()
                self.uploaded.append(str(len(self.uploaded)))
                return Response(status, {}, json.dumps({"id": self.uploaded[-1]}).encode())
            return Response(status, {}, b'{"token": "t"}')

        def asking(method, url, **options):
            self.asked.add(url.rpartition("/")[2])
            return Response(200, {}, b'{"status": "COMPLETED"}')

        return mock.patch.multiple(check, call_expecting=responding, call=asking, make_photo=lambda _: b"")

    def test_a_burst_uploads_several_at_a_time_until_there_is_another_worker(self):
        # Breaks if fewer than that arrive at a time.
        together, first = threading.Barrier(check.UPLOADERS), threading.Semaphore(check.UPLOADERS)

        def meet():
            if first.acquire(blocking=False):
                together.wait(10)

        with self.serve(meet), mock.patch.multiple(check, BURST=check.UPLOADERS * 3, SCALE_UP_SECONDS=30):
            status, lines, _ = self.run_steps("burst", [self.FORWARD, self.workers(2, 5), self.workers(3)])
            self.assertEqual((status, lines), (0, ["✓ burst"]))
            self.assertTrue(self.uploaded)
        with self.serve(), mock.patch.multiple(check, BURST=40, SCALE_UP_SECONDS=0.5):
            status, lines, _ = self.run_steps("burst", [self.FORWARD, self.workers(2)])
        self.assertEqual((status, lines), (1, ["✗ burst: the autoscaler adds no worker within 0.5 s"]))
        self.assertEqual(len(self.uploaded), 40)

    def test_an_upload_that_is_refused_ends_the_burst(self):
        def refuse():
            raise check.Failure("429 instead of 202")

        with self.serve(refuse):
            status, lines, _ = self.run_steps("burst", [self.FORWARD, self.workers(2)])
        self.assertEqual((status, lines), (1, ["✗ burst: 429 instead of 202"]))

    def test_workers_are_removed_while_they_work_and_every_task_is_looked_at(self):
        # Two before the burst, three after it, as many until some uploads have been made, then two.
        responses = [
            self.FORWARD, self.workers(2, 1), self.workers(3, 4), self.workers(2),
            [["get", "deployment", "name"], 0, "deployment.apps/pixelflow-worker"]]
        with self.serve(), mock.patch.multiple(check, BURST=20, STEADY_SECONDS=0.001):
            status, lines, calls = self.run_steps("burst,scale-down", responses)
        self.assertEqual((status, lines), (0, ["✓ burst", "✓ scale-down"]), self.errors.getvalue())
        trial = [each for each in calls if each[0] == "pfctl"]
        self.assertEqual([each[-4:] for each in trial], [["test", "scale-down", "--tasks", "200"]])
        self.assertGreater(len(self.uploaded), 20)
        self.assertEqual(self.asked, set(self.uploaded))

    def test_workers_that_have_been_removed_already_are_no_failure(self):
        responses = [self.FORWARD, self.workers(1, 1), self.workers(4, 1), self.workers(1)]
        with self.serve(), mock.patch.multiple(check, BURST=20, SCALE_DOWN_SECONDS=0):
            status, lines, calls = self.run_steps("burst,scale-down", responses)
        self.assertEqual((status, lines), (0, ["✓ burst", "✓ scale-down"]), self.errors.getvalue())
        self.assertFalse([each for each in calls if each[0] == "pfctl"])

    def test_the_lines_of_a_forwarded_port_are_read(self):
        """Of kubectl, which writes one for each connection, and would wait for a reader in the middle of one."""
        forward = [["port-forward"], 0, "Forwarding from 127.0.0.1:1 -> 3000\n" + "Handling connection for 1\n" * 20_000]

        def wait_until_written():
            written = Path(os.environ["PATH"].split(":")[0], "written")
            # bounded: by the deadline.
            deadline = time.monotonic() + 20
            # The first two are the number of workers and the forwarded port.
            while not written.exists() or written.stat().st_size < 2:
                if time.monotonic() > deadline:
                    raise check.Failure("kubectl waits")
                time.sleep(0.01)

        with self.serve(wait_until_written), mock.patch.multiple(check, BURST=1):
            status, lines, _ = self.run_steps("burst", [self.workers(2, 1), forward, self.workers(2, 1), self.workers(3)])
        self.assertEqual((status, lines), (0, ["✓ burst"]))

    def test_an_outage_that_takes_the_endpoints_away_is_found_and_ended(self):
        responses = [
            [["statefulsets"], 0, "statefulset.apps/pixelflow-postgres\nstatefulset.apps/pixelflow-redis"],
            [["endpointslices"], 0, json.dumps({"items": [{"endpoints": [{"conditions": {"ready": False}}]}]})]]
        self.assertIn("redis", check.BACKENDS)
        status, lines, calls = self.run_steps("restart-backends", responses)
        self.assertEqual((status, lines), (1, ["✗ restart-backends: without postgres, web has no endpoints"]))
        self.assertEqual([each[-2:] for each in calls if "scale" in each][-1], ["statefulset/pixelflow-postgres", "--replicas=1"])


if __name__ == "__main__":
    unittest.main()
