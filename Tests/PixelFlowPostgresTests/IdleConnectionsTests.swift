import Testing

@testable import PixelFlowPostgres

@Suite("Idle connections of a pool")
struct IdleConnectionsTests {
    @Test("the most recently used connection is used next")
    func mostRecentConnectionIsReused() {
        var idle = IdleConnections<String>()
        let none = idle.take()
        #expect(none == nil)
        let unwanted = [idle.keep("a"), idle.keep("b")]
        #expect(unwanted == [nil, nil] && idle.count == 2)
        let taken = [idle.take(), idle.take(), idle.take()]
        #expect(taken == ["b", "a", nil] && idle.count == 0)
    }

    @Test("closing returns the idle connections, and later ones are not kept")
    func closingReturnsIdleConnections() {
        var idle = IdleConnections<String>()
        _ = idle.keep("a")
        let left = idle.close()
        #expect(left == ["a"])
        let late = idle.keep("b")
        #expect(late == "b" && idle.count == 0)
        let none = idle.take()
        #expect(none == nil)
    }
}
