import Deadlines
import NIOCore
import PixelFlowCore
import Synchronization

extension BlobStoreConformance {
    static let writing: [Case] = [
        Case("write: bytes are read back") { try await $0.bytesAreReadBack() },
        Case("write: a stream of 9 MiB is read back, and its length returned") { try await $0.streamIsReadBack() },
        Case("write: empty objects exist") { try await $0.emptyObjectsExist() },
        Case("write: nothing is stored if the stream throws") { try await $0.brokenStreamStoresNothing() },
        Case("write: a stream that throws keeps the older object") { try await $0.brokenStreamKeepsTheOlder() },
        Case("write: the same key again replaces the object") { try await $0.sameKeyReplaces() },
        Case("write: 24 concurrent writers do not interfere") { try await $0.writersDoNotMeet() },
        Case("write: readers see the older or the newer object, never a mixture") { try await $0.readersSeeNoMixture() },
        Case("write: a cancelled write stores nothing or everything") { try await $0.cancelledWriteIsWholeOrNothing() },
        Case("write: a stream that ends by cancellation is not a complete object") {
            try await $0.endByCancellationStoresNothing()
        },
        Case("write: a reopened store has all objects") { try await $0.reopenedStoreHasEverything() },
        Case("the backend passes its check") { try await $0.store.check() },
    ]

    func bytesAreReadBack() async throws {
        for size in [1, 4095, 65_536, 300_000] {
            try await store.write(key("t/a/1/1/size-\(size)"), bytes: sample(size))
            try requireEqual(try await content("t/a/1/1/size-\(size)") == sample(size), true, "\(size) bytes read back")
        }
        try require(try await store.read(key("t/a/1/1/none"), range: nil) == nil, "an object that was never written")
    }

    func streamIsReadBack() async throws {
        let chunks = (0..<144).map { sample(65_536, seed: $0) }
        let size = try await store.write(key("t/a/source"), from: stream(chunks))
        try requireEqual(size, 9 * 1024 * 1024, "length")
        let whole = chunks.reduce(into: ByteBuffer()) { $0.writeImmutableBuffer($1) }
        try requireEqual(try await content("t/a/source") == whole, true, "9 MiB read back")
    }

    func emptyObjectsExist() async throws {
        try await store.write(key("t/a/1/1/empty"), bytes: ByteBuffer())
        try requireEqual(try await store.write(key("t/a/1/1/none"), from: stream([])), 0, "length")
        try requireEqual(try await store.write(key("t/a/1/1/hollow"), from: stream([ByteBuffer(), ByteBuffer()])), 0, "length")
        for name in ["empty", "none", "hollow"] {
            let blob = try requireValue(try await store.read(key("t/a/1/1/\(name)"), range: nil), "\(name) is not there")
            try requireEqual(blob.size, 0, "size of \(name)")
            try requireEqual(try await blob.collect().readableBytes, 0, "bytes of \(name)")
        }
    }

    func brokenStreamStoresNothing() async throws {
        for count in [0, 1, 40] {
            let chunks = (0..<count).map { sample(65_536, seed: $0) }
            try await requireInterruption { _ = try await store.write(key("t/a/source"), from: stream(chunks, then: Interruption())) }
            try requireEqual(try await content("t/a/source"), nil, "object after \(count) chunks")
            try requireEqual(try await store.keys(key("t/a")), [], "keys after \(count) chunks")
        }
    }

    func brokenStreamKeepsTheOlder() async throws {
        try await store.write(key("t/a/source"), bytes: sample(1000))
        try await requireInterruption {
            _ = try await store.write(key("t/a/source"), from: stream([sample(500, seed: 1)], then: Interruption()))
        }
        try requireEqual(try await content("t/a/source"), sample(1000), "the older object")
    }

    func sameKeyReplaces() async throws {
        for size in [1000, 70_000, 10] {
            try await store.write(key("t/a/source"), bytes: sample(size, seed: size))
            try requireEqual(try await content("t/a/source"), sample(size, seed: size), "object of \(size) bytes")
        }
        try requireEqual(try await store.keys(key("t/a")), [key("t/a/source")], "keys")
    }

    func writersDoNotMeet() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<24 {
                group.addTask {
                    let half = sample(100_000, seed: number)
                    _ = try await store.write(key("t/task-\(number % 4)/1/\(number)/image"), from: stream([half, half]))
                }
            }
            try await group.waitForAll()
        }
        for number in 0..<24 {
            var expected = sample(100_000, seed: number)
            expected.writeImmutableBuffer(sample(100_000, seed: number))
            try requireEqual(try await content("t/task-\(number % 4)/1/\(number)/image") == expected, true, "object \(number)")
        }
    }

    func readersSeeNoMixture() async throws {
        let versions = (0..<4).map { sample(400_000, seed: $0) }
        try await store.write(key("t/a/source"), bytes: versions[0])
        async let written: Void = {
            for round in 0..<20 { try await store.write(key("t/a/source"), bytes: versions[round % 4]) }
        }()
        for _ in 0..<20 {
            let seen = try requireValue(try await content("t/a/source"), "gone while it is replaced")
            try require(versions.contains(seen), "a mixture of two objects was read")
        }
        try await written
    }

    func cancelledWriteIsWholeOrNothing() async throws {
        for number in 0..<10 {
            let chunks = (0..<16).map { sample(65_536, seed: $0) }
            let write = Task { try await store.write(key("t/a/\(number)/1/image"), from: stream(chunks)) }
            write.cancel()
            let size = try? await write.value("the cancelled write to end")
            let found = try await content("t/a/\(number)/1/image")
            if let found { try requireEqual(found.readableBytes, 16 * 65_536, "stored size") }
            if size != nil { try require(found?.readableBytes == size, "reported as stored, but missing") }
        }
    }

    func endByCancellationStoresNothing() async throws {
        for size in [1000, 300_000] {
            let (asked, ask) = AsyncStream.makeStream(of: Void.self)
            let chunk = sample(size)
            let isFirst = Atomic(true)
            let stream = AsyncThrowingStream<ByteBuffer, any Error> {
                if isFirst.exchange(false, ordering: .relaxed) { return chunk }
                ask.yield()
                try? await Task.sleep(for: .seconds(600))
                return nil
            }
            let write = Task { try await store.write(key("t/a/1/1/part-\(size)"), from: stream) }
            try await asked.first("the store to ask for more")
            write.cancel()
            try require((try? await write.value("the cancelled write to end")) == nil, "a part was taken for the whole")
            try require(try await content("t/a/1/1/part-\(size)") == nil, "a part was stored")
        }
    }

    func reopenedStoreHasEverything() async throws {
        try await store.write(key("t/a/source"), bytes: sample(1000))
        _ = try await store.write(key("t/b/1/1/image"), from: stream([sample(2000)]))
        let reopened = try await reopen()
        try requireEqual(try await reopened.read(key("t/a/source"), range: nil)?.collect(), sample(1000), "bytes")
        try requireEqual(try await reopened.read(key("t/b/1/1/image"), range: nil)?.collect(), sample(2000), "stream")
        try requireEqual(try await reopened.keys(key("t")).count, 2, "keys")
    }

    private func requireInterruption(file: String = #fileID, line: Int = #line, _ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch is Interruption {
            return
        }
        throw ConformanceFailure("the error of the stream was swallowed", file: file, line: line)
    }
}
