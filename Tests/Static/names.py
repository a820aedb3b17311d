"""A name server for the search list that Kubernetes gives a pod. Needs root, because resolvers always use port 53."""

import socket
import struct
import threading

# Any address of the loopback network.
ADDRESS = "127.53.53.53"
DOMAIN = "pixelflow.svc.cluster.local"
RESOLV_CONF = f"search {DOMAIN} svc.cluster.local cluster.local\nnameserver {ADDRESS}\noptions ndots:5\n"


class NameServer:
    """Resolves names of the domain to A; every other name does not exist. Records the queries."""

    def __init__(self, names):
        self.names = set()
        self.asked = set()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((ADDRESS, 53))
        for name in names:
            self.add(name)
        threading.Thread(target=self.serve, daemon=True).start()

    def add(self, name):
        self.names.add(f"{name}.{DOMAIN}")

    def serve(self):
        while True:
            query, peer = self.socket.recvfrom(512)
            self.socket.sendto(self.respond(query), peer)

    def respond(self, query):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += query[at] + 1
        name, question = ".".join(labels).lower(), query[12:at + 5]
        kind, = struct.unpack_from(">H", query, at + 1)
        known = name in self.names
        if known:
            self.asked.add(name.removesuffix(f".{DOMAIN}"))
        record = struct.pack(">HHHIH4s", 0xC00C, 1, 1, 5, 4, socket.inet_aton("127.0.0.1")) if known and kind == 1 else b""
        # A recursive response; code 3 for a name that does not exist.
        flags = 0x8580 | (0 if known else 3)
        return query[:2] + struct.pack(">HHHHH", flags, 1, 1 if record else 0, 0, 0) + question + record
