import PixelFlowCore
import PixelFlowIdentity

extension IdentityStoreConformance {
    static let digestCases: [ConformanceCase<IdentityStoreConformance>] = [
        ConformanceCase("mail about tasks: a choice belongs to one member, and is deleted with the membership") {
            try await $0.keepsTaskMail()
        },
        ConformanceCase("digests: due after their span, with the person's keys, for one caller at a time") {
            try await $0.ordersDigests()
        },
        ConformanceCase("digests: of 20 concurrent reports of a span, one queues a message") {
            try await $0.tellsEachSpanOnce()
        },
        ConformanceCase("digests: an empty span sends no mail, and the next one starts at its end") {
            try await $0.tellsOfNothing()
        },
        ConformanceCase("digests: people who are unreachable or have opted out get no mail") { try await $0.sparesTheUnwilling() },
        ConformanceCase("digests: a full mail outbox loses none") { try await $0.keepsDigestsWithoutRoom() },
        ConformanceCase("digests: sent after all other mail, and leave room for it") { try await $0.comesLast() },
        ConformanceCase("batches: mailed once, to people who chose it, including batches of their keys") {
            try await $0.tellsOfBatches()
        },
    ]

    private static let schedule = TaskMailSchedule(dailyHour: 6)
    private static let lifetime = Duration.seconds(3600)
    /// 09:20 UTC.
    private static let start = Timestamp(iso8601: "2026-01-15T09:20:00Z") ?? now
    /// The first range of each hour has ended and settled.
    private static let later = Timestamp(iso8601: "2026-01-15T10:02:00Z") ?? now

    private func claimed(_ other: IdentityStore? = nil, at time: Timestamp = later, limit: Int = 50) async throws -> [DigestRequest] {
        try await (other ?? store).claimDigests(Self.schedule, at: time, lease: .seconds(120), limit: limit)
    }

    private func report(
        _ request: DigestRequest, _ ended: EndedTasks, to other: IdentityStore? = nil, at time: Timestamp = later
    ) async throws -> IdentityStore.DigestCount {
        try await (other ?? store).report([TaskDigest(request, ended)], mailingFor: Self.lifetime, at: time)
    }

    private func waiting(at time: Timestamp = later) async throws -> [QueuedMail] {
        try await store.claimMail(at: time + .seconds(1), lease: .zero, limit: 100)
    }

    private func choice(of user: User, in organisation: TenantID) async throws -> TaskMail {
        try await store.noticeSettings(of: user.id, in: organisation).tasks
    }

    private func choose(_ choice: TaskMail, _ user: User, in organisation: TenantID, at time: Timestamp = start) async throws {
        try await store.setMuted([:], tasks: choice, of: user.id, in: organisation, at: time)
    }

    private func count(
        queued: Int = 0, empty: Int = 0, unreachable: Int = 0, superseded: Int = 0, postponed: Int = 0
    ) -> IdentityStore.DigestCount {
        var count = IdentityStore.DigestCount()
        (count.queued, count.empty, count.unreachable) = (queued, empty, unreachable)
        (count.superseded, count.postponed) = (superseded, postponed)
        return count
    }

    private func keepsTaskMail() async throws {
        let (ada, bob) = (try await register("ada@example.org"), try await register("bob@example.org"))
        let works = try await organisation(of: ada, with: [(bob, .member)])
        try requireEqual(try await choice(of: ada, in: works.id), .never, "at first")
        for choice in TaskMail.allCases.reversed() {
            try await choose(choice, bob, in: works.id)
            let again = try await reopen()
            try requireEqual(try await again.noticeSettings(of: bob.id, in: works.id).tasks, choice, "chosen")
        }
        try await choose(.daily, bob, in: works.id)
        try requireEqual(try await choice(of: ada, in: works.id), .never, "of another person")
        try requireEqual(try await choice(of: bob, in: bob.tenant), .never, "of another organisation")
        try await choose(.daily, bob, in: ada.tenant)
        try requireEqual(try await choice(of: bob, in: ada.tenant), .never, "of no member")
        // The settings are independent.
        try await store.setMuted([.quotaWarning: true], of: bob.id, in: works.id, at: Self.now)
        try requireEqual(try await choice(of: bob, in: works.id), .daily, "after another choice")
        let audit = Self.audit(.memberRemoved, in: works.id, by: ada)
        try require(try await store.removeMember(bob.id, from: works.id, by: .owner, audit: audit, at: Self.now), "not removed")
        try requireEqual(try await choice(of: bob, in: works.id), .never, "after the membership")
    }

    private func ordersDigests() async throws {
        let (ada, bob) = (try await register("ada@example.org"), try await register("bob@example.org"))
        let key = APIKey(
            id: APIKeyID(UUIDv7.make()), organisation: ada.tenant, name: "ci", hash: "hash", hint: "hint", scopes: [], networks: [],
            createdBy: ada.id, createdAt: Self.start, expiresAt: nil)
        try await store.add(key, by: ada.id, audit: Self.audit(.keyCreated, in: ada.tenant, by: ada))
        try await choose(.hourly, ada, in: ada.tenant)
        try await choose(.failures, bob, in: bob.tenant)
        try requireEqual(try await claimed(at: Self.start + .seconds(600)), [], "before a span has settled")
        let half = try requireValue(Timestamp(iso8601: "2026-01-15T09:30:00Z"), "a time")
        let full = try requireValue(Timestamp(iso8601: "2026-01-15T10:00:00Z"), "a time")
        let failures = try await claimed(at: half + TaskSpan.settlingTime)
        try requireEqual(
            failures, [DigestRequest(organisation: bob.tenant, person: bob.id, owners: [bob.id], from: Self.start, until: half)],
            "of a quarter of an hour")
        _ = try await report(failures[0], EndedTasks(completed: 3))
        let other = try await reopen()
        let requests = try await claimed() + claimed(other)
        try requireEqual(requests.count, 2, "given to two callers together")
        let hourly = try requireValue(requests.first { $0.person == ada.id }, "no request for ada")
        try requireEqual(
            hourly,
            DigestRequest(
                organisation: ada.tenant, person: ada.id, owners: [ada.id, UserID(key.id.rawValue)], from: Self.start, until: full),
            "with the keys")
        try requireEqual(requests.first { $0.person == bob.id }.map { [$0.from, $0.until] }, [half, full], "where the last has ended")
        try requireEqual(try await claimed(at: Self.later + .seconds(60)), [], "while they are given out")
        try requireEqual(try await claimed(at: Self.later + .seconds(120), limit: 1).count, 1, "when no one has reported, so many")
        // At most a week: older tasks are not reported.
        let distant = Self.later + .seconds(30 * 86_400)
        let late = try requireValue(try await claimed(at: distant).first { $0.person == ada.id }, "no late request")
        try requireEqual(late.until - late.from, IdentityStore.digestAge, "after a long time away")
    }

    private func tellsEachSpanOnce() async throws {
        let ada = try await register("ada@example.org")
        try await choose(.hourly, ada, in: ada.tenant)
        let request = try requireValue(try await claimed().first, "no request")
        let ended = EndedTasks(completed: 998, failed: 1, cancelled: 1)
        let other = try await reopen()
        let store = store
        let counts = try await withThrowingTaskGroup(of: IdentityStore.DigestCount.self) { group in
            for number in 0..<20 {
                group.addTask { try await self.report(request, ended, to: number.isMultiple(of: 2) ? store : other) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        try requireEqual(counts.map(\.queued).reduce(0, +), 1, "queued")
        try requireEqual(counts.map(\.superseded).reduce(0, +), 19, "already reported")
        let mails = try await waiting()
        try requireEqual(mails.map(\.recipient), ["ada@example.org"], "recipients")
        try requireEqual(mails.map(\.kind), [.taskDigest], "kinds")
        let found = try requireValue(try await other.taskNews(of: mails[0]), "no news")
        try requireEqual(
            found.news,
            TaskNews(
                organisation: ada.tenant, person: ada.id, ended: ended, subject: .span(.hourly, from: request.from, until: request.until)),
            "reported content")
        try requireEqual(try await claimed(at: Self.later + .seconds(600)), [], "until the next span is over")
        // Sent, and deleted once it could no longer have been sent.
        try await store.remove(mails[0])
        try await store.cleanUp(at: Self.later + Self.lifetime + .seconds(1), auditAge: .seconds(86_400), tokenLifetime: .seconds(60))
        let news = try await store.taskNews(of: mails[0])?.news
        try requireEqual(news, nil, "once it has expired")
    }

    private func tellsOfNothing() async throws {
        let (ada, bob) = (try await register("ada@example.org"), try await register("bob@example.org"))
        try await choose(.hourly, ada, in: ada.tenant)
        try await choose(.failures, bob, in: bob.tenant)
        let requests = try await claimed()
        for request in requests {
            let ended = request.person == ada.id ? EndedTasks() : EndedTasks(completed: 1000, cancelled: 5)
            try requireEqual(try await report(request, ended), count(empty: 1), "of nothing to tell")
        }
        try requireEqual(try await waiting(), [], "messages")
        let next = try await claimed(at: Self.later + .seconds(3600))
        try requireEqual(Set(next.map(\.from)), Set(requests.map(\.until)), "where the next spans begin")
        for request in next { _ = try await report(request, EndedTasks(failed: 1), at: Self.later + .seconds(3600)) }
        try requireEqual(try await waiting(at: Self.later + .seconds(3600)).count, 2, "messages once there is something")
        // A change of the interval continues where the last range ended; opting in again starts now.
        try await choose(.daily, ada, in: ada.tenant, at: Self.later + .seconds(7200))
        let daily = try requireValue(try await claimed(at: Self.later + .seconds(86_400)).first { $0.person == ada.id }, "no request")
        try requireEqual(daily.from, try requireValue(next.first { $0.person == ada.id }, "none").until, "after another choice")
        try await choose(.never, bob, in: bob.tenant)
        let anew = Self.later + .seconds(90_000)
        try await choose(.hourly, bob, in: bob.tenant, at: anew)
        let first = try requireValue(try await claimed(at: anew + .seconds(7200)).first { $0.person == bob.id }, "no request")
        try requireEqual(first.from, anew, "begun anew")
    }

    private func sparesTheUnwilling() async throws {
        let (ada, bob, eve) = (
            try await register("ada@example.org"), try await register("bob@example.org"), try await register("eve@example.org")
        )
        for user in [ada, bob, eve] { try await choose(.hourly, user, in: user.tenant) }
        let bounced = QueuedMail(
            id: UUIDv7.make(), kind: .verification, recipient: bob.email, createdAt: Self.later, expiresAt: Self.later + Self.lifetime)
        try await store.queue(bounced)
        for mail in try await waiting() { try await store.remove(mail, mailbox: .refuses(at: Self.later)) }
        let requests = try await claimed()
        try await choose(.never, eve, in: eve.tenant)
        var counts: [UserID: IdentityStore.DigestCount] = [:]
        for request in requests { counts[request.person] = try await report(request, EndedTasks(completed: 1)) }
        try requireEqual(counts[ada.id], count(queued: 1), "count of a subscriber")
        try requireEqual(counts[bob.id], count(unreachable: 1), "count of an unreachable member")
        try requireEqual(counts[eve.id], count(superseded: 1), "count of a member who opted out")
        let mail = try requireValue(try await waiting().first, "no message")
        try await choose(.never, ada, in: ada.tenant)
        let news = try await store.taskNews(of: mail)?.news
        try requireEqual(news, nil, "ended after it was queued")
        try requireEqual(try await claimed(at: Self.later + .seconds(3600)).map(\.person), [bob.id], "remaining subscriber")
    }

    private func keepsDigestsWithoutRoom() async throws {
        let ada = try await register("ada@example.org")
        try await choose(.hourly, ada, in: ada.tenant)
        try await fillOutbox(until: Self.later + Self.lifetime, count: IdentityStore.organisationsMailLimit)
        let request = try requireValue(try await claimed().first, "no request")
        try requireEqual(try await report(request, EndedTasks(failed: 1)), count(postponed: 1), "without room")
        for mail in try await waiting() { try await store.remove(mail) }
        let again = try requireValue(try await claimed(at: Self.later + .seconds(120)).first, "not asked for again")
        try requireEqual(again, request, "the same span")
        try requireEqual(try await report(again, EndedTasks(failed: 1)), count(queued: 1), "with room")
    }

    private func comesLast() async throws {
        let ada = try await register("ada@example.org")
        try await choose(.hourly, ada, in: ada.tenant)
        let request = try requireValue(try await claimed().first, "no request")
        try requireEqual(try await report(request, EndedTasks(failed: 1)), count(queued: 1), "with room")
        func invitation(at time: Timestamp) -> QueuedMail {
            QueuedMail(
                id: UUIDv7.make(), kind: .invitation, recipient: "x@example.org", createdAt: time, expiresAt: Self.later + Self.lifetime)
        }
        try await store.queue(invitation(at: Self.later + .seconds(1)))
        let first = try await store.claimMail(at: Self.later + .seconds(2), lease: .seconds(60), limit: 1)
        try requireEqual(first.map(\.kind), [.invitation], "the first to be sent")
        for _ in 0..<IdentityStore.organisationsMailLimit - 2 { try await store.queue(invitation(at: Self.later)) }
        let next = try requireValue(try await claimed(at: Self.later + .seconds(3600)).first, "no second request")
        try requireEqual(try await report(next, EndedTasks(failed: 1)), count(postponed: 1), "half full")
        try await store.queue(invitation(at: Self.later))
    }

    private func tellsOfBatches() async throws {
        let (ada, bob) = (try await register("ada@example.org"), try await register("bob@example.org"))
        let works = try await organisation(of: ada, with: [(bob, .member)])
        let key = APIKey(
            id: APIKeyID(UUIDv7.make()), organisation: works.id, name: "ci", hash: "hash", hint: "hint", scopes: [], networks: [],
            createdBy: ada.id, createdAt: Self.start, expiresAt: nil)
        try await store.add(key, by: ada.id, audit: Self.audit(.keyCreated, in: works.id, by: ada))
        try await choose(.batches, ada, in: works.id)
        try await choose(.hourly, bob, in: works.id)
        func batch(_ id: String, _ owner: UserID) -> EndedBatch {
            EndedBatch(id: id, organisation: works.id, owner: owner, description: "Autumn", ended: EndedTasks(completed: 2))
        }
        let batches = [batch("1", ada.id), batch("2", UserID(key.id.rawValue)), batch("3", bob.id), batch("4", UserID("nobody"))]
        try requireEqual(
            try await store.report(batches, mailingFor: Self.lifetime, at: Self.later), count(queued: 2, superseded: 2), "first")
        let other = try await reopen()
        try requireEqual(try await other.report(batches, mailingFor: Self.lifetime, at: Self.later), count(superseded: 4), "again")
        let mails = try await waiting()
        try requireEqual(Set(mails.map(\.recipient)), [ada.email], "recipients")
        var subjects: [TaskNews.Subject] = []
        for mail in mails { subjects.append(try requireValue(try await store.taskNews(of: mail), "no news").news.subject) }
        try requireEqual(
            Set(subjects), [.batch("1", description: "Autumn"), .batch("2", description: "Autumn")], "reported content")
        try requireEqual(try await claimed().map(\.person), [bob.id], "claimed members")
    }
}
