import { settled } from "./support/browser.js";
import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";
import { call, each, Problem, sendOrganisation, whenExpired, whenMoved, whenRenewed } from "../../Sources/PixelFlowWebApp/service/calls.js";
import { respond, asked, deferred, refusal, requests, resetService } from "./support/service.js";

let expired = 0;
let moves = 0;
beforeEach(() => {
    resetService();
    expired = 0;
    whenExpired(() => { expired += 1; });
    whenRenewed(() => true);
    sendOrganisation(() => "");
    moves = 0;
    whenMoved(async () => { moves += 1; });
});

test("a body is sent as JSON, and the response is read as JSON", async () => {
    respond("POST /api/x", { good: true });
    assert.deepEqual(await call("POST", "/api/x", { a: 1 }, { headers: { "x-key": "k" } }), { good: true });
    assert.deepEqual(requests[0].body, { a: 1 });
    assert.deepEqual(requests[0].headers, { "content-type": "application/json", "x-key": "k" });
});

test("a request contains its organisation", async () => {
    sendOrganisation(() => "t1");
    respond("POST /api/x", {});
    await call("POST", "/api/x", { a: 1 });
    assert.deepEqual(requests[0].headers, { "content-type": "application/json", "pixelflow-organisation": "t1" });
});

test("a request that was rejected because of another organisation is not repeated", async () => {
    respond("POST /api/x", () => refusal(409, { code: "organisation_changed" }));
    await assert.rejects(call("POST", "/api/x", {}), { code: "organisation_changed" });
    assert.equal(moves, 1);
    assert.equal(requests.length, 1);
    respond("POST /api/x", () => refusal(409, { code: "etag_mismatch" }));
    await assert.rejects(call("POST", "/api/x", {}), { status: 409 });
    assert.equal(moves, 1);
});

test("a response without JSON is an empty object", async () => {
    respond("DELETE /api/x", () => new Response(null, { status: 204 }));
    assert.deepEqual(await call("DELETE", "/api/x"), {});
    respond("GET /api/x", () => new Response("<html>"));
    assert.deepEqual(await call("GET", "/api/x"), {});
});

test("an error has status, code, field and detail", async () => {
    respond("GET /api/x", () => refusal(422, { detail: "Too wide.", code: "width", field: "outputs[0]" }));
    await assert.rejects(call("GET", "/api/x"), { message: "Too wide.", status: 422, code: "width", field: "outputs[0]" });
});

test("an error without a detail has a default message", () => {
    const sentences = [0, 401, 413, 404, 500, 503].map((status) => new Problem(status).message);
    assert.deepEqual(sentences, [
        "PixelFlow cannot be reached at the moment.", "Please sign in again.", "This file is too large.", "The service responded with 404.",
        "PixelFlow has a problem at the moment. Please try again.", "PixelFlow has a problem at the moment. Please try again.",
    ]);
});

test("an unreachable service is status 0, an aborted request stays an abort", async () => {
    await assert.rejects(call("GET", "/nothing"), { status: 0 });
    respond("GET /api/x", () => { throw new DOMException("aborted", "AbortError"); });
    await assert.rejects(call("GET", "/api/x"), { name: "AbortError" });
});

test("a 401 without a renewable session ends the session, except for requests of the session itself", async () => {
    respond("GET /api/x", () => refusal(401));
    respond("GET /session", () => refusal(401));
    respond("POST /session", () => refusal(401));
    await assert.rejects(call("POST", "/session", {}), { status: 401 });
    assert.equal(expired, 0);
    assert.equal(asked("GET /session").length, 0);
    await assert.rejects(call("GET", "/api/x"), { status: 401 });
    assert.equal(expired, 1);
    assert.equal(asked("GET /api/x").length, 1);
});

test("a 401 renews the session and repeats the request", async () => {
    let isRenewed = false;
    respond("GET /session", () => { isRenewed = true; return {}; });
    respond("POST /api/x", () => (isRenewed ? { good: true } : refusal(401)));
    assert.deepEqual(await call("POST", "/api/x", { a: 1 }), { good: true });
    assert.deepEqual(asked("POST /api/x").map(({ body }) => body), [{ a: 1 }, { a: 1 }]);
    assert.equal(expired, 0);
});

test("concurrent rejected requests renew the session once", async () => {
    const renewal = deferred();
    let isRenewed = false;
    respond("GET /session", () => renewal.promise);
    for (const name of ["a", "b", "c"]) respond(`GET /api/${name}`, () => (isRenewed ? { name } : refusal(401)));
    const all = Promise.all(["a", "b", "c"].map((name) => call("GET", `/api/${name}`)));
    await settled();
    isRenewed = true;
    renewal.resolve({});
    assert.deepEqual(await all, [{ name: "a" }, { name: "b" }, { name: "c" }]);
    assert.equal(asked("GET /session").length, 1);
});

test("a request is repeated once, and then the session has ended", async () => {
    respond("GET /session", {});
    respond("GET /api/x", () => refusal(401));
    await assert.rejects(call("GET", "/api/x"), { status: 401 });
    assert.equal(asked("GET /api/x").length, 2);
    assert.equal(expired, 1);
});

test("a session that cannot be checked has not ended", async () => {
    respond("GET /session", () => refusal(503));
    respond("GET /api/x", () => refusal(401));
    await assert.rejects(call("GET", "/api/x"), { status: 503 });
    assert.equal(expired, 0);
});

test("each runs a limited number at a time, and returns the problems", async () => {
    const held = [];
    const all = each([1, 2, 3, 4], (item) => {
        const one = deferred();
        held.push([item, one]);
        return one.promise;
    }, 2);
    await settled();
    assert.deepEqual(held.map(([item]) => item), [1, 2]);
    held[0][1].reject(new Error("no"));
    await settled();
    assert.deepEqual(held.map(([item]) => item), [1, 2, 3]);
    held[1][1].resolve();
    await settled();
    held.slice(2).forEach(([, one]) => one.resolve());
    assert.deepEqual((await all).map(({ item, problem }) => [item, problem.message]), [[1, "no"]]);
});
