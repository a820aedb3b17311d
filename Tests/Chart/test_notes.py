"""After the install people read exactly what to type next."""

import re

import chart


def notes(name, *arguments):
    done = chart.helm(
        "install", "pixelflow", chart.CHART, "--namespace", "images", "--dry-run=client", "--values", chart.values_of(name), *arguments)
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
    keda = chart.manifests("autoscaling-keda").one("ScaledObject", "pixelflow-worker")["spec"]["advanced"]["horizontalPodAutoscalerConfig"]
    assert f"get hpa {keda['name']} --watch" in notes("autoscaling-keda")


def requested(documents, workers):
    """CPU in thousandths and memory in MiB that pods request, from the manifests themselves."""
    cpu = memory = 0
    for each in documents:
        if each["kind"] not in ("Deployment", "StatefulSet"):
            continue
        pods = workers if each["metadata"]["name"].endswith("-worker") else each["spec"].get("replicas", 1)
        requests = each["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"]
        cpu += pods * (int(requests["cpu"][:-1]) if str(requests["cpu"]).endswith("m") else int(float(requests["cpu"]) * 1000))
        memory += pods * int(requests["memory"].removesuffix("Mi"))
    return cpu, memory


def test_notes_say_what_fits_where():
    for name, workers in (("defaults", 12), ("external-urls", 12), ("autoscaling-none", 3), ("everything", 12)):
        text, documents = notes(name), chart.manifests(name)
        (cpu, memory), (all_cpu, all_memory) = requested(documents, 0), requested(documents, workers)
        assert f"Everything but the workers requests {cpu}m CPU and {memory} Mi of memory" in text
        assert f"with all {workers}\nworkers {all_cpu}m and {all_memory} Mi." in text


def test_notes_say_which_images_there_is_no_memory_for():
    """By the table of docs/production.md."""
    assert "megapixels" not in notes("defaults")
    text = " ".join(notes("defaults", "--set", "limits.maxPixels=100000000").split())
    assert "worker: each render process has 800 Mi, which is enough for 50 megapixels in every format. limits.maxPixels admits 100;" in text
    assert "resources.limits.memory: 3688Mi is enough for all." in text
    table = re.findall(r"^\| ([\d,]+)(?: \(default\))? \| \d+ MiB \| (\d+) Mi, (\d+) Mi, (\d+) Mi \|$", (chart.ROOT / "docs" / "production.md").read_text(), re.M)
    assert len(table) == 3
    for pixels, *limits in table:
        for processes, limit in zip((1, 2, 4), map(int, limits), strict=True):
            values = f"limits.maxPixels={pixels.replace(',', '')},worker.renderProcesses={processes},worker.resources.limits.memory="
            assert "megapixels" not in notes("defaults", "--set", f"{values}{limit}Mi")
            less = notes("defaults", "--set", f"{values}{limit - processes}Mi")
            assert "megapixels" in less and f"resources.limits.memory: {limit}Mi" in less
    # Each pool by itself; a share that is set by hand is what someone wanted.
    pools = notes("worker-pools")
    assert "worker: each" in pools and "worker pool spot: each" in pools and "worker pool arm: each" in pools
    assert "megapixels" not in notes("defaults", "--set", "limits.maxPixels=100000000,worker.extraEnv[0].name=PIXELFLOW_RENDER_MEMORY,worker.extraEnv[0].value=1Gi")
