import { settled } from "./support/browser.js";
import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";
import { call } from "../../Sources/PixelFlowWebApp/service/calls.js";
import { isRegistrationOpen, session, signIn, signOut, startSession } from "../../Sources/PixelFlowWebApp/service/session.js";
import { answer, refusal, requests, resetService } from "./support/service.js";

const ada = { email: "ada@example.org" };
const isRemembered = () => localStorage.getItem("pixelflow.email") !== null;

beforeEach(() => {
    resetService();
    localStorage.removeItem("pixelflow.email");
    location.assigned.length = 0;
    session.set({ phase: "out", email: "", message: "" });
});

test("a browser without a session asks nothing", () => {
    startSession();
    assert.equal(requests.length, 0);
    assert.equal(isRemembered(), false);
});

test("a remembered session shows the page at once and is confirmed", async () => {
    localStorage.setItem("pixelflow.email", "old@example.org");
    answer("GET /session", ada);
    startSession();
    assert.deepEqual(session.get(), { phase: "in", email: "old@example.org", message: "" });
    await settled();
    assert.equal(session.get().email, ada.email);
    assert.equal(localStorage.getItem("pixelflow.email"), ada.email);
});

test("a remembered session that has ended asks to sign in", async () => {
    localStorage.setItem("pixelflow.email", ada.email);
    answer("GET /session", () => refusal(401));
    startSession();
    await settled();
    assert.equal(session.get().phase, "out");
    assert.match(session.get().message, /has ended/);
    assert.equal(isRemembered(), false);
});

test("a service in trouble ends no session", async () => {
    localStorage.setItem("pixelflow.email", ada.email);
    answer("GET /session", () => refusal(503));
    startSession();
    await settled();
    assert.equal(session.get().phase, "in");
});

test("a session that expires keeps the page until somebody signs in again", async () => {
    startSession();
    answer("POST /session", ada);
    await signIn(ada, false);
    answer("GET /api/tasks", () => refusal(401));
    await assert.rejects(call("GET", "/api/tasks"), { status: 401 });
    assert.equal(session.get().phase, "expired");
    await signIn(ada, false);
    assert.equal(session.get().phase, "in");
    assert.deepEqual(location.assigned, []);
});

test("another person gets a page without what the first has left", async () => {
    session.set({ phase: "expired", email: "grace@example.org" });
    answer("POST /session/register", ada);
    await signIn(ada, true);
    assert.deepEqual(location.assigned, ["/"]);
    assert.equal(session.get().phase, "expired");
});

test("signing out forgets the person", async () => {
    localStorage.setItem("pixelflow.email", ada.email);
    answer("DELETE /session", {});
    await signOut();
    assert.equal(isRemembered(), false);
    assert.deepEqual(location.assigned, ["/"]);
});

test("whether registration is open", async () => {
    answer("GET /auth/register", { registration: "closed" });
    assert.equal(await isRegistrationOpen(), false);
    answer("GET /auth/register", { registration: "open" });
    assert.equal(await isRegistrationOpen(), true);
    answer("GET /auth/register", () => refusal(404));
    assert.equal(await isRegistrationOpen(), true);
});
