"""The Celery application of the peer: a thumbnail by pyvips, acknowledged late, with its result in Redis."""

import os

import pyvips
from celery import Celery

pyvips.cache_set_max(0)

app = Celery("peer", broker=os.environ["PEER_REDIS"], backend=os.environ["PEER_REDIS"])
app.conf.update(task_acks_late=True, worker_hijack_root_logger=False, broker_connection_retry_on_startup=True)


@app.task
def thumbnail(source, output, edge):
    with open(source, "rb") as file:
        data = file.read()
    image = pyvips.Image.thumbnail_buffer(data, edge, height=edge, size="down")
    if output.endswith(".jpg"):
        result = image.jpegsave_buffer(Q=80, strip=True)
    else:
        result = image.pngsave_buffer(strip=True)
    with open(output, "wb") as file:
        file.write(result)
    return {"width": image.width, "height": image.height, "bytes": len(result)}
