/// The rows of a store, page by page, each read on demand. Can be read only once.
package struct ArchivedRows: AsyncSequence, Sendable {
    /// A snapshot that is read for longer than this fails: it keeps the database from removing what has been deleted since it began.
    package static let snapshotLimit = Duration.seconds(3600)

    private let open: @Sendable () -> () async throws -> [ArchiveRow]?

    /// - Parameter open: starts reading, and returns a function that reads the next page; nil after the last one.
    package init(_ open: @escaping @Sendable () -> () async throws -> [ArchiveRow]?) { self.open = open }

    /// Rows that are read by a thread, as the transaction of a database requires.
    ///
    /// - Parameter read: sends pages to the pipe, which blocks; runs once the first page is requested.
    package init(reading read: @escaping @Sendable (ArchivePipe) async throws -> Void) {
        open = {
            let pipe = ArchivePipe()
            let reader = Task {
                do {
                    try await read(pipe)
                    pipe.end()
                } catch {
                    pipe.end(error)
                }
            }
            let end = PipeEnd(pipe, reader)
            return { try await end.pipe.next() }
        }
    }

    package func makeAsyncIterator() -> Iterator { Iterator(next: open()) }

    package struct Iterator: AsyncIteratorProtocol {
        fileprivate let next: () async throws -> [ArchiveRow]?

        package func next() async throws -> [ArchiveRow]? { try await next() }
    }
}

/// Releases the reading thread when no more pages are requested.
private final class PipeEnd: Sendable {
    let pipe: ArchivePipe
    private let reader: Task<Void, Never>

    init(_ pipe: ArchivePipe, _ reader: Task<Void, Never>) {
        self.pipe = pipe
        self.reader = reader
    }

    deinit {
        pipe.close()
        reader.cancel()
    }
}
