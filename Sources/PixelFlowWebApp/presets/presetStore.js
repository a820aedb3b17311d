import { call } from "../service/calls.js";
import { makeStore, useStore } from "../service/store.js";

export const presetStore = makeStore({ presets: [], isLoaded: false, problem: null });
export const usePresets = () => useStore(presetStore);

export async function loadPresets() {
    try {
        const { presets } = await call("GET", "/api/presets");
        presetStore.set({ presets, isLoaded: true, problem: null });
    } catch (problem) {
        presetStore.set({ problem });
    }
}

const path = (name) => `/api/presets/${encodeURIComponent(name)}`;

export async function savePreset(name, pipeline) {
    await call("PUT", path(name), pipeline);
    await loadPresets();
}

export async function removePreset(name) {
    await call("DELETE", path(name));
    await loadPresets();
}

/** What the built-in presets are for. */
export const purposes = { web: "For a web page", thumbnail: "A small square", avatar: "A round face" };
