import NIOCore
import PixelFlowCore

extension BlobStoreConformance {
    static let reading: [Case] = [
        Case("read: any range of a small object") { try await $0.anyRangeOfASmallObject() },
        Case("read: ranges across chunks of a large object") { try await $0.rangesOfALargeObject() },
        Case("read: a range is clamped to the object") { try await $0.rangeIsCut() },
        Case("read: an open object stays readable") { try await $0.openedStaysReadable() },
        Case("read: 16 concurrent readers") { try await $0.manyReaders() },
        Case("read: a body can be abandoned partway") { try await $0.bodyCanBeLeft() },
    ]

    func anyRangeOfASmallObject() async throws {
        let whole = sample(10)
        try await store.write(key("t/a/source"), bytes: whole)
        for lower in 0..<10 {
            for upper in (lower + 1)...10 {
                try requireEqual(try await content("t/a/source", lower..<upper), slice(whole, lower..<upper), "\(lower)..<\(upper)")
            }
        }
    }

    func rangesOfALargeObject() async throws {
        let size = 3 * 1024 * 1024 + 17
        let whole = sample(size)
        try await store.write(key("t/a/source"), bytes: whole)
        let edges = [0, 1, 65_535, 65_536, 262_143, 262_144, 262_145, 524_288, 1_048_576, size - 1, size]
        for lower in edges {
            for upper in edges where upper > lower {
                let blob = try requireValue(try await store.read(key("t/a/source"), range: lower..<upper), "not there")
                try requireEqual(blob.range, lower..<upper, "range")
                try requireEqual(blob.size, size, "size of the whole")
                try require(try await blob.collect() == slice(whole, lower..<upper), "wrong bytes in \(lower)..<\(upper)")
            }
        }
    }

    func rangeIsCut() async throws {
        try await store.write(key("t/a/source"), bytes: sample(100))
        let expected: [(Range<Int>, Range<Int>)] = [
            (50..<1000, 50..<100), (0..<Int.max, 0..<100), (99..<101, 99..<100), (40..<40, 40..<40),
        ]
        for (asked, got) in expected {
            let blob = try requireValue(try await store.read(key("t/a/source"), range: asked), "not there")
            try requireEqual(blob.range, got, "range for \(asked)")
            try requireEqual(blob.size, 100, "size")
            try requireEqual(try await blob.collect(), slice(sample(100), got), "bytes for \(asked)")
        }
        for asked in [100..<200, 5000..<6000] {
            let blob = try requireValue(try await store.read(key("t/a/source"), range: asked), "not there")
            try requireEqual(blob.range.count, 0, "length beyond the end")
            try requireEqual(try await blob.collect().readableBytes, 0, "bytes beyond the end")
        }
        try require(try await store.read(key("t/a/none"), range: 0..<1) == nil, "a range of nothing")
    }

    func openedStaysReadable() async throws {
        try await store.write(key("t/a/source"), bytes: sample(200_000))
        let blob = try requireValue(try await store.read(key("t/a/source"), range: nil), "not there")
        try await store.remove(key("t/a"))
        try requireEqual(try await store.keys(key("t/a")), [], "keys")
        try require(try await blob.collect() == sample(200_000), "the opened object has changed")
    }

    func manyReaders() async throws {
        let whole = sample(1_000_000)
        try await store.write(key("t/a/source"), bytes: whole)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<16 {
                group.addTask {
                    let range = (number * 10_000)..<(1_000_000 - number * 5)
                    try require(try await content("t/a/source", range) == slice(whole, range), "wrong bytes for reader \(number)")
                }
            }
            try await group.waitForAll()
        }
    }

    func bodyCanBeLeft() async throws {
        try await store.write(key("t/a/source"), bytes: sample(2_000_000))
        for _ in 0..<50 {
            let blob = try requireValue(try await store.read(key("t/a/source"), range: nil), "not there")
            // bounded: by the first chunk.
            for try await chunk in blob.body {
                try require(chunk.readableBytes > 0, "an empty chunk")
                break
            }
        }
        try require(try await content("t/a/source")?.readableBytes == 2_000_000, "not readable afterwards")
    }

    private func slice(_ whole: ByteBuffer, _ range: Range<Int>) -> ByteBuffer {
        whole.getSlice(at: range.lowerBound, length: range.count) ?? ByteBuffer()
    }
}
