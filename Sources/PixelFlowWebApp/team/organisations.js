import { call } from "../service/calls.js";
import { makeStore, useStore } from "../service/store.js";

/** The organisations of the user, with the user's role in each. Includes deleted ones that can be restored. */
const organisations = makeStore({ list: [], isLoaded: false, problem: null });
export const useOrganisations = () => useStore(organisations);

export async function loadOrganisations() {
    try {
        const { organisations: list } = await call("GET", "/auth/organisations");
        organisations.set({ list, isLoaded: true, problem: null });
    } catch (problem) {
        organisations.set({ problem });
    }
}

const path = (id) => `/auth/organisations/${encodeURIComponent(id)}`;
export const membersPath = (id) => `${path(id)}/members`;
export const invitationsPath = (id) => `${path(id)}/invitations`;

export const createOrganisation = (name) => call("POST", "/auth/organisations", { name });

export async function renameOrganisation(id, name) {
    await call("PATCH", path(id), { name });
    await loadOrganisations();
}

/** @param {{ id: string, name: string }} organisation */
export const deleteOrganisation = ({ id, name }) => call("DELETE", `${path(id)}?name=${encodeURIComponent(name)}`);

export async function restoreOrganisation(id) {
    await call("PATCH", path(id), { deleted: false });
    await loadOrganisations();
}
