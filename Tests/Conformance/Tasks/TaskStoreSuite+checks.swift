import PixelFlowCore

/// Time for rules, whether or not it can be controlled.
extension TaskStoreSuite {
    /// The time of this process, which is that of the store's clock unless it is a server's.
    var now: Timestamp { clock?.now() ?? SystemClock().now() }

    /// The time of the store's clock.
    func time() async throws -> ClosedRange<Timestamp> {
        if let time = fixture.time { return try await time() }
        let now = now
        return now...now
    }

    /// Advances the clock. For a store with its own clock, use `soon` to wait.
    func pass(_ duration: Duration) {
        clock?.advance(by: duration + .milliseconds(1))
    }

    /// The result of `body`: immediately if the clock is controlled, otherwise as soon as there is one.
    func soon<Value>(
        _ what: String, file: String = #fileID, line: Int = #line, _ body: () async throws -> Value?
    ) async throws -> Value {
        if clock == nil { return try await eventually(what, file: file, line: line, body) }
        return try requireValue(try await body(), "not when it was due: \(what)", file: file, line: line)
    }

    /// Requires `body` to be true before `moment`; on a slow machine, this may already have passed.
    func before(
        _ moment: Timestamp, _ what: String, file: String = #fileID, line: Int = #line, _ body: () async throws -> Bool
    ) async throws {
        let held = try await body()
        // A millisecond early, because servers tell the time in milliseconds.
        let latest = try await time().upperBound + .milliseconds(1)
        try require(held || latest >= moment, "too early: \(what)", file: file, line: line)
    }

    /// Requires the time that `body` returns to be `duration` after some time of the store's clock during `body`.
    func requireTime(
        _ duration: Duration, _ what: String, file: String = #fileID, line: Int = #line, of body: () async throws -> Timestamp
    ) async throws {
        let earliest = try await time().lowerBound + duration - .milliseconds(2)
        let found = try await body()
        let latest = try await time().upperBound + duration + .milliseconds(2)
        try require(
            earliest <= found && found <= latest, "\(what): \(found.iso8601) is not from \(earliest.iso8601) to \(latest.iso8601)",
            file: file, line: line)
    }
}

extension TaskStoreSuite {
    /// The results of `count` concurrent calls.
    func racing<Value: Sendable>(_ count: Int, _ body: @escaping @Sendable (Int) async throws -> Value) async throws -> [Value] {
        try await withThrowingTaskGroup(of: Value.self) { group in
            for number in 0..<count { group.addTask { try await body(number) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    /// Requires that pages of any size give the same `count` tasks in the same order.
    func requireSamePages(
        _ what: String, of count: Int, _ page: (TimelinePosition, Int) async throws -> [TaskRecord],
        position: (TaskRecord) -> Timestamp?
    ) async throws {
        let all = try await page(.beginning, 100)
        try requireEqual(Set(all.map(\.id)).count, count, "different \(what)")
        for size in [1, 2, 3, count] {
            var found: [TaskRecord] = []
            var start = TimelinePosition.beginning
            while let last = try await page(start, size).last.map({ $0 }) {
                found += try await page(start, size)
                start = TimelinePosition(time: try requireValue(position(last), "a time of \(last.id)"), task: last.id)
                try require(found.count <= count, "a page of \(what) came twice")
            }
            try requireEqual(found.map(\.id), all.map(\.id), "\(what) by pages of \(size)")
        }
    }
}
