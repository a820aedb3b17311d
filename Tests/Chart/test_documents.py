"""What follows from the chart is up to date, and the schema knows exactly the values that there are."""

import json
import re
import subprocess
import sys

import chart


def test_readme_and_plain_manifests_are_up_to_date():
    done = subprocess.run([sys.executable, chart.ROOT / "scripts" / "chart-docs", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_secret_that_is_backed_up_can_be_restored_into_any_namespace():
    """By the command of the document, from a Secret as the API server shows it."""
    command = re.search(r"^kubectl get secret pixelflow-secrets --output json \|\n\s+jq '([^']+)'", (chart.ROOT / "docs" / "operations.md").read_text(), re.MULTILINE)
    secret = {
        "apiVersion": "v1", "kind": "Secret", "type": "Opaque", "data": {"service-secret": "eA=="},
        "metadata": {
            "name": "pixelflow-secrets", "namespace": "first", "uid": "1", "resourceVersion": "2", "creationTimestamp": "2026-05-01T12:00:00Z",
            "labels": {"app.kubernetes.io/instance": "pixelflow"}, "annotations": {"a": "b"}, "managedFields": [{"manager": "pfctl"}]}}
    done = subprocess.run(["jq", command[1]], input=json.dumps(secret), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {**secret, "metadata": {"name": "pixelflow-secrets", "labels": {"app.kubernetes.io/instance": "pixelflow"}}}


def resolve(schema, root):
    return root["definitions"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def differences(values, schema, root, path=""):
    schema = resolve(schema, root)
    properties = schema.get("properties")
    if not isinstance(values, dict) or properties is None or path in (".resources",):
        return
    free = {"resources", "global"}
    name = path.rpartition(".")[2]
    if name not in free:
        for key in set(values) ^ set(properties):
            yield f"{path}.{key}"
        if schema.get("additionalProperties") is not False and name:
            yield f"{path} is open"
    for key in set(values) & set(properties):
        if name not in free:
            yield from differences(values[key], properties[key], root, f"{path}.{key}")


def test_the_schema_knows_every_value_and_no_more():
    values = chart.yaml.safe_load((chart.CHART / "values.yaml").read_text())
    schema = json.loads((chart.CHART / "values.schema.json").read_text())
    assert schema["additionalProperties"] is False
    assert schema["properties"]["global"].get("additionalProperties") is not False
    assert list(differences(values, schema, schema)) == []


def test_rules_and_dashboard_reach_the_cluster_as_they_are():
    documents = chart.manifests("everything")
    rule = documents.one("PrometheusRule", "pixelflow-services")
    assert rule["spec"] == chart.yaml.safe_load((chart.CHART / "monitoring" / "alerts.yml").read_text())
    dashboard = documents.one("ConfigMap", "pixelflow-dashboard")["data"]["pixelflow.json"]
    assert json.loads(dashboard) == json.loads((chart.CHART / "monitoring" / "grafana-dashboard.json").read_text())
    assert len(dashboard) < 900_000, "a ConfigMap holds a megabyte"


def test_the_jobs_of_the_service_monitor_are_those_of_prometheus():
    """Alerts and dashboard select by job; it must be the same name in every way of scraping."""
    config = chart.yaml.safe_load((chart.CHART / "monitoring" / "prometheus.yml").read_text())
    jobs = {job["job_name"] for job in config["scrape_configs"]}
    monitor = chart.manifests("everything").one("ServiceMonitor", "pixelflow-services")["spec"]
    assert monitor["jobLabel"] == "app.kubernetes.io/component"
    assert jobs - {"metrics-adapter", "web"} <= set(monitor["selector"]["matchExpressions"][0]["values"])
    web = chart.manifests("everything").one("ServiceMonitor", "pixelflow-web")["spec"]
    assert web["selector"]["matchLabels"]["app.kubernetes.io/component"] == "web"
    assert [each["port"] for each in web["endpoints"]] == ["management"]
    management = chart.manifests("everything").one("Service", "pixelflow-web-management")["spec"]
    assert (management["type"], [each["targetPort"] for each in management["ports"]]) == ("ClusterIP", ["management"])
    services = {each["metadata"]["labels"]["app.kubernetes.io/component"] for each in chart.manifests("everything").of("Service")}
    assert set(monitor["selector"]["matchExpressions"][0]["values"]) <= services


def test_webs_management_port_is_in_no_service_that_others_reach():
    """Whatever the type of web's Service is, its metrics and the details of its probes stay inside."""
    documents = chart.manifests_with(web={"service": {"type": "LoadBalancer"}}, ingress={"enabled": True, "hosts": ["a.example"]})
    public = documents.one("Service", "pixelflow-web")["spec"]
    assert [each["targetPort"] for each in public["ports"]] == ["http"]
    assert documents.one("Service", "pixelflow-web-management")["spec"]["type"] == "ClusterIP"
    for ingress in documents.of("Ingress"):
        assert "management" not in chart.yaml.safe_dump(ingress)
