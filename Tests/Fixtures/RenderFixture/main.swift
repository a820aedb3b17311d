import Glibc
import PixelFlowCore
import PixelFlowImaging

// A render process for the tests: renders like the real one, except where the name of an output
// asks it to do what a hijacked decoder would try.
RenderProcess.runIfRequested(CommandLine.arguments) { request, sink in
    try RenderEngine().render(
        source: request.source, overlays: request.overlays, pipeline: request.pipeline, limits: request.limits
    ) { result, bytes in
        misbehave(result.name)
        try sink(result, bytes)
    }
}

func misbehave(_ name: String) {
    switch name {
    case "read": if open("/etc/passwd", O_RDONLY) >= 0 || errno != EACCES { abort() }
    case "shrink": shrinkHeap()
    case "look": look()
    case "create": _ = open("/tmp/pixelflow-render-fixture", O_CREAT | O_WRONLY, 0o600)
    case "unlink": _ = unlink("/tmp/pixelflow-render-fixture")
    case "socket": _ = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    case "fork": _ = fork()
    case "exec": execute("/bin/true")
    case "kill": _ = kill(getppid(), 0)
    case "end-itself": raise(SIGKILL)
    case "stat": look(at: "/etc/passwd", flags: 0)
    case "fault": UnsafeMutablePointer<UInt8>(bitPattern: 8)?.pointee = 1
    case "executable-memory": _ = mmap(nil, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    // bounded: by the pool, which kills it: that is what it is for.
    case "hang": while true { sleep(1) }
    case "abort": abort()
    case "greed": fill()
    default: break
    }
}

func execute(_ path: String) {
    var arguments: [UnsafeMutablePointer<CChar>?] = [strdup(path), nil]
    _ = execv(path, &arguments)
}

/// Has the C library give memory of a thread's heap back, for which it looks into a file of the kernel.
func shrinkHeap() {
    var thread = pthread_t()
    pthread_create(
        &thread, nil,
        { _ in
            let blocks = (0..<1000).map { _ in malloc(60_000) }
            for block in blocks.reversed() { free(block) }
            return nil
        }, nil)
    pthread_join(thread, nil)
}

/// More memory than any limit allows.
func fill() {
    for _ in 0..<64 {
        guard let block = malloc(1 << 30) else { abort() }
        memset(block, 1, 4096)
    }
}

/// What is open may be looked at by its descriptor. A path beside the flag that stands for a descriptor tells nothing.
func look() {
    // AT_EMPTY_PATH, which Swift does not see.
    let emptyPath: Int32 = 0x1000
    if look(at: "/etc/passwd", flags: emptyPath) || look(at: "", flags: emptyPath) { abort() }
}

@discardableResult
func look(at path: String, flags: Int32) -> Bool {
    var status = stat()
    return fstatat(path.isEmpty ? 3 : AT_FDCWD, path, &status, flags) == 0
}
