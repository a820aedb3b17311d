// swift-tools-version: 6.1
import PackageDescription

let swiftSettings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

func product(_ name: String, _ package: String) -> Target.Dependency { .product(name: name, package: package) }

let nioCore = product("NIOCore", "swift-nio")
let nioEmbedded = product("NIOEmbedded", "swift-nio")
let nioPosix = product("NIOPosix", "swift-nio")
let nioHTTP1 = product("NIOHTTP1", "swift-nio")
let nioWebSocket = product("NIOWebSocket", "swift-nio")
let nioSSL = product("NIOSSL", "swift-nio-ssl")
let hummingbird = product("Hummingbird", "hummingbird")
let hummingbirdTLS = product("HummingbirdTLS", "hummingbird")
let hummingbirdTesting = product("HummingbirdTesting", "hummingbird")
let httpTypes = product("HTTPTypes", "swift-http-types")
let logging = product("Logging", "swift-log")
let mustache = product("Mustache", "swift-mustache")
let serviceLifecycle = product("ServiceLifecycle", "swift-service-lifecycle")
let unixSignals = product("UnixSignals", "swift-service-lifecycle")
let asyncHTTPClient = product("AsyncHTTPClient", "async-http-client")
let jwtKit = product("JWTKit", "jwt-kit")
let crypto = product("Crypto", "swift-crypto")
let collections = product("DequeModule", "swift-collections")
let grdb = product("GRDB", "GRDB.swift")
let metrics = product("Metrics", "swift-metrics")
let metricsTesting = product("MetricsTestKit", "swift-metrics")
let tracing = product("Tracing", "swift-distributed-tracing")
let yams = product("Yams", "Yams")
let x509 = product("X509", "swift-certificates")
let subprocess = product("Subprocess", "swift-subprocess")
let systemPackage = product("SystemPackage", "swift-system")
let argumentParser = product("ArgumentParser", "swift-argument-parser")

func library(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: swiftSettings)
}

/// A thin main: reads the configuration, wires, runs.
func executable(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, path: "Sources/Executables/\(name)", swiftSettings: swiftSettings)
}

/// A part of the composition root, which is one folder and several targets, so that an executable links only the adapters and
/// services it is built of.
func composition(_ name: String, _ files: [String], _ dependencies: [Target.Dependency]) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Sources/PixelFlowComposition", exclude: compositionFiles.filter { !files.contains($0) },
        sources: files, swiftSettings: swiftSettings)
}

let compositionFiles = [
    "Backends.swift", "Backends+embedded.swift", "BuildAPI.swift", "BuildAuth.swift", "BuildWeb.swift", "BuildWorker.swift",
    "EmbeddedSettings.swift", "CacheBackend.swift", "CacheBackend+redis.swift", "TaskBackends+servers.swift", "UserBackends+servers.swift",
]

/// Each may wait for something, and then says for how long and for what.
func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .testTarget(name: name, dependencies: ["Deadlines", "TestSupport"] + dependencies, resources: resources, swiftSettings: swiftSettings)
}

let package = Package(
    name: "pixelflow",
    products: [
        .executable(name: "pixelflow", targets: ["pixelflow"]),
        .executable(name: "pixelflow-auth", targets: ["pixelflow-auth"]),
        .executable(name: "pixelflow-api", targets: ["pixelflow-api"]),
        .executable(name: "pixelflow-worker", targets: ["pixelflow-worker"]),
        .executable(name: "pixelflow-metrics-adapter", targets: ["pixelflow-metrics-adapter"]),
        .executable(name: "pfctl", targets: ["pfctl"]),
        .executable(name: "pf", targets: ["pf"]),
        .executable(name: "pixelflow-web", targets: ["pixelflow-web"]),
        .library(name: "PixelFlowClient", targets: ["PixelFlowClient"]),
    ],
    // Exactly what was tested; these and what they bring are in dependencies.lock (`scripts/lock check`).
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
        .package(url: "https://github.com/apple/swift-certificates", exact: "1.21.1"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", exact: "1.7.3"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", exact: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", exact: "2.1.1"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", exact: "1.0.2", traits: []),
        .package(url: "https://github.com/vapor/jwt-kit", exact: "5.7.1"),
    ],
    targets: [
        // C libraries: module maps and shims only, each imported by exactly one target, except CZlib.
        .systemLibrary(name: "CVips", pkgConfig: "vips", providers: [.apt(["libvips-dev"])]),
        .systemLibrary(name: "CSeccomp", pkgConfig: "libseccomp", providers: [.apt(["libseccomp-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CCrypt", pkgConfig: "libcrypt", providers: [.apt(["libcrypt-dev"])]),
        .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CMongoC", pkgConfig: "libmongoc-1.0", providers: [.apt(["libmongoc-dev"])]),
        .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"])]),
        .systemLibrary(name: "CRDKafka", pkgConfig: "rdkafka", providers: [.apt(["librdkafka-dev"])]),
        .target(name: "CSandbox", dependencies: ["CSeccomp"]),
        // Palettes for GIF; static executables link it (scripts/static.d). Knows nothing of PixelFlow.
        .target(name: "CPalette"),

        // Texts of the wire: hexadecimal, percent encoding, JSON strings, times, addresses. Knows nothing of PixelFlow, needs no Foundation.
        library("WireFormats", []),
        // How a task waits: time limits, signals, retries. Knows nothing of PixelFlow, needs no Foundation.
        library("AsyncPrimitives", ["WireFormats"]),
        // Complete HTTP exchanges within a time limit. Knows nothing of PixelFlow.
        library("HTTPExchange", ["AsyncPrimitives", asyncHTTPClient, nioCore, nioHTTP1]),
        // Whether a certificate is for the name of a server. Knows nothing of PixelFlow.
        library("ServerCertificates", [nioCore, nioSSL]),
        // Files that are complete or not there, and the room on a disk. Knows nothing of PixelFlow, needs no Foundation.
        library("Files", []),
        // The version, which the services and the CLI share.
        library("PixelFlowRelease", []),

        // The domain: tasks, pipelines, errors, and the ports. No I/O.
        library("PixelFlowCore", ["AsyncPrimitives", "WireFormats", nioCore]),

        // URLs of sources as the door and the fetcher read them: hosts, ports, redirects. No I/O.
        library("PixelFlowURL", ["WireFormats", "PixelFlowCore"]),

        // Rate limits: the port, and counting in one process.
        library("PixelFlowLimits", ["WireFormats", "PixelFlowCore", logging, metrics]),

        // Caches: the port, and keeping in one process.
        library("PixelFlowCache", ["WireFormats", "PixelFlowCore", logging, metrics]),

        // Knows nothing of PixelFlow.
        library("Multipart", ["WireFormats", nioCore]),
        library("CircuitBreaker", [metrics]),
        library("Prometheus", ["Files", metrics]),
        // JSON Schemas from Swift types, and the document. Knows nothing of PixelFlow.
        library("OpenAPI", ["WireFormats"]),
        library("KubernetesClient", ["AsyncPrimitives", "WireFormats", "Files", asyncHTTPClient, nioCore, nioPosix, nioHTTP1, nioSSL, nioWebSocket, subprocess, systemPackage, yams]),

        // A tracer that exports its spans by OTLP over HTTP in JSON. Knows nothing of PixelFlow.
        library("OTLP", ["AsyncPrimitives", "WireFormats", "CZlib", asyncHTTPClient, collections, nioCore, nioHTTP1, logging, metrics, tracing]),

        // Sends mail. Knows nothing of PixelFlow.
        library("SMTP", ["ServerCertificates", "WireFormats", nioCore, nioPosix, nioSSL]),

        // The client library of the product. Knows its HTTP contract, and no service's code.
        library("PixelFlowClient", ["AsyncPrimitives", "WireFormats", "Files", asyncHTTPClient, crypto, nioCore, nioPosix, nioHTTP1]),

        // Accounts, organisations, sessions, keys and the audit log, in the SQL that all databases share.
        library("PixelFlowIdentity", ["WireFormats", "PixelFlowCore"]),

        // Adapters.
        library("PixelFlowEmbedded", ["Files", "PixelFlowCore", "PixelFlowIdentity", grdb, nioCore, nioPosix, collections, crypto, logging]),
        library("PixelFlowImaging", ["WireFormats", "PixelFlowCore", "CVips", "CSandbox", "CZlib", nioCore, logging, metrics]),
        library("PixelFlowFetch", ["ServerCertificates", "WireFormats", "PixelFlowCore", "PixelFlowURL", "CZlib", nioCore, nioPosix, nioHTTP1, nioSSL]),
        library("PixelFlowPostgres", ["WireFormats", "PixelFlowCore", "PixelFlowIdentity", "PixelFlowTelemetry", "CircuitBreaker", "CLibPQ", nioPosix, metrics, logging]),
        library("PixelFlowMongo", ["WireFormats", "PixelFlowCache", "PixelFlowCore", "PixelFlowTelemetry", "CircuitBreaker", "CMongoC", nioPosix, metrics, logging]),
        library("PixelFlowKafka", ["WireFormats", "PixelFlowCore", "PixelFlowTelemetry", "CircuitBreaker", "CRDKafka", nioPosix, metrics, logging]),
        library(
            "PixelFlowRedis",
            ["ServerCertificates", "WireFormats", "PixelFlowCache", "PixelFlowCore", "PixelFlowLimits", "CircuitBreaker", "CHiredis", collections, crypto, nioCore, nioPosix, nioSSL, metrics]),
        library("PixelFlowS3", ["WireFormats", "PixelFlowCore", "CircuitBreaker", asyncHTTPClient, crypto, nioCore, nioHTTP1, metrics, logging]),
        // What api and worker share in telling the world about tasks.
        library("PixelFlowDispatch", [tracing, "WireFormats", "PixelFlowCore", "PixelFlowTelemetry", logging, serviceLifecycle, metrics]),
        library("PixelFlowTelemetry", ["OTLP", tracing, "WireFormats", "PixelFlowCore", logging, serviceLifecycle, "Prometheus", metrics]),

        // Services.
        library("PixelFlowHTTP", [tracing, "WireFormats", "OpenAPI", "PixelFlowCache", "PixelFlowRelease", "PixelFlowCore", "PixelFlowLimits", "PixelFlowTelemetry", hummingbird, httpTypes, jwtKit, crypto, nioCore, logging, serviceLifecycle, "Prometheus", metrics]),
        // Passwords that are refused, as bytes.
        .target(name: "CCommonPasswords", exclude: ["list"]),
        library("PixelFlowAuth", ["WireFormats", "OpenAPI", "PixelFlowCache", "PixelFlowCore", "PixelFlowIdentity", "PixelFlowLimits", "PixelFlowHTTP", "SMTP", "CCommonPasswords", "CCrypt", hummingbird, httpTypes, jwtKit, crypto, mustache, nioCore, nioPosix, logging, serviceLifecycle, metrics]),
        // Signs webhooks and sends them.
        library("PixelFlowWebhooks", ["WireFormats", "PixelFlowCore", "PixelFlowFetch", "PixelFlowTelemetry", "PixelFlowURL", crypto, logging, metrics, nioCore, serviceLifecycle]),
        library("PixelFlowAPI", ["HTTPExchange", "PixelFlowTelemetry", tracing, "WireFormats", "OpenAPI", "PixelFlowCache", "PixelFlowCore", "PixelFlowDispatch", "PixelFlowHTTP", "PixelFlowURL", "Multipart", asyncHTTPClient, collections, hummingbird, httpTypes, crypto, nioCore, nioHTTP1, nioWebSocket, logging, serviceLifecycle, metrics]),
        library("PixelFlowWorker", ["OTLP", tracing, "WireFormats", "PixelFlowCore", "PixelFlowDispatch", "PixelFlowHTTP", "PixelFlowTelemetry", hummingbird, httpTypes, crypto, nioCore, logging, serviceLifecycle, metrics]),
        // What every executable does the same way: settings to service group.
        library("PixelFlowRuntime", ["HTTPExchange", "OTLP", "PixelFlowRelease", "PixelFlowCore", "PixelFlowHTTP", "PixelFlowTelemetry", hummingbird, asyncHTTPClient, nioCore, nioHTTP1, logging, serviceLifecycle, unixSignals]),
        // The composition root: what backends there are, and how each service is put together on them.
        composition(
            "PixelFlowBackends", ["Backends.swift", "CacheBackend.swift"],
            ["PixelFlowCache", "PixelFlowCore", "PixelFlowIdentity", "PixelFlowDispatch", "PixelFlowHTTP", "PixelFlowLimits", logging, serviceLifecycle]),
        composition(
            "PixelFlowEmbeddedBackends", ["Backends+embedded.swift", "EmbeddedSettings.swift"],
            ["PixelFlowBackends", "PixelFlowCore", "PixelFlowDispatch", "PixelFlowEmbedded", "PixelFlowIdentity", "PixelFlowRuntime", "PixelFlowTelemetry"]),
        composition(
            "PixelFlowServerBackends", ["TaskBackends+servers.swift"],
            ["PixelFlowBackends", "PixelFlowCore", "PixelFlowDispatch", "PixelFlowHTTP", "PixelFlowMongo", "PixelFlowKafka", "PixelFlowS3", "PixelFlowRuntime", logging, serviceLifecycle]),
        composition(
            "PixelFlowServerCache", ["CacheBackend+redis.swift"],
            ["PixelFlowBackends", "PixelFlowCache", "PixelFlowCore", "PixelFlowHTTP", "PixelFlowLimits", "PixelFlowRedis", "PixelFlowRuntime", logging, metrics, serviceLifecycle]),
        composition("PixelFlowServerUsers", ["UserBackends+servers.swift"], ["PixelFlowBackends", "PixelFlowCore", "PixelFlowHTTP", "PixelFlowIdentity", "PixelFlowPostgres", "PixelFlowRuntime", logging]),
        composition("PixelFlowBuildAuth", ["BuildAuth.swift"], ["PixelFlowAuth", "PixelFlowBackends", "PixelFlowCore", "PixelFlowHTTP", "PixelFlowIdentity", "PixelFlowRuntime"]),
        composition(
            "PixelFlowBuildAPI", ["BuildAPI.swift"],
            ["PixelFlowAPI", "PixelFlowBackends", "PixelFlowCore", "PixelFlowDispatch", "PixelFlowHTTP", "PixelFlowRuntime", "PixelFlowURL", "PixelFlowWebhooks", asyncHTTPClient, serviceLifecycle]),
        composition(
            "PixelFlowBuildWorker", ["BuildWorker.swift"],
            ["PixelFlowBackends", "PixelFlowCore", "PixelFlowDispatch", "PixelFlowFetch", "PixelFlowHTTP", "PixelFlowImaging", "PixelFlowRuntime", "PixelFlowWorker"]),
        composition("PixelFlowBuildWeb", ["BuildWeb.swift"], ["PixelFlowHTTP", "PixelFlowRuntime", "PixelFlowWeb", asyncHTTPClient]),
        // What command lines share: text, tables and documents in every format, a status line, exit codes. Knows nothing of PixelFlow.
        library("Terminal", ["Files", "WireFormats", argumentParser, nioPosix, yams]),
        // What the commands of users and operators share: logins, lists of tasks and keys. Knows PixelFlow by its client library alone.
        library("PixelFlowCommands", ["PixelFlowClient", "Terminal", "WireFormats", argumentParser]),
        // The operator's CLI. Knows PixelFlow by its labels, its client library and the Kubernetes API, and no service's code; the adapter to buckets is for backups.
        library("PFCtl", ["AsyncPrimitives", "HTTPExchange", "Terminal", "PixelFlowClient", "PixelFlowRelease", "PixelFlowS3", "WireFormats", "KubernetesClient", "PixelFlowCommands", argumentParser, asyncHTTPClient, crypto, nioCore, nioPosix, nioHTTP1, subprocess, systemPackage, x509, yams]),
        // The users' CLI. Knows PixelFlow by its client library alone.
        library("PF", ["PixelFlowClient", "PixelFlowCommands", "PixelFlowRelease", "Terminal", "WireFormats", argumentParser, crypto]),
        // Tells the autoscaler how far the workers' group is behind.
        library(
            "PixelFlowMetricsAdapter",
            ["WireFormats", "PixelFlowCore", "PixelFlowHTTP", "PixelFlowKafka", "PixelFlowRuntime", "KubernetesClient", hummingbird, hummingbirdTLS, httpTypes, nioSSL, x509, crypto, nioCore, logging, serviceLifecycle, metrics]),
        // The page, as bytes: `#embed` compiles in no time where a Swift array literal takes minutes.
        .target(name: "CWebAssets", exclude: ["page"]),
        library("PixelFlowWeb", ["PixelFlowTelemetry", tracing, "WireFormats", "OpenAPI", "PixelFlowCore", "PixelFlowHTTP", "PixelFlowURL", "CWebAssets", hummingbird, httpTypes, asyncHTTPClient, crypto, nioCore, nioHTTP1, nioPosix, nioSSL, logging, serviceLifecycle, metrics]),

        // Executables: read configuration, wire, run.
        executable(
            "pixelflow",
            [
                "PixelFlowBackends", "PixelFlowEmbeddedBackends", "PixelFlowBuildAuth", "PixelFlowBuildAPI", "PixelFlowBuildWorker", "PixelFlowBuildWeb",
                "PixelFlowAuth", "PixelFlowCore", "PixelFlowFetch", "PixelFlowHTTP", "PixelFlowImaging", "PixelFlowRuntime", "PixelFlowWeb", "PixelFlowWorker", serviceLifecycle,
            ]),
        executable("pixelflow-auth", ["PixelFlowBackends", "PixelFlowServerCache", "PixelFlowServerUsers", "PixelFlowBuildAuth", "PixelFlowAuth", "PixelFlowRuntime", serviceLifecycle]),
        executable("pixelflow-api", ["PixelFlowBackends", "PixelFlowServerBackends", "PixelFlowServerCache", "PixelFlowBuildAPI", "PixelFlowRuntime", serviceLifecycle]),
        executable(
            "pixelflow-worker",
            [
                "PixelFlowBackends", "PixelFlowServerBackends", "PixelFlowBuildWorker", "PixelFlowCore", "PixelFlowFetch", "PixelFlowImaging",
                "PixelFlowRuntime", "PixelFlowWorker", serviceLifecycle,
            ]),
        executable("pixelflow-metrics-adapter", ["PixelFlowCore", "PixelFlowHTTP", "PixelFlowKafka", "PixelFlowMetricsAdapter", "PixelFlowRuntime", "KubernetesClient", logging, serviceLifecycle]),
        executable("pfctl", ["PFCtl", "Terminal"]),
        executable("pf", ["PF", "Terminal"]),
        executable("pixelflow-web", ["PixelFlowBuildWeb", "PixelFlowCore", "PixelFlowRuntime", "PixelFlowWeb", serviceLifecycle]),

        .executableTarget(
            name: "bench-tools", dependencies: ["PixelFlowCore", "PixelFlowImaging", "WireFormats", argumentParser, hummingbird, httpTypes, logging, nioCore],
            path: "Sources/Executables/bench-tools", swiftSettings: swiftSettings),

        // Tests. How a test waits: never without an end.
        .target(name: "Deadlines", path: "Tests/Deadlines", swiftSettings: swiftSettings),
        // Clocks that a test moves, programs and servers that it starts.
        .target(name: "TestSupport", dependencies: ["Deadlines"], path: "Tests/TestSupport", swiftSettings: swiftSettings),
        // One suite per port, run against every implementation.
        .target(name: "Conformance", dependencies: ["Deadlines", "PixelFlowCore", "PixelFlowIdentity", "PixelFlowCache", "PixelFlowLimits", "WireFormats", logging, nioCore], path: "Tests/Conformance", swiftSettings: swiftSettings),
        // Judges what clients were promised against what became of it; knows no backend.
        .target(name: "HistoryChecker", dependencies: ["PixelFlowCore"], path: "Tests/HistoryChecker", swiftSettings: swiftSettings),
        // A TCP proxy that misbehaves on demand, between a service and a server.
        .target(name: "FaultProxy", dependencies: ["Deadlines", nioCore, nioPosix], path: "Tests/FaultProxy", swiftSettings: swiftSettings),
        // A connection over which a test says what no HTTP client would.
        .target(name: "RawHTTP", dependencies: ["Deadlines", nioCore, nioPosix, nioHTTP1, nioSSL, nioWebSocket], path: "Tests/RawHTTP", swiftSettings: swiftSettings),
        tests("FaultProxyTests", ["FaultProxy", nioCore, nioEmbedded, nioPosix]),
        tests("HistoryCheckerTests", ["HistoryChecker", "PixelFlowCore"]),
        tests("DeadlinesTests", []),
        tests("CPaletteTests", ["CPalette"]),
        tests("OpenAPITests", ["OpenAPI", "WireFormats"]),
        tests("WireFormatsTests", ["WireFormats"]),
        tests("AsyncPrimitivesTests", ["AsyncPrimitives"]),
        tests("FilesTests", ["Files"]),
        tests("PixelFlowCoreTests", ["WireFormats", "PixelFlowCore"]),
        tests("MultipartTests", ["Multipart", nioCore]),
        tests("PixelFlowEmbeddedTests", ["Files", "PixelFlowIdentity", "PixelFlowEmbedded", "PixelFlowCore", "Conformance", grdb, nioCore]),
        // A render process that misbehaves on demand.
        .executableTarget(
            name: "pixelflow-render-fixture", dependencies: ["PixelFlowImaging", "PixelFlowCore"],
            path: "Tests/Fixtures/RenderFixture", swiftSettings: swiftSettings),
        tests("CircuitBreakerTests", ["CircuitBreaker", metrics, metricsTesting]),
        tests("PrometheusTests", ["Prometheus", metrics]),
        // A small Kubernetes API with a memory, for the client's tests and for pfctl's.
        .target(
            name: "FakeKubernetes", dependencies: ["WireFormats", "Deadlines", "KubernetesClient", nioCore, nioPosix, nioHTTP1, nioSSL, nioWebSocket, x509, crypto],
            path: "Tests/FakeKubernetes", swiftSettings: swiftSettings),
        tests("OTLPTests", ["OTLP", "OTLPReceiver", "RawHTTP", "WireFormats", logging, metrics, metricsTesting, nioCore, tracing]),
        // Reads what an exporter of traces sends.
        .target(name: "OTLPReceiver", dependencies: ["CZlib", "Deadlines", "RawHTTP", "WireFormats", nioCore], path: "Tests/OTLPReceiver", swiftSettings: swiftSettings),
        tests("SMTPTests", ["SMTP", nioCore, nioPosix]),
        tests("PixelFlowMetricsAdapterTests", ["WireFormats", "PixelFlowMetricsAdapter", "PixelFlowKafka", "PixelFlowCore", "Conformance", "KubernetesClient", "FakeKubernetes", asyncHTTPClient, hummingbird, hummingbirdTesting, httpTypes, nioCore, nioPosix, nioHTTP1, nioSSL, x509, crypto, logging, metrics, serviceLifecycle]),
        tests("PFCtlTests", ["WireFormats", "PFCtl", "PixelFlowS3", "Terminal", "TerminalTesting", "StubService", "KubernetesClient", "FakeKubernetes", "pfctl", "pf", "pixelflow", nioCore, nioPosix, x509]),
        // A service for command lines and clients to talk to.
        .target(name: "StubService", dependencies: ["RawHTTP", nioCore], path: "Tests/StubService", swiftSettings: swiftSettings),
        .target(name: "TerminalTesting", dependencies: ["Terminal"], path: "Tests/TerminalTesting", swiftSettings: swiftSettings),
        tests("PFTests", ["WireFormats", "PF", "PixelFlowClient", "Terminal", "TerminalTesting", "StubService"]),
        tests("PixelFlowClientTests", ["AsyncPrimitives", "WireFormats", "PixelFlowClient", "RawHTTP", asyncHTTPClient, nioCore, nioPosix]),
        tests("KubernetesClientTests", ["AsyncPrimitives", "Deadlines", "RawHTTP", "TestSupport", "WireFormats", "KubernetesClient", "FakeKubernetes", asyncHTTPClient, nioCore, nioPosix, nioHTTP1, nioSSL, nioWebSocket, x509, crypto]),
        // Adapters to real servers: `make stack-up` starts them, the environment says where they are.
        tests("PixelFlowPostgresTests", ["PixelFlowEmbedded", "PixelFlowIdentity", "PixelFlowPostgres", "PixelFlowCore", "Conformance", "FaultProxy", nioCore, nioPosix, logging, metrics, metricsTesting]),
        tests("PixelFlowMongoTests", ["PixelFlowMongo", "PixelFlowCore", "Conformance", "FaultProxy", metrics, metricsTesting, nioCore, nioPosix]),
        tests("PixelFlowKafkaTests", ["CircuitBreaker", "PixelFlowKafka", "PixelFlowCore", "Conformance", nioCore]),
        tests("PixelFlowRedisTests", ["PixelFlowAuth", "PixelFlowEmbedded", "PixelFlowIdentity", "PixelFlowRedis", "PixelFlowCache", "PixelFlowLimits", "PixelFlowCore", "Conformance", "FaultProxy", "WireFormats", hummingbird, hummingbirdTesting, httpTypes, logging, metrics, metricsTesting, nioCore, nioPosix]),
        tests("PixelFlowLimitsTests", ["PixelFlowLimits", "PixelFlowCore", "Conformance", logging, metrics, metricsTesting]),
        tests("PixelFlowCacheTests", ["PixelFlowCache", "PixelFlowCore", "Conformance", logging, metrics, metricsTesting]),
        tests("PixelFlowS3Tests", ["WireFormats", "PixelFlowS3", "PixelFlowCore", "Conformance", "FaultProxy", "RawHTTP", asyncHTTPClient, logging, metricsTesting, nioCore, nioPosix, nioHTTP1]),
        tests("PixelFlowImagingTests", ["PixelFlowImaging", "PixelFlowCore", "pixelflow-render-fixture", nioCore, logging, "Prometheus", metrics]),
        tests("PixelFlowURLTests", ["PixelFlowURL", "PixelFlowCore"]),
        tests("PixelFlowFetchTests", ["WireFormats", "PixelFlowFetch", "PixelFlowURL", "PixelFlowCore", "RawHTTP", nioCore, nioEmbedded, nioPosix, nioHTTP1, nioSSL]),
        tests("PixelFlowHTTPTests", ["OTLP", "OTLPReceiver", metricsTesting, tracing, "WireFormats", "PixelFlowCache", "PixelFlowHTTP", "PixelFlowLimits", "OpenAPI", "PixelFlowTelemetry", "PixelFlowCore", "RawHTTP", "Conformance", hummingbird, hummingbirdTesting, httpTypes, crypto, nioCore, nioEmbedded, logging, "Prometheus", metrics]),
        tests("PixelFlowAuthTests", ["TerminalTesting", "SMTP", "PixelFlowIdentity", "PixelFlowLimits", "WireFormats", "PixelFlowAuth", "PixelFlowEmbedded", "PixelFlowCore", "PixelFlowHTTP", "Conformance", hummingbird, hummingbirdTesting, httpTypes, nioCore, logging, "Prometheus", metrics]),
        tests("PixelFlowWebhooksTests", ["RawHTTP", "PixelFlowWebhooks", "PixelFlowAPI", "PixelFlowCore", "PixelFlowDispatch", "PixelFlowEmbedded", "PixelFlowFetch", "PixelFlowURL", "Conformance", "WireFormats", logging, metrics, "Prometheus", nioCore, nioPosix, nioHTTP1, serviceLifecycle]),
        tests("PixelFlowAPITests", ["Files", "SMTP", "PixelFlowCache", "PixelFlowIdentity", "WireFormats", "PixelFlowAPI", "PixelFlowURL", "PixelFlowAuth", "PixelFlowDispatch", "PixelFlowEmbedded", "PixelFlowCore", "PixelFlowHTTP", "Conformance", "RawHTTP", asyncHTTPClient, hummingbird, hummingbirdTesting, httpTypes, crypto, nioCore, nioWebSocket, logging, serviceLifecycle, "Prometheus", metrics]),
        tests("PixelFlowWorkerTests", ["WireFormats", "PixelFlowWorker", "PixelFlowDispatch", "PixelFlowEmbedded", "PixelFlowCore", "Conformance", "HistoryChecker", nioCore, logging, serviceLifecycle, "Prometheus", metrics]),
        tests("PixelFlowDispatchTests", ["PixelFlowDispatch", "PixelFlowEmbedded", "PixelFlowCore", "Conformance", nioCore, logging, metrics, serviceLifecycle, "Prometheus"]),
        tests("PixelFlowWebTests", ["WireFormats", "PixelFlowWeb", "PixelFlowHTTP", "PixelFlowCore", "Conformance", "RawHTTP", hummingbird, hummingbirdTesting, httpTypes, asyncHTTPClient, crypto, nioCore, nioEmbedded, nioHTTP1, nioWebSocket, "Prometheus", metrics]),
        // Drives the real executable, which is therefore built with it.
        tests(
            "EndToEndTests",
            [
                "OTLPReceiver", "WireFormats", "pfctl", "pixelflow", "pixelflow-auth", "pixelflow-api", "pixelflow-worker", "pixelflow-web", "PF", "PixelFlowClient", "Terminal", "TerminalTesting", "Conformance", "FakeKubernetes", "FaultProxy", "HistoryChecker", "RawHTTP",
                "PixelFlowDispatch", "PixelFlowEmbedded", "PixelFlowIdentity", "PixelFlowKafka", "PixelFlowMongo", "PixelFlowS3", "PixelFlowCore", asyncHTTPClient, logging, nioCore,
                nioPosix, nioHTTP1, crypto,
            ]),
    ]
)

// A test bundle of a few modules links in seconds: `PIXELFLOW_TEST_MODULES="PixelFlowCoreTests MultipartTests" swift test`.
if let chosen = Context.environment["PIXELFLOW_TEST_MODULES"]?.split(separator: " ").map(String.init) {
    package.targets.removeAll { $0.type == .test && !chosen.contains($0.name) }
}
