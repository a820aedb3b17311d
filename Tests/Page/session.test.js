import { clock, FakeBroadcastChannel, settled } from "./support/browser.js";
import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";
import { call } from "../../Sources/PixelFlowWebApp/service/calls.js";
import { changeBack, changeOrganisation, registrationState, session, signIn, signOut, startSession } from "../../Sources/PixelFlowWebApp/service/session.js";
import { respond, asked, refusal, requests, resetService } from "./support/service.js";

const ada = { email: "ada@example.org", user_id: "u1", tenant: "t1", role: "owner", scope: "tasks:read" };
const signedOut = { email: "", userID: "", tenant: "", role: "", scope: "" };
const isRemembered = () => localStorage.getItem("pixelflow.email") !== null;

beforeEach(() => {
    resetService();
    localStorage.removeItem("pixelflow.email");
    location.assigned.length = 0;
    FakeBroadcastChannel.told = [];
    session.set({ phase: "out", message: "", ...signedOut });
});

test("a browser without a session sends no request", () => {
    startSession();
    assert.equal(requests.length, 0);
    assert.equal(isRemembered(), false);
});

test("a remembered session shows the page immediately and is confirmed", async () => {
    localStorage.setItem("pixelflow.email", "old@example.org");
    respond("GET /session", ada);
    startSession();
    assert.deepEqual(session.get(), { phase: "in", message: "", ...signedOut, email: "old@example.org" });
    await settled();
    const { user_id: userID, ...rest } = ada;
    assert.deepEqual(session.get(), { phase: "in", message: "", userID, ...rest });
    assert.equal(localStorage.getItem("pixelflow.email"), ada.email);
});

test("a remembered session that has ended asks to sign in", async () => {
    localStorage.setItem("pixelflow.email", ada.email);
    respond("GET /session", () => refusal(401));
    startSession();
    await settled();
    assert.equal(session.get().phase, "out");
    assert.match(session.get().message, /has ended/);
    assert.equal(isRemembered(), false);
});

test("an outage of the service does not end the session", async () => {
    localStorage.setItem("pixelflow.email", ada.email);
    respond("GET /session", () => refusal(503));
    startSession();
    await settled();
    assert.equal(session.get().phase, "in");
});

const longestWait = 30_000;
const asks = () => asked("GET /session").length;

test("the account is requested until the service responds", async () => {
    localStorage.setItem("pixelflow.email", ada.email);
    respond("GET /session", () => refusal(503));
    startSession();
    await settled();
    assert.equal(asks(), 1);
    await clock.advance(1000);
    assert.equal(asks(), 2);
    await clock.advance(1999);
    assert.equal(asks(), 2, "the wait grows");
    await clock.advance(600_000);
    const before = asks();
    await clock.advance(longestWait);
    assert.equal(asks(), before + 1, "up to a limit");
    respond("GET /session", ada);
    await clock.advance(longestWait);
    assert.equal(session.get().tenant, ada.tenant);
    await clock.advance(600_000);
    assert.equal(asks(), before + 2);
});

test("the account is requested immediately when the network is back", async () => {
    localStorage.setItem("pixelflow.email", ada.email);
    respond("GET /session", () => { throw new TypeError("no network"); });
    startSession();
    await clock.advance(60_000);
    const before = asks();
    respond("GET /session", ada);
    window.emit("online");
    await settled();
    assert.equal(asks(), before + 1);
    assert.equal(session.get().tenant, ada.tenant);
    window.emit("online");
    await settled();
    assert.equal(asks(), before + 1);
});

/** A page of Ada's in the organisation t1. */
async function signedIn() {
    startSession();
    respond("POST /session", ada);
    await signIn(ada, false);
}

test("requests contain the organisation of the page", async () => {
    await signedIn();
    respond("GET /api/tasks", {});
    await call("GET", "/api/tasks");
    assert.equal(asked("GET /api/tasks")[0].headers["pixelflow-organisation"], "t1");
});

/** Another tab tells of an account while the service has `now`. */
async function hear(message, now = message) {
    respond("GET /session", now);
    FakeBroadcastChannel.last.hear(message);
    await settled();
}

test("a change of the organisation is sent to the other tabs", async () => {
    await signedIn();
    assert.deepEqual(FakeBroadcastChannel.told, [ada]);
    respond("POST /session/organisation", { ...ada, tenant: "t2" });
    await changeOrganisation("t2");
    assert.deepEqual(FakeBroadcastChannel.told[1], { ...ada, tenant: "t2" });
    respond("DELETE /session", {});
    await signOut();
    assert.equal(FakeBroadcastChannel.told[2], null);
});

test("a tab shows that the session is in another organisation, and can change it back", async () => {
    await signedIn();
    await hear({ ...ada, tenant: "t2" });
    assert.deepEqual([session.get().phase, session.get().tenant], ["moved", "t1"]);
    respond("POST /session/organisation", ({ body }) => ({ ...ada, tenant: body.organisation }));
    await changeBack();
    assert.deepEqual([session.get().phase, session.get().tenant], ["in", "t1"]);
    assert.deepEqual(FakeBroadcastChannel.told.pop(), ada);
    assert.deepEqual(location.assigned, []);
});

test("a tab continues when another one has changed the session back", async () => {
    await signedIn();
    await hear({ ...ada, tenant: "t2" });
    await hear({ ...ada, role: "viewer" });
    assert.deepEqual([session.get().phase, session.get().role], ["in", "viewer"]);
});

test("a tab shows that another user has signed in", async () => {
    await signedIn();
    await hear({ ...ada, user_id: "u2", email: "grace@example.org" });
    assert.deepEqual([session.get().phase, session.get().email], ["replaced", ada.email]);
});

test("a tab that receives an end checks whether the session is its own", async () => {
    await signedIn();
    await hear(null, ada);
    assert.equal(session.get().phase, "in");
    await hear(null, () => refusal(401));
    assert.equal(session.get().phase, "expired");
    await hear(ada);
    assert.equal(session.get().phase, "in");
});

test("a message that is older than the session is ignored", async () => {
    await signedIn();
    await hear({ ...ada, tenant: "t2" }, ada);
    assert.equal(session.get().phase, "in");
    const before = asks();
    await hear(ada);
    assert.equal(asks(), before, "there is nothing to ask");
});

test("a page keeps its content when another user has the session and its token is rejected", async () => {
    await signedIn();
    respond("POST /api/upload", () => refusal(401));
    respond("GET /session", { ...ada, user_id: "u2" });
    await assert.rejects(call("POST", "/api/upload", {}), { status: 401 });
    assert.equal(session.get().phase, "replaced");
    assert.deepEqual(location.assigned, []);
});

test("without a message, a tab detects another organisation from a rejected request", async () => {
    await signedIn();
    respond("POST /api/upload", () => refusal(409, { code: "organisation_changed" }));
    respond("GET /session", { ...ada, tenant: "t2" });
    await assert.rejects(call("POST", "/api/upload", {}), { status: 409 });
    assert.deepEqual([session.get().phase, session.get().tenant], ["moved", "t1"]);
    assert.deepEqual(FakeBroadcastChannel.told, [ada]);
});

test("a session that expires keeps the page until a user signs in again", async () => {
    startSession();
    respond("POST /session", ada);
    await signIn(ada, false);
    respond("GET /session", () => refusal(401));
    respond("GET /api/tasks", () => refusal(401));
    await assert.rejects(call("GET", "/api/tasks"), { status: 401 });
    assert.equal(session.get().phase, "expired");
    await signIn(ada, false);
    assert.equal(session.get().phase, "in");
    assert.deepEqual(location.assigned, []);
});

test("another user gets a page without data of the first", async () => {
    session.set({ phase: "expired", email: "grace@example.org" });
    respond("POST /session/register", ada);
    await signIn(ada, true);
    assert.deepEqual(location.assigned, ["/"]);
    assert.equal(session.get().phase, "expired");
});

test("signing out clears the account", async () => {
    localStorage.setItem("pixelflow.email", ada.email);
    respond("DELETE /session", {});
    await signOut();
    assert.equal(isRemembered(), false);
    assert.deepEqual(location.assigned, ["/"]);
});

test("a removed member continues in another organisation, where no request is repeated", async () => {
    startSession();
    respond("POST /session", ada);
    await signIn(ada, false);
    respond("POST /api/upload", () => refusal(401));
    respond("GET /session", { ...ada, tenant: "t2" });
    await assert.rejects(call("POST", "/api/upload", {}), { status: 401 });
    assert.equal(asked("POST /api/upload").length, 1);
    assert.deepEqual(location.assigned, ["/"]);
});

test("a renewed session has its new role", async () => {
    startSession();
    respond("POST /session", ada);
    await signIn(ada, false);
    let isRenewed = false;
    respond("GET /session", () => { isRenewed = true; return { ...ada, role: "viewer" }; });
    respond("GET /api/tasks", () => (isRenewed ? {} : refusal(401)));
    await call("GET", "/api/tasks");
    assert.equal(session.get().role, "viewer");
});

test("signing in again continues in the previous organisation", async () => {
    session.set({ ...signedOut, phase: "expired", email: ada.email, tenant: "t2" });
    respond("POST /session", ada);
    respond("POST /session/organisation", ({ body }) => ({ ...ada, tenant: body.organisation }));
    await signIn(ada, false);
    assert.equal(session.get().tenant, "t2");
    assert.deepEqual(location.assigned, []);
});

test("a registration by invitation enters the organisation that invited", async () => {
    respond("POST /session/register", ada);
    respond("GET /auth/organisations", { organisations: [{ id: "t1", personal: true }, { id: "t2", personal: false }] });
    respond("POST /session/organisation", ({ body }) => ({ ...ada, tenant: body.organisation }));
    await signIn({ ...ada, invitation: "pf_invite_x" }, true);
    assert.equal(session.get().tenant, "t2");
});

test("changing the organisation reloads the page", async () => {
    respond("POST /session/organisation", ada);
    await changeOrganisation("t2", "/team");
    assert.deepEqual(asked("POST /session/organisation")[0].body, { organisation: "t2" });
    assert.deepEqual(location.assigned, ["/team"]);
});

test("who may register", async () => {
    respond("GET /auth/register", { registration: "invite", needs_setup: true, sends_mail: true });
    assert.deepEqual(await registrationState(), { registration: "invite", needsSetup: true, sendsMail: true });
    respond("GET /auth/register", () => refusal(404));
    assert.deepEqual(await registrationState(), { registration: "open", needsSetup: false, sendsMail: false });
});
