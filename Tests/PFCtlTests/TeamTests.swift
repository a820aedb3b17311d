import PFCtl
import StubService
import Terminal
import TerminalTesting
import Testing

@Suite struct TeamTests {
    @Test func createsAnAccountAndShowsItsTokenOnce() async throws {
        try await TeamService.run { pixelflow, auth in
            let outcome = await pixelflow.pfctl("users", "create", "eve@example.com")
            #expect(outcome.status == .ok, "\(outcome.errors)")
            #expect(outcome.output.split(separator: "\n").contains("pf_reset_once"), "a line of its own, to be copied")
            #expect(!outcome.errors.contains("pf_reset"))
            #expect(auth.lines == ["POST /operator/users"])
            let taken = await pixelflow.pfctl("users", "create", "ada@example.com")
            #expect(taken.status == .failed)
            #expect(taken.errors.contains("email_taken"))
        }
    }

    @Test func findsAnAccountByItsAddressOnALaterPage() async throws {
        try await TeamService.run { pixelflow, auth in
            let enabled = await pixelflow.pfctl("users", "enable", "Bob@Example.com")
            #expect(enabled.output == "user/\(TeamService.bob) (bob@example.com) enabled\n", "\(enabled.errors)")
            #expect(auth.calls.last?.method == "PATCH")
            #expect(auth.calls.last?.body == #"{"disabled":false}"#)
            let disabled = await pixelflow.pfctl("users", "disable", TeamService.ada, "-o", "name")
            #expect(disabled.output == "user/\(TeamService.ada)\n")
            #expect(auth.calls.last?.body == #"{"disabled":true}"#)
            let unknown = await pixelflow.pfctl("users", "disable", "nobody@example.com")
            #expect(unknown.status == .failed)
            #expect(unknown.errors.contains("there is no account nobody@example.com"))
        }
    }

    @Test(arguments: ["client", "server"]) func changesNothingInADryRun(kind: String) async throws {
        try await TeamService.run { pixelflow, auth in
            for arguments in [
                ["users", "create", "new@example.com"], ["users", "disable", "ada@example.com"],
                ["users", "reset-password", "ada@example.com"],
                ["orgs", "delete", TeamService.team], ["orgs", "restore", TeamService.team],
                ["keys", "create", "a", "--scope", "tasks:read"],
                ["keys", "revoke", TeamService.key],
            ] {
                let outcome = await pixelflow.pfctl(arguments + ["--dry-run", kind], console: nil, environment: TeamService.environment)
                #expect(outcome.status == .ok, "\(arguments): \(outcome.errors)")
                #expect(outcome.output.contains("dry run)"))
            }
            #expect(auth.calls.allSatisfy { $0.method == "GET" })
            #expect(auth.calls.isEmpty == (kind == "client"))
        }
    }

    @Test func deletesAnOrganisationOnlyIfConfirmed() async throws {
        try await TeamService.run { pixelflow, auth in
            #expect(await pixelflow.pfctl("orgs", "delete", TeamService.team).status == .usage)
            #expect(auth.calls.isEmpty)
            let outcome = await pixelflow.pfctl("orgs", "delete", TeamService.team, "--yes")
            #expect(outcome.output == "organisation/\(TeamService.team) deleted\n", "\(outcome.errors)")
            #expect(auth.calls.last?.body == #"{"deleted":true}"#)
            #expect(await pixelflow.pfctl("orgs", "delete", "unknown", "--yes").status == .failed)
        }
    }

    @Test func changesOneValueOfAQuotaAndLeavesTheOthers() async throws {
        try await StubService.run("api", port: 8_080, TeamService.respond) { pixelflow, api in
            pixelflow.setServiceSecret(TeamService.serviceSecret)
            let shown = await pixelflow.pfctl("orgs", "quota", TeamService.team, "-o", "json")
            #expect(shown.status == .ok, "\(shown.errors)")
            #expect(shown.output.contains(#""tasks_per_month": 1000"#))
            let tried = await pixelflow.pfctl("orgs", "quota", TeamService.team, "--tasks-per-month", "5", "--dry-run", "server")
            #expect(tried.status == .ok, "\(tried.errors)")
            #expect(api.calls.allSatisfy { $0.method == "GET" })
            let changed = await pixelflow.pfctl("orgs", "quota", TeamService.team, "--bytes-stored", "unlimited")
            #expect(changed.status == .ok, "\(changed.errors)")
            let body = try #require(api.calls.last?.body)
            #expect(body.contains(#""bytes_stored":null"#) && body.contains(#""tasks_per_month":1000"#), "\(body)")
            #expect(await pixelflow.pfctl("orgs", "quota", TeamService.team, "--bytes-stored", "many").status == .usage)
        }
    }

    @Test func sendsTheAuditLogFilters() async throws {
        try await TeamService.run { pixelflow, auth in
            let outcome = await pixelflow.pfctl(
                "audit", "--action", "key.created", "--since", "2026-05-01T00:00:00Z", "--limit", "7", environment: TeamService.environment)
            #expect(outcome.status == .ok, "\(outcome.errors)")
            #expect(auth.lines == ["GET /audit?action=key.created&since=2026-05-01T00%3A00%3A00Z&limit=7"])
        }
    }

    @Test func reportsServiceSecretErrors() async throws {
        try await TeamService.run { pixelflow, _ in
            pixelflow.setServiceSecret("another-one", secret: "of-the-company")
            let rejected = await pixelflow.pfctl("users", "ls")
            #expect(rejected.status == .unreachable)
            #expect(rejected.errors.contains("hint: auth runs with an earlier service secret"))
            #expect(!rejected.errors.contains("another-one"))
            pixelflow.setServiceSecret("", secret: "of-the-company")
            let empty = await pixelflow.pfctl("users", "ls")
            #expect(empty.status == .failed)
            #expect(empty.errors.contains("secret/of-the-company has no value for service-secret"))
        }
    }

    @Test(arguments: [
        ["users", "create", "eve@example.com", "-o", "name"], ["keys", "create", "site", "--scope", "tasks:read", "-o", "name"],
        ["keys", "create", "site"], ["audit", "--limit", "-1"],
    ])
    func refusesInvalidArguments(arguments: [String]) async throws {
        try await TeamService.run { pixelflow, auth in
            #expect(await pixelflow.pfctl(arguments, console: nil, environment: TeamService.environment).status == .usage)
            #expect(auth.calls.isEmpty)
        }
    }

    @Test func takesTheNamesThatItPrints() async throws {
        try await TeamService.run { pixelflow, auth in
            let environment = TeamService.environment
            for (list, kind) in [("users", "user"), ("orgs", "organisation"), ("keys", "key")] {
                let names = await pixelflow.pfctl(list, "ls", "-o", "name", environment: environment).output
                #expect(names.hasPrefix("\(kind)/"), "\(names)")
            }
            for (arguments, output) in [
                (["users", "disable", "user/\(TeamService.ada)"], "user/\(TeamService.ada)\n"),
                (["orgs", "show", "organisation/\(TeamService.team)"], "organisation/\(TeamService.team)\n"),
                (["orgs", "delete", "organisation/\(TeamService.team)", "--yes"], "organisation/\(TeamService.team)\n"),
                (["keys", "revoke", "key/\(TeamService.key)"], "key/\(TeamService.key)\n"),
            ] {
                let outcome = await pixelflow.pfctl(arguments + ["-o", "name"], console: nil, environment: environment)
                #expect(outcome.output == output, "\(arguments): \(outcome.errors)")
            }
            for actor in ["user/\(TeamService.ada)", "key/\(TeamService.ada)", TeamService.ada] {
                #expect(await pixelflow.pfctl("audit", "--actor", actor, environment: environment).status == .ok)
                #expect(auth.lines.last?.contains("actor=\(TeamService.ada)&") == true, "\(auth.lines)")
            }
        }
    }

    @Test(arguments: [
        ["users", "disable", ""], ["users", "reset-password", ""], ["orgs", "show", "a/b"], ["orgs", "restore", "organisation/"],
        ["orgs", "quota", "user/a"], ["keys", "revoke", ""], ["audit", "--actor", "a/b"],
    ])
    func refusesWhatCannotBeAnID(arguments: [String]) async throws {
        try await TeamService.run { pixelflow, auth in
            let outcome = await pixelflow.pfctl(arguments, console: nil, environment: TeamService.environment)
            #expect(outcome.status == .usage)
            #expect(
                outcome.errors.hasPrefix("error: '\(arguments.last ?? "")' is n") && outcome.errors.hasSuffix("\n"), "\(outcome.errors)")
            #expect(outcome.errors.split(separator: "\n").count == 1)
            #expect(auth.calls.isEmpty)
        }
    }
}
