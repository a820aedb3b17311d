import { useStore } from "../service/store.js";
import { stream } from "./following.js";

const words = {
    connecting: ["bg-edge", "Connecting", "Connecting to the live updates"],
    live: ["bg-good", "Live", "Changes appear as they happen"],
    down: ["bg-busy", "Reconnecting", "The live updates are interrupted. The list is refreshed every 5 seconds instead."],
};

/** Whether the list is current. */
export function LiveBadge() {
    const state = useStore(stream, (now) => now.state);
    const [dot, word, title] = words[state];
    return (
        <span role="status" title={title} data-stream={state} className="flex items-center gap-2 px-1 text-sm text-soft">
            <span className={`size-2.5 rounded-full ${dot}`} />
            <span className={state === "live" ? "sr-only sm:not-sr-only" : ""}>{word}</span>
        </span>
    );
}
