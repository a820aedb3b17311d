import { call } from "../service/calls.js";
import { makeStore, useStore } from "../service/store.js";

export const presetStore = makeStore({ presets: /** @type {import("@api").Preset[]} */ ([]), isLoaded: false, problem: null });
export const usePresets = () => useStore(presetStore);

export async function loadPresets() {
    try {
        const { presets } = await call("GET", "/api/presets");
        presets.sort((one, other) => place(one) - place(other));
        presetStore.set({ presets, isLoaded: true, problem: null });
    } catch (problem) {
        presetStore.set({ problem });
    }
}

/** The built-in ones first, in the order in which they are useful. */
function place({ name }) {
    const index = Object.keys(purposes).indexOf(name);
    return index < 0 ? 99 : index;
}

const path = (name) => `/api/presets/${encodeURIComponent(name)}`;

/** @param {string} [priority] of tasks that use it and name none, "none" for no priority; without it a preset of this name keeps its own */
export async function savePreset(name, pipeline, priority) {
    await call("PUT", path(name) + (priority ? `?priority=${priority}` : ""), pipeline);
    await loadPresets();
}

export async function removePreset(name) {
    await call("DELETE", path(name));
    await loadPresets();
}

/** What the built-in presets are for. */
export const purposes = { web: "For a web page", thumbnail: "A small square", avatar: "A round face" };
