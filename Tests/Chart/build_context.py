"""Stands in for a container engine up to the build stage's RUN lines: what `COPY` puts where, and what the commands read there."""

import ast
import fnmatch
import re
import shutil
import subprocess
from pathlib import PurePosixPath

# What separates words in shell, quoted or not: the words of a message are looked at, too, which finds too much rather than too little.
SEPARATORS = re.compile(r"[\s\"'`;|&(){}<>,=:]+")
VARIABLE = re.compile(r"\$\{?\w+\}?")
# Words before a path that stand for the repository's folder.
PREFIX = re.compile(r"^(?:\./|\$\{?(?:PWD|root|ROOT)\}?/)+")

# The rest of a path below one of the folders of which something may be built.
PATH = re.compile(r"^(?:scripts|Sources|Tests|charts|docs|Dockerfiles)/[\w./${}+-]+$")


def repository_files(root):
    """What a checkout has, and nothing that tools make."""
    command = ["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\0")
    return sorted(name for name in names if name and (root / name).is_file())


class Ignore:
    """.dockerignore: the last line that matches a path, or a folder that it is in, decides."""

    def __init__(self, text):
        self.lines = [line for line in text.splitlines() if line and not line.startswith("#")]

    def __call__(self, path):
        state = False
        parts = path.split("/")
        for line in self.lines:
            pattern = line.lstrip("!")
            if any(self.matches("/".join(parts[:depth]), pattern) for depth in range(1, len(parts) + 1)):
                state = not line.startswith("!")
        return state

    @staticmethod
    def matches(path, pattern):
        return fnmatch.fnmatchcase(path, pattern) or (pattern.startswith("**/") and fnmatch.fnmatchcase(path.rpartition("/")[2], pattern[3:]))


def instructions(stage):
    """The instructions of a stage as (word, rest), without comments and with their lines joined."""
    lines = "\n".join(line for line in stage.splitlines() if not line.lstrip().startswith("#"))
    for line in lines.replace("\\\n", " ").splitlines():
        word, _, rest = line.strip().partition(" ")
        if word:
            yield word, rest.strip()


class Stage:
    """A stage whose files come from the context."""

    def __init__(self, root, dockerfile, name, folder):
        self.root, self.folder = root, folder
        ignored = Ignore((root / ".dockerignore").read_text())
        self.tracked = repository_files(root)
        self.names = set(self.tracked)
        self.context = [path for path in self.tracked if not ignored(path)]
        stages = re.split(r"^FROM ", dockerfile.read_text(), flags=re.MULTILINE)
        self.text = next(stage for stage in stages if stage.partition("\n")[0].endswith(f" AS {name}"))

    def missing(self):
        """What the RUN lines need, and what is not there when they run."""
        for word, rest in instructions(self.text.partition("\n")[2]):
            if word == "COPY" and not rest.startswith("--from"):
                self.copy(*rest.split())
            elif word == "RUN":
                for needed, by in sorted(self.needs(rest).items()):
                    if not (self.folder / needed).exists():
                        yield f"{needed}, which {by} reads"

    def copy(self, *arguments):
        *sources, target = arguments
        for source in (PurePosixPath(each) for each in sources):
            found = [path for path in self.context if source == PurePosixPath(".") or PurePosixPath(path).is_relative_to(source)]
            assert found, f"COPY {source}: the context has no such file"
            for path in found:
                inside = PurePosixPath(path).relative_to(source)
                destination = self.folder / target / (source.name if str(inside) == "." else inside)
                destination.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(self.root / path, destination)

    def needs(self, command):
        """Every file of the repository that a command and the scripts it runs name, with who names it."""
        found, seen, waiting = {}, set(), [("RUN", word) for word in words(command)]
        while waiting:
            by, word = waiting.pop()
            if word == "swift build":
                waiting += [(by, folder) for folder in self.target_folders()]
            if word in seen:
                continue
            seen.add(word)
            for path in self.named(word):
                if path not in found:
                    found[path] = by
                    if is_program(path):
                        waiting += [(path, each) for each in read_by((self.root / path).read_text())]
        return found

    def target_folders(self):
        """SwiftPM wants the folder of every target in the manifest, of those that are not built as well."""
        manifest = (self.root / "Package.swift").read_text()
        yield "Package.swift"
        yield from (path for path in re.findall(r'path: "([^"\\]+)"', manifest))
        yield from (f"Tests/{name}" for name in re.findall(r'\.testTarget\(\s*name: "(\w+)"', manifest) if (self.root / "Tests" / name).is_dir())

    def named(self, word):
        """The files that a word means: one, those of a folder, or those that fit where a variable stands for a part."""
        path = PREFIX.sub("", word).rstrip("/.")
        if path in self.names:
            return [path]
        if not PATH.match(path):
            return []
        if "$" in path:
            return fnmatch.filter(self.tracked, VARIABLE.sub("*", path))
        return [each for each in self.tracked if each.startswith(f"{path}/")]


def is_program(path):
    """Whether a file is looked into for what it reads, too."""
    return path.startswith("scripts/static.d/") or (path.startswith("scripts/") and path.count("/") == 1)


def words(text):
    """The words of shell text. Two together are one, too: `swift build`."""
    if re.search(r"\bswift build\b", text):
        yield "swift build"
    yield from filter(None, SEPARATORS.split(text))


def read_by(text):
    """The words of a script that may name files: in Python its strings, each as a whole; elsewhere all words but those of comments."""
    if re.match(r"#!.*python", text):
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
        return
    for line in text.splitlines():
        if not line.lstrip().startswith("#"):
            yield from words(line)

