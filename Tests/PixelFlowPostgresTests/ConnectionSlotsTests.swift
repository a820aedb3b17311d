import Testing

@testable import PixelFlowPostgres

@Suite("Rules of a connection pool")
struct ConnectionSlotsTests {
    @Test("the connection that was used last is used next")
    func reusesLast() {
        var slots = ConnectionSlots<String>(size: 2, waitLimit: 1)
        let first = [slots.ask(1), slots.ask(2)]
        #expect(first == ["granted a new one", "granted a new one"])
        _ = slots.release("a")
        _ = slots.release("b")
        #expect(slots.idle == 2)
        let next = slots.ask(3)
        #expect(next == "granted b")
        #expect(slots.busy == 1 && slots.idle == 1)
    }

    @Test("who has waited longest comes first, also where the connection is lost")
    func servesInOrder() {
        var slots = ConnectionSlots<String>(size: 1, waitLimit: 3)
        let answers = (1...4).map { slots.ask($0) }
        #expect(answers == ["granted a new one", "queued", "queued", "queued"])
        let withdrawals = [slots.withdraw(2), slots.withdraw(2)]
        #expect(withdrawals == [true, false])
        let next = [slots.release("a").waiter, slots.release(nil).waiter, slots.release("b").waiter]
        #expect(next == [3, 4, nil])
        #expect(slots.busy == 0 && slots.idle == 1 && slots.waiting == 0)
    }

    @Test("no more wait than may")
    func refuses() {
        var slots = ConnectionSlots<String>(size: 1, waitLimit: 1)
        let answers = (1...3).map { slots.ask($0) }
        #expect(answers == ["granted a new one", "queued", "refused"])
    }

    @Test("closed slots hand out nothing and keep nothing")
    func closes() {
        var slots = ConnectionSlots<String>(size: 2, waitLimit: 1)
        _ = (slots.ask(1), slots.ask(2), slots.release("a"))
        let left = slots.close()
        #expect(left.waiters.isEmpty && left.idle == ["a"])
        let unwanted = slots.release("b").unwanted
        #expect(unwanted == "b")
        #expect(slots.idle == 0 && slots.busy == 0)
        let late = slots.ask(3)
        #expect(late == "closed")
    }
}

extension ConnectionSlots where Connection == String {
    fileprivate mutating func ask(_ waiter: Int) -> String {
        switch request(for: waiter) {
        case .granted(let connection): "granted \(connection ?? "a new one")"
        case .queued: "queued"
        case .refused: "refused"
        case .closed: "closed"
        }
    }
}
