"""After the install people read exactly what to type next."""

import re

import chart


def notes(name):
    done = chart.helm("install", "pixelflow", chart.CHART, "--namespace", "images", "--dry-run=client", "--values", chart.values_of(name))
    assert done.returncode == 0, done.stderr
    return done.stdout.partition("\nNOTES:\n")[2]


def test_notes_name_the_commands():
    text = notes("defaults")
    documents = chart.manifests("defaults")
    assert "kubectl --namespace images port-forward svc/pixelflow-web 3000:3000" in text
    for service in re.findall(r"svc/([a-z0-9-]+)", text):
        documents.one("Service", service)
    for autoscaler in re.findall(r"get hpa ([a-z0-9-]+)", text):
        documents.one("HorizontalPodAutoscaler", autoscaler)
    assert "helm test pixelflow --namespace images" in text
    assert "postgres, mongodb, kafka, s3, redis" in text


def test_notes_follow_the_values():
    everything = notes("everything")
    assert "https://images.example.com/" in everything and "port-forward" not in everything
    external = notes("external-urls")
    assert "delete pvc" not in external
    assert "get hpa" not in notes("autoscaling-none")
