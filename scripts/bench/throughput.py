"""Upload to COMPLETED over HTTP on all cores, which the client shares: large photographs and small PNGs."""

import json

import celery_peer
import pixelflow
import thumbor_peer
from plan import EDGE, interleaved
from processes import outputs_of
from report import Line, Section
from samples import percentile_ms

PIXELFLOW, CELERY, THUMBOR = "PixelFlow", "Celery + Redis + pyvips", "thumbor, two processes"
SYNCED = "Celery, Redis synced (appendfsync always)"
C_LOOP = "C loop, two processes (no queue, no HTTP)"
LARGE_WINDOW = 8  # uploads in progress
SMALL_WINDOW = 64


def repeated(items, count):
    return [items[number % len(items)] for number in range(count)]


def loop_rate(plan, loop, files):
    printed = outputs_of([[loop, str(plan.seconds), str(EDGE), *files]] * 2)
    results = [json.loads(text) for text in printed]
    return sum(result["images"] / result["seconds"] for result in results)


def measure_large(plan, inputs, loop):
    count = plan.uploads
    photos = repeated([photo.read_bytes() for photo in inputs.photos], count)
    names = repeated([photo.name for photo in inputs.photos], count)
    files = [str(photo) for photo in inputs.photos]
    pipeline = pixelflow.fit(EDGE, "jpeg", quality=80)
    with (
        pixelflow.started(plan.pixelflow, plan.work / "large") as system,
        celery_peer.started(plan.work / "celery", plan.venv) as celery,
        thumbor_peer.started(plan.work / "thumbor", plan.venv, inputs.folder) as thumbor,
    ):
        for warm_up in (
            lambda: system.process_many(photos[:8], pipeline, LARGE_WINDOW),
            lambda: celery.process_many(photos[:8], EDGE, ".jpg", LARGE_WINDOW),
            lambda: thumbor.process_many(names[:8], EDGE),
        ):
            warm_up()
        values = interleaved(plan.rounds, {
            CELERY: lambda: count / celery.process_many(photos, EDGE, ".jpg", LARGE_WINDOW),
            PIXELFLOW: lambda: count / system.process_many(photos, pipeline, LARGE_WINDOW),
            THUMBOR: lambda: count / thumbor.process_many(names, EDGE),
            C_LOOP: lambda: loop_rate(plan, loop, files),
        })
    base = Line(CELERY, values[CELERY], "images/s")
    return Section(
        "Upload to COMPLETED, 12 megapixels to fit 512 px, client on the same cores",
        [base, Line(PIXELFLOW, values[PIXELFLOW], "images/s", base=base.values, at_least=1.15),
         Line(THUMBOR, values[THUMBOR], "images/s", base=base.values),
         Line(C_LOOP, values[C_LOOP], "images/s", base=base.values)],
        [f"{count} a round, {LARGE_WINDOW} in hand; Celery: {celery_peer.WORKERS} processes, late acknowledgement, "
         "no HTTP upload, nothing synced to disk"])


def with_sync(celery, measure):
    with celery.synced():
        return measure()


def measure_small(plan, inputs):
    """Throughput and sequential latency, with the same two systems running."""
    pictures = [path.read_bytes() for path in inputs.pngs]
    many, few = repeated(pictures, plan.small), repeated(pictures, plan.singles)
    pipeline = pixelflow.fit(EDGE, "png")
    with (
        pixelflow.started(plan.pixelflow, plan.work / "small") as system,
        celery_peer.started(plan.work / "celery-small", plan.venv) as celery,
    ):
        system.process_many(many[:100], pipeline, SMALL_WINDOW)
        celery.process_many(many[:100], EDGE, ".png", SMALL_WINDOW)
        rates = interleaved(plan.rounds, {
            CELERY: lambda: len(many) / celery.process_many(many, EDGE, ".png", SMALL_WINDOW),
            PIXELFLOW: lambda: len(many) / system.process_many(many, pipeline, SMALL_WINDOW),
            SYNCED: lambda: len(many) / with_sync(celery, lambda: celery.process_many(many, EDGE, ".png", SMALL_WINDOW)),
        })
        samples = interleaved(plan.rounds, {
            CELERY: lambda: [celery.process_one(picture, EDGE, ".png") for picture in few],
            PIXELFLOW: lambda: [system.process_one(picture, pipeline) for picture in few],
            SYNCED: lambda: with_sync(celery, lambda: [celery.process_one(picture, EDGE, ".png") for picture in few]),
        })
    base = Line(CELERY, rates[CELERY], "tasks/s")
    durable = Section(
        "64 x 64 PNG, one output, durable",
        [base, Line(PIXELFLOW, rates[PIXELFLOW], "tasks/s", base=base.values, at_least=2.0),
         Line(SYNCED, rates[SYNCED], "tasks/s", base=base.values)],
        [f"{plan.small} a round, {SMALL_WINDOW} in hand; PixelFlow syncs source, task and output to disk, Celery nothing or its queue"])
    return [durable, latency_section(samples, plan)]


def latency_section(samples, plan):
    lines = []
    for share in (0.50, 0.99):
        peer, own, synced = (percentile_ms(samples[name], share) for name in (CELERY, PIXELFLOW, SYNCED))
        label = f"p{share * 100:.0f}"
        lines += [
            Line(f"{CELERY}, {label}", [peer], "ms"),
            Line(f"{PIXELFLOW}, {label}", [own], "ms", base=[peer], at_most=1.0),
            Line(f"{SYNCED}, {label}", [synced], "ms", base=[peer]),
        ]
    return Section(
        "Idle, submit to COMPLETED, 64 x 64 PNG, one at a time", lines,
        [f"{plan.rounds} x {plan.singles} samples each, pooled"])
