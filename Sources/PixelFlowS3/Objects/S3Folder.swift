import Logging
import Metrics
package import NIOCore
import PixelFlowCore

/// Files below a prefix of a bucket, with arbitrary names, that are not part of an installation, such as a backup.
package struct S3Folder: Sendable {
    /// A failure, with a message for the user who has specified the bucket.
    package enum Failure: Error, Sendable, Hashable {
        /// The URL or the credentials are invalid.
        case invalid(String)
        /// The bucket does not exist.
        case noBucket
        /// The store has refused the request, with its error message.
        case refused(String)
        /// The store, or its quota, is full.
        case full
        case unreachable(String)
    }

    package struct File: Sendable, Hashable {
        /// Relative to the prefix.
        package let name: String
        /// Nil if the store does not report it.
        package let bytes: Int?
    }

    package let bucket: String
    /// Without leading and trailing slashes; may be empty.
    package let prefix: String
    /// Scheme, host and port of the server.
    package let server: String
    private let names: ObjectNames
    private let transport: S3Transport

    /// - Parameters:
    ///   - url: in the format of `PIXELFLOW_BLOB_URL`.
    ///   - environment: contains the credentials, in the same variables as for services.
    /// - Throws: `Failure.invalid`.
    package init(url: String, environment: [String: String]) throws(Failure) {
        let settings: S3Settings
        do throws(PixelFlowError) {
            settings = try S3Settings(Settings(environment: environment.merging([S3URL.name: url]) { $1 }))
        } catch {
            throw .invalid(error.message.replacing(S3URL.name, with: "the address of the bucket"))
        }
        (bucket, prefix) = (settings.bucket, settings.prefix)
        server = "\(settings.endpoint.scheme)://\(settings.endpoint.authority)"
        names = ObjectNames(prefix: settings.prefix)
        // No log: callers get errors.
        let logger = Logger(label: "s3") { _ in SwiftLogNoOpLogHandler() }
        transport = S3Transport(
            settings, configuration: S3Client.configuration(settings.timeouts), clock: SystemClock(), metrics: MetricsSystem.factory,
            logger: logger)
    }

    /// Passes all files to `use`, page by page.
    ///
    /// - Throws: `Failure`, as do all methods here, an error of the reader or of `use`, or `CancellationError`.
    package func list(_ use: ([File]) async throws -> Void) async throws {
        try await explained {
            try await transport.list(prefix: names.prefix) { page in
                let files = page.objects.map { File(name: String($0.name.dropFirst(names.prefix.count)), bytes: $0.bytes) }
                if !files.isEmpty { try await use(files) }
                return true
            }
        }
    }

    /// Stores a file atomically, replacing an existing one with this name.
    package func write(_ name: String, of size: Int, from bytes: any AsyncSequence<ByteBuffer, any Error> & Sendable) async throws {
        try await explained {
            _ = try await transport.write(names.prefix + name, from: bytes, partBytes: S3BlobStore.partBytes(for: size))
        }
    }

    /// - Parameter use: receives each chunk of the file.
    /// - Returns: whether the file exists.
    package func read(_ name: String, _ use: (ByteBuffer) async throws -> Void) async throws -> Bool {
        try await explained {
            let name = names.prefix + name
            do {
                let part = try await transport.openPart(of: name, nil)
                for try await bytes in ObjectBody(name: name, part: part, transport: transport) { try await use(bytes) }
                return true
            } catch let error as PixelFlowError where error.refusal?.isAbsence == true {
                return false
            }
        }
    }

    /// A missing file is not an error.
    package func remove(_ name: String) async throws { try await explained { try await transport.delete(names.prefix + name) } }

    /// Whether an installation stores its objects in a part of the bucket that contains this folder, in which case it would treat the
    /// files as its own.
    ///
    /// Objects that the credentials may not read count as absent.
    package func isInsideAnInstallation() async throws -> Bool {
        var parts = prefix.split(separator: "/")
        while true {
            if try await holdsMark(ObjectNames(prefix: parts.joined(separator: "/")).installationMark) { return true }
            guard parts.popLast() != nil else { return false }
        }
    }

    private func holdsMark(_ name: String) async throws -> Bool {
        try await explained {
            do {
                _ = try await transport.call(S3Request(.headObject, key: name))
                return true
            } catch let error as PixelFlowError where [403, 404].contains(error.refusal?.status) {
                return false
            }
        }
    }

    private func explained<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as PixelFlowError {
            throw Failure(error)
        }
    }
}

extension S3Folder.Failure {
    fileprivate init(_ error: PixelFlowError) {
        guard let refusal = error.refusal else {
            self = .unreachable(error.cause.map { "\($0)" } ?? error.message)
            return
        }
        let word = refusal.code.isEmpty ? "status \(refusal.status)" : refusal.code
        self =
            switch error.code {
            case _ where refusal.code == "NoSuchBucket": .noBucket
            case "blob_store_refused": .refused(word)
            case _ where refusal.isLackOfRoom: .full
            default: .unreachable(word)
            }
    }
}
