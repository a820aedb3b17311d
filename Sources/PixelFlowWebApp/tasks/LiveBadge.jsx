import { useStore } from "../service/store.js";
import { stream } from "./following.js";

const words = {
    connecting: ["bg-edge", "Connecting", "Connecting to the live updates"],
    live: ["bg-good", "Live", "Changes appear as they happen"],
    down: ["bg-busy", "Reconnecting", "The live updates are interrupted. The list is refreshed every 5 seconds instead."],
};

const means = { websocket: "over a WebSocket", events: "by server-sent events" };

/** Whether the list is current, and how it is updated. */
export function LiveBadge() {
    const now = useStore(stream);
    const { state } = now;
    const [dot, word, text] = words[state];
    const title = state === "live" ? `${text}, ${means[now.means]}` : text;
    return (
        <span role="status" title={title} data-stream={state} data-means={now.means} className="flex items-center gap-2 px-1 text-sm text-soft">
            <span className={`size-2.5 rounded-full ${dot}`} />
            <span className={state === "live" ? "sr-only sm:not-sr-only" : ""}>{word}</span>
        </span>
    );
}
