import PixelFlowCore

/// Time, as a rule sees it whether or not it can be moved.
extension TaskStoreSuite {
    /// What the store's clock shows, to within a millisecond.
    var now: Timestamp { clock?.now() ?? SystemClock().now() }

    /// Lets time pass. A store with a clock of its own is waited for by `soon`.
    func pass(_ duration: Duration) {
        clock?.advance(by: duration + .milliseconds(1))
    }

    /// The answer of `body`: at once where the clock was moved, else as soon as there is one.
    func soon<Value>(
        _ what: String, file: String = #fileID, line: Int = #line, _ body: () async throws -> Value?
    ) async throws -> Value {
        if clock == nil { return try await eventually(what, file: file, line: line, body) }
        return try requireValue(try await body(), "not when it was due: \(what)", file: file, line: line)
    }

    /// Requires `body` to be true as long as `moment` has not come; a slow machine may be past it already.
    func before(
        _ moment: Timestamp, _ what: String, file: String = #fileID, line: Int = #line, _ body: () async throws -> Bool
    ) async throws {
        let held = try await body()
        // A millisecond early, because two clocks of one machine are compared here.
        try require(held || now + .milliseconds(1) >= moment, "too early: \(what)", file: file, line: line)
    }

    /// Requires `time` to be `duration` after some moment of `body`.
    func requireTime(
        _ duration: Duration, _ what: String, file: String = #fileID, line: Int = #line, of body: () async throws -> Timestamp
    ) async throws {
        let earliest = now + duration - .milliseconds(2)
        let time = try await body()
        let latest = now + duration + .milliseconds(2)
        try require(
            earliest <= time && time <= latest, "\(what): \(time.iso8601) is not from \(earliest.iso8601) to \(latest.iso8601)",
            file: file, line: line)
    }
}

extension TaskStoreSuite {
    /// The results of `count` calls made at once.
    func racing<Value: Sendable>(_ count: Int, _ body: @escaping @Sendable (Int) async throws -> Value) async throws -> [Value] {
        try await withThrowingTaskGroup(of: Value.self) { group in
            for number in 0..<count { group.addTask { try await body(number) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    /// Requires that pages of every size give the same `count` tasks, in the same order.
    func requireSamePages(
        _ what: String, of count: Int, _ page: (TimelinePosition, Int) async throws -> [TaskRecord],
        position: (TaskRecord) -> Timestamp?
    ) async throws {
        let all = try await page(.beginning, 100)
        try requireEqual(Set(all.map(\.id)).count, count, "different \(what)")
        for size in [1, 2, 3, count] {
            var found: [TaskRecord] = []
            var place = TimelinePosition.beginning
            while let last = try await page(place, size).last.map({ $0 }) {
                found += try await page(place, size)
                place = TimelinePosition(time: try requireValue(position(last), "a time of \(last.id)"), task: last.id)
                try require(found.count <= count, "a page of \(what) came twice")
            }
            try requireEqual(found.map(\.id), all.map(\.id), "\(what) by pages of \(size)")
        }
    }
}
