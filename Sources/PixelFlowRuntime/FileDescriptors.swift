import Foundation

/// The limit on open files and connections of this process.
enum FileDescriptors {
    /// More than any service needs, but few enough for code that iterates over all descriptors when it starts a process.
    private static let most: UInt = 65_536

    /// The current limit.
    static var limit: Int { Int(clamping: read().rlim_cur) }

    /// Raises the limit as far as permitted. A shell's default of 1,024 is quickly exhausted.
    static func raise() {
        var limit = read()
        let wanted = rlim_t(min(UInt(limit.rlim_max), most))
        guard limit.rlim_cur < wanted else { return }
        limit.rlim_cur = wanted
        // If this fails, the current limit stays, and the connection limits are derived from it.
        _ = setrlimit(resource, &limit)
    }

    private static func read() -> rlimit {
        var limit = rlimit()
        // Cannot fail with these arguments. Even with a limit of 0, one connection would be accepted.
        _ = getrlimit(resource, &limit)
        return limit
    }

    private static var resource: __rlimit_resource_t { __rlimit_resource_t(RLIMIT_NOFILE.rawValue) }
}
