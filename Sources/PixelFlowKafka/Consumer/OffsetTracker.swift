/// Tracks for one partition the offset up to which all delivered messages have been settled.
///
/// Deliveries settle in any order, but a consumer group stores one offset per partition. The offset therefore
/// advances only over contiguous settled messages, and a crash repeats the rest.
struct OffsetTracker: Sendable {
    /// Delivered offsets that have not been passed, ascending. There may be gaps.
    private var pending: [(offset: Int64, isSettled: Bool)] = []
    /// The start index of `pending`, advanced instead of moving elements.
    private var head = 0
    private(set) var last: Int64?

    /// Records that the message at `offset` has been delivered.
    ///
    /// - Returns: false if the log has been recreated, so that earlier deliveries no longer count.
    mutating func deliver(_ offset: Int64) -> Bool {
        defer { last = offset }
        guard let last, offset <= last else {
            pending.append((offset, false))
            return true
        }
        (pending, head) = ([(offset, false)], 0)
        return false
    }

    /// Records that the message at `offset` need not be delivered again.
    ///
    /// - Returns: the new offset to commit, if it has moved.
    mutating func settle(_ offset: Int64) -> Int64? {
        guard let index = index(of: offset), !pending[index].isSettled else { return nil }
        pending[index].isSettled = true
        guard index == head else { return nil }
        var passed = offset
        while head < pending.count, pending[head].isSettled {
            passed = pending[head].offset
            head += 1
        }
        if head == pending.count || head > 512 {
            pending.removeFirst(head)
            head = 0
        }
        return passed + 1
    }

    /// Delivered messages that are not settled, or are settled but follow an unsettled one.
    var inHand: Int { pending.count - head }

    private func index(of offset: Int64) -> Int? {
        var (low, high) = (head, pending.count)
        while low < high {
            let middle = (low + high) / 2
            if pending[middle].offset < offset { low = middle + 1 } else { high = middle }
        }
        return low < pending.count && pending[low].offset == offset ? low : nil
    }
}
