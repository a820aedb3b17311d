import ArgumentParser
import KubernetesClient
import Terminal
import WireFormats

struct ReportCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Collects a support bundle without secrets in a tar file.",
        discussion: """
            Contains objects without the data of Secrets and without values that look like secrets, events, logs, the status and the \
            versions. Review the file before you share it.

            Examples:
              pfctl report
              pfctl report --file report.tar --tail 2000
            """)

    @Option(help: ArgumentHelp("The file to write. (default: pfctl-report-<time>.tar)", valueName: "file"))
    var file: String?

    @Option(help: ArgumentHelp("The number of most recent lines of each log.", valueName: "lines"))
    var tail = 500

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func validate() throws {
        guard tail >= 0 else { throw ValidationError("--tail cannot be negative.") }
    }

    func run(in session: Session) async throws -> ExitStatus {
        let time = session.now
        let name = "pfctl-report-" + time.text.prefix(19).replacing("-", with: "").replacing(":", with: "")
        let path = file ?? "\(name).tar"
        let files = try await session.status.spinning {
            session.status.show("collecting", isPassing: true)
            return try await SupportBundle(session: session, tail: tail).collect()
        }
        var archive = TarArchive(time: Int(time.secondsSinceEpoch))
        for file in files { archive.add("\(name)/\(file.path)", Array(file.contents.utf8)) }
        let bytes = archive.finished()
        try PrivateFile.create(path, bytes)
        for note in files.filter({ $0.path == "notes.txt" }).flatMap({ $0.contents.split(separator: "\n") }) {
            session.warn("not in the report: \(note)")
        }
        let data: JSONValue = [
            "file": .string(path), "bytes": .integer(bytes.count), "contents": .array(files.map { .string($0.path) }),
        ]
        let size = "\(files.count.counted("file")), \((bytes.count + 999) / 1_000) kB; review it before you share it"
        session.print(Document([.unwrapped([Text(path, .strong), Text(size)])], data: data, names: [path]))
        return .ok
    }
}
