import Testing

@testable import PixelFlowMetricsAdapter

@Suite struct SelectorTests {
    @Test(arguments: [
        ("", true), ("  ", true), ("group=workers", true), ("group==workers", true), ("group=workers,topic=tasks", true),
        (" group = workers , topic = tasks ", true), ("group in (workers,others)", true), ("group in (others)", false),
        ("group notin (others)", true), ("group notin (workers)", false), ("zone notin (a)", true), ("group", true), ("zone", false),
        ("!zone", true), ("!group", false), ("group!=workers", false), ("zone!=a", true), ("group=", false), ("group=Workers", false),
        ("group=workers,topic=other", false), ("example.com/zone=a", false), ("group in (workers),topic in (a, tasks)", true),
    ])
    func matches(_ text: String, _ isMatch: Bool) throws {
        #expect(try MetricSelector(text).matches(["group": "workers", "topic": "tasks"]) == isMatch)
    }

    @Test(arguments: [
        "=", "=a", ",", "a,,b", "group===a", "group in", "group in (a", "group in a)", "group on (a)", "a b", "!", "group=a b", "g(=a)",
        "a=b;c",
    ])
    func refuses(_ text: String) {
        #expect(throws: MetricSelector.SyntaxError.self) { try MetricSelector(text) }
    }

    @Test func parsesAQueryAsEncodedByGo() {
        #expect(
            APIQuestion.parameters("labelSelector=group+in+%28a%2Cb%29&watch=&limit=5&limit=6&x%3Dy") == [
                "labelSelector": "group in (a,b)", "watch": "", "limit": "5", "x=y": "",
            ])
    }

    @Test(arguments: [
        ("", true, false), ("*/*", true, false), ("application/json", true, false), ("application/json;q=0.9", true, false),
        ("application/vnd.kubernetes.protobuf,application/json", true, false), ("application/vnd.kubernetes.protobuf", false, false),
        ("application/json;as=Table;v=v1;g=meta.k8s.io", false, false),
        ("application/json;as=Table;v=v1;g=meta.k8s.io,application/json", true, false),
        ("application/json;v=v2;g=apidiscovery.k8s.io;as=APIGroupDiscoveryList", false, true),
        ("application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList;profile=nopeer,application/json", true, true),
        ("text/html", false, false),
    ])
    func parsesAcceptedFormats(_ header: String, json: Bool, aggregated: Bool) {
        let accepted = AcceptedTypes(header)
        #expect(accepted.json == json && accepted.aggregatedDiscovery == aggregated)
    }
}
