import { makeStore, useStore } from "../service/store.js";

const clock = makeStore({ now: Date.now() });
setInterval(() => { if (!document.hidden) clock.set({ now: Date.now() }); }, 10000);

/** The current time, updated often enough for texts such as "5 min ago". */
export const useNow = () => useStore(clock, (state) => state.now);
