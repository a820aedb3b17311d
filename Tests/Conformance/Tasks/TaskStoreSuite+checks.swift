import PixelFlowCore

/// Time for rules, whether or not it can be controlled.
extension TaskStoreSuite {
    /// The time of the store's clock, to within a millisecond.
    var now: Timestamp { clock?.now() ?? SystemClock().now() }

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
        // A millisecond early, because this compares two clocks of one machine.
        try require(held || now + .milliseconds(1) >= moment, "too early: \(what)", file: file, line: line)
    }

    /// Requires `time` to be `duration` after some time during `body`.
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
