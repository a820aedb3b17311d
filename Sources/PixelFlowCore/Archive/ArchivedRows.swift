/// The rows of a store, page after page, each read when it is asked for. Read once.
package struct ArchivedRows: AsyncSequence, Sendable {
    private let open: @Sendable () -> () async throws -> [ArchiveRow]?

    /// - Parameter open: begins to read, and returns what reads the next page; nil after the last one.
    package init(_ open: @escaping @Sendable () -> () async throws -> [ArchiveRow]?) { self.open = open }

    /// Rows that a thread reads, as one transaction of a database has to.
    ///
    /// - Parameter read: hands pages to the pipe, which blocks; runs once the first page is asked for.
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

/// Lets the thread that reads go once nobody asks for pages any more.
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
