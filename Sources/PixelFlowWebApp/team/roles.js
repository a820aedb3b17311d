/** In ascending order; each role includes the permissions of those before it. */
export const roles = {
    viewer: "Sees tasks and outputs",
    member: "Also creates tasks and presets",
    admin: "Also manages members, invitations and keys",
    owner: "Also appoints owners and deletes the organisation",
};

const rank = (role) => Object.keys(roles).indexOf(role);

export const mayManage = (role) => rank(role) >= rank("admin");

/** The roles that a member with `role` may assign or remove. */
export const assignable = (role) => (role === "owner" ? Object.keys(roles) : mayManage(role) ? ["viewer", "member", "admin"] : []);

export const titled = (role) => role.slice(0, 1).toUpperCase() + role.slice(1);
