import Logging
import Metrics
package import NIOCore
import PixelFlowCore

/// Files below a prefix of a bucket, under any names: what is no part of an installation, such as a backup.
package struct S3Folder: Sendable {
    /// What is wrong, in a sentence for whoever has named the bucket.
    package enum Failure: Error, Sendable, Hashable {
        /// The address or the credentials are no such.
        case invalid(String)
        /// The bucket does not exist.
        case noBucket
        /// With the store's word for it.
        case refused(String)
        /// The store, or someone's share of it, is full.
        case full
        case unreachable(String)
    }

    package struct File: Sendable, Hashable {
        /// Below the prefix.
        package let name: String
        /// Nil if the store does not say.
        package let bytes: Int?
    }

    package let bucket: String
    /// Without a slash at either end; may be empty.
    package let prefix: String
    /// Scheme, name and port of the server.
    package let server: String
    private let names: ObjectNames
    private let transport: S3Transport

    /// - Parameters:
    ///   - url: as in `PIXELFLOW_BLOB_URL`.
    ///   - environment: with the credentials, as services have them.
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
        // Whoever calls is told by errors.
        let logger = Logger(label: "s3") { _ in SwiftLogNoOpLogHandler() }
        transport = S3Transport(
            settings, configuration: S3Client.configuration(settings.timeouts), clock: SystemClock(), metrics: MetricsSystem.factory,
            logger: logger)
    }

    /// All files, a page at a time.
    ///
    /// - Throws: as everything here `Failure`, what the reader or `use` throws, or `CancellationError`.
    package func list(_ use: ([File]) async throws -> Void) async throws {
        try await explained {
            try await transport.list(prefix: names.prefix) { page in
                let files = page.objects.map { File(name: String($0.name.dropFirst(names.prefix.count)), bytes: $0.bytes) }
                if !files.isEmpty { try await use(files) }
                return true
            }
        }
    }

    /// Stores a file, whole or not at all, in the place of what has its name.
    package func write(_ name: String, from bytes: any AsyncSequence<ByteBuffer, any Error> & Sendable) async throws {
        try await explained { _ = try await transport.write(names.prefix + name, from: bytes) }
    }

    /// - Parameter use: is given each piece of the file.
    /// - Returns: whether there is such a file.
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

    /// One that is not there is no error.
    package func remove(_ name: String) async throws { try await explained { try await transport.delete(names.prefix + name) } }

    /// Whether an installation keeps its objects in a part of the bucket that has this folder in it: it would take the files for its own.
    ///
    /// What the credentials may not read is taken for absent.
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
