#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The browser of whoever sits at this computer.
enum Browser {
    #if os(macOS)
    private static let opener = "open"
    #else
    private static let opener = "xdg-open"
    #endif

    /// - Returns: Whether there was a program to ask. Whether a window shows is not known.
    static func open(_ url: String, environment: [String: String]) -> Bool {
        let programs: [String] = (environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(opener)" }
        guard let program = programs.first(where: { access($0, X_OK) == 0 }) else { return false }
        return start([program, url], environment)
    }

    /// Starts a program that is left to itself, and hears and says nothing on our terminal.
    private static func start(_ arguments: [String], _ environment: [String: String]) -> Bool {
        #if canImport(Darwin)
        var actions: posix_spawn_file_actions_t?
        #else
        var actions = posix_spawn_file_actions_t()
        #endif
        guard posix_spawn_file_actions_init(&actions) == 0 else { return false }
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor: Int32 in 0...2 { posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0) }
        var pointers = arguments.map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in pointers + variables { free(pointer) } }
        var identifier = pid_t()
        return posix_spawn(&identifier, arguments[0], &actions, nil, &pointers, &variables) == 0
    }
}
