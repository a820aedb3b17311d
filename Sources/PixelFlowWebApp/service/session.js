import { call, sendOrganisation, whenExpired, whenMoved, whenRenewed } from "./calls.js";
import { makeStore, useStore } from "./store.js";

/** The account of this browser's session; scripts cannot read the token itself. */
const remembered = "pixelflow.email";
/** @typedef {{ email: string, user_id: string, tenant: string, role?: string, scope?: string }} Account */
const signedOut = { email: "", userID: "", tenant: "", role: "", scope: "" };

/**
 * `phase`: `out`, `in`, or one in which the page stays unchanged until the user decides: `expired`, until the user signs in again;
 * `moved`, if another tab, which shares the session, has changed to another organisation; `replaced`, if another user has signed in there.
 * `message` explains why there is no session. `tenant` is the organisation, `role` and `scope` are what the user may do in it; all
 * three are empty until the service has confirmed the session.
 */
export const session = makeStore({ phase: "out", message: "", ...signedOut });

export const useSession = () => useStore(session);

/** Whether the service has confirmed the session, so that its organisation and scopes are known. */
export const useIsKnown = () => useStore(session, (state) => Boolean(state.tenant));

/** Whether the session has a scope; false until its scopes are known. */
export const useMay = (scope) => useStore(session, (state) => state.scope.split(" ").includes(scope));

/** The channel between tabs: the account after a change of the session, or null if it may have ended. */
const tabs = new BroadcastChannel("pixelflow.session");
/** @param {Account | null} account */
const notifyTabs = (account) => tabs.postMessage(account);

/** Shows the page immediately if there was a session, and checks whether it still exists. */
export function startSession() {
    whenExpired(() => {
        if (session.get().phase === "in") session.set({ phase: "expired" });
    });
    whenRenewed((account) => {
        const { phase, userID, tenant } = session.get();
        if (!tenant || isOurs(account)) {
            enter(account);
            return true;
        }
        // A user who is removed from an organisation continues in another one, but the page shows data of the first.
        if (phase === "in" && account.user_id === userID) location.assign("/");
        else compare(account);
        return false;
    });
    sendOrganisation(() => session.get().tenant);
    whenMoved(askAgain);
    // The message may be older than the session.
    tabs.onmessage = ({ data: account }) => { if (session.get().phase !== "in" || !account || !isOurs(account)) askAgain(); };
    window.addEventListener("online", confirmNow);
    const email = localStorage.getItem(remembered);
    if (!email) return;
    session.set({ phase: "in", email });
    confirmNow();
}

const isUnconfirmed = () => session.get().phase === "in" && !session.get().tenant;
const firstWait = 1000;
const longestWait = 30_000;
let wait = firstWait;
let waiting = 0;
let isAsking = false;

function confirmNow() {
    wait = firstWait;
    confirm();
}

/** Requests the account until the service returns it or reports that there is no session. */
async function confirm() {
    clearTimeout(waiting);
    if (isAsking || !isUnconfirmed()) return;
    isAsking = true;
    try {
        const account = await call("GET", "/session");
        if (isUnconfirmed()) enter(account);
    } catch (problem) {
        if (!isUnconfirmed()) return;
        if (problem.status === 401) return leave("Your session has ended. Please sign in again.");
        waiting = setTimeout(confirm, wait);
        wait = Math.min(wait * 2, longestWait);
    } finally {
        isAsking = false;
    }
}

/** @param {Account} account */
function isOurs(account) {
    const { userID, tenant } = session.get();
    return account.user_id === userID && account.tenant === tenant;
}

/**
 * Compares the session of this browser with the one that the page belongs to.
 *
 * @param {Account} account of the session now
 */
function compare(account) {
    const { userID } = session.get();
    if (isOurs(account)) adopt(account);
    else session.set({ phase: account.user_id === userID ? "moved" : "replaced" });
}

/** Requests the current session of this browser. */
async function askAgain() {
    const hasAccount = () => session.get().phase !== "out" && session.get().tenant;
    if (!hasAccount()) return;
    try {
        const account = await call("GET", "/session");
        if (hasAccount()) compare(account);
    } catch (problem) {
        if (problem.status === 401 && hasAccount()) session.set({ phase: "expired" });
    }
}

/** @param {Account} account */
function enter(account) {
    adopt(account);
    notifyTabs(account);
}

function adopt({ email, user_id: userID = "", tenant = "", role = "", scope = "" }) {
    localStorage.setItem(remembered, email);
    session.set({ phase: "in", message: "", email, userID, tenant, role, scope });
}

function leave(message) {
    localStorage.removeItem(remembered);
    session.set({ phase: "out", message, ...signedOut });
}

export async function signIn(credentials, isNew) {
    const before = session.get();
    let account = await call("POST", isNew ? "/session/register" : "/session", credentials);
    localStorage.setItem(remembered, account.email);
    if (before.phase === "expired") {
        // The data on the page belongs to the previous user.
        if (before.email !== account.email) return startAfresh(account);
        const isElsewhere = before.tenant && before.tenant !== account.tenant;
        const back = isElsewhere ? await changeTo(before.tenant).catch(() => null) : account;
        if (!back) return startAfresh(account);
        account = back;
    }
    if (isNew && credentials.invitation) account = await enterInvited() ?? account;
    enter(account);
}

const changeTo = (organisation) => call("POST", "/session/organisation", { organisation });

/** An account that was registered with an invitation has two organisations: its own and the inviting one. */
async function enterInvited() {
    const { organisations } = await call("GET", "/auth/organisations");
    const invited = organisations.find((one) => !one.personal);
    return invited && changeTo(invited.id);
}

/** Switches to another organisation and reloads the page, because all its data belongs to the previous one. */
export async function changeOrganisation(id, to = "/") {
    startAfresh(await changeTo(id), to);
}

/** Switches the session, and with it all tabs, back to the organisation of this page. */
export async function changeBack() {
    enter(await changeTo(session.get().tenant));
}

/** @param {Account} account */
function startAfresh(account, to = "/") {
    notifyTabs(account);
    location.assign(to);
}

export async function signOut() {
    await call("DELETE", "/session");
    forgetAccount();
}

/** Leaves the page after the session of its account has ended. */
export function forgetAccount() {
    localStorage.removeItem(remembered);
    notifyTabs(null);
    location.assign("/");
}

/**
 * Who may register, whether the first account is still missing, and whether the service sends mail. If unknown, assumes open registration
 * without mail; a registration then reports the error.
 */
export async function registrationState() {
    try {
        const { registration, needs_setup: needsSetup = false, sends_mail: sendsMail = false } = await call("GET", "/auth/register");
        return { registration, needsSetup, sendsMail };
    } catch {
        return { registration: "open", needsSetup: false, sendsMail: false };
    }
}
