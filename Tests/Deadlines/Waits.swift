extension Task where Success: Sendable {
    /// The task's value, unless it takes longer than `limit`. The task itself goes on.
    ///
    /// - Throws: `DeadlineExceeded` with `what` after the limit, and what the task throws.
    @discardableResult
    package func value(
        within limit: Duration = .testDeadline, _ what: String, file: String = #fileID, line: Int = #line
    ) async throws -> Success {
        try await Deadlines.within(limit, what, file: file, line: line) { try await value }
    }
}

extension AsyncIteratorProtocol where Element: Sendable {
    /// The next element, unless it takes longer than `limit`; the iterator is not to be used any more then.
    ///
    /// - Throws: `DeadlineExceeded` with `what` after the limit, and what the iterator throws.
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

/// Lent to one task, whose end its owner waits for before it looks again: never used by two at a time.
private final class Borrowed<Value>: @unchecked Sendable {
    var value: Value

    init(_ value: Value) { self.value = value }
}

extension AsyncSequence where Self: Sendable, Element: Sendable {
    /// The first element that `isWanted`, or nil where the sequence ends without one.
    ///
    /// - Throws: `DeadlineExceeded` with `what` after the limit, and what the sequence throws.
    @discardableResult
    package func first(
        within limit: Duration = .testDeadline, _ what: String, file: String = #fileID, line: Int = #line,
        where isWanted: @escaping @Sendable (Element) -> Bool = { _ in true }
    ) async throws -> Element? {
        try await Deadlines.within(limit, what, file: file, line: line) { try await first(where: isWanted) }
    }

    /// Reads to the end, whatever comes.
    ///
    /// - Throws: `DeadlineExceeded` with `what` after the limit, and what the sequence throws.
    package func end(within limit: Duration = .testDeadline, _ what: String, file: String = #fileID, line: Int = #line) async throws {
        try await Deadlines.within(limit, what, file: file, line: line) { for try await _ in self {} }
    }
}
