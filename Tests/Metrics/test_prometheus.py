"""Typical queries, the rules and the dashboard. The order matters: earlier tests generate the traffic of later ones."""

import time

import pytest
from prometheus import SCRAPE_SECONDS, names

QUESTIONS = {
    "rate": "sum(rate(api_requests_total[5m]))",
    "rate by route": 'sum(rate(api_requests_total{endpoint="/api/tasks/{id}"}[5m]))',
    "rate of what web passes on": 'sum(rate(web_requests_total{endpoint="/api/**"}[5m]))',
    "p95": "histogram_quantile(0.95, sum by (le) (rate(auth_request_duration_seconds_bucket[5m])))",
    "p95, recorded": 'service:request_duration_seconds:p95_5m{service="api"}',
    "login success": 'sum(rate(auth_logins_total{status="success"}[5m])) / sum(rate(auth_logins_total[5m]))',
    "login success, recorded": "auth:logins:success_ratio5m",
    "token validations": 'sum(rate(auth_token_validations_total{status="valid"}[5m]))',
    "tasks created": "sum(rate(tasks_created_total[5m]))",
    "tasks completed": 'sum(rate(tasks_finished_total{status="COMPLETED"}[5m]))',
    "tasks failed by code": 'sum(rate(tasks_finished_total{error_code="not_an_image"}[5m]))',
    "queue latency": "histogram_quantile(0.95, sum by (le) (rate(task_queue_latency_seconds_bucket[5m])))",
    "queue latency by lane": 'histogram_quantile(0.95, sum by (le) (rate(task_queue_latency_seconds_bucket{lane="normal"}[5m])))',
    "queue latency by lane, recorded": 'tasks:queue_latency_seconds:p95_5m{lane="normal"}',
    "render seconds by format": 'sum(rate(render_duration_seconds_sum{format="jpeg"}[5m]))',
    "bytes of outputs": "sum(rate(output_bytes_total[5m]))",
    "memory": 'process_resident_memory_bytes{job="api"}',
    "open files": 'process_open_fds{job="worker"}',
}


def test_prometheus_scrapes_every_service(server, scraped):
    server.wait("up", lambda values: values == [1] * len(scraped))


def test_typical_queries_have_results(server, visitor):
    # Counters that appear between two scrapes show no increase; after the first visit, all exist.
    visitor.register()
    for _ in range(2):
        visitor.visit()
        time.sleep(2 * SCRAPE_SECONDS)
    for question in QUESTIONS.values():
        server.wait(question)
    success = server.wait(QUESTIONS["login success"])[0]
    assert 0 < success < 1, "good and bad logins are equal in number"


def test_nothing_is_counted_twice(server, visitor, owns_services):
    """Services that share a process must not be counted once for each address."""
    if not owns_services:
        pytest.skip("others may have made tasks")
    server.wait("sum(tasks_created_total)", lambda values: values == [visitor.tasks])
    server.wait('sum(tasks_finished_total{status="COMPLETED"})', lambda values: values == [visitor.tasks * 2 / 3])


def test_queries_of_the_dashboard(server):
    for expression in names.dashboard_expressions():
        server.query(expression.replace("$__rate_interval", "1m"))


def test_recording_rules_and_alerts(server):
    rules = [rule for group in server.ask("/api/v1/rules")["groups"] for rule in group["rules"]]
    assert rules
    for rule in rules:
        assert rule["health"] == "ok", f"{rule['name']}: {rule.get('lastError')}"
        assert rule.get("state") != "firing" or rule["labels"].get("severity") != "critical", f"the alert {rule['name']} fires"
