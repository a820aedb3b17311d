import { Icon, Logo } from "../ui/Icon.jsx";
import { IconButton } from "../ui/parts.jsx";
import { signOut } from "../service/session.js";
import { showError } from "../service/toasts.js";
import { LiveBadge } from "../tasks/LiveBadge.jsx";
import { flushDeletions } from "../tasks/actions.js";
import { OrganisationMenu } from "../team/OrganisationMenu.jsx";
import { Link, usePath } from "./routing.jsx";

const sections = [
    { to: "/", icon: "image", name: "Tasks" },
    { to: "/overview", icon: "chart", name: "Overview" },
    { to: "/usage", icon: "scale", name: "Usage" },
    { to: "/presets", icon: "layers", name: "Presets" },
];

export function Header() {
    const leave = async () => {
        await flushDeletions();
        await signOut().catch(showError);
    };
    return (
        <header className="sticky top-0 z-10 border-b border-line bg-card">
            <div className="mx-auto flex h-14 w-full max-w-6xl items-center gap-1 px-4 sm:gap-3 sm:px-6">
                <Link to="/" aria-label="PixelFlow, go to the tasks" className="flex items-center gap-2 font-semibold text-ink no-underline">
                    <Logo /><span className="hidden md:inline">PixelFlow</span>
                </Link>
                <nav aria-label="Pages" className="flex min-w-0 grow gap-0.5 overflow-x-auto sm:ml-2"><PageLinks /><APILink /></nav>
                <LiveBadge />
                <OrganisationMenu />
                <IconButton icon="out" label="Sign out" onClick={leave} />
            </div>
        </header>
    );
}

const pageLinkClass = "flex items-center gap-2 rounded-lg px-2 py-1.5 text-sm font-medium no-underline sm:px-3";
const elsewhere = "text-soft hover:bg-sunk hover:text-ink";

/** The description of the API is a separate page, not a view of this one. */
function APILink() {
    return <a href="/docs" className={`${pageLinkClass} ${elsewhere}`}><Icon name="code" className="hidden sm:block" />API</a>;
}

function PageLinks() {
    const path = usePath();
    return sections.map(({ to, icon, name }) => {
        const isHere = to === "/" ? path === "/" || path.startsWith("/tasks/") : path.startsWith(to);
        const look = isHere ? "bg-accent-wash text-accent" : elsewhere;
        return (
            <Link key={to} to={to} aria-current={isHere ? "page" : undefined}
                className={`${pageLinkClass} ${look}`}>
                <Icon name={icon} className="hidden sm:block" />{name}
            </Link>
        );
    });
}
