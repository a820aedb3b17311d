import ArgumentParser

struct CheckCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Finds out what is wrong, and says what to do about it.",
        discussion: """
            Exits with 1 where a check fails, with 5 where the cluster cannot be reached; warnings are no failure.

            Examples:
              pfctl check --pre -n pixelflow     Can PixelFlow be installed here?
              pfctl check
              pfctl check -o json | jq '.categories[].checks[] | select(.result != "ok")'
            """)

    @Flag(help: "Check what has to be there before PixelFlow is installed.")
    var pre = false

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        let categories = pre ? CheckCategory.beforeInstalling : CheckCategory.afterInstalling
        let sections = try await session.status.spinning {
            try await CheckRun(session: session).run(categories, needsInstallation: !pre)
        }
        session.print(CheckReport(sections: sections).document)
        return sections.exitStatus
    }
}
