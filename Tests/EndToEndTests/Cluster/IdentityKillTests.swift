import Conformance
import Foundation
import NIOHTTP1
import PixelFlowClient
import Synchronization
import Testing

extension ClusterEndToEnd {
    /// Auth is killed repeatedly while users create and revoke keys, refresh and end sessions, and add and remove members.
    @Suite(.enabled(if: Cluster.isHere, Cluster.comment)) struct IdentityKillTests {
        /// `PIXELFLOW_TEST_AUTH_KILLS`, 200 by default.
        private static let kills = ProcessInfo.processInfo.environment["PIXELFLOW_TEST_AUTH_KILLS"].flatMap { Int($0) } ?? 200
        private static let people = 6
        /// For each user.
        private static let stepsBetweenKills = 2

        @Test(.timeLimit(.minutes(15)))
        func killedAuthLosesAndRevivesNoSessionKeyOrMember() async throws {
            // All users have the same address.
            try await LiveCluster.run([.auth], adjust: { $0["PIXELFLOW_AUTH_REGISTRATIONS_PER_HOUR"] = "1000000" }) { cluster in
                let start = ContinuousClock.now
                var owners: [TeamOwner] = []
                for number in 0..<Self.people { owners.append(try await TeamOwner(number, cluster.endpoint(api: 1))) }
                let people = owners
                let isOver = Flag()
                try await withThrowingTaskGroup { group in
                    for person in people {
                        group.addTask {
                            // bounded: by the kills, each of which has a deadline.
                            while !isOver.isRaised { try await person.step() }
                        }
                    }
                    defer { isOver.raise() }
                    for _ in 0..<Self.kills {
                        var goals: [Int] = []
                        for person in people { goals.append(await person.steps + Self.stepsBetweenKills) }
                        try await Task.sleep(for: .milliseconds(Int.random(in: 20...200)))
                        await cluster.kill(.auth)
                        try await cluster.start(.auth)
                        for (person, goal) in zip(people, goals) {
                            try await eventually(within: .seconds(90), "steps between two kills") { await person.steps >= goal }
                        }
                    }
                    isOver.raise()
                    try await group.waitForAll()
                }
                var kept = Kept()
                for person in people { kept.add(try await person.verify()) }
                // A run without activity would prove nothing.
                #expect(
                    kept.keys > 0 && kept.revokedKeys > 0 && kept.endedSessions > 0 && kept.members > 0 && kept.removedMembers > 0,
                    "\(kept)")
                print("\(Self.kills) kills of auth in \(ContinuousClock.now - start): \(kept)")
            }
        }
    }
}

/// Confirmed changes that were verified.
private struct Kept {
    var keys = 0
    var revokedKeys = 0
    var endedSessions = 0
    var members = 0
    var removedMembers = 0

    mutating func add(_ other: Kept) {
        keys += other.keys
        revokedKeys += other.revokedKeys
        endedSessions += other.endedSessions
        members += other.members
        removedMembers += other.removedMembers
    }
}

/// Owns an organisation, changes it step by step, and remembers what auth has confirmed. Requests without a response may have
/// taken effect or not; either is correct.
private actor TeamOwner {
    private let number: Int
    private let service: any Installation
    private let organisation: String
    private var token: String
    private var refreshToken: String
    private var keys: [String: String] = [:]
    private var revokedKeys: [String] = []
    private var endedSessions: [String] = []
    private var members: Set<String> = []
    private var removedMembers: Set<String> = []
    private(set) var steps = 0

    init(_ number: Int, _ service: any Installation) async throws {
        (self.number, self.service) = (number, service)
        let visitor = Person(service: service)
        _ = try await visitor.client.register(email: "owner-\(number)@example.org", password: Person.password)
        let login = try await visitor.auth(.POST, "/login", Self.credentials(number)).object()
        token = try #require(login["token"] as? String)
        refreshToken = try #require(login["refresh_token"] as? String)
        let person = Person(service: service, token: token)
        organisation = try #require(try await person.auth(.POST, "/organisations", #"{"name":"Works"}"#).object()["id"] as? String)
        let change = try await call(.POST, "/token", #"{"refresh_token":"\#(refreshToken)","organisation":"\#(organisation)"}"#)
        try keep(try #require(change))
    }

    /// Performs one step, even if auth is killed meanwhile.
    func step() async throws {
        switch Int.random(in: 0..<5) {
        case 0: try await makeKey()
        case 1: try await revokeKey()
        case 2: try await refresh()
        case 3: try await endAnotherSession()
        default: try await changeMembers()
        }
        steps += 1
    }

    private func makeKey() async throws {
        guard let made = try await call(.POST, "/keys", #"{"name":"key","scopes":["tasks:read"]}"#), made.status == 201 else { return }
        keys[try #require(try made.object()["id"] as? String)] = try #require(try made.object()["key"] as? String)
    }

    private func revokeKey() async throws {
        guard let (id, key) = keys.randomElement() else { return }
        keys[id] = nil
        let reply = try await requireReply(.DELETE, "/keys/\(id)")
        // After a lost response, the repeated deletion finds nothing.
        #expect([204, 404].contains(reply.status), "\(reply.text)")
        revokedKeys.append(key)
    }

    /// A session stays valid, however often its refresh token must be sent.
    private func refresh() async throws {
        let reply = try await requireReply(.POST, "/token", #"{"refresh_token":"\#(refreshToken)"}"#)
        #expect(reply.status == 200, "session of \(number) lost: \(reply.text)")
        try keep(reply)
    }

    private func endAnotherSession() async throws {
        guard let signedIn = try await call(.POST, "/login", Self.credentials(number)), signedIn.status == 200 else { return }
        let login = try signedIn.object()
        let (other, spent) = (try #require(login["token"] as? String), try #require(login["refresh_token"] as? String))
        let reply = try await requireReply(.POST, "/logout", as: other)
        #expect([204, 401].contains(reply.status), "\(reply.text)")
        endedSessions.append(spent)
    }

    private func changeMembers() async throws {
        if let member = members.randomElement(), Bool.random() {
            members.remove(member)
            let reply = try await requireReply(.DELETE, "/organisations/\(organisation)/members/\(member)")
            #expect([204, 404].contains(reply.status), "\(reply.text)")
            removedMembers.insert(member)
            return
        }
        guard let made = try await call(.POST, "/organisations/\(organisation)/invitations", #"{"role":"viewer"}"#), made.status == 201,
            let invitation = try made.object()["token"] as? String
        else { return }
        let address = "member-\(UUID().uuidString.lowercased())@example.org"
        let registration = #"{"email":"\#(address)","password":"\#(Person.password)","invitation":"\#(invitation)"}"#
        guard let joined = try await call(.POST, "/register", registration), joined.status == 201 else { return }
        members.insert(try #require(try joined.object()["id"] as? String))
    }

    /// Verifies everything that was confirmed, now that auth stays up.
    func verify() async throws -> Kept {
        try await refresh()
        let list = try await requireReply(.GET, "/keys").object()["keys"] as? [[String: Any]] ?? []
        let there = Set(list.compactMap { $0["id"] as? String })
        #expect(Set(keys.keys).isSubset(of: there), "a key of \(number) is lost")
        for key in keys.values { #expect(try await requireReply(.GET, "/validate", as: key).status == 200, "a key of \(number) is lost") }
        for key in revokedKeys {
            #expect(try await requireReply(.GET, "/validate", as: key).status == 401, "a key of \(number) is alive again")
        }
        for spent in endedSessions {
            let reply = try await requireReply(.POST, "/token", #"{"refresh_token":"\#(spent)"}"#)
            #expect(reply.code == "refresh_token_invalid", "a session of \(number) is alive again")
        }
        let people = try await requireReply(.GET, "/organisations/\(organisation)/members").object()["members"] as? [[String: Any]] ?? []
        let present = Set(people.compactMap { $0["user_id"] as? String })
        #expect(members.isSubset(of: present), "a member of \(number) is lost")
        #expect(removedMembers.isDisjoint(with: present), "a member of \(number) is back")
        return Kept(
            keys: keys.count, revokedKeys: revokedKeys.count, endedSessions: endedSessions.count, members: members.count,
            removedMembers: removedMembers.count)
    }

    // MARK: Calls

    /// Sends a request until auth gives a response that is not an outage.
    private func requireReply(_ method: HTTPMethod, _ path: String, _ body: String? = nil, as other: String? = nil) async throws -> Reply {
        let person = Person(service: service, token: other ?? token)
        return try await eventually(within: .seconds(90), "a reply to \(method) \(path)") { @Sendable in
            try await Self.call(person, method, path, body)
        }
    }

    private func call(_ method: HTTPMethod, _ path: String, _ body: String? = nil) async throws -> Reply? {
        try await Self.call(Person(service: service, token: token), method, path, body)
    }

    /// - Returns: nil if auth was unavailable, in which case the outcome is unknown.
    private static func call(_ person: Person, _ method: HTTPMethod, _ path: String, _ body: String?) async throws -> Reply? {
        do {
            let reply = try await person.auth(method, path, body)
            return reply.status >= 500 || reply.status == 429 ? nil : reply
        } catch {
            try Task.checkCancellation()
            return nil
        }
    }

    private func keep(_ reply: Reply) throws {
        let issued = try reply.object()
        token = try #require(issued["token"] as? String)
        refreshToken = try #require(issued["refresh_token"] as? String)
    }

    private static func credentials(_ number: Int) -> String {
        #"{"email":"owner-\#(number)@example.org","password":"\#(Person.password)"}"#
    }
}
