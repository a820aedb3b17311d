extension Task where Success: Sendable {
    /// The task's value, with a time limit. The task itself continues after the limit.
    ///
    /// - Throws: `DeadlineExceeded` with `what` after the limit, and the errors of the task.
    @discardableResult
    package func value(
        within limit: Duration = .testDeadline, _ what: String, file: String = #fileID, line: Int = #line
    ) async throws -> Success {
        try await Deadlines.within(limit, what, file: file, line: line) { try await value }
    }
}

extension AsyncIteratorProtocol where Element: Sendable {
    /// The next element, with a time limit; after the limit, the iterator must not be used any more.
    ///
    /// - Throws: `DeadlineExceeded` with `what` after the limit, and the errors of the iterator.
    @discardableResult
    package mutating func next(
        within limit: Duration = .testDeadline, _ what: String, file: String = #fileID, line: Int = #line
    ) async throws -> Element? {
        let borrowed = Borrowed(self)
        let element = try await Deadlines.within(limit, what, file: file, line: line) { try await borrowed.value.next() }
        self = borrowed.value
        return element
    }
}

/// Lent to one task, whose end its owner awaits before the next access, so it is never used concurrently.
private final class Borrowed<Value>: @unchecked Sendable {
    var value: Value

    init(_ value: Value) { self.value = value }
}

extension AsyncSequence where Self: Sendable, Element: Sendable {
    /// The first element that `isWanted`, or nil if the sequence ends without one.
    ///
    /// - Throws: `DeadlineExceeded` with `what` after the limit, and the errors of the sequence.
    @discardableResult
    package func first(
        within limit: Duration = .testDeadline, _ what: String, file: String = #fileID, line: Int = #line,
        where isWanted: @escaping @Sendable (Element) -> Bool = { _ in true }
    ) async throws -> Element? {
        try await Deadlines.within(limit, what, file: file, line: line) { try await first(where: isWanted) }
    }

    /// Reads to the end and ignores all elements.
    ///
    /// - Throws: `DeadlineExceeded` with `what` after the limit, and the errors of the sequence.
    package func end(within limit: Duration = .testDeadline, _ what: String, file: String = #fileID, line: Int = #line) async throws {
        try await Deadlines.within(limit, what, file: file, line: line) { for try await _ in self {} }
    }
}
