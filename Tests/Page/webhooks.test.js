import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHmac } from "node:crypto";
import test from "node:test";
import { samples } from "../../Sources/PixelFlowWebApp/webhooks/samples.js";
import { localTime, logAddress, outcome, readable, requestHeaders, stateOf } from "../../Sources/PixelFlowWebApp/webhooks/words.js";

const key = Buffer.from("a key of thirty-two bytes, more or less");
const secret = `whsec_${key.toString("base64")}`;
const body = '{"type":"webhook.test","data":{"name":"Ä"}}';
const now = () => Math.floor(Date.now() / 1000);

/** Headers as the service makes them. */
function headers(sent, signed = body) {
    const hash = createHmac("sha256", key).update(`msg_1.${sent}.${signed}`).digest("base64");
    return { "webhook-id": "msg_1", "webhook-timestamp": String(sent), "webhook-signature": `v1,${Buffer.from("other").toString("base64")} v1,${hash}` };
}

const programs = {
    JavaScript: ["node", "--input-type=module", "-e", `${samples.JavaScript}
        import { readFileSync } from "node:fs";
        const { secret, headers, body } = JSON.parse(readFileSync(0));
        console.log(verify(secret, headers, Buffer.from(body)).type);`],
    Python: ["python3", "-c", `${samples.Python}
import sys
given = json.load(sys.stdin)
print(verify(given["secret"], given["headers"], given["body"].encode())["type"])`],
};

/** The outcome of a sample for a message: `{status, said, errors}`. */
function run([program, ...options], message) {
    const done = spawnSync(program, options, { input: JSON.stringify({ secret, body, ...message }), timeout: 20_000 });
    return { status: done.status, said: String(done.stdout).trim(), errors: String(done.stderr) };
}

for (const [language, program] of Object.entries(programs)) {
    test(`the sample in ${language} accepts only signed messages`, () => {
        const right = run(program, { headers: headers(now()) });
        assert.equal(right.said, "webhook.test", right.errors);
        for (const message of [{ headers: headers(now(), "{}") }, { headers: headers(now()), secret: "whsec_b3RoZXI=" }]) {
            const wrong = run(program, message);
            assert.equal(wrong.status, 1);
            assert.match(wrong.errors, /wrong signature/);
        }
        for (const sent of [now() - 400, now() + 400]) {
            const stale = run(program, { headers: headers(sent) });
            assert.equal(stale.status, 1);
            assert.match(stale.errors, /too old or too new/);
        }
    });
}

test("a webhook shows its state and the reason", () => {
    assert.deepEqual(stateOf({ enabled: true }), { word: "Enabled", why: "" });
    assert.deepEqual(stateOf({ enabled: false }), { word: "Disabled", why: "" });
    assert.match(stateOf({ enabled: false, disabled_reason: "gone" }).why, /410/);
    assert.match(stateOf({ enabled: false, disabled_reason: "failing" }).why, /5 days/);
    assert.equal(stateOf({ enabled: true, failing_since: "2026-11-29T00:00:00Z" }).word, "Failing");
});

test("an attempt shows its response, or why there was none", () => {
    assert.equal(outcome({ status: 500 }), "Response 500");
    assert.equal(outcome({ error: "address_blocked" }), "address blocked");
    assert.equal(outcome({}), "No response");
});

test("the address of the log contains only the given filters", () => {
    assert.equal(logAddress("a/b", "", ""), "/api/webhooks/a%2Fb/deliveries?limit=50");
    assert.equal(logAddress("a", "failed", "x y"), "/api/webhooks/a/deliveries?limit=50&state=failed&cursor=x+y");
});

test("a message is indented, or shown unchanged if it is not JSON", () => {
    assert.equal(readable('{"a":1}'), '{\n  "a": 1\n}');
    assert.equal(readable("{"), "{");
});

test("a field shows the local time, to the minute", () => {
    const time = Date.parse("2026-11-29T08:15:30Z");
    assert.equal(new Date(localTime(time)).getTime(), time - 30_000);
});

test("a delivery shows the headers of its latest request", () => {
    const attempts = [{ timestamp: 1767225600 }, { timestamp: 1767225605 }, { error: "body_too_large" }];
    assert.equal(requestHeaders({ id: "msg_1", attempts }), "content-type: application/json\nwebhook-id: msg_1\nwebhook-timestamp: 1767225605");
    assert.equal(requestHeaders({ id: "msg_1", attempts: [] }), "content-type: application/json\nwebhook-id: msg_1");
});
