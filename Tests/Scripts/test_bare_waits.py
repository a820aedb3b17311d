import unittest

from scripts import script

bare_waits = script("scripts/checks/bare-waits").bare_waits

BARE = [
    "for await _ in stream {}",
    "for try await part in body {\n    total += part.count\n}",
    "let first = try await events.next()",
    "while let delivery = try await subscription.next() { use(delivery) }",
    "let piece = try await pieces.next(isolation: self)",
    "_ = await steps.first { _ in true }",
    "let found = await changes.first(where: { $0.isLast })",
    "await withCheckedContinuation { waiting.append($0) }",
    "try await withUnsafeThrowingContinuation { $0.resume() }",
    "gate.wait()",
    "process.waitUntilExit()",
    "let code = try await running.value",
    "_ = await running.result",
    "try await channel.closeFuture.get()",
    "let all = pipe.fileHandleForReading.readDataToEndOfFile()",
    "while !isReady { try await Task.sleep(for: .milliseconds(5)) }",
    "while count < 3 {}",
    "while true {\n    if ready { break }\n    usleep(10)\n}",
    "repeat {\n    await Task.yield()\n} while !isReady",
    # A poll has no hand on what it asks.
    'try await eventually("a response") { try await events.next() }',
    # In a text, or of another call.
    'print("within(.seconds(1)) {")\nfor await _ in stream {}',
]

BOUNDED = [
    'try await within(.seconds(10), "the end") { for await _ in stream {} }',
    'try await within(.testDeadline, "the \\(kind) response") {\n    for await change in stream {\n        if change == last { break }\n    }\n}',
    'let value = try await within(limit, "a value") { [self] in\n    await withCheckedContinuation { waiting.append($0) }\n}',
    'try await running.value("the command to end")',
    'try await running.value(within: .seconds(50), "the statement")',
    'let first = try await events.next("a change")',
    'try await stream.first("the first output") { $0 > 2 }',
    'guard gate.wait(timeout: .now() + 60) == .success else { throw Late() }',
    "// bounded: by the connection that is served.\nfor try await frame in input {}",
    "for try await frame in input {} // bounded: by the connection",
    "// bounded: by its caller,\n// who has a deadline.\nawait withCheckedContinuation { state.onExit($0) }",
    "while ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(5)) }",
    "while !rest.isEmpty { rest = rest.dropFirst() }",
    "for number in 0..<3 { try await store.check() }",
    "// for await _ in stream {}",
    '/* process.waitUntilExit() */ let text = "gate.wait()"',
    'let text = """\n    for await _ in stream {}\n    """',
    "let next = parser.next()",
]


class BareWaits(unittest.TestCase):
    def test_finds_each(self):
        for source in BARE:
            with self.subTest(source):
                self.assertEqual(len(list(bare_waits(source))), 1)

    def test_leaves_those_with_a_deadline(self):
        for source in BOUNDED:
            with self.subTest(source):
                self.assertEqual(list(bare_waits(source)), [])

    def test_names_the_line(self):
        self.assertEqual([line for line, _ in bare_waits("let a = 1\n\n\ngate.wait()\n")], [4])

    def test_an_exemption_needs_a_reason(self):
        self.assertEqual(len(list(bare_waits("// bounded:\ngate.wait()"))), 1)

    def test_a_deadline_ends_with_its_closure(self):
        self.assertEqual([line for line, _ in bare_waits('try await within(.testDeadline, "it") { try await a.next() }\nb.wait()')], [2])
