/// Compares secrets in constant time, so that the timing does not reveal the position of the first difference.
enum ConstantTime {
    static func equals(_ left: String, _ right: String) -> Bool {
        guard left.utf8.count == right.utf8.count else { return false }
        return zip(left.utf8, right.utf8).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
