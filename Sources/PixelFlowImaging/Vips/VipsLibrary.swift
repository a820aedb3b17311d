import CVips
import Glibc

/// libvips itself, started once per process with only the allowed loaders.
enum VipsLibrary {
    /// Starts libvips on the first call; later calls are cheap.
    static func start() throws { try started.get() }

    private static let started = Result { () throws(VipsError) in
        // libvips decodes images of more than 100 MB into a file under /tmp, which a sandbox does not have. The job's memory budget
        // allows for keeping them in memory.
        setenv("VIPS_DISC_THRESHOLD", "1024g", 1)
        guard cvips_init("pixelflow") == 0 else { throw VipsError.taken() }
        // A job uses one core: threads would only compete for it, and a cache would only grow.
        vips_concurrency_set(1)
        vips_cache_set_max(0)
        blockLoaders()
        // libvips would print warnings about odd files to standard error. Nearly everything relevant is returned as an error.
        g_log_set_writer_func(
            { _, fields, count, _ in
                DecoderWarnings.note(UnsafeBufferPointer(start: fields, count: Int(count)))
                return G_LOG_WRITER_HANDLED
            }, nil, nil)
    }

    /// Runs `body` with or without the vector code that libvips compiles for each resize. The switch
    /// is global; a race costs time but does not change pixels.
    static func withVectors<Output>(_ enabled: Bool, _ body: () throws -> Output) rethrows -> Output {
        if enabled { return try body() }
        vips_vector_set_enabled(0)
        defer { vips_vector_set_enabled(1) }
        return try body()
    }

    private static func blockLoaders() {
        vips_block_untrusted_set(1)
        vips_operation_block_set("VipsForeignLoad", 1)
        for format in SourceFormat.allCases { vips_operation_block_set(format.loaderClass, 0) }
    }
}
