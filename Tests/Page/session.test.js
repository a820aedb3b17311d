import { settled } from "./support/browser.js";
import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";
import { call } from "../../Sources/PixelFlowWebApp/service/calls.js";
import { changeOrganisation, registrationState, session, signIn, signOut, startSession } from "../../Sources/PixelFlowWebApp/service/session.js";
import { answer, asked, refusal, requests, resetService } from "./support/service.js";

const ada = { email: "ada@example.org", user_id: "u1", tenant: "t1", role: "owner", scope: "tasks:read" };
const nobody = { email: "", userID: "", tenant: "", role: "", scope: "" };
const isRemembered = () => localStorage.getItem("pixelflow.email") !== null;

beforeEach(() => {
    resetService();
    localStorage.removeItem("pixelflow.email");
    location.assigned.length = 0;
    session.set({ phase: "out", message: "", ...nobody });
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
    assert.deepEqual(session.get(), { phase: "in", message: "", ...nobody, email: "old@example.org" });
    await settled();
    const { user_id: userID, ...rest } = ada;
    assert.deepEqual(session.get(), { phase: "in", message: "", userID, ...rest });
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
    answer("GET /session", () => refusal(401));
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

test("whoever is removed from an organisation starts afresh in another one, and repeats nothing there", async () => {
    startSession();
    answer("POST /session", ada);
    await signIn(ada, false);
    answer("POST /api/upload", () => refusal(401));
    answer("GET /session", { ...ada, tenant: "t2" });
    await assert.rejects(call("POST", "/api/upload", {}), { status: 401 });
    assert.equal(asked("POST /api/upload").length, 1);
    assert.deepEqual(location.assigned, ["/"]);
});

test("a renewed session has its new role", async () => {
    startSession();
    answer("POST /session", ada);
    await signIn(ada, false);
    let isRenewed = false;
    answer("GET /session", () => { isRenewed = true; return { ...ada, role: "viewer" }; });
    answer("GET /api/tasks", () => (isRenewed ? {} : refusal(401)));
    await call("GET", "/api/tasks");
    assert.equal(session.get().role, "viewer");
});

test("signing in again goes on in the organisation of before", async () => {
    session.set({ ...nobody, phase: "expired", email: ada.email, tenant: "t2" });
    answer("POST /session", ada);
    answer("POST /session/organisation", ({ body }) => ({ ...ada, tenant: body.organisation }));
    await signIn(ada, false);
    assert.equal(session.get().tenant, "t2");
    assert.deepEqual(location.assigned, []);
});

test("a registration by invitation enters the organisation that invited", async () => {
    answer("POST /session/register", ada);
    answer("GET /auth/organisations", { organisations: [{ id: "t1", personal: true }, { id: "t2", personal: false }] });
    answer("POST /session/organisation", ({ body }) => ({ ...ada, tenant: body.organisation }));
    await signIn({ ...ada, invitation: "pf_invite_x" }, true);
    assert.equal(session.get().tenant, "t2");
});

test("changing the organisation loads the page afresh", async () => {
    answer("POST /session/organisation", ada);
    await changeOrganisation("t2", "/team");
    assert.deepEqual(asked("POST /session/organisation")[0].body, { organisation: "t2" });
    assert.deepEqual(location.assigned, ["/team"]);
});

test("who may register", async () => {
    answer("GET /auth/register", { registration: "invite", needs_setup: true, sends_mail: true });
    assert.deepEqual(await registrationState(), { registration: "invite", needsSetup: true, sendsMail: true });
    answer("GET /auth/register", () => refusal(404));
    assert.deepEqual(await registrationState(), { registration: "open", needsSetup: false, sendsMail: false });
});
