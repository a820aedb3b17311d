import { createRoot } from "react-dom/client";
import { App } from "./shell/App.jsx";
import { startSession } from "./service/session.js";
import { startTitle } from "./shell/title.js";
import { startFollowing } from "./tasks/following.js";
import { startNotifying } from "./tasks/notifications.js";
import { watchProgress } from "./tasks/progress.js";

startSession();
watchProgress();
startTitle();
startNotifying();
startFollowing();
createRoot(document.getElementById("app")).render(<App />);
