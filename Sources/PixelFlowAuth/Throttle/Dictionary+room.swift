import PixelFlowCore

extension Dictionary {
    /// Makes room for one more entry if there are `capacity` of them: drops expired entries and, if that is not
    /// enough, the least recently used quarter, so that the cost of the scan is spread over many uses.
    mutating func makeRoom(capacity: Int, lastUse: KeyPath<Value, Timestamp>, isForgotten: (Value) -> Bool) {
        guard count >= capacity else { return }
        self = filter { !isForgotten($0.value) }
        guard count >= capacity else { return }
        let oldest = sorted { $0.value[keyPath: lastUse] < $1.value[keyPath: lastUse] }.prefix(Swift.max(1, capacity / 4))
        for (key, _) in oldest { self[key] = nil }
    }
}
