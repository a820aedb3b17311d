import { Button, Card } from "../ui/parts.jsx";
import { turnOffNotifications, turnOnNotifications, useNotifications } from "../tasks/notifications.js";

/** Turns notifications about ended tasks on and off for this browser. */
export function Notifications() {
    const state = useNotifications();
    return (
        <Card aria-labelledby="notifications-heading" className="flex flex-wrap items-center justify-between gap-3 p-4">
            <div>
                <h2 id="notifications-heading" className="text-lg font-semibold">Notifications</h2>
                <p className="text-soft">
                    {state === "refused"
                        ? "This browser does not allow notifications from PixelFlow. You can change that in its settings for this site."
                        : "This browser can notify you when all tasks have ended while you use another tab."}
                </p>
            </div>
            {state === "off" && <Button onClick={turnOnNotifications}>Turn on notifications</Button>}
            {state === "on" && <Button onClick={turnOffNotifications}>Turn off notifications</Button>}
        </Card>
    );
}
