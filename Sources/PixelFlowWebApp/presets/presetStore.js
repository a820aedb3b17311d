import { call } from "../service/calls.js";
import { makeStore, useStore } from "../service/store.js";

export const presetStore = makeStore({ presets: /** @type {import("@api").Preset[]} */ ([]), isLoaded: false, problem: null });
export const usePresets = () => useStore(presetStore);

export async function loadPresets() {
    try {
        const { presets } = await call("GET", "/api/presets");
        presets.sort((one, other) => rank(one) - rank(other));
        presetStore.set({ presets, isLoaded: true, problem: null });
    } catch (problem) {
        presetStore.set({ problem });
    }
}

/** Built-in presets first, the most useful ones at the top. */
function rank({ name }) {
    const index = Object.keys(purposes).indexOf(name);
    return index < 0 ? 99 : index;
}

const path = (name) => `/api/presets/${encodeURIComponent(name)}`;

/** @param {string} [priority] of tasks that use it and set none, "none" for no priority; undefined keeps that of an existing preset */
export async function savePreset(name, pipeline, priority) {
    await call("PUT", path(name) + (priority ? `?priority=${priority}` : ""), pipeline);
    await loadPresets();
}

export async function removePreset(name) {
    await call("DELETE", path(name));
    await loadPresets();
}

/** The purposes of the built-in presets. */
export const purposes = { web: "For a web page", thumbnail: "A small square", avatar: "A round face" };
