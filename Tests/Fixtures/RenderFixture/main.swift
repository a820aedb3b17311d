import Glibc
import PixelFlowCore
import PixelFlowImaging

// A render process for the tests: renders like the real one, except where the first output's name
// asks it to do what a hijacked decoder would try.
RenderProcess.runIfRequested(CommandLine.arguments) { request, sink in
    misbehave(request.pipeline.outputs[0].name)
    return try RenderEngine().render(
        source: request.source, overlays: request.overlays, pipeline: request.pipeline, limits: request.limits, sink: sink)
}

func misbehave(_ name: String) {
    switch name {
    case "open": _ = open("/etc/passwd", O_RDONLY)
    case "create": _ = open("/tmp/pixelflow-render-fixture", O_CREAT | O_WRONLY, 0o600)
    case "socket": _ = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    case "fork": _ = fork()
    case "exec": execl_true()
    case "kill": _ = kill(getppid(), 0)
    case "executable-memory": _ = mmap(nil, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    case "hang": while true { sleep(1) }
    case "abort": abort()
    case "greed": _ = (0..<64).map { _ in UnsafeMutableRawPointer.allocate(byteCount: 1 << 30, alignment: 1) }
    default: break
    }
}

func execl_true() {
    var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("/bin/true"), nil]
    _ = execv("/bin/true", &arguments)
}
