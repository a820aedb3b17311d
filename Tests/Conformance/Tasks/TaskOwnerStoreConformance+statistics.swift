import PixelFlowCore

extension TaskOwnerStoreConformance {
    static let statistics: [Case] = [
        Case("statistics: counts by status and by error code, for this tenant only") { try await $0.countsByStatus() },
        Case("statistics: throughput of the last minute and hour") { try await $0.countsThroughput() },
        Case("statistics: waiting times of tasks") { try await $0.measuresWaiting() },
        Case("statistics: by lane, for this tenant only") { try await $0.tellsLanes() },
        Case("statistics: minute by minute") { try await $0.tellsMinutes() },
        Case("statistics: an empty store") { try await $0.emptyStatistics() },
    ]

    func countsByStatus() async throws {
        _ = try await add(.completed, of: Self.stranger)
        for (number, status) in TaskStatus.allCases.enumerated() {
            for _ in 0...number { _ = try await add(status) }
        }
        let claimed = try await addClaimed()
        _ = try await worker.fail(claimed.claim, with: failure(.permanent, code: "not_an_image"))
        let found = try await owner.statistics(of: Self.tenant)
        var expected = Dictionary(uniqueKeysWithValues: TaskStatus.allCases.enumerated().map { ($1, $0 + 1) })
        expected[.failed, default: 0] += 1
        try requireEqual(found.counts, expected, "counts")
        try requireEqual(found.failures, ["went_wrong": (expected[.failed] ?? 0) - 1, "not_an_image": 1], "failures")
        try requireEqual(found.completedLastMinute, expected[.completed] ?? 0, "completed in the last minute")
    }

    func countsThroughput() async throws {
        guard let clock else { return }
        _ = try await add(.completed)
        clock.advance(by: .seconds(1800))
        _ = try await add(.completed)
        clock.advance(by: .seconds(59))
        let soon = try await owner.statistics(of: Self.tenant)
        try requireEqual([soon.completedLastMinute, soon.completedLastHour], [1, 2], "after a minute")
        clock.advance(by: .seconds(1800))
        let later = try await owner.statistics(of: Self.tenant)
        try requireEqual([later.completedLastMinute, later.completedLastHour], [0, 1], "after half an hour more")
    }

    func measuresWaiting() async throws {
        guard let clock else { return }
        for wait in 1...20 {
            let task = try await add()
            clock.advance(by: .seconds(wait))
            _ = try await claim(task)
        }
        let oldest = try await add()
        clock.advance(by: .seconds(1))
        try await add()
        let found = try await owner.statistics(of: Self.tenant)
        try requireEqual((found.queueLatencyP50 ?? 0).rounded(), 10, "median")
        try requireEqual((found.queueLatencyP95 ?? 0).rounded(), 19, "95th percentile")
        try requireEqual(found.oldestPending, oldest.createdAt, "oldest that waits")
    }

    func tellsLanes() async throws {
        guard let clock else { return }
        for (lane, wait) in [(Lane.high, 1), (.high, 1), (.low, 40), (.low, 60)] {
            let task = try await add(lane: lane)
            clock.advance(by: .seconds(wait))
            _ = try await claim(task)
        }
        for (lane, count) in [(Lane.high, 1), (.normal, 2), (.low, 3)] {
            for number in 0..<count { try await add(lane: lane, isHeld: number > 0) }
            try await add(of: Self.stranger, lane: lane)
        }
        let cancelled = try await add(lane: .high)
        _ = try await owner.cancel(cancelled.id, of: Self.tenant)
        let found = try await owner.statistics(of: Self.tenant)
        try requireEqual(Lane.allCases.map { found.lanes[$0]?.waiting }, [1, 2, 3], "waiting")
        try requireEqual(Lane.allCases.map { found.lanes[$0]?.queueLatencyP50?.rounded() }, [1, nil, 40], "medians")
        try requireEqual(Lane.allCases.map { found.lanes[$0]?.queueLatencyP95?.rounded() }, [1, nil, 60], "95th percentiles")
        try requireEqual(found.queueLatencyP95?.rounded(), 60, "95th percentile of all")
    }

    func tellsMinutes() async throws {
        guard let clock else { return }
        // From here on, minutes of the test coincide with minutes of the timeline.
        clock.advance(by: .microseconds(TaskInterval.length - now.microseconds % TaskInterval.length))
        _ = try await add(.completed)
        let slow = try await add()
        clock.advance(by: .seconds(120))
        _ = try await claim(slow)
        _ = try await add(.failed)
        _ = try await add(.completed, of: Self.stranger)
        let minutes = try await owner.statistics(of: Self.tenant).timeline
        try requireEqual(minutes.map(\.start), TaskInterval.minutes(until: now).map(\.start), "minutes")
        try requireEqual(minutes.suffix(3).map(\.completed), [1, 0, 0], "completed")
        try requireEqual(minutes.suffix(3).map(\.failed), [0, 0, 1], "failed")
        try requireEqual(minutes.last?.queueLatencyMax?.rounded(), 120, "longest wait")
        try requireEqual(minutes.last?.queueLatencyMean?.rounded(), 60, "mean wait")
        try requireEqual(minutes[TaskInterval.count - 2].queueLatencyMean, nil, "wait of an idle minute")
        clock.advance(by: .seconds(3600))
        let later = try await owner.statistics(of: Self.tenant).timeline
        try requireEqual(later.map { $0.completed + $0.failed }.reduce(0, +), 0, "an hour later")
    }

    func emptyStatistics() async throws {
        let found = try await owner.statistics(of: Self.tenant)
        try requireEqual(found.counts.values.reduce(0, +), 0, "count")
        try requireEqual(found.queueLatencyP50, nil, "median")
        try requireEqual(found.oldestPending, nil, "oldest that waits")
        try requireEqual(found.failures, [:], "failures")
        try requireEqual(found.lanes, Dictionary(uniqueKeysWithValues: Lane.allCases.map { ($0, LaneStatistics()) }), "lanes")
        try requireEqual(found.timeline.count, TaskInterval.count, "minutes")
    }
}
