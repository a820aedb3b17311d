import NIOHTTP1

extension PixelFlowClient {
    /// Streams the bytes of an output.
    public func output(_ name: String, ofTask id: String, range: ByteRange? = nil) async throws -> Download {
        try await Download(open(image(outputPath(name, id), range)))
    }

    /// Streams the bytes of the source image of a task.
    public func source(ofTask id: String, range: ByteRange? = nil) async throws -> Download {
        try await Download(open(image(sourcePath(id), range)))
    }

    /// Saves an output to a path; the file there is always complete. An interrupted transfer resumes where it stopped.
    ///
    /// - Throws: `ClientError.wrongChecksum` if the bytes do not match the manifest, and `ClientError.file`.
    public func save(_ output: ImageTask.Output, ofTask id: String, to path: String, progress: Progress? = nil) async throws {
        try await save(outputPath(output.name, id), to: path, sha256: output.sha256, total: output.bytes, progress)
    }

    /// Saves the source image of a task.
    public func saveSource(ofTask id: String, to path: String, progress: Progress? = nil) async throws {
        try await save(sourcePath(id), to: path, sha256: nil, total: nil, progress)
    }

    private func outputPath(_ name: String, _ id: String) -> String { Path.joined("tasks", id, "outputs", name) }
    private func sourcePath(_ id: String) -> String { Path.joined("tasks", id, "source") }

    private func image(_ path: String, _ range: ByteRange?, tag: String? = nil) -> Call {
        var call = Call(.GET, endpoints.api + "/api" + path)
        if let range { call.headers.add(name: "range", value: range.header) }
        if let tag { call.headers.add(name: "if-range", value: tag) }
        return call
    }

    private func save(_ path: String, to target: String, sha256: String?, total: Int64?, _ progress: Progress?) async throws {
        let file = try PartialFile(for: target)
        do {
            try await fill(file, path, sha256: sha256, total: total, progress)
        } catch {
            // Not left to `deinit`: the thread that wrote last may keep `file` alive a little longer than this call.
            file.discard()
            throw error
        }
    }

    private func fill(_ file: PartialFile, _ path: String, sha256: String?, total: Int64?, _ progress: Progress?) async throws {
        var tag: String?
        var (attempt, furthest) = (1, Int64(0))
        while true {
            do {
                // Without a tag, the image may have changed.
                let rest = file.count > 0 && tag != nil ? ByteRange(first: file.count) : nil
                let download = try await Download(self.attempt(image(path, rest, tag: rest == nil ? nil : tag)))
                tag = download.tag
                try await write(download, to: file, total: total, progress)
                break
            } catch {
                try Task.checkCancellation()
                // Not `retry`, because progress resets the attempts: a transfer that advances is never given up, however often it is interrupted.
                if file.count > furthest { (attempt, furthest) = (1, file.count) }
                guard let delay = delay(after: error, attempt: attempt) else { throw error }
                try await Task.sleep(for: delay)
                attempt += 1
            }
        }
        // The bytes of a cancelled download end early, which shows only if their number or checksum is known.
        try Task.checkCancellation()
        try await file.commit(expecting: sha256)
    }

    private func write(_ download: Download, to file: PartialFile, total: Int64?, _ progress: Progress?) async throws {
        if download.offset != file.count { try await file.restart() }
        guard download.offset == file.count else { throw ClientError.invalidResponse("the response has other bytes than were asked for") }
        let total = total ?? download.length.map { download.offset + $0 }
        for try await bytes in download.bytes {
            try await file.append(bytes)
            progress?(TransferProgress(bytes: file.count, total: total))
            if let total, file.count > total { throw ClientError.invalidResponse("the image has more than its \(total) bytes") }
        }
        if let total, file.count < total { throw ClientError.brokenOff("the image ends after \(file.count) of \(total) bytes") }
    }
}
