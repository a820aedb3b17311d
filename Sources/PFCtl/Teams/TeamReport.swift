import FoundationEssentials
import PixelFlowClient
import PixelFlowCommands
import Terminal
import WireFormats

/// Accounts, organisations and entries of the audit log, one per line.
struct TeamReport {
    let now: Date

    func document(_ users: [UserAccount]) -> Document {
        .list(
            "users", users.map(\.json), names: users.map(\.reference),
            columns: [.init("EMAIL"), .init("STATE"), .init("AGE", .right), .init("ID", spare: .late), .init("ORGANISATION", wide: true)],
            rows: users.map {
                [Text($0.email), $0.isDisabled ? Text("disabled", .bad) : Text("enabled"), age($0.createdAt), Text($0.id), Text($0.tenant)]
            })
    }

    func document(_ organisations: [Organisation]) -> Document {
        .list(
            "organisations", organisations.map(\.json), names: organisations.map(\.reference),
            columns: [.init("ID"), .init("STATE"), .init("AGE", .right, spare: .late), .init("NAME", cut: .middle)],
            rows: organisations.map { [Text($0.id), $0.state, age($0.createdAt), Text($0.name)] })
    }

    func document(_ organisation: Organisation, members: [Member]) -> Document {
        var fields: [Document.Field] = [
            .init("id", Text(organisation.id)), .init("name", Text(organisation.name)), .init("state", organisation.state),
            .init("age", age(organisation.createdAt)),
        ]
        if organisation.deletedAt != nil { fields.append(.init("deleted", age(organisation.deletedAt) + Text(" ago"))) }
        let table = Table(
            columns: [.init("MEMBER"), .init("ROLE"), .init("SINCE", .right), .init("ID", wide: true)],
            rows: members.map { .init([Text($0.email), Text($0.role), age($0.since), Text($0.userID)]) })
        return Document(
            [.fields(fields), .table(table)], data: ["organisation": organisation.json, "members": .array(members.map(\.json))],
            names: [organisation.reference])
    }

    /// - Parameter suffix: states whether this was a dry run.
    func document(_ quota: Quota, of organisation: String, suffix: String) -> Document {
        func text(_ value: Int?) -> Text { Text((value.map { "\($0)" } ?? "unlimited") + suffix) }
        let fields: [Document.Field] = [
            .init("tasks per month", text(quota.tasksPerMonth)), .init("tasks in flight", text(quota.tasksInFlight)),
            .init("bytes stored", text(quota.bytesStored)), .init("source bytes", text(quota.sourceBytes)),
            .init("retention days", text(quota.retentionDays)), .init("weight", Text("\(quota.weight ?? 1)" + suffix)),
        ]
        return Document([.fields(fields)], data: quota.json, names: [Organisation.reference(organisation)])
    }

    func document(_ entries: [AuditEntry]) -> Document {
        .list(
            "entries", entries.map(\.json), names: entries.map { "audit/\($0.id)" },
            columns: [
                .init("AGE", .right), .init("ACTOR", cut: .middle), .init("ACTION"), .init("ADDRESS", wide: true),
                .init("TARGET", wide: true),
                .init("DETAIL", cut: .wrap),
            ],
            rows: entries.map {
                [age($0.at), Text($0.actorName), Text($0.action), Text($0.address), Text($0.target), Text($0.detail)]
            })
    }

    private func age(_ time: Date?) -> Text { .age(of: time, at: now) }
}

extension UserAccount {
    var reference: String { Self.reference(id) }
}

extension Organisation {
    fileprivate var state: Text { deletedAt == nil ? Text("active") : Text("deleted", .bad) }
}
