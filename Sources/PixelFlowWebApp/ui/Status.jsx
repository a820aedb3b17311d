import { Icon } from "./Icon.jsx";

export const statuses = {
    PENDING: { word: "Pending", icon: "clock", look: "bg-sunk text-soft" },
    PROCESSING: { word: "Processing", icon: "spin", look: "bg-busy-wash text-busy" },
    COMPLETED: { word: "Completed", icon: "check", look: "bg-good-wash text-good" },
    FAILED: { word: "Failed", icon: "warning", look: "bg-bad-wash text-bad" },
    CANCELLED: { word: "Cancelled", icon: "stop", look: "bg-sunk text-soft" },
};

/** A status with its colour, icon and label. */
export function Status({ task }) {
    const { word, icon, look } = statuses[task.status];
    const isEnding = task.cancel_requested && task.status === "PROCESSING";
    return (
        <span data-status={task.status} className={`inline-flex items-center gap-1 rounded-full px-2 py-0.5 text-sm font-medium whitespace-nowrap ${look}`}>
            <Icon name={icon} size={14} className={icon === "spin" ? "animate-spin" : ""} />{isEnding ? "Cancelling" : word}
        </span>
    );
}
