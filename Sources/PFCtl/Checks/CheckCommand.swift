import ArgumentParser
import KubernetesClient
import Terminal
import WireFormats

struct CheckCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Checks the installation and suggests how to fix problems.",
        discussion: """
            Exits with 1 if a check fails, and with 5 if the cluster cannot be reached. Warnings are not failures.

            Examples:
              pfctl check --pre -n pixelflow     Can PixelFlow be installed here?
              pfctl check
              pfctl check -o json | jq '.categories[].checks[] | select(.result != "ok")'
            """)

    @Flag(help: "Check the prerequisites before PixelFlow is installed.")
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

/// The findings of checks, as text and data.
struct CheckReport {
    let sections: [CheckRun.Section]

    var document: Document {
        Document(sections.map { .lines(lines($0)) } + [.lines([summary])], data: json, names: failing)
    }

    private func lines(_ section: CheckRun.Section) -> [Text] {
        [Text(section.name, .strong)] + section.findings.flatMap(lines)
    }

    private func lines(_ finding: CheckRun.Finding) -> [Text] {
        let verdict = finding.verdict
        // Failures must stand out.
        let style: Text.Style = verdict.hint == nil ? .faint : .plain
        let first = Self.mark(verdict.result) + Text(" \(finding.title)") + Text(verdict.reason.map { ": \($0)" } ?? "", style)
        guard let hint = verdict.hint else { return [first] }
        return [first, Text("  → \(hint)"), Text("    \(finding.documentation)", .faint)]
    }

    private static func mark(_ result: Verdict.Result) -> Text {
        switch result {
        case .ok: Text("✓", .good)
        case .warning: Text("!", .warning)
        case .failed: Text("✗", .bad)
        case .skipped: Text("–", .faint)
        }
    }

    private var summary: Text {
        let (failures, warnings) = (sections.failures, sections.warnings)
        let more = warnings == 0 ? "" : ", \(warnings.counted("warning"))"
        if failures == 0 { return Text("all checks passed", .good) + Text(more) }
        return Text("\(failures.counted("check")) failed", .bad) + Text(more)
    }

    private var failing: [String] {
        sections.flatMap { $0.findings.filter { $0.verdict.result == .failed }.map { "check/\($0.anchor)" } }
    }

    private var json: JSONValue {
        let categories: [JSONValue] = sections.map { section in
            ["name": .string(section.name), "checks": .array(section.findings.map(Self.json))]
        }
        let result = sections.failures > 0 ? "failed" : sections.warnings > 0 ? "warning" : "ok"
        return ["result": .string(result), "categories": .array(categories)]
    }

    private static func json(_ finding: CheckRun.Finding) -> JSONValue {
        var json: JSONValue = [
            "name": .string(finding.anchor), "title": .string(finding.title),
            "result": .string(finding.verdict.result.rawValue),
        ]
        json["reason"] = finding.verdict.reason.map { .string($0) }
        json["hint"] = finding.verdict.hint.map { .string($0) }
        if finding.verdict.hint != nil { json["documentation"] = .string(finding.documentation) }
        return json
    }
}
