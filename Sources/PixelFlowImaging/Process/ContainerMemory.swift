import Glibc
import PixelFlowCore

/// The memory limit of a render process: an equal share of the container's memory, less what the service needs.
///
///     limit = service + processes x (process + inHand + 4 x sourceBytes)
///
/// With the chart's 2088 MiB and two processes that is 800 MiB for each.
package enum ContainerMemory {
    /// The service itself, a spare render process, and the kernel's buffers.
    static let service = 256 << 20
    /// Outputs on their way to the store, for each render process.
    static let inHand = 36 << 20
    /// Tasks in hand for each render process, each with its source.
    static let sources = 3
    /// The watermarks of the task that a render process has: together no larger than a source may be.
    static let overlays = 1
    /// A render process without any image takes about 60 MiB; below this nothing useful could be decoded.
    package static let least = 256 << 20
    /// If the container has no limit.
    package static let unlimited = 1 << 30

    /// Bytes for each of `processes` render processes.
    package static func share(of processes: Int, sourceBytes: Int) -> Int { share(of: processes, sourceBytes: sourceBytes, limit: limit()) }

    static func share(of processes: Int, sourceBytes: Int, limit: Int?) -> Int {
        guard let limit else { return unlimited }
        return max(least, (limit - service) / max(1, processes) - inHand - (sources + overlays) * sourceBytes)
    }

    /// The memory limit of this process's control group, version 2 or 1; nil if there is none.
    static func limit(_ read: (String) -> String? = contents) -> Int? {
        [
            "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes",
        ].lazy.compactMap(read).compactMap(bytes).first
    }

    /// "max" in version 2, and a number beyond any memory in version 1, mean that there is no limit.
    private static func bytes(_ text: String) -> Int? {
        let number = Int(text.filter { !$0.isWhitespace })
        return number.flatMap { $0 > 0 && $0 < 1 << 50 ? $0 : nil }
    }

    private static func contents(_ path: String) -> String? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 64)
        guard fgets(&line, Int32(line.count), file) != nil else { return nil }
        return String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
