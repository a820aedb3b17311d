import Foundation

/// How many files and connections this process may have open.
enum FileDescriptors {
    /// More than any service needs, and few enough for what walks through all of them when it starts a process.
    private static let most: UInt = 65_536

    /// The present limit.
    static var limit: Int { Int(clamping: read().rlim_cur) }

    /// Raises the limit as far as the process is allowed to. A shell's default of 1,024 is soon used up.
    static func raise() {
        var limit = read()
        let wanted = rlim_t(min(UInt(limit.rlim_max), most))
        guard limit.rlim_cur < wanted else { return }
        limit.rlim_cur = wanted
        // If it is refused the present limit stands, and the connections are fitted to it.
        _ = setrlimit(resource, &limit)
    }

    private static func read() -> rlimit {
        var limit = rlimit()
        // Cannot fail with these arguments; a limit of none would still admit one connection.
        _ = getrlimit(resource, &limit)
        return limit
    }

    private static var resource: __rlimit_resource_t { __rlimit_resource_t(RLIMIT_NOFILE.rawValue) }
}
