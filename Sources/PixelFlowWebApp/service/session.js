import { call, whenExpired, whenRenewed } from "./calls.js";
import { makeStore, useStore } from "./store.js";

/** The account of this browser's session; scripts cannot read the token itself. */
const remembered = "pixelflow.email";
const nobody = { email: "", userID: "", tenant: "", role: "", scope: "" };

/**
 * `phase`: `out`, `in`, or `expired`, in which the page stays unchanged until the user signs in again.
 * `message` says why there is no session. `tenant` is the organisation, `role` and `scope` are what the user may do in it; all
 * three are empty until the service has confirmed the session.
 */
export const session = makeStore({ phase: "out", message: "", ...nobody });

export const useSession = () => useStore(session);

/** Whether the session has a scope; true until its scopes are known, since the service decides anyway. */
export const useMay = (scope) => useStore(session, (state) => !state.scope || state.scope.split(" ").includes(scope));

/** Shows the page immediately if there was a session, and checks whether it still exists. */
export function startSession() {
    whenExpired(() => {
        if (session.get().phase === "in") session.set({ phase: "expired" });
    });
    whenRenewed((account) => {
        const { tenant } = session.get();
        // Whoever is removed from an organisation goes on in another one; what the page shows belongs to the first.
        if (tenant && tenant !== account.tenant) {
            location.assign("/");
            return false;
        }
        enter(account);
        return true;
    });
    const email = localStorage.getItem(remembered);
    if (!email) return;
    session.set({ phase: "in", email });
    call("GET", "/session").then(
        (account) => enter(account),
        (problem) => {
            if (problem.status === 401) leave("Your session has ended. Please sign in again.");
        });
}

function enter({ email, user_id: userID = "", tenant = "", role = "", scope = "" }) {
    localStorage.setItem(remembered, email);
    session.set({ phase: "in", message: "", email, userID, tenant, role, scope });
}

function leave(message) {
    localStorage.removeItem(remembered);
    session.set({ phase: "out", message, ...nobody });
}

export async function signIn(credentials, isNew) {
    const before = session.get();
    let account = await call("POST", isNew ? "/session/register" : "/session", credentials);
    localStorage.setItem(remembered, account.email);
    if (before.phase === "expired") {
        // The data on the page belongs to the previous user.
        if (before.email !== account.email) return location.assign("/");
        if (before.tenant && before.tenant !== account.tenant) account = await changeTo(before.tenant).catch(() => null);
        if (!account) return location.assign("/");
    }
    if (isNew && credentials.invitation) account = await enterInvited() ?? account;
    enter(account);
}

const changeTo = (organisation) => call("POST", "/session/organisation", { organisation });

/** An account that an invitation has made is in two organisations: its own, and the one that invited it. */
async function enterInvited() {
    const { organisations } = await call("GET", "/auth/organisations");
    const invited = organisations.find((one) => !one.personal);
    return invited && changeTo(invited.id);
}

/** Goes on in another organisation; the page starts afresh, since all its data belongs to the one before. */
export async function changeOrganisation(id, to = "/") {
    await changeTo(id);
    location.assign(to);
}

export async function signOut() {
    await call("DELETE", "/session");
    forgetAccount();
}

/** Leaves the page of an account that has no session any more. */
export function forgetAccount() {
    localStorage.removeItem(remembered);
    location.assign("/");
}

/**
 * Who may register, whether the first account is still missing, and whether the service sends mail; open and without mail if that is
 * unknown, since a registration then reports it.
 */
export async function registrationState() {
    try {
        const { registration, needs_setup: needsSetup = false, sends_mail: sendsMail = false } = await call("GET", "/auth/register");
        return { registration, needsSetup, sendsMail };
    } catch {
        return { registration: "open", needsSetup: false, sendsMail: false };
    }
}
