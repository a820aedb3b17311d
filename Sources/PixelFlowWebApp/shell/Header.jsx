import { useEffect, useRef } from "react";
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

/** Publishes the height of the header, below which other bars stay. */
function useHeight() {
    const header = useRef(null);
    useEffect(() => {
        const publish = () => document.documentElement.style.setProperty("--header", `${header.current.offsetHeight}px`);
        const observer = new ResizeObserver(publish);
        observer.observe(header.current);
        publish();
        return () => observer.disconnect();
    }, []);
    return header;
}

export function Header() {
    const element = useHeight();
    const leave = async () => {
        await flushDeletions();
        await signOut().catch(showError);
    };
    return (
        <header ref={element} className="sticky top-0 z-10 border-b border-line bg-card">
            <div className="mx-auto flex min-h-14 w-full max-w-6xl flex-wrap items-center gap-x-1 px-4 sm:gap-x-3 sm:px-6">
                <Link to="/" aria-label="PixelFlow, go to the tasks" className="mr-auto flex h-14 items-center gap-2 font-semibold text-ink no-underline lg:mr-0">
                    <Logo /><span className="hidden md:inline">PixelFlow</span>
                </Link>
                {/* Has lines of its own where there is no room for it beside the others. */}
                <nav aria-label="Pages" className="order-last -mx-2 flex basis-full flex-wrap gap-0.5 pb-2 lg:order-none lg:mx-0 lg:ml-2 lg:basis-0 lg:grow lg:pb-0"><PageLinks /><APILink /></nav>
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
