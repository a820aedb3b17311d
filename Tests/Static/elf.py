"""The dynamic dependencies of an executable."""

import struct

INTERPRETER, DYNAMIC, NEEDED = 3, 2, 1


def interpreter_and_libraries(path):
    """Empty if the ELF file is statically linked."""
    with open(path, "rb") as file:
        header = file.read(64)
        assert header[:6] == b"\x7fELF\x02\x01", f"{path.name} is not a 64-bit little-endian ELF executable"
        offset, size, count = struct.unpack_from("<Q", header, 32)[0], *struct.unpack_from("<HH", header, 54)
        file.seek(offset)
        headers = [file.read(size) for _ in range(count)]
        found = []
        for part in headers:
            kind, = struct.unpack_from("<I", part)
            start, length = struct.unpack_from("<Q", part, 8)[0], struct.unpack_from("<Q", part, 32)[0]
            file.seek(start)
            if kind == INTERPRETER:
                found.append(file.read(length).rstrip(b"\0").decode())
            elif kind == DYNAMIC:
                entries = struct.iter_unpack("<qQ", file.read(length - length % 16))
                found += ["a shared library" for tag, _ in entries if tag == NEEDED]
    return found
