import Foundation
import Synchronization

/// Rows of 64-bit cells to which many threads add concurrently.
///
/// Each row, or shard, has its own cache lines, and a thread always uses the same row, so
/// threads that increment the same metric rarely contend for a cache line. Reading sums the rows.
final class ShardedCells: @unchecked Sendable {  // The memory is touched through atomics only.
    /// A power of two that is sufficient for the cores.
    static let shards: Int = {
        let cores = min(8, max(1, ProcessInfo.processInfo.activeProcessorCount))
        return 1 << (Int.bitWidth - (cores - 1).leadingZeroBitCount)
    }()

    /// Cells of 8 bytes in a cache line of 64.
    private static let line = 8

    private let cells: UnsafeMutablePointer<Atomic<UInt64>>
    private let stride: Int
    private var capacity: Int { stride * Self.shards }

    init(count: Int) {
        stride = (count + Self.line - 1) / Self.line * Self.line
        let memory = UnsafeMutableRawPointer.allocate(byteCount: stride * Self.shards * 8, alignment: Self.line * 8)
        cells = memory.bindMemory(to: Atomic<UInt64>.self, capacity: stride * Self.shards)
        for index in 0..<stride * Self.shards { (cells + index).initialize(to: Atomic(0)) }
    }

    deinit {
        cells.deinitialize(count: capacity)
        UnsafeMutableRawPointer(cells).deallocate()
    }

    /// The row of the calling thread, derived from the higher bits of its hashed address.
    static var shard: Int {
        let scrambled = UInt64(pthread_self()) &* 0x9E37_79B9_7F4A_7C15
        return Int(truncatingIfNeeded: scrambled >> 40) & (shards - 1)
    }

    func add(_ amount: UInt64, at cell: Int, in shard: Int) {
        cells[shard * stride + cell].wrappingAdd(amount, ordering: .relaxed)
    }

    /// Adds to a cell that contains the bits of a floating-point number.
    func add(_ amount: Double, at cell: Int, in shard: Int) {
        let index = shard * stride + cell
        var seen = cells[index].load(ordering: .relaxed)
        while true {
            let next = (Double(bitPattern: seen) + amount).bitPattern
            let (exchanged, original) = cells[index].weakCompareExchange(expected: seen, desired: next, ordering: .relaxed)
            if exchanged { return }
            seen = original
        }
    }

    func sum(_ cell: Int) -> UInt64 {
        (0..<Self.shards).reduce(0) { $0 &+ cells[$1 * stride + cell].load(ordering: .relaxed) }
    }

    func floatingSum(_ cell: Int) -> Double {
        (0..<Self.shards).reduce(0) { $0 + Double(bitPattern: cells[$1 * stride + cell].load(ordering: .relaxed)) }
    }

    func reset() {
        for index in 0..<capacity { cells[index].store(0, ordering: .relaxed) }
    }
}
