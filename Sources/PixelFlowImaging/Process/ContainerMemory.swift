import Glibc
import PixelFlowCore

/// The memory limit of a render process: an equal share of the container's memory after subtracting what the service needs.
///
///     limit = service + processes x (process + inHand + 4 x sourceBytes)
///
/// The chart's 2088 MiB and two processes give 800 MiB for each.
package enum ContainerMemory {
    /// The service itself, a spare render process, and the kernel's buffers.
    static let service = 256 << 20
    /// Outputs in transit to the store, for each render process.
    static let inHand = 36 << 20
    /// Claimed tasks for each render process, each with its source.
    static let sources = 3
    /// The watermarks of the task that is being rendered: together at most as large as one source.
    static let overlays = 1
    /// A render process without an image needs about 60 MiB; below this limit, it could not decode typical images.
    package static let least = 256 << 20
    /// The share if the container has no limit.
    package static let unlimited = 1 << 30

    /// Bytes for each render process, if there are `processes` of them.
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

    /// "max" in version 2, and a number beyond any memory size in version 1, mean that there is no limit.
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
