import CVips
import Glibc

/// libvips itself: started once for each process, with nothing but the loaders of the allow-list.
enum VipsLibrary {
    /// Starts libvips on first use; every later call is cheap.
    static func start() throws { try started.get() }

    private static let started = Result { () throws(VipsError) in
        // libvips unpacks images of more than 100 MB into a file under /tmp, which a sandbox does not have. The budget of a job
        // keeps them in memory.
        setenv("VIPS_DISC_THRESHOLD", "1024g", 1)
        guard cvips_init("pixelflow") == 0 else { throw VipsError.taken() }
        // One job fills one core: threads would only take turns, and a cache would only grow.
        vips_concurrency_set(1)
        vips_cache_set_max(0)
        blockLoaders()
        // Warnings about odd files would go to standard error as text; what matters comes back as an error.
        g_log_set_writer_func({ _, _, _, _ in G_LOG_WRITER_HANDLED }, nil, nil)
    }

    /// Runs `body` with or without the code that libvips compiles for each resize. The switch
    /// belongs to the whole process; a race over it costs time, never pixels.
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
